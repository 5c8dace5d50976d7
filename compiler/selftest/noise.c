/* noise.c: what a model draws: a seed and a stream in, numbers out, the same as the runtime's.
 *
 * Philox4x32-10 (Salmon, Moraes, Dror, Shaw 2011) of a counter, and pairs of normals by Box and Muller (1958), here in
 * double precision and from the definition: a runtime that draws something else is found by its selftest. */
#include "selftest/trial.h"

#include <math.h>

static void philox(uint64_t block, uint64_t stream, uint64_t seed, uint32_t out[4]) {
  uint32_t c[4] = {(uint32_t)block, (uint32_t)(block >> 32), (uint32_t)stream, (uint32_t)(stream >> 32)};
  uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
  for (int round = 0; round < 10; round++) {
    uint64_t a = UINT64_C(0xD2511F53) * c[0], b = UINT64_C(0xCD9E8D57) * c[2];
    uint32_t next[4] = {(uint32_t)(b >> 32) ^ c[1] ^ key[0], (uint32_t)b, (uint32_t)(a >> 32) ^ c[3] ^ key[1],
                        (uint32_t)a};
    memcpy(c, next, sizeof c);
    key[0] += UINT32_C(0x9E3779B9);
    key[1] += UINT32_C(0xBB67AE85);
  }
  memcpy(out, c, sizeof c);
}

/* Element j of a block: uniform on (0, 1), or of a pair (radius, angle), whose angle starts at half a turn. */
static double element(const uint32_t words[4], int j, bool normal) {
  if (!normal) return 0x1p-25 + (double)(words[j] >> 8) * 0x1p-24;
  double u = ((double)words[j & 2] + 0.5) * 0x1p-32,
         angle = ((double)(words[j | 1] >> 8) * 0x1p-24 - 0.5) * 2 * acos(-1);
  return sqrt(-2 * log(u)) * (j & 1 ? sin(angle) : cos(angle));
}

void selftest_noise(double *out, bool normal, uint64_t first, int64_t count, uint64_t seed, uint64_t stream) {
  uint32_t words[4] = {0};
  uint64_t have = UINT64_MAX;
  for (int64_t k = 0; k < count; k++) {
    uint64_t at = first + (uint64_t)k;
    if (at / 4 != have) philox(have = at / 4, stream, seed, words);
    out[k] = element(words, (int)(at % 4), normal);
  }
}

uint64_t selftest_stream(const Node *draw, int turn, int step) {
  uint64_t k = (uint64_t)(draw->item / 2) + 1;
  return (k << 40) + (uint64_t)step + ((uint64_t)turn << 32);
}
