#!/bin/sh
# Long sums keep their digits: of what is gathered, of elements side by side, over two axes, of rows into a row, over a
# large batch; long products too. Three million terms (a hundred thousand examples) in float, beside the same in double,
# to 1e-6.
. tests/lib.sh

cat >"$work/sums.nn" <<'END'
model sums
const n = 3000000
input w[n] : class(2)
input x[n]
param A[2000, 1500]
param e[2]
param E[2, 16]
param Z[2, 300]
output gathered = sum(i) e[w[i]]
output plain = sum(i) x[i]
output powers = sum(i) x[i]*x[i]
output rows = sum(i < 2000, j < 1500) A[i, j]*A[i, j]
output columns[j < 16] = sum(i) E[w[i], j]
output wide[j < 300] = sum(i < 300000) 3*Z[w[i], j]
output edged[j < 300] = sum(i < 300000) Z[w[i], j - 1 else 0]
loss L = sum(i) x[i]*e[w[i]] + sum(i < 300000, j) (E[w[i], j] + x[i])^2
minimize L with sgd
train { batch = 1 }
output product = prod(i) (1 + e[w[i]]/1000000)
END
cat >"$work/many.nn" <<'END'
model many
input v[8]
param b[8]
loss L = sum(j) v[j]*b[j]
minimize L with sgd
train { batch = 100000 }
END
cat >"$work/pictures.nn" <<'END'
model pictures
input z[2, 8, 8]
param K[8, 2, 3, 3]
y[o, i < 6, j < 6] = sum(c, u, t) K[o, c, u, t]*z[c, i + u, j + t]
loss L = sum(o, i, j) y[o, i, j]^2
minimize L with sgd
train { batch = 20000 }
END
cat >"$work/user.c" <<'END'
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "many.h"
#include "pictures.h"
#include "sums.h"
enum { N = 3000000, ROWS = 100000, PICTURES = 20000 };
static float x[N], got[300];
static int32_t w[N];
static double sum[300];
static int bad;

/* got beside sum, which is cleared for the next. */
static void compare(const char *name, int count) {
  for (int k = 0; k < count; k++) {
    double off = fabs(got[k] - sum[k]) / (fabs(sum[k]) + (sum[k] == 0.0));
    if (off < 1e-6) continue;
    printf("%s[%d] is %.9g, expected %.9g, off by %.1g\n", name, k, (double)got[k], sum[k], off);
    bad = 1;
    break;
  }
  for (int k = 0; k < 300; k++) sum[k] = 0;
}

static void check_sums(sums_params *p, sums_work *s) {
  for (int i = 0; i < N; i++) sum[0] += (double)p->e[w[i]];
  sums_gathered(p, s, 1, w, got), compare("gathered", 1);
  for (int i = 0; i < N; i++) sum[0] += (double)x[i];
  sums_plain(p, s, 1, x, got), compare("plain", 1);
  for (int i = 0; i < N; i++) sum[0] += (double)x[i] * (double)x[i];
  sums_powers(p, s, 1, x, got), compare("powers", 1);
  for (int i = 0; i < N; i++) sum[0] += (double)x[i] * (double)x[i];
  sums_rows(p, s, 1, got), compare("rows", 1);
  for (int i = 0; i < N; i++)
    for (int j = 0; j < 16; j++) sum[j] += (double)p->E[w[i]][j];
  sums_columns(p, s, 1, w, got), compare("columns", 16);
  for (int i = 0; i < 300000; i++)
    for (int j = 0; j < 300; j++) sum[j] += 3 * (double)p->Z[w[i]][j];
  sums_wide(p, s, 1, w, got), compare("wide", 300);
  for (int i = 0; i < 300000; i++)
    for (int j = 1; j < 300; j++) sum[j] += (double)p->Z[w[i]][j - 1];
  sums_edged(p, s, 1, w, got), compare("edged", 300);
  sum[0] = 1;
  for (int i = 0; i < N; i++) sum[0] *= (double)(1 + p->e[w[i]] / 1000000);
  sums_product(p, s, 1, w, got), compare("product", 1);
  for (int i = 0; i < N; i++) x[i] = 0.1f, sum[0] += (double)x[i]; /* rounded alike for long */
  sums_plain(p, s, 1, x, got), compare("steady", 1);
  sums_params *g = calloc(1, sizeof *g);
  if (!g) exit(1);
  for (int i = 0; i < N; i++) sum[w[i]] += (double)x[i];
  sums_L_grad(p, g, s, 1, w, x);
  for (int k = 0; k < 2; k++) got[k] = g->e[k];
  compare("scattered", 2);
  for (int i = 0; i < 300000; i++)
    for (int j = 0; j < 16; j++) sum[16 * w[i] + j] += 2 * ((double)p->E[w[i]][j] + (double)x[i]);
  for (int k = 0; k < 32; k++) got[k] = (&g->E[0][0])[k];
  compare("embedded", 32);
}

static void check_batch(void) {
  many_params *p = calloc(1, sizeof *p), *g = calloc(1, sizeof *g);
  many_work *s = calloc(1, sizeof *s);
  if (!p || !g || !s) exit(1);
  for (int k = 0; k < 8; k++) p->b[k] = 1;
  for (int i = 0; i < ROWS * 8; i++) x[i] = (i / 8 % 2 ? 0.7f : 0.1f * (float)(1 + i % 8)),
    sum[0] += (double)x[i] / ROWS;
  got[0] = many_L(p, s, ROWS, x), compare("loss", 1);
  many_L_grad(p, g, s, ROWS, x);
  for (int i = 0; i < ROWS * 8; i++) sum[i % 8] += (double)x[i] / ROWS;
  for (int k = 0; k < 8; k++) got[k] = g->b[k];
  compare("gradient", 8);
}

static void check_pictures(void) { /* of one color each, all weights 0.1 */
  pictures_params *p = calloc(1, sizeof *p), *g = calloc(1, sizeof *g);
  pictures_work *s = calloc(1, sizeof *s);
  if (!p || !g || !s) exit(1);
  float *K = &p->K[0][0][0][0];
  for (int k = 0; k < 144; k++) K[k] = 0.1f;
  for (int i = 0; i < PICTURES * 128; i++) x[i] = i / 128 % 2 ? 0.7f : 0.1f;
  for (int i = 0; i < PICTURES; i++)
    sum[0] += 36.0 * 2 * 18 * (double)K[0] * (double)x[128 * i] * (double)x[128 * i] / PICTURES;
  pictures_L_grad(p, g, s, PICTURES, x);
  got[0] = g->K[0][0][0][0], compare("pictures", 1);
}

int main(void) {
  sums_params *p = calloc(1, sizeof *p);
  sums_work *s = calloc(1, sizeof *s);
  if (!p || !s) return 1; /* no memory */
  p->e[0] = 0.1f, p->e[1] = 0.7f;
  for (int j = 0; j < 300; j++) p->Z[0][j] = 0.1f + 0.01f * (float)j, p->Z[1][j] = 0.7f;
  for (int j = 0; j < 16; j++) p->E[0][j] = 0.1f + 0.1f * (float)j, p->E[1][j] = 0.7f;
  for (int i = 0; i < N; i++) {
    x[i] = (float)((i * 7919LL % 10007) / 10007.0), w[i] = i % 2;
    (&p->A[0][0])[i] = x[i];
  }
  check_sums(p, s);
  check_batch();
  check_pictures();
  return bad;
}
END
link_user() { # COMPILER ENDING: of the files with the models
  # shellcheck disable=SC2086 # several words
  $1 -std=c99 -O2 -Iruntime/kernels -I"$work" -o "$work/user" "$work/user.c" "$work/sums.$2" "$work/many.$2" \
    "$work/pictures.$2" "$BUILD/libnn.a" $LINK
}
for name in sums many pictures; do check "$name.c is generated" generate "$work/$name.nn" "$work"; done
for compiler in gcc clang; do
  have $compiler || continue
  for name in sums many pictures; do
    # shellcheck disable=SC2086 # several words
    check "$name.c is clean under $compiler" model_object $compiler "$work" $name $STRICT -O2
  done
  check "a program is linked" link_user $compiler $compiler.o
  check "long sums keep their digits under $compiler" "$work/user"
done

# Twins that do without, one way at a time, and what is seen of each: SED NAMES.
cat >"$work/naive.h" <<'END'
static inline void naivef(float *sum, float *lost, float x) { *sum += x + 0 * *lost; }
static inline void naive_matrixf(int rows, int columns, const float *x, float *sum, float *lost, int step) {
  for (int i = 0; i < rows * columns; i++) naivef(sum + i / columns * step + i % columns, lost, x[i]);
}
END
while IFS='|' read -r change names; do
  for name in sums many pictures; do sed "$change" "$work/$name.c" >"$work/$name.twin.c"; done
  check "twins are linked: $change" link_user "$CC -include $work/naive.h" twin.c
  "$work/user" >"$work/seen"
  for name in $names; do check "a naive twin is seen: $name" grep -q "^$name\[" "$work/seen"; done
done <<'END'
s/double acc = /float acc = (float)/; s/\([+*]=\) (double)/\1 (float)/|gathered product loss
s/if (++terms == 32)/if (++terms < 0)/|columns wide edged gradient
s/nn_grow/naive/|scattered embedded pictures
END

# A step over a hundred thousand blocks of one row; and one by a gradient's norm, of three million numbers.
cat >"$work/blocks.nn" <<'END'
model blocks
input x
param w = 0
output at = w
loss L = w*x
minimize L with sgd(1)
train { batch = 1, epochs = 1 }
END
awk 'BEGIN { print "x"; for (i = 0; i < 100000; i++) print i % 2 ? 0.7 : 0.1 }' >"$work/x.csv"
check "blocks are built" "$nnc" "$work/blocks.nn" -o "$work/blocks"
check "a step is taken" "$work/blocks" train "x=$work/x.csv:x" --batch 100000 --save "$work/w.safetensors" --quiet
check "and says where" "$work/blocks" predict --output at --load "$work/w.safetensors" -o "$work/at.csv"
# near NUMBER FILE: the last line, to 1e-6
near() { tail -1 "$2" | awk -v wanted="$1" '{ print; off = $1/wanted - 1; exit !(off < 1e-6 && off > -1e-6) }'; }
check "a step over many blocks keeps its digits" near -0.4 "$work/at.csv"
cat >"$work/norm.nn" <<'END'
model norm
input one
param p[3000000] = 0
loss L = sum(i) 0.1*one*p[i]
minimize L with clip_norm(1), sgd(1)
train { batch = 1 }
END
cat >"$work/step.c" <<'END'
#include <stdio.h>
#include <stdlib.h>
#include "norm.h"
int main(void) {
  norm *m = calloc(1, sizeof *m);
  float one = 1;
  if (!m) return 1;
  norm_init(m, 1);
  norm_step(m, 1, &one);
  printf("%.9g\n", (double)m->param.p[0]);
  return 0;
}
END
check "norm.c is generated" generate "$work/norm.nn" "$work"
sed -e '/ptrdiff_t/s/start += 1024/start += whole/; s/q < start + 1024/q < start + whole/' \
  -e 's/double sum = 0.0;/float sum = 0.0f;/; s/sum += (double)/sum += /' "$work/norm.c" >"$work/norm.twin.c"
for name in norm norm.twin; do
  # shellcheck disable=SC2086 # several words
  check "$name is linked" $CC -std=c99 -O2 -Iruntime/kernels -I"$work" -o "$work/$name" "$work/step.c" "$work/$name.c" \
    "$BUILD/libnn.a" $LINK
  "$work/$name" >"$work/$name.out"
done
check "a long norm keeps its digits" near -0.000577350269 "$work/norm.out"
fails "a naive norm is seen" 1 -0.0005 near -0.000577350269 "$work/norm.twin.out"
