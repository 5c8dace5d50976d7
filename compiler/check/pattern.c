/* pattern.c: of a refuted check: at how many points its sides agree, and which elements differ, as a condition.
 *
 *     6 of 9 elements, [0,1] [0,2] [1,0] ...      ->   they differ off the diagonal, i != j
 *     element 2 where y is 2, 0 where y is 0      ->   they differ at i = y
 *
 * A condition is said where no element outside of it differs at any point, and nearly all elements inside of it do at
 * plain points (at special ones both sides may happen to be 0). */
#include "build/build.h"
#include "check/cause.h"

#include <math.h>
#include <string.h>

enum { MOST_CONDITIONS = 400, POINTS = 60, FEWEST = 4 };
#define WORK 5e7 /* in terms to be summed */

typedef enum { AT_NUMBER, AT_EQUAL, AT_LESS, AT_CLASS, AT_SIGN, WHERE_NUMBER, WHERE_SIGN } ConditionKind;
typedef enum { IS_ZERO, IS_POSITIVE, IS_NEGATIVE } Sign;

typedef struct Condition {
  ConditionKind kind;
  bool negated;
  int i, j;      /* of the check's indices; -1: of none */
  double number; /* of AT_NUMBER, WHERE_NUMBER; the Sign of the others */
  const char *name;
  Node *node; /* of a value: over the index i (over i and j), or a single one */
  bool alive;
  int64_t inside, differing; /* elements at plain points: those that fulfil it, those of them that differ */
  int64_t outside;
} Condition;

typedef struct Pattern {
  Sides *s;
  Finding *f;
  Context *cx;
  KnownList known;
  Simplifier *simplifier;
  VEC(Condition) list;
  int64_t extents[MAX_AXES];
  int64_t all, differing;
} Pattern;

/* ---- which conditions there are ---- */

static void add(Pattern *p, Condition c) {
  if (p->list.n == MOST_CONDITIONS) return;
  c.alive = true;
  VEC_PUSH(p->cx, &p->list, c);
  c.negated = true;
  VEC_PUSH(p->cx, &p->list, c);
}

static void add_places(Pattern *p, int i) {
  int64_t n = p->extents[i];
  for (int64_t k = 0; k < n && k < 8 && n > 1; k++)
    add(p, (Condition){.kind = AT_NUMBER, .i = i, .j = -1, .number = (double)k});
  if (n > 8) add(p, (Condition){.kind = AT_NUMBER, .i = i, .j = -1, .number = (double)(n - 1)});
}

static void add_pairs(Pattern *p) {
  for (int i = 0; i < p->s->check->nvars; i++)
    for (int j = i + 1; j < p->s->check->nvars; j++) {
      if (p->extents[i] != p->extents[j] || p->extents[i] < 2) continue;
      add(p, (Condition){.kind = AT_EQUAL, .i = i, .j = j});
      add(p, (Condition){.kind = AT_LESS, .i = i, .j = j});
      add(p, (Condition){.kind = AT_LESS, .i = j, .j = i});
    }
}

/* The value of a name, made ready to be evaluated where the sides are; NULL where it needs other leaves. */
static Node *node_of(Pattern *p, const Known *known) {
  int vars[MAX_AXES], n = known->node->naxes;
  if (n > MAX_AXES / 2) return NULL;
  Read *open = read_open(p->s->p->graph, known->node, vars);
  Node *node = build_tensor(p->s->p->graph, simplify_read(p->simplifier, open), n, vars);
  return evaluation_missing(p->s->e, node) || evaluation_cost(p->s->e, node) > WORK / POINTS ? NULL : node;
}

static bool over_batch(const Node *n) { return n->naxes && n->axes[0].kind == AXIS_BATCH; }

static void add_value(Pattern *p, const Known *known) {
  const Check *c = p->s->check;
  Node *node = known->rank <= 2 ? node_of(p, known) : NULL;
  if (!node || node->naxes != known->rank + over_batch(node)) return;
  for (int i = 0; i < c->nvars && known->rank; i++) {
    int j = known->rank == 2 ? i + 1 : -1;
    if (j >= c->nvars || known->axes[0].extent != p->extents[i]) continue;
    if (j >= 0 && known->axes[1].extent != p->extents[j]) continue;
    for (int sign = IS_ZERO; sign <= IS_NEGATIVE; sign++)
      add(p, (Condition){.kind = AT_SIGN, .i = i, .j = j, .number = sign, .name = known->name, .node = node});
  }
  if (known->rank) return;
  if (known->whole) {
    for (int i = 0; i < c->nvars; i++)
      add(p, (Condition){.kind = AT_CLASS, .i = i, .j = -1, .name = known->name, .node = node});
    for (int k = 0; k < 4; k++)
      add(p, (Condition){.kind = WHERE_NUMBER, .i = -1, .j = -1, .number = k, .name = known->name, .node = node});
  }
  for (int sign = IS_ZERO; sign <= IS_NEGATIVE; sign++)
    add(p, (Condition){.kind = WHERE_SIGN, .i = -1, .j = -1, .number = sign, .name = known->name, .node = node});
}

/* ---- at one point ---- */

static bool has_sign(double x, double sign) { return sign == IS_ZERO ? x == 0 : sign == IS_POSITIVE ? x > 0 : x < 0; }

/* The value that the condition is about, of this example and at these places. */
static double value_at(Pattern *p, const Condition *c, const int64_t *at, int64_t example) {
  const double *x = evaluate(p->s->e, c->node);
  int64_t k = over_batch(c->node) ? example : 0;
  if (c->kind == AT_SIGN) k = k * p->extents[c->i] + at[c->i];
  if (c->kind == AT_SIGN && c->j >= 0) k = k * p->extents[c->j] + at[c->j];
  return x[k];
}

static bool fulfils(Pattern *p, const Condition *c, const int64_t *at, int64_t example) {
  bool is = false;
  switch (c->kind) {
  case AT_NUMBER: is = (double)at[c->i] == c->number; break;
  case AT_EQUAL: is = at[c->i] == at[c->j]; break;
  case AT_LESS: is = at[c->i] < at[c->j]; break;
  case AT_CLASS: is = (double)at[c->i] == value_at(p, c, at, example); break;
  case WHERE_NUMBER: is = value_at(p, c, at, example) == c->number; break;
  case AT_SIGN:
  case WHERE_SIGN: is = has_sign(value_at(p, c, at, example), c->number); break;
  }
  return is != c->negated;
}

/* Element k of the sides: its example, and its places. */
static int64_t places_of(const Pattern *p, int64_t k, int64_t *at) {
  for (int i = p->s->check->nvars - 1; i >= 0; i--) {
    at[i] = k % p->extents[i];
    k /= p->extents[i];
  }
  return k;
}

static void note_element(Pattern *p, const int64_t *at, int64_t example, bool differs, bool plain) {
  p->all += plain;
  p->differing += plain && differs;
  for (int c = 0; c < p->list.n; c++) {
    Condition *condition = &p->list.at[c];
    if (!condition->alive) continue;
    bool inside = fulfils(p, condition, at, example);
    if (differs && !inside) condition->alive = false;
    if (!plain) continue;
    condition->inside += inside;
    condition->outside += !inside;
    condition->differing += inside && differs;
  }
}

static void note_point(Pattern *p, PointVerdict v, bool plain) {
  int64_t at[MAX_AXES];
  for (int64_t k = 0; k < p->s->count; k++) {
    int64_t example = places_of(p, k, at);
    note_element(p, at, example, v == POINT_REFUTES && !isnan(p->s->mean[k]), plain);
  }
}

/* ---- in words ---- */

static const char *index_name(const Pattern *p, int i) {
  const Check *c = p->s->check;
  return c->names[i] ? c->names[i] : axis_letter(i);
}

static const char *number_text(Pattern *p, const Condition *c) {
  const char *i = index_name(p, c->i);
  bool last = (double)p->extents[c->i] == c->number + 1 && p->extents[c->i] > 2;
  const char *which = c->number == 0 ? ", the first" : last ? ", the last" : "";
  return arena_printf(p->cx, "%s %s %g%s", i, c->negated ? "!=" : "=", c->number, which);
}

static const char *sign_text(Pattern *p, const Condition *c) {
  static const char *const is[] = {"= 0", "> 0", "< 0"}, *const is_not[] = {"!= 0", "<= 0", ">= 0"};
  const char *relation = (c->negated ? is_not : is)[(int)c->number];
  if (c->kind == WHERE_SIGN) return arena_printf(p->cx, "where %s %s", c->name, relation);
  if (c->j < 0) return arena_printf(p->cx, "where %s[%s] %s", c->name, index_name(p, c->i), relation);
  return arena_printf(p->cx, "where %s[%s, %s] %s", c->name, index_name(p, c->i), index_name(p, c->j), relation);
}

static const char *condition_text(Pattern *p, const Condition *c) {
  switch (c->kind) {
  case AT_NUMBER: return arena_printf(p->cx, "at %s", number_text(p, c));
  case AT_EQUAL:
    return arena_printf(p->cx, c->negated ? "off the diagonal, %s != %s" : "on the diagonal, %s = %s",
                        index_name(p, c->i), index_name(p, c->j));
  case AT_LESS:
    return arena_printf(p->cx, "at %s %s %s", index_name(p, c->i), c->negated ? ">=" : "<", index_name(p, c->j));
  case AT_CLASS: return arena_printf(p->cx, "at %s %s %s", index_name(p, c->i), c->negated ? "!=" : "=", c->name);
  case WHERE_NUMBER: return arena_printf(p->cx, "where %s %s %g", c->name, c->negated ? "!=" : "=", c->number);
  default: return sign_text(p, c);
  }
}

/* The condition that leaves out most. */
static const Condition *tightest(const Pattern *p) {
  const Condition *best = NULL;
  for (int k = 0; k < p->list.n; k++) {
    const Condition *c = &p->list.at[k];
    if (!c->alive || !c->outside || 10 * c->differing < 9 * c->inside || c->differing < FEWEST) continue;
    if (!best || c->outside > best->outside || (c->outside == best->outside && c->kind < best->kind)) best = c;
  }
  return best;
}

/* ---- the whole ---- */

/* The whole numbers of the example that is shown: n = 0, y = 3, T = 1. */
const char *pattern_point(Sides *s, int example) {
  Text t = {.cx = s->p->cx};
  for (int k = 0, n = 0; k < s->needed.n && n < 4; k++) {
    Node *node = s->needed.at[k];
    if (node->kind != NODE_INPUT) continue;
    const Input *input = &s->p->inputs.at[node->item];
    if (input->kind == INPUT_REAL || input->count != 1) continue;
    text_printf(&t, "%s%s = %g", n++ ? ", " : "", input->name, evaluate(s->e, node)[example]);
  }
  return t.data;
}

static const char *describe(Pattern *p) {
  if (p->s->count == 1 && p->list.n == 0) return NULL;
  const Condition *c = p->differing ? tightest(p) : NULL;
  if (c) return condition_text(p, c);
  return p->s->count > 1 && 10 * p->differing >= 9 * p->all ? "everywhere" : NULL;
}

void pattern_find(Sides *s, Finding *f) {
  Pattern p = {.s = s, .f = f, .cx = s->p->cx, .simplifier = simplify_begin(s->p), .known = claim_known(s->check)};
  Point pt;
  double work = WORK;
  if (s->places[0]) return;
  for (int i = 0; i < s->check->nvars; i++) p.extents[i] = graph_var_axis(s->p->graph, s->check->vars[i]).extent;
  for (int i = 0; i < s->check->nvars; i++) add_places(&p, i);
  add_pairs(&p);
  for (int k = 0; k < p.known.n && k < 60; k++)
    if (!p.known.at[k].constant) add_value(&p, &p.known.at[k]);
  s->rough = true;
  for (int k = 0; k < POINTS && work > 0; k++) {
    PointVerdict v = sides_at(s, k, &pt);
    work -= 2 * s->cost + (double)s->count * (10 + p.list.n);
    if (v == POINT_UNDEFINED) break;
    if (v != POINT_AGREES && v != POINT_REFUTES) continue;
    f->tried++;
    f->agreeing += v == POINT_AGREES;
    note_point(&p, v, k % 2 == 0);
  }
  f->pattern = describe(&p);
}
