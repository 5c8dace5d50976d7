#!/bin/sh
# Long sums keep their digits: of what is gathered, of elements side by side, over two axes, over the batch; three million terms
# in float, beside the same in double, to 2e-7.
. tests/lib.sh

cat >"$work/sums.nn" <<'END'
model sums
const n = 3000000
input w[n] : class(2)
input x[n]
param A[2000, 1500]
param e[2]
output gathered = sum(i) e[w[i]]
output plain = sum(i) x[i]
output powers = sum(i) x[i]*x[i]
output rows = sum(i < 2000, j < 1500) A[i, j]*A[i, j]
END
cat >"$work/user.c" <<'END'
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "sums.h"
enum { N = 3000000 };
static int differs(const char *name, float got, double wanted) {
  double off = fabs(got / wanted - 1);
  if (off < 2e-7) return 0;
  printf("%s is %.9g, expected %.9g, off by %.1g\n", name, (double)got, wanted, off);
  return 1;
}
int main(void) {
  sums_params *p = calloc(1, sizeof *p);
  sums_work *s = calloc(1, sizeof *s);
  float *x = malloc(N * sizeof *x), got[4];
  int32_t *w = malloc(N * sizeof *w);
  double sum[4] = {0};
  if (!p || !s || !x || !w) return 1;
  p->e[0] = 0.1f, p->e[1] = 0.7f;
  for (int i = 0; i < N; i++) {
    x[i] = (float)((i * 7919LL % 10007) / 10007.0), w[i] = i % 2;
    (&p->A[0][0])[i] = x[i];
    sum[0] += (double)p->e[w[i]], sum[1] += (double)x[i], sum[2] += (double)x[i] * (double)x[i];
  }
  sum[3] = sum[2];
  sums_gathered(p, s, 1, w, got), sums_plain(p, s, 1, x, got + 1);
  sums_powers(p, s, 1, x, got + 2), sums_rows(p, s, 1, got + 3);
  static const char *const names[] = {"gathered", "plain", "powers", "rows"};
  int bad = 0;
  for (int k = 0; k < 4; k++) bad += differs(names[k], got[k], sum[k]);
  return bad != 0;
}
END
check "long sums are generated" generate "$work/sums.nn" "$work"
for compiler in gcc clang; do
  have $compiler || continue
  # shellcheck disable=SC2086 # several words
  check "long sums are clean under $compiler" model_object $compiler "$work" sums $STRICT -O2
  # shellcheck disable=SC2086
  check "a program is linked" $compiler -std=c99 -O2 -Iruntime -I"$work" -o "$work/user" "$work/user.c" "$work/sums.$compiler.o" "$BUILD/libnn.a" $LINK
  check "long sums keep their digits under $compiler" "$work/user"
done
sed 's/double acc = 0.0/float acc = 0.0f/; s/ += (double)/ += (float)/' "$work/sums.c" >"$work/naive.c"
cp "$work/sums.h" "$work/naive.h"
# shellcheck disable=SC2086
check "a naive program is linked" $CC -std=c99 -O2 -Iruntime -I"$work" -o "$work/user" "$work/user.c" "$work/naive.c" "$BUILD/libnn.a" $LINK
fails "a sum in one float is seen" 1 "gathered is .* off by" "$work/user"
