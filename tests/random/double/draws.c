/* draws.c: the draws of runtime/kernels/random.c, as they are, in arrays of doubles: what a model draws in double is
 * what it draws in float. */
#define nn_philox                narrow_philox
#define nn_draw_uniform          narrow_uniform
#define nn_draw_normal           narrow_normal
#define nn_noise                 narrow_noise
#define nn_draw_truncated_normal narrow_truncated_normal
#define nn_draw_orthogonal       narrow_orthogonal
#include "../../../runtime/kernels/random.c"
#undef nn_draw_uniform
#undef nn_draw_normal
#undef nn_noise

#include <stdlib.h>

typedef void narrow_draw(float *out, size_t count, float a, float b, uint64_t seed, uint64_t stream);

static void widened(narrow_draw *draw_narrow, double *out, size_t count, double a, double b, uint64_t seed,
                    uint64_t stream) {
  float *narrow = malloc(sizeof *narrow * (count + 1));
  if (!narrow) exit(3);
  draw_narrow(narrow, count, (float)a, (float)b, seed, stream);
  for (size_t k = 0; k < count; k++) out[k] = narrow[k];
  free(narrow);
}

void nn_draw_uniform(double *out, size_t count, double a, double b, uint64_t seed, uint64_t stream) {
  widened(narrow_uniform, out, count, a, b, seed, stream);
}

void nn_draw_normal(double *out, size_t count, double a, double b, uint64_t seed, uint64_t stream) {
  widened(narrow_normal, out, count, a, b, seed, stream);
}

void nn_noise(double *out, int normal, size_t first, size_t count, uint64_t seed, uint64_t stream) {
  float *narrow = malloc(sizeof *narrow * (count + 1));
  if (!narrow) exit(3);
  narrow_noise(narrow, normal, first, count, seed, stream);
  for (size_t k = 0; k < count; k++) out[k] = narrow[k];
  free(narrow);
}
