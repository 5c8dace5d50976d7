/* whole.c: whole numbers in the generated C.
 *
 * Every expression of whole numbers comes with its bounds, by interval arithmetic on what it is made of. It is computed
 * in int where it and all that it is made of fit 32 bits, else in int64_t, by a cast of the first operand that needs
 * it; what may leave 64 bits is an error. The values of loop variables, integer inputs and gathers have bounds, so no
 * arithmetic of the generated C wraps. */
#include "emit/code.h"

#include <math.h>
#include <string.h>

Code whole_constant(Body *b, int64_t k) { return whole_code(arena_printf(b->cx, "%lld", (long long)k), k < 0, k, k); }

Code whole_widened(Body *b, Code c) {
  if (c.wide) return c;
  c.text = arena_printf(b->cx, "(int64_t)%s", code_parens(b, c, 0));
  c.level = 1;
  c.wide = true;
  return c;
}

/* ---- bounds ---- */

void whole_report_wide(Body *b, const char *text) {
  if (error_count(b->cx)) return;
  error_at(b->cx, b->g->span,
           "whole numbers here may leave 64 bits: %s; bound what they are made of: class(k) an input, min, max and mod "
           "a value",
           text);
}

bool whole_range_times(int64_t a, int64_t b, int64_t c, int64_t d, int64_t *lo, int64_t *hi) {
  int64_t p[4];
  if (__builtin_mul_overflow(a, c, &p[0]) || __builtin_mul_overflow(a, d, &p[1]) ||
      __builtin_mul_overflow(b, c, &p[2]) || __builtin_mul_overflow(b, d, &p[3]))
    return false;
  *lo = *hi = p[0];
  for (int k = 1; k < 4; k++) {
    if (p[k] < *lo) *lo = p[k];
    if (p[k] > *hi) *hi = p[k];
  }
  return true;
}

/* x op y, which has bounds lo..hi. */
static Code joined(Body *b, const char *op, int level, Code x, Code y, int64_t lo, int64_t hi) {
  if (!whole_fits_int(lo, hi) && !x.wide && !y.wide) x = whole_widened(b, x);
  Code c = whole_code(arena_printf(b->cx, "%s %s %s", code_parens(b, x, level), op, code_parens(b, y, level - 1)),
                      level, lo, hi);
  c.wide = c.wide || x.wide || y.wide;
  return c;
}

Code whole_times(Body *b, Code x, Code y) {
  int64_t lo = 0, hi = 0;
  if (!whole_range_times(x.lo, x.hi, y.lo, y.hi, &lo, &hi))
    whole_report_wide(b, arena_printf(b->cx, "%s * %s", x.text, y.text));
  return joined(b, "*", 2, x, y, lo, hi);
}

Code whole_plus(Body *b, Code x, Code y, bool minus) {
  int64_t lo = 0, hi = 0;
  bool over = minus ? __builtin_sub_overflow(x.lo, y.hi, &lo) || __builtin_sub_overflow(x.hi, y.lo, &hi)
                    : __builtin_add_overflow(x.lo, y.lo, &lo) || __builtin_add_overflow(x.hi, y.hi, &hi);
  if (over) whole_report_wide(b, arena_printf(b->cx, "%s %c %s", x.text, minus ? '-' : '+', y.text));
  return joined(b, minus ? "-" : "+", 3, x, y, lo, hi);
}

/* ---- conversions ---- */

static bool constant_of(const Node *n, double *k) {
  *k = n->scale;
  return n->kind == NODE_MAP && n->op == OP_PRODUCT && !n->nreads && !n->nguards && !n->nreduce &&
         number_is_exact(n->scale);
}

static bool is_condition(const Node *n) { return n->kind == NODE_MAP && op_rows[n->op].truth; }

Code whole_of(Body *b, Code c, const Node *n) {
  double k, low, high;
  if (c.integer) return c;
  if (constant_of(n, &k)) return whole_constant(b, (int64_t)k);
  node_range(n, &low, &high);
  int64_t lo = (int64_t)low, hi = (int64_t)high;
  if (is_condition(n)) return whole_code(arena_printf(b->cx, "(int)%s", code_parens(b, c, 0)), 1, 0, 1);
  const char *name = whole_fits_int(lo, hi) ? "nn_wholef" : "nn_wide_wholef";
  return whole_code(arena_printf(b->cx, "%s(%s, %lld, %lld)", name, code_parens(b, c, 5), (long long)lo, (long long)hi),
                    0, lo, hi);
}

const char *whole_element(Body *b, Code c, const Node *n, bool integer, bool wide, int level) {
  if (!integer) return code_float(b, c, level);
  if (!c.integer && !wide && !node_is_bounded(n))
    return arena_printf(b->cx, "nn_wholef(%s, -2147483647, 2147483647)", c.text);
  c = whole_of(b, c, n);
  return wide ? code_parens(b, c, level) : code_narrowed(b, c, level);
}

/* ---- operations ---- */

/* Are these operands, of a node of whole values, computed as whole numbers? Where all are there as such, or floats are
 * not enough. */
static bool computes_whole(const Body *b, const Node *n, int first, int count, const Code *x) {
  bool integers = false, floats = false,
       beyond = n->reduction <= RED_SUM && !op_rows[n->op].integer && plan_beyond_floats(b->plan, n);
  double k;
  for (int i = first; i < count; i++) {
    const Node *m = n->reads[i]->node;
    if (!node_is_bounded(m)) return false;
    beyond = beyond || plan_beyond_floats(b->plan, m);
    integers = integers || x[i].integer;
    floats = floats || (!x[i].integer && !constant_of(m, &k));
  }
  return beyond || (integers && !floats);
}

static void bound_by_node(const Node *n, Code *c) {
  if (n->reduction || !node_is_bounded(n)) return;
  if (c->lo < (int64_t)n->lo) c->lo = (int64_t)n->lo;
  if (c->hi > (int64_t)n->hi) c->hi = (int64_t)n->hi;
}

bool whole_product(Body *b, const Node *n, double scale, const Code *x, Code *out) {
  if (!node_is_bounded(n) || !number_is_exact(scale) || !computes_whole(b, n, 0, n->nreads, x)) return false;
  Code c = whole_of(b, x[0], n->reads[0]->node);
  if (fabs(scale) != 1) c = whole_times(b, whole_constant(b, (int64_t)fabs(scale)), c);
  for (int k = 1; k < n->nreads; k++) c = whole_times(b, c, whole_of(b, x[k], n->reads[k]->node));
  if (scale < 0) {
    bool wide = c.wide || c.lo == INT32_MIN;
    if (wide) c = whole_widened(b, c);
    c = (Code){arena_printf(b->cx, "-%s", code_parens(b, c, 1)), 1, true, wide, -c.hi, -c.lo};
  }
  bound_by_node(n, &c);
  *out = c;
  return true;
}

/* a mod b, floor(a / b): as C has them where neither is negative. */
static Code divided(Body *b, const Node *n, Code x, Code y) {
  bool mod = n->op == OP_MOD, plain = x.lo >= 0 && y.lo > 0,
       wide = x.wide || y.wide || !whole_fits_int((int64_t)n->lo, (int64_t)n->hi) ||
              (x.lo == INT32_MIN && y.lo <= -1 && y.hi >= -1);
  if (plain) return joined(b, mod ? "%" : "/", 2, x, y, (int64_t)n->lo, (int64_t)n->hi);
  const char *name = mod ? (wide ? "nn_wide_remainder" : "nn_remainder") : (wide ? "nn_wide_quotient" : "nn_quotient");
  Code c = whole_code(arena_printf(b->cx, "%s(%s, %s)", name, code_parens(b, x, 5), code_parens(b, y, 5)), 0,
                      (int64_t)n->lo, (int64_t)n->hi);
  c.wide = wide;
  return c;
}

static Code chosen(Body *b, const char *condition, Code x, Code y) {
  int64_t lo = x.lo < y.lo ? x.lo : y.lo, hi = x.hi > y.hi ? x.hi : y.hi;
  bool wide = x.wide || y.wide;
  const char *then = code_parens(b, x, 5), *otherwise = code_parens(b, y, 5);
  Code c = whole_code(arena_printf(b->cx, "%s(%s, %s, %s)", code_chooser(wide), condition, then, otherwise), 0, lo, hi);
  c.wide = wide;
  return c;
}

static const char *test_of(Op op) {
  static const char *const tests[] = {
    [OP_LT] = "<", [OP_LE] = "<=", [OP_EQ] = "==", [OP_NE] = "!=", [OP_MAX] = ">=", [OP_MIN] = "<="};
  return tests[op];
}

/* What bounds alone say of a comparison: 0 or 1; -1 where they say nothing. (Compilers warn where they see it.) */
static int decided(Op op, Code x, Code y) {
  bool below = x.hi<y.lo, above = x.lo> y.hi;
  if (strcmp(x.text, y.text) == 0) return op != OP_NE && op != OP_LT;
  if (op == OP_EQ || op == OP_NE) return below || above ? op == OP_NE : -1;
  if (op == OP_LT || op == OP_LE || op == OP_MIN)
    return below || (op != OP_LT && x.hi <= y.lo) ? 1 : above || (op == OP_LT && x.lo >= y.hi) ? 0 : -1;
  return above || x.lo >= y.hi ? 1 : below ? 0 : -1; /* MAX: x >= y */
}

static Code extremum(Body *b, Op op, Code x, Code y) {
  int known = decided(op, x, y);
  if (known >= 0) return known ? x : y;
  x = code_spill(b, x), y = code_spill(b, y);
  return chosen(b, arena_printf(b->cx, "%s %s %s", x.text, test_of(op), y.text), x, y);
}

static Code comparison(Body *b, Op op, Code x, Code y) {
  int known = decided(op, x, y);
  if (known >= 0) return (Code){.text = known ? "1.0f" : "0.0f"};
  return (Code){.text =
                  arena_printf(b->cx, "nn_truef(%s %s %s)", code_parens(b, x, 3), test_of(op), code_parens(b, y, 3))};
}

bool whole_operation(Body *b, const Node *n, const Code *given, Code *out) {
  Code x[3];
  int arity = op_rows[n->op].arity, first = n->op == OP_WHERE;
  if (!node_is_bounded(n) || arity < 1 || !computes_whole(b, n, first, arity, given)) return false;
  switch (n->op) { /* int arithmetic has a form of its own for each */
  case OP_ADD:
  case OP_SUB:
  case OP_SELECT:
  case OP_MOD:
  case OP_QUOTIENT:
  case OP_MAX:
  case OP_MIN:
  case OP_ABS:
  case OP_SIGN:
  case OP_WHERE:
  case OP_LT:
  case OP_LE:
  case OP_EQ:
  case OP_NE: break;
  default: return false;
  }
  bool spilled = n->op == OP_ABS || n->op == OP_SIGN;
  for (int k = 0; k < arity; k++) {
    x[k] = k < first ? code_spill(b, given[k]) : whole_of(b, given[k], n->reads[k]->node);
    if (k >= first) x[k] = spilled ? code_spill(b, x[k]) : first ? code_loaded(b, x[k]) : code_shorten(b, x[k]);
  }
  switch (n->op) { /* int arithmetic has a form of its own for each */
  case OP_ADD:
  case OP_SUB: *out = whole_plus(b, x[0], x[1], n->op == OP_SUB); break;
  case OP_SELECT: *out = whole_times(b, x[0], x[1]); break;
  case OP_MOD:
  case OP_QUOTIENT: *out = divided(b, n, x[0], x[1]); break;
  case OP_MAX:
  case OP_MIN: *out = extremum(b, n->op, x[0], x[1]); break;
  case OP_SIGN: *out = whole_code(arena_printf(b->cx, "(%s > 0) - (%s < 0)", x[0].text, x[0].text), 3, -1, 1); break;
  case OP_ABS: {
    Code minus = x[0].lo == INT32_MIN ? whole_widened(b, x[0]) : x[0];
    minus = (Code){arena_printf(b->cx, "-%s", code_parens(b, minus, 0)), 1, true, minus.wide, -minus.hi, -minus.lo};
    *out = chosen(b, arena_printf(b->cx, "%s < 0", x[0].text), minus, x[0]);
    break;
  }
  case OP_WHERE:
    *out = chosen(b, arena_printf(b->cx, "%s != %s", x[0].text, x[0].integer ? "0" : "0.0f"), x[1], x[2]);
    break;
  default: *out = comparison(b, n->op, x[0], x[1]); return true;
  }
  bound_by_node(n, out);
  return true;
}
