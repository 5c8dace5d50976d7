/* start.c: numbers that need no point in general position: what parameters and states start from, and of a full-batch
 * method the product of the Hessian with a direction of signs.
 *
 * In: the point that was chosen. Out: rows of Selftest.expected. Starts that are drawn truncated or orthogonal are left
 * out: they come from the same generator by ways of their own. */
#include "selftest/trial.h"

#include <math.h>

#define ROUNDED 4e-6 /* of the size of what is drawn: a few roundings of floats */

/* ---- starts ---- */

/* What the leaf starts from, of stream `stream`; false where it is not computed here. *size: of its elements. */
static bool draw_start(const Trial *t, const Leaf *leaf, int stream, double *out, int64_t count, double *size) {
  const Program *p = t->p;
  const Start *s = &leaf->start;
  if (s->kind == START_COPY) {
    bool param = s->of->kind == NODE_PARAM;
    int of = s->of->item;
    return draw_start(t, param ? &p->params.at[of] : &p->states.at[of], param ? of : p->params.n + of, out, count,
                      size);
  }
  bool normal = s->kind == START_NORMAL;
  if (s->kind == START_TRUNCATED || s->kind == START_ORTHOGONAL) return false;
  if (normal || s->kind == START_UNIFORM) {
    selftest_noise(out, normal, 0, count, t->test->seed, (uint64_t)stream);
    for (int64_t k = 0; k < count; k++)
      out[k] = normal ? s->a + s->b * out[k] : s->a + (s->b - s->a) * (out[k] - 0x1p-25);
    *size = fabs(s->a) + fabs(s->b);
    return true;
  }
  for (int64_t k = 0; k < count; k++) {
    out[k] = s->kind == START_ZERO ? 0 : s->values[s->uniform_value ? 0 : k];
    *size = fmax(*size, fabs(out[k]));
  }
  return true;
}

static void add_start(Trial *t, const Leaf *leaf, bool state, int item) {
  double *x = ARENA_ARRAY(t->cx, double, leaf->count + 1), size = 0;
  uint32_t array = (state ? ARRAY_STATE : ARRAY_PARAM) + (uint32_t)item;
  if (!draw_start(t, leaf, item + (state ? t->p->params.n : 0), x, leaf->count, &size)) return;
  selftest_add(t, EXPECT_START, state, item, array, leaf->count, x, ROUNDED * size);
}

/* ---- the product ---- */

static void place_direction(Trial *t, const FullBatch *full) {
  Node **roots = ARENA_ARRAY(t->cx, Node *, full->product.nroots + 1);
  for (int k = 0; k < full->product.nroots; k++) roots[k] = full->product.roots[k].node;
  NodeList nodes = graph_order(t->cx, roots, full->product.nroots);
  for (int k = 0; k < nodes.n; k++) {
    Node *n = nodes.at[k];
    if (n->kind != NODE_DIRECTION) continue;
    double *x = evaluation_writable(t->e, n);
    for (int64_t i = evaluation_count(t->e, n) - 1; i >= 0; i--)
      x[i] = selftest_sign(t->test->seed, ARRAY_PARAM + (uint32_t)n->item, (uint32_t)i);
  }
}

static void add_product(Trial *t, const FullBatch *full) {
  selftest_point(t, 0);
  selftest_place(t, &t->start, 0, 0);
  place_direction(t, full);
  for (int k = 0; k < full->product.nroots; k++) {
    const Root *root = &full->product.roots[k];
    const double *x = evaluate(t->e, root->node);
    int64_t count = evaluation_count(t->e, root->node);
    double size = 0;
    for (int64_t i = 0; i < count; i++) size = fmax(size, fabs(x[i]));
    if (isfinite(size))
      selftest_add(t, EXPECT_PRODUCT, 0, root->item, ARRAY_PARAM + (uint32_t)root->item, count, x, ROUNDED * size);
  }
}

void selftest_add_start(Trial *t) {
  const Program *p = t->p;
  const FullBatch *full = p->objectives.n ? p->objectives.at[0].full : NULL;
  for (int k = 0; k < p->params.n; k++) add_start(t, &p->params.at[k], false, k);
  for (int k = 0; k < p->states.n; k++) add_start(t, &p->states.at[k], true, k);
  if (full && full->product.nroots) add_product(t, full);
}
