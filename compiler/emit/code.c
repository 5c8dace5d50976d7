/* code.c: expressions of the generated C.
 *
 * A value is written out as text with the looseness of its outermost operator, so that parentheses stand only where
 * they are needed. Inline values that are more than a copy become local constants `const float t3 = ...;` of the loop
 * at hand, once each; that also bounds the length of a line. All indices are one affine expression in the loop
 * variables. */
#include "emit/code.h"
#include "emit/name.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- indices ---- */

static Code term_of(Body *b, const Term *x) {
  if (!x->gather) return whole_code(b->vars[x->var], 0, 0, b->last[x->var]);
  return whole_of(b, code_read(b, (Read *)x->gather), x->gather->node);
}

/* The terms of an index in the order in which they are written, positive ones first, and the offset between them;
 * `sign`: of each. */
typedef struct Sum {
  Code at[MAX_AXES * 4];
  int n;
  bool minus[MAX_AXES * 4];
} Sum;

static void add_term(Body *b, Sum *s, int64_t coef, Code c) {
  if (s->n == MAX_AXES * 4) bug("emit", "an index of more than %d terms", MAX_AXES * 4);
  int64_t size = coef < 0 ? -coef : coef;
  s->minus[s->n] = coef < 0;
  s->at[s->n++] = size == 1 ? c : whole_times(b, whole_constant(b, size), c);
}

static Code sum_code(Body *b, const Sum *s) {
  Code c = s->n ? s->at[0] : whole_constant(b, 0);
  if (s->n && s->minus[0]) {
    if (c.lo == INT32_MIN) c = whole_widened(b, c);
    c = (Code){arena_printf(b->cx, "-%s", code_parens(b, c, 2)), c.level == 2 ? 2 : 1, true, c.wide, -c.hi, -c.lo};
  }
  for (int k = 1; k < s->n; k++) c = whole_plus(b, c, s->at[k], s->minus[k]);
  return c;
}

Code code_index(Body *b, const Index *e) {
  Sum sum = {.n = 0};
  for (int sign = 1; sign >= -1; sign -= 2) { /* positive terms first */
    if (sign < 0 && e->offset > 0) add_term(b, &sum, 1, whole_constant(b, e->offset));
    for (int i = 0; i < e->n; i++) {
      const Term *x = &e->terms[i];
      if ((x->coef > 0) != (sign > 0) || (!x->gather && b->dropped[x->var])) continue;
      add_term(b, &sum, x->coef, term_of(b, x));
    }
  }
  if (e->offset < 0) add_term(b, &sum, -1, whole_constant(b, -e->offset));
  Code c = sum_code(b, &sum);
  if (e->divisor == 1 || !sum.n) return c;
  Code d = whole_code(arena_printf(b->cx, "%s / %lld", code_parens(b, c, 1), (long long)e->divisor), 2,
                      c.lo / e->divisor, c.hi / e->divisor);
  d.wide = d.wide || c.wide;
  return d;
}

/* An index between brackets; a long one is computed before, where that reads nothing. */
const char *code_place(Body *b, const Index *e) {
  Code c = code_index(b, e);
  return strlen(c.text) > LONG_TEXT && !strchr(c.text, '[') ? code_spill(b, c).text : c.text;
}

/* ---- guards ---- */

static void and_also(Text *t, const char *format, ...) NNC_PRINTF(2, 3);
static void and_also(Text *t, const char *format, ...) {
  char buffer[1024];
  va_list args;
  va_start(args, format);
  int n = vsnprintf(buffer, sizeof buffer, format, args);
  va_end(args);
  if (n < 0 || n >= (int)sizeof buffer) bug("emit", "a condition of %d characters", n);
  text_printf(t, "%s%s", t->length ? " && " : "", buffer);
}

/* What is not known to hold of: e is whole and 0 <= e < n. */
static void guard_conditions(Body *b, const Index *e, int64_t n, Text *t) {
  Index top = *e;
  top.divisor = 1;
  double lo, hi;
  bool known = index_range(NULL, &top, b->axes, &lo, &hi);
  int64_t end;
  if (__builtin_mul_overflow(n, e->divisor, &end))
    whole_report_wide(b, arena_printf(b->cx, "%lld * %lld", (long long)n, (long long)e->divisor));
  if (known && lo >= 0 && hi < (double)end && e->divisor == 1) return;
  Code c = code_index(b, &top);
  c = t->length && code_gathers_there(b, e) ? code_loaded(b, c)
                                            : code_shorten(b, c); /* no read hangs on an earlier part */
  if (e->divisor == 1 && n == 1) {
    and_also(t, "%s == 0", code_parens(b, c, 3));
    return;
  }
  if (!known || lo < 0) and_also(t, "%s >= 0", code_parens(b, c, 3));
  if (!known || hi >= (double)end) and_also(t, "%s < %lld", code_parens(b, c, 3), (long long)end);
  if (e->divisor != 1) and_also(t, "%s %% %lld == 0", code_parens(b, c, 1), (long long)e->divisor);
}

/* A long condition is computed in parts. */
static void shorten_condition(Body *b, Text *t) {
  if (t->length < 100) return;
  Code c = code_spill(b, whole_code(t->data, 5, 0, 1));
  *t = (Text){.cx = b->cx};
  text_printf(t, "%s != 0", c.text);
}

const char *code_guards(Body *b, const Guard *guards, int n) {
  Text t = {.cx = b->cx};
  for (int k = 0; k < n; k++) {
    guard_conditions(b, guards[k].e, guards[k].n, &t);
    shorten_condition(b, &t);
  }
  return t.data;
}

/* ---- reads ---- */

static const TempName *find_temp(const Body *b, const Read *r) {
  for (int k = b->temps.n - 1; k >= 0; k--) {
    const TempName *t = &b->temps.at[k];
    if (t->read ? read_equal(t->read, r) : t->node == r->node) return t;
  }
  return NULL;
}

/* Where `b->when` does not hold the place may not exist; the first one does. */
static Code element(Body *b, const Read *r) {
  const Operand *o = body_operand(b, plan_owner(b->plan, r->node), NULL, false);
  bool integer = o->integer, scalar = o->scalar;
  Code c = {.text = o->name, .level = scalar && o->name[0] == '('};
  const char *name = o->name;
  if (!scalar) {
    const Index *at = plan_flat_index(b->plan, r);
    const char *place = code_place(b, at), *chooser = code_chooser(code_index(b, at).wide);
    if (b->when && !code_in_range(b, r)) place = arena_printf(b->cx, "%s(%s, %s, 0)", chooser, b->when, place);
    c.text = arena_printf(b->cx, "%s[%s]", name, place);
  }
  if (!integer) return c;
  double lo, hi;
  node_range(r->node, &lo, &hi);
  return whole_code(c.text, c.level, (int64_t)lo, (int64_t)hi);
}

/* Constants, copies and index values are written again at each use. */
static bool rewritten(const Node *n) {
  return n->op == OP_INDEX || n->op == OP_STOP || n->op == OP_DRAWN ||
         (n->op == OP_PRODUCT && !n->nguards && (n->nreads == 0 || (n->nreads == 1 && n->scale == 1)));
}

static Code inline_value(Body *b, Read *r) {
  const Node *n = r->node;
  Subst s = read_subst(r);
  Read **reads = ARENA_ARRAY(b->cx, Read *, n->nreads + 1);
  Guard *guards = ARENA_ARRAY(b->cx, Guard, n->nguards + 1);
  for (int k = 0; k < n->nreads; k++) reads[k] = read_substitute(b->g, n->reads[k], &s);
  for (int k = 0; k < n->nguards; k++) guards[k] = (Guard){index_substitute(b->g, n->guards[k].e, &s), n->guards[k].n};
  Code c = code_body(b, n, reads, guards, n->nguards, n->value ? index_substitute(b->g, n->value, &s) : NULL);
  if (rewritten(n)) return c;
  c = code_spill(b, c);
  VEC_PUSH(b->cx, &b->temps, ((TempName){.read = r, .value = c}));
  return c;
}

Code code_read(Body *b, Read *r) {
  const Storage *p = plan_storage(b->plan, r->node);
  const TempName *t = find_temp(b, r);
  if (t) return t->value;
  if (p->kind == STORAGE_INLINE) return inline_value(b, r);
  return element(b, r);
}

/* ---- operations ---- */

static Code real(const char *text, int level) { return (Code){.text = text, .level = level}; }

static Code product(Body *b, const Node *n, double scale, Read *const *reads) {
  if (n->nreads == 0) return real(c_real(b->em, scale), scale < 0);
  Code *x = ARENA_ARRAY(b->cx, Code, n->nreads), whole;
  x[0] = code_read(b, reads[0]);
  if (n->nreads == 1 && scale == 1) return x[0];
  for (int k = 0; k < n->nreads; k++) x[k] = code_shorten(b, k ? code_read(b, reads[k]) : x[0]);
  if (whole_product(b, n, scale, x, &whole)) return whole;
  const char *sign = scale < 0 ? "-" : "";
  double size = fabs(scale);
  Text t = {.cx = b->cx};
  text_add(&t, sign);
  if (size != 1) text_printf(&t, "%s * ", c_real(b->em, size));
  text_add(&t, code_float(b, x[0], size != 1 || scale < 0 ? 1 : 2));
  for (int k = 1; k < n->nreads; k++) {
    if (t.length > 2 * LONG_TEXT) {
      Code head = code_spill(b, real(t.data, 2));
      t = (Text){.cx = b->cx};
      text_add(&t, head.text);
    }
    text_printf(&t, " * %s", code_float(b, x[k], 1));
  }
  return real(t.data, n->nreads == 1 && size == 1 ? 1 : 2);
}

/* One of two values, both of which are computed: no compiler shall make it a branch around what they read. */
static Code choice(Body *b, const char *condition, const char *then, const char *otherwise) {
  return real(arena_printf(b->cx, "nn_choosef(%s, %s, %s)", condition, then, otherwise), 0);
}

static Code select_form(Body *b, Op op, const Code *x) {
  Code a = code_spill(b, x[0]);
  const char *first = code_float(b, a, 0);
  if (op == OP_WHERE) { /* one after the other: the order of a call's arguments is the machine's */
    const char *otherwise = code_float(b, code_loaded(b, x[2]), 5), *then = code_float(b, code_loaded(b, x[1]), 5);
    return choice(b, arena_printf(b->cx, "%s != %s", a.text, a.integer ? "0" : "0.0f"), then, otherwise);
  }
  if (op == OP_SELECT)
    return choice(b, arena_printf(b->cx, "%s == 0.0f", first), "0.0f",
                  arena_printf(b->cx, "%s * %s", first, code_float(b, code_loaded(b, x[1]), 1)));
  if (op == OP_KEEP)
    return choice(b, arena_printf(b->cx, "%s != 0.0f", code_float(b, code_spill(b, x[1]), 2)), first, "0.0f");
  const char *second =
    code_float(b, code_spill(b, x[1]), 2); /* where it is -inf, so is the first, or it stands beyond an example's end */
  return choice(b, arena_printf(b->cx, "%s == -INFINITY", second), second,
                arena_printf(b->cx, "%s - %s", first, second));
}

static Code infix(Body *b, Op op, Code x, Code y) {
  const char *text = op_rows[op].c;
  int level = op_rows[op].level;
  x = code_shorten(b, x), y = op_rows[op].form == SPELL_LOGIC ? code_loaded(b, y) : code_shorten(b, y);
  switch (op_rows[op].form) {
  case SPELL_CALL: return real(arena_printf(b->cx, "%s(%s, %s)", text, code_float(b, x, 5), code_float(b, y, 5)), 0);
  case SPELL_QUOTIENT:
    return real(arena_printf(b->cx, "nn_floorf(%s / %s)", code_float(b, x, 2), code_float(b, y, 1)), 0);
  case SPELL_INFIX:
    return real(arena_printf(b->cx, "%s %s %s", code_float(b, x, level), text, code_float(b, y, level - 1)), level);
  case SPELL_LOGIC:
    return real(
      arena_printf(b->cx, "nn_truef((%s != 0.0f) %s (%s != 0.0f))", code_float(b, x, 3), text, code_float(b, y, 3)), 0);
  default: break;
  }
  bool whole = x.integer && y.integer;
  return real(arena_printf(b->cx, "nn_truef(%s %s %s)", whole ? code_parens(b, x, 3) : code_float(b, x, 3), text,
                           whole ? code_parens(b, y, 3) : code_float(b, y, 3)),
              0);
}

static Code apply(Body *b, const Node *n, Read *const *reads, const Index *value) {
  Code x[3], whole;
  if (n->op == OP_PRODUCT) return product(b, n, n->reduction ? 1 : n->scale, reads);
  if (n->op == OP_INDEX) return code_index(b, value);
  for (int k = 0; k < op_rows[n->op].arity; k++) x[k] = code_read(b, reads[k]);
  if (n->op == OP_STOP || n->op == OP_DRAWN) return x[0];
  if (whole_operation(b, n, x, &whole)) return whole;
  if (n->op == OP_WHERE || n->op == OP_SELECT || n->op == OP_KEEP || n->op == OP_LOGRATIO)
    return select_form(b, n->op, x);
  if (n->op == OP_NOT)
    return real(arena_printf(b->cx, "nn_truef(%s == 0.0f)", code_float(b, code_shorten(b, x[0]), 3)), 0);
  if (op_rows[n->op].arity == 2) return infix(b, n->op, x[0], x[1]);
  return real(arena_printf(b->cx, "%s(%s)", op_rows[n->op].c, code_float(b, code_shorten(b, x[0]), 5)), 0);
}

/* c, or 0. */
static Code or_zero(const char *text, int level, Code c) {
  return (Code){text, level, true, c.wide, c.lo < 0 ? c.lo : 0, c.hi > 0 ? c.hi : 0};
}

/* when ? c : 0 */
static Code kept_where(Body *b, const char *when, Code c) {
  if (!c.integer) return choice(b, when, code_float(b, c, 5), "0.0f");
  return or_zero(arena_printf(b->cx, "%s(%s, %s, 0)", code_chooser(c.wide), when, code_parens(b, c, 5)), 0, c);
}

/* The guards choose the places, not whether they are read. */
static Code guarded_places(Body *b, const char *when, const Node *n, Read *const *reads, const Index *value) {
  const char *outer = b->when, *all = outer ? arena_printf(b->cx, "%s && %s", outer, when) : when;
  int temps = b->temps.n;
  b->when = code_spill(b, whole_code(all, 5, 0, 1)).text;
  Code c = kept_where(b, b->when, code_loaded(b, apply(b, n, reads, value)));
  b->temps.n = temps; /* where the guards fail they are others' values */
  b->when = outer;
  return c;
}

static Code guarded_block(Body *b, const char *when, const Node *n, Read *const *reads, const Index *value) {
  Text *out = b->out, inside = {.cx = b->cx}; /* the type of the value is known when it is written */
  const char *name = body_temp(b);
  int temps = b->temps.n;
  b->out = &inside;
  b->indent++;
  Code c = apply(b, n, reads, value);
  body_line(b, "%s = %s;", name, code_narrowed(b, c, 5));
  b->indent--;
  b->temps.n = temps;
  b->out = out;
  body_line(b, "%s %s = %s;", code_type(c), name, c.integer ? "0" : "0.0f");
  body_begin_guard(b, when);
  text_add_n(b->out, inside.data, inside.length);
  body_end(b);
  return c.integer ? or_zero(name, 0, whole_code(name, 0, c.lo, c.hi)) : real(name, 0);
}

/* What always exists is read whatever the guards say, what has affine places at places that exist: see code_loaded. */
Code code_body(Body *b, const Node *n, Read *const *reads, const Guard *guards, int nguards, const Index *value) {
  const char *when = code_guards(b, guards, nguards);
  if (!when) return apply(b, n, reads, value);
  bool there = strlen(when) < 100 && (!value || code_gathers_there(b, value));
  for (int k = 0; k < n->nreads; k++) there = there && code_always_there(b, reads[k]);
  if (there) return kept_where(b, when, code_loaded(b, apply(b, n, reads, value)));
  return !strchr(when, '[') && code_affine(b, n, reads, value) ? guarded_places(b, when, n, reads, value)
                                                               : guarded_block(b, when, n, reads, value);
}
