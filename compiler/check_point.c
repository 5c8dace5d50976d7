/* check_point.c: random points at which checks and gradients are evaluated. Every number is a function of a seed, the
 * leaf that it is for and its place there, so that a point does not depend on what else is drawn. */
#include "check.h"

#include <math.h>

/* The finalizer of SplitMix64 (Steele, Lea and Flood 2014), over a counter made of all three. */
static uint64_t scramble(uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

double draw_uniform(uint64_t seed, uint64_t stream, uint64_t k) {
  uint64_t bits = scramble(scramble(scramble(seed) ^ stream) ^ k);
  return ((double)(bits >> 11) + 0.5) / 9007199254740992.0;
}

double draw_normal(uint64_t seed, uint64_t stream, uint64_t k) { /* Box and Muller 1958 */
  double u = draw_uniform(seed, 2 * stream, k), v = draw_uniform(seed, 2 * stream + 1, k);
  return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

typedef enum { REAL_NORMAL, REAL_UNIFORM, REAL_EXPONENTIAL } RealKind;
static const struct {
  RealKind inputs;
  bool positive;
} manners[MANNER_COUNT] = {
  {REAL_NORMAL, false}, {REAL_UNIFORM, false}, {REAL_EXPONENTIAL, false}, {REAL_UNIFORM, true}};

/* Now and then a whole number beside one that the model names, so that [y = 637] is met; false where it is another's turn. */
static bool draw_named(const Manner *m, uint64_t seed, uint64_t stream, uint64_t k, double *x) {
  double which = 4 * draw_uniform(seed ^ 2, stream, k);
  if (!m->nnumbers || which >= 1) return false;
  *x = m->numbers[(int)(which * m->nnumbers)] + floor(3 * draw_uniform(seed ^ 3, stream, k)) - 1;
  return true;
}

static double draw_input(const Input *input, const Manner *m, uint64_t seed, uint64_t stream, uint64_t k) {
  double u = draw_uniform(seed, stream, k), x;
  switch (input->kind) {
  case INPUT_CLASS:
    if (draw_named(m, seed, stream, k, &x) && x >= 0 && x < input->classes) return x;
    return floor(u * input->classes);
  case INPUT_INT:
    if (draw_named(m, seed, stream, k, &x)) return x;
    return m->scale > 1 ? floor(10 * m->scale * (u - 0.3)) : floor(10 * u);
  case INPUT_EXTENT: return 1 + floor(u * input->classes);
  case INPUT_BIT: return u < 0.5;
  case INPUT_REAL: break;
  }
  switch (manners[m->kind].inputs) {
  case REAL_UNIFORM: return m->scale * (0.1 + 0.8 * u);
  case REAL_EXPONENTIAL: return -m->scale * log(u);
  case REAL_NORMAL: break;
  }
  return m->scale * draw_normal(seed, stream, k);
}

/* How the elements of an integer input go together. Most points draw each for itself; few of those have a row of bits that
 * are all 1, a word that occurs twice at given places, or classes in an order. */
typedef enum { EACH, ALIKE, ALL_BUT_ONE, LOWEST, HIGHEST, IN_ORDER } Row;

static Row draw_row(uint64_t seed, uint64_t stream, int64_t count) {
  static const Row rows[] = {EACH, EACH, EACH, EACH, EACH, EACH, EACH, ALIKE, ALL_BUT_ONE, LOWEST, HIGHEST, IN_ORDER};
  return count < 2 ? EACH : rows[(int)(draw_uniform(seed ^ 4, stream, 0) * (double)(sizeof rows / sizeof *rows))];
}

static double draw_in_row(const Input *input, const Manner *m, Row row, uint64_t seed, uint64_t stream, uint64_t k, int64_t count) {
  int classes = input->kind == INPUT_BIT ? 2 : input->classes;
  bool bounded = input->kind == INPUT_BIT || input->kind == INPUT_CLASS;
  double x = draw_input(input, m, seed, stream, row == EACH ? k : 0);
  if (row == ALL_BUT_ONE && k == 1 + (uint64_t)(draw_uniform(seed ^ 5, stream, 0) * (double)(count - 1))) x += 1;
  if (row == IN_ORDER) x += (double)k;
  if (row == LOWEST) return 0;
  if (row == HIGHEST && bounded) return classes - 1;
  return bounded ? fmod(x, classes) : x;
}

/* Where it starts, and something added, so that nothing is 0 or symmetric; less of it in a large row, as starts do. */
static double draw_start(const Leaf *leaf, bool positive, uint64_t seed, uint64_t stream, uint64_t k) {
  const Start *s = &leaf->start;
  const Axis *axes = leaf->node->axes;
  int own = leaf->node->naxes && axes[0].kind == AXIS_BATCH; /* its first axis; a state[batch, n] is as one of [n] */
  double columns = leaf->node->naxes > own + 1 ? (double)leaf->count / (double)axes[own].extent : 1;
  double x = 0.5 / sqrt(columns) * draw_normal(seed, stream, k);
  if (s->kind == START_VALUES) x += s->uniform_value ? s->values[0] : s->values[k];
  if (s->kind == START_UNIFORM) x += s->a + (s->b - s->a) * draw_uniform(seed ^ 1, stream, k);
  if (s->kind == START_ORTHOGONAL) x += s->a / sqrt(columns) * draw_normal(seed ^ 1, stream, k);
  if (s->kind == START_NORMAL || s->kind == START_TRUNCATED) x += s->a + s->b * draw_normal(seed ^ 1, stream, k);
  return positive ? fabs(x) : x;
}

/* Of draws in the model: one of many that its seed could give. */
static void draw_noise(Evaluation *e, Node *n, uint64_t seed) {
  double *x = evaluation_open(e, n);
  int64_t count = evaluation_count(e, n);
  uint64_t stream = 1000003 + (uint64_t)n->item;
  for (int64_t k = 0; k < count; k++) x[k] = n->item % 2 ? draw_normal(seed, stream, (uint64_t)k) : draw_uniform(seed, stream, (uint64_t)k);
}

void point_draw(const Program *p, Evaluation *e, Node *const *nodes, int nnodes, uint64_t seed, const Manner *m) {
  for (int i = 0; i < nnodes; i++) {
    Node *n = nodes[i];
    if (n->kind == NODE_DRAW) {
      draw_noise(e, n, seed);
      continue;
    }
    if (n->kind != NODE_INPUT && n->kind != NODE_PARAM && n->kind != NODE_STATE) continue;
    int64_t count = evaluation_count(e, n);
    uint64_t stream = 3 * (uint64_t)n->item + (n->kind == NODE_PARAM ? 0 : n->kind == NODE_INPUT ? 1 : 2);
    double *x = evaluation_open(e, n);
    bool whole = n->kind == NODE_INPUT && p->inputs.at[n->item].kind != INPUT_REAL && p->inputs.at[n->item].kind != INPUT_EXTENT;
    Row row = whole && !m->apart ? draw_row(seed, stream, count) : EACH;
    for (int64_t k = 0; k < count; k++) {
      if (whole)
        x[k] = draw_in_row(&p->inputs.at[n->item], m, row, seed, stream, (uint64_t)k, count);
      else if (n->kind == NODE_INPUT)
        x[k] = draw_input(&p->inputs.at[n->item], m, seed, stream, (uint64_t)k);
      else if (n->kind == NODE_PARAM)
        x[k] = draw_start(&p->params.at[n->item], manners[m->kind].positive, seed, stream, (uint64_t)k);
      else x[k] = draw_start(&p->states.at[n->item], manners[m->kind].positive, seed, stream, (uint64_t)k);
    }
  }
}

bool all_finite(const double *x, int64_t count) {
  for (int64_t k = 0; k < count; k++)
    if (!isfinite(x[k])) return false;
  return true;
}
