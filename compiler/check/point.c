/* point.c: random points at which checks and gradients are evaluated. Every number is a function of a seed, the
 * leaf that it is for and its place there, so that a point does not depend on what else is drawn. */
#include "check/point.h"

#include <math.h>

/* The finalizer of SplitMix64 (Steele, Lea and Flood 2014), over a counter made of all three. */
static uint64_t scramble(uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

double point_uniform(uint64_t seed, uint64_t stream, uint64_t k) {
  uint64_t bits = scramble(scramble(scramble(seed) ^ stream) ^ k);
  return ((double)(bits >> 11) + 0.5) / 9007199254740992.0;
}

double point_normal(uint64_t seed, uint64_t stream, uint64_t k) { /* Box and Muller 1958 */
  double u = point_uniform(seed, 2 * stream, k), v = point_uniform(seed, 2 * stream + 1, k);
  return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

typedef enum { REAL_NORMAL, REAL_UNIFORM, REAL_EXPONENTIAL } RealKind;
static const struct {
  RealKind inputs;
  bool positive;
} manners[MANNER_COUNT] = {
  {REAL_NORMAL, false}, {REAL_UNIFORM, false}, {REAL_EXPONENTIAL, false}, {REAL_UNIFORM, true}};

/* Now and then a whole number beside one that the model names, so that [y = 637] is met; false where it is another's
 * turn. */
static bool draw_named(const Manner *m, uint64_t seed, uint64_t stream, uint64_t k, double *x) {
  double which = 4 * point_uniform(seed ^ 2, stream, k);
  if (!m->nnumbers || which >= 1) return false;
  *x = m->numbers[(int)(which * m->nnumbers)] + floor(3 * point_uniform(seed ^ 3, stream, k)) - 1;
  return true;
}

#define LARGE 4096 /* elements of a parameter */

/* ---- random numbers in a leaf ---- */

static double draw_input(const Input *input, const Manner *m, uint64_t seed, uint64_t stream, uint64_t k) {
  double u = point_uniform(seed, stream, k), x;
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
  return m->scale * point_normal(seed, stream, k);
}

/* How the elements of an integer input go together. Most points draw each for itself; few of those have a row of bits
 * that are all 1, a word that occurs twice at given places, or classes in an order. */
typedef enum { EACH, ALIKE, ALL_BUT_ONE, LOWEST, HIGHEST, IN_ORDER } Row;

static Row draw_row(uint64_t seed, uint64_t stream, int64_t count) {
  static const Row rows[] = {EACH, EACH, EACH, EACH, EACH, EACH, EACH, ALIKE, ALL_BUT_ONE, LOWEST, HIGHEST, IN_ORDER};
  return count < 2 ? EACH : rows[(int)(point_uniform(seed ^ 4, stream, 0) * (double)(sizeof rows / sizeof *rows))];
}

static double draw_in_row(const Input *input, const Manner *m, Row row, uint64_t seed, uint64_t stream, uint64_t k,
                          int64_t count) {
  int classes = input->kind == INPUT_BIT ? 2 : input->classes;
  bool bounded = input->kind == INPUT_BIT || input->kind == INPUT_CLASS;
  double x = draw_input(input, m, seed, stream, row == EACH ? k : 0);
  if (row == ALL_BUT_ONE && k == 1 + (uint64_t)(point_uniform(seed ^ 5, stream, 0) * (double)(count - 1))) x += 1;
  if (row == IN_ORDER) x += (double)k;
  if (row == LOWEST) return 0;
  if (row == HIGHEST && bounded) return classes - 1;
  return bounded ? fmod(x, classes) : x;
}

/* That of what it is a copy of. */
static const Start *start_of(const Program *p, const Leaf *leaf) {
  const Start *s = &leaf->start;
  while (s->kind == START_COPY) s = &(s->of->kind == NODE_PARAM ? p->params.at : p->states.at)[s->of->item].start;
  return s;
}

/* Where it starts, and something added, so that nothing is 0 or symmetric; less of it in a large row, as starts do. */
static double draw_start(const Program *p, const Leaf *leaf, bool positive, uint64_t seed, uint64_t stream,
                         uint64_t k) {
  const Start *s = start_of(p, leaf);
  const Axis *axes = leaf->node->axes;
  int own = leaf->node->naxes && axes[0].kind == AXIS_BATCH; /* its first axis; a state[batch, n] is as one of [n] */
  double columns = leaf->node->naxes > own + 1 ? (double)leaf->count / (double)axes[own].extent : 1;
  double x = 0.5 / sqrt(columns) * point_normal(seed, stream, k);
  if (s->kind == START_VALUES) x += s->uniform_value ? s->values[0] : s->values[k % (uint64_t)leaf->count];
  if (s->kind == START_UNIFORM) x += s->a + (s->b - s->a) * point_uniform(seed ^ 1, stream, k);
  if (s->kind == START_ORTHOGONAL) x += s->a / sqrt(columns) * point_normal(seed ^ 1, stream, k);
  if (s->kind == START_NORMAL || s->kind == START_TRUNCATED) x += s->a + s->b * point_normal(seed ^ 1, stream, k);
  return positive ? fabs(x) : x;
}

/* The same for a large array, at a tenth of the cost: the sum of four uniform numbers is nearly normal, and has the
 * mean and the deviation of what draw_start adds up. */
static void draw_large(const Program *p, const Leaf *leaf, double *x, int64_t count, bool positive, double columns,
                       uint64_t seed, uint64_t stream) {
  const Start *s = start_of(p, leaf);
  uint64_t key = scramble(scramble(seed) ^ stream);
  double mean = s->kind == START_UNIFORM                                ? (s->a + s->b) / 2
                : s->kind == START_NORMAL || s->kind == START_TRUNCATED ? s->a
                                                                        : 0;
  double variance = 0.25 / columns;
  if (s->kind == START_UNIFORM) variance += (s->b - s->a) * (s->b - s->a) / 12;
  if (s->kind == START_NORMAL || s->kind == START_TRUNCATED) variance += s->b * s->b;
  if (s->kind == START_ORTHOGONAL) variance += s->a * s->a / columns;
  double unit = sqrt(3 * variance) / 65536;
  for (int64_t k = 0; k < count; k++) {
    uint64_t bits = scramble(key ^ (uint64_t)k);
    double sum =
      (double)(bits & 65535) + (double)(bits >> 16 & 65535) + (double)(bits >> 32 & 65535) + (double)(bits >> 48);
    x[k] = mean + unit * (sum - 131070);
    if (s->kind == START_VALUES) x[k] += s->uniform_value ? s->values[0] : s->values[k % leaf->count];
    if (positive) x[k] = fabs(x[k]);
  }
}

/* The number of the step: early, late, or beside a number that the model names. */
static double draw_step(const Manner *m, uint64_t seed) {
  const uint64_t stream = 999983;
  double x;
  if (draw_named(m, seed, stream, 0, &x) && x >= 1) return x;
  return floor(pow(10, 4 * point_uniform(seed, stream, 0)));
}

/* Of draws in the model: one of many that its seed could give. */
static void draw_noise(Evaluation *e, Node *n, uint64_t seed, const Manner *m) {
  double *x = evaluation_writable(e, n);
  int64_t count = evaluation_count(e, n);
  uint64_t stream = 1000003 + (uint64_t)n->item;
  for (int64_t k = 0; k < count; k++) {
    if (n->item % 2 == 0) x[k] = point_uniform(seed, stream, (uint64_t)k);
    else x[k] = point_normal(seed, stream, (uint64_t)k);
    if (n->item % 2 && m->point == POINT_SMALL) x[k] = floor(x[k] + 0.5);
  }
}

/* ---- small whole numbers ---- */

/* How the elements of a real leaf go together at a point of small whole numbers. */
typedef enum { REALS, WHOLE, SAME, ZERO } Small;

/* At half of these points all leaves are whole; at the others each leaf has its turn to be 0. */
static Small draw_small_row(uint64_t seed, uint64_t stream) {
  static const Small rows[] = {REALS, REALS, REALS, WHOLE, WHOLE, WHOLE, WHOLE, SAME};
  uint64_t turn = seed / 4000 % 8; /* a point's seed is a thousand times its number, and every fourth is such a one */
  if (turn < 4) return WHOLE;
  if (turn - 4 == stream % 4) return ZERO;
  return rows[(int)(point_uniform(seed ^ 6, 1 + stream, 0) * (double)(sizeof rows / sizeof *rows))];
}

/* -2..2, or where an input must be positive 1, 2, 3, below 1 quarters. Of a long row most are 0: sums stay small, so
 * that ties do not drown in what saturates. */
static double draw_small(const Manner *m, bool input, Small row, double columns, uint64_t seed, uint64_t stream,
                         uint64_t k) {
  double u = point_uniform(seed ^ 7, stream, row == SAME ? 0 : k);
  if (input && manners[m->kind].inputs == REAL_UNIFORM) return floor(1 + 3 * u) / 4;
  if (input && manners[m->kind].inputs == REAL_EXPONENTIAL) return floor(1 + 3 * u);
  if (row == ZERO || (row == WHOLE && point_uniform(seed ^ 8, stream, k) * columns > 8)) return 0;
  double x = floor(5 * u) - 2;
  return manners[m->kind].positive ? fabs(x) : x;
}

/* Integers at such a point: the first classes, lengths of 1, 2 and the largest, so that rare ones come together. False
 * for bits, and where it is another's turn. */
static bool draw_small_integer(const Input *input, uint64_t seed, uint64_t stream, uint64_t k, double *x) {
  double u = point_uniform(seed ^ 12, stream, k);
  if (input->kind == INPUT_BIT || point_uniform(seed ^ 13, stream, 0) > 0.85) return false;
  if (input->kind == INPUT_INT) *x = floor(5 * u) - 2;
  else if (input->kind == INPUT_CLASS) *x = fmin(floor(3 * u * u), input->classes - 1);
  else *x = u < 0.5 ? 1 : u < 0.8 ? fmin(2, input->classes) : input->classes;
  return true;
}

/* ---- scales ---- */

/* Of a leaf, or, where they are few, of each element. */
static double draw_scale(const Manner *m, int64_t count, uint64_t seed, uint64_t stream, uint64_t k) {
  static const double factors[] = {0.01, 0.1, 1, 1, 4, 16, 64, 256};
  bool each = count <= 8 && point_uniform(seed ^ 9, stream, 0) < 0.5;
  if (m->point != POINT_SPREAD) return 1;
  return factors[(int)(point_uniform(seed ^ 10, stream, each ? k : 0) * (double)(sizeof factors / sizeof *factors))];
}

/* ---- a point ---- */

static double draw_real(const Program *p, const Node *n, const Manner *m, uint64_t seed, uint64_t stream, uint64_t k) {
  bool positive = manners[m->kind].positive;
  if (n->kind == NODE_INPUT) return draw_input(&p->inputs.at[n->item], m, seed, stream, k);
  return draw_start(p, n->kind == NODE_PARAM ? &p->params.at[n->item] : &p->states.at[n->item], positive, seed, stream,
                    k);
}

static void draw_leaf(const Program *p, Evaluation *e, Node *n, uint64_t seed, const Manner *m) {
  int64_t count = evaluation_count(e, n);
  uint64_t stream = 3 * (uint64_t)n->item + (n->kind == NODE_PARAM ? 0 : n->kind == NODE_INPUT ? 1 : 2);
  double *x = evaluation_writable(e, n);
  const Input *input = n->kind == NODE_INPUT ? &p->inputs.at[n->item] : NULL;
  bool whole = input && input->kind != INPUT_REAL && input->kind != INPUT_EXTENT,
       extent = input && input->kind == INPUT_EXTENT;
  Row row = whole && !m->apart ? draw_row(seed, stream, count) : EACH;
  Small small = m->point == POINT_SMALL && !whole && !extent ? draw_small_row(seed, stream) : REALS;
  int first = n->naxes && n->axes[0].kind == AXIS_BATCH;
  double columns = n->naxes > first + 1 ? (double)count / (double)n->axes[first].extent : sqrt((double)count);
  if (!input && count > LARGE && small == REALS) {
    draw_large(p, n->kind == NODE_PARAM ? &p->params.at[n->item] : &p->states.at[n->item], x, count,
               manners[m->kind].positive, n->naxes > first + 1 ? columns : 1, seed, stream);
    double scale = draw_scale(m, count, seed, stream, 0);
    for (int64_t k = 0; k < count && scale != 1; k++) x[k] *= scale;
    return;
  }
  for (int64_t k = 0; k < count; k++) {
    if ((whole || extent) && m->point == POINT_SMALL && draw_small_integer(input, seed, stream, (uint64_t)k, &x[k]))
      continue;
    if (whole) x[k] = draw_in_row(input, m, row, seed, stream, (uint64_t)k, count);
    else if (extent) x[k] = draw_input(input, m, seed, stream, (uint64_t)k);
    else if (small != REALS) x[k] = draw_small(m, input != NULL, small, columns, seed, stream, (uint64_t)k);
    else x[k] = draw_scale(m, count, seed, stream, (uint64_t)k) * draw_real(p, n, m, seed, stream, (uint64_t)k);
  }
}

void point_draw(const Program *p, Evaluation *e, Node *const *nodes, int nnodes, uint64_t seed, const Manner *m) {
  for (int i = 0; i < nnodes; i++) {
    Node *n = nodes[i];
    if (n->kind == NODE_DRAW) draw_noise(e, n, seed, m);
    else if (n->kind == NODE_STEP) *evaluation_writable(e, n) = draw_step(m, seed);
    else if (n->kind == NODE_INPUT || n->kind == NODE_PARAM || n->kind == NODE_STATE) draw_leaf(p, e, n, seed, m);
  }
}

bool point_all_finite(const double *x, int64_t count) {
  for (int64_t k = 0; k < count; k++)
    if (!isfinite(x[k])) return false;
  return true;
}
