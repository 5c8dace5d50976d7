/* cause_insert.c: factors and terms that are missing somewhere in a formula.
 *
 *     W' @ δ   ->   W' @ δ*(1 - h^2)          p[i]   ->   p[i] - (i == y)          sum(j) δ[j]   ->   sum(j) δ[j]*W[j,
 * i]
 *
 * What is inserted is a name, read at indices that are known there, or something made of it: 1 - h^2, h*(1 - h), h > 0,
 * the line `derivative f(x) = ...` at h = f(a), (i == j), a one-hot vector, 2, an extent. */
#include "check/cause.h"

#include <string.h>

enum { MOST_ATOMS = 600, MOST_ARRAYS = 48, MOST_NUMBER = 8, PLAIN_COST = 5, DEEP_COST = 6 };

typedef struct Atom {
  const Expr *e;
  CauseKind kind;               /* of the cause where it is a missing factor */
  const char *slope;            /* the function whose derivative it is; or NULL ... */
  const char *value, *argument; /* ... of which this is a value, at this argument (or NULL) */
  int cost;
} Atom;

typedef struct Insert {
  Inquiry *q;
  Context *cx;
  Site *at;
  Atom factors[MOST_ATOMS], terms[MOST_ATOMS];
  int nfactors, nterms;
  bool plain; /* those of little cost, at all places, before the others */
} Insert;

static void add_factor(Insert *l, const Expr *e, CauseKind kind, const char *slope, int cost) {
  if (l->nfactors < MOST_ATOMS) l->factors[l->nfactors++] = (Atom){e, kind, slope, NULL, NULL, cost};
}

static void add_term(Insert *l, const Expr *e, CauseKind kind, int cost) {
  if (l->nterms < MOST_ATOMS) l->terms[l->nterms++] = (Atom){e, kind, NULL, NULL, NULL, cost};
}

static Expr *binary(Insert *l, BinaryOp op, const Expr *a, const Expr *b) { return edit_binary(l->cx, op, a, b); }
static Expr *number(Insert *l, double x) { return edit_number(l->cx, x); }

/* ---- what there is to insert ---- */

/* Every f(x) in e, where x is the formal of a line `derivative f(x) = ...`, is h. */
static const Expr *with_value(Insert *l, const Expr *e, const char *f, const char *formal, const Expr *h) {
  if (edit_calls(e, f) && e->nargs == 1 && e->args[0].value->kind == EXPR_NAME && e->args[0].value->name == formal)
    return h;
  Expr *copy = edit_copy(l->cx, e);
  if (e->a && e->kind != EXPR_CALL) copy->a = (Expr *)with_value(l, e->a, f, formal, h);
  if (e->b) copy->b = (Expr *)with_value(l, e->b, f, formal, h);
  if (e->nargs) copy->args = arena_copy(l->cx, e->args, sizeof(Arg) * (size_t)e->nargs);
  for (int k = 0; k < e->nargs; k++) copy->args[k].value = (Expr *)with_value(l, e->args[k].value, f, formal, h);
  return copy;
}

/* The array under `name` read where `like` is read: h[i] for a[i]. */
static const Expr *read_like(Insert *l, const char *name, const Expr *like) {
  Expr *read = edit_name(l->cx, name);
  if (like->kind != EXPR_INDEX) return read;
  Expr *copy = edit_copy(l->cx, like);
  copy->a = read;
  return copy;
}

/* h = f(a): the derivative of f there, in terms of h and, where a is a name, of a. */
static void add_slope(Insert *l, const Known *known, const Expr *read) {
  const Expr *e = known->stmt ? known->stmt->value : NULL;
  while (e && e->kind == EXPR_INDEX && known->stmt->ntargets == 1 && !known->stmt->targets[0].indexed) e = e->a;
  if (!e || e->kind != EXPR_CALL || e->a->kind != EXPR_NAME || e->nargs != 1) return;
  const Stmt *law = claim_derivative(l->q->check, e->a->name);
  if (!law) return;
  const Expr *a = e->args[0].value;
  if (a->kind == EXPR_INDEX) a = a->a;
  const Expr *slope = with_value(l, law->values[0], e->a->name, law->formals[0].name, read);
  bool asks = edit_count(slope, law->formals[0].name) > 0;
  if (asks && a->kind != EXPR_NAME) return;
  if (asks) slope = edit_renamed(l->cx, slope, law->formals[0].name, read_like(l, a->name, read));
  add_factor(l, slope, CAUSE_DERIVATIVE, e->a->name, 4);
  if (l->nfactors == MOST_ATOMS) return;
  l->factors[l->nfactors - 1].value = known->name;
  l->factors[l->nfactors - 1].argument = a->kind == EXPR_NAME ? a->name : NULL;
}

/* The function of which h = f(...) is a value. */
static const char *function_of(const Known *known) {
  const Expr *e = known->stmt ? known->stmt->value : NULL;
  return e && e->kind == EXPR_CALL && e->a->kind == EXPR_NAME && e->nargs == 1 ? e->a->name : NULL;
}

static void add_forms(Insert *l, const Known *known, const Expr *x) {
  Expr *one = number(l, 1), *rest = edit_wrap(binary(l, BIN_SUB, one, x));
  add_slope(l, known, x);
  add_factor(l, x, CAUSE_FACTOR_MISSING, NULL, 5);
  add_factor(l, rest, CAUSE_FACTOR_MISSING, NULL, 6);
  add_factor(l, binary(l, BIN_MUL, x, rest), CAUSE_DERIVATIVE, NULL, 6);
  add_factor(l, edit_wrap(binary(l, BIN_SUB, one, binary(l, BIN_POW, x, number(l, 2)))), CAUSE_DERIVATIVE, NULL, 6);
  add_factor(l, edit_wrap(binary(l, BIN_GT, x, number(l, 0))), CAUSE_DERIVATIVE,
             function_of(known) && strcmp(function_of(known), "relu") == 0 ? "relu" : NULL, 5);
  add_factor(l, edit_wrap(binary(l, BIN_ADD, one, x)), CAUSE_FACTOR_MISSING, NULL, 7);
  add_factor(l, edit_call(l->cx, "exp", x, NULL), CAUSE_FACTOR_MISSING, NULL, 7);
  add_factor(l, edit_call(l->cx, "sign", x, NULL), CAUSE_DERIVATIVE, NULL, 7);
  add_term(l, x, CAUSE_TERM_MISSING, 6);
}

static bool reads_beyond(const Expr *e) {
  if (!e) return false;
  bool found = (e->kind == EXPR_INDEX && e->else_zero) || reads_beyond(e->a) || reads_beyond(e->b);
  for (int k = 0; !found && k < e->nargs; k++) found = reads_beyond(e->args[k].value);
  return found;
}

/* u[i else 0], u[i - 1 else 0], u[i + 1 else 0], where the formula has such. */
static void add_beyond(Insert *l, const Known *known) {
  for (int k = 0; k < l->at->nindices && known->rank == 1; k++)
    for (int by = -1; by <= 1; by++) {
      const Expr *i = edit_name(l->cx, l->at->indices[k]);
      if (by) i = binary(l, by < 0 ? BIN_SUB : BIN_ADD, i, number(l, 1));
      Expr *read = edit_at(l->cx, edit_name(l->cx, known->name), i);
      read->else_zero = true;
      add_term(l, read, CAUSE_TERM_MISSING, 6);
    }
}

/* The array at each choice of indices that fits. */
static void add_reads(Insert *l, const Known *known, const Expr *array) {
  int which[MAX_AXES] = {0}, n = l->at->nindices;
  for (bool more = n > 0; more;) {
    Expr *read = ARENA_NEW(l->cx, Expr);
    *read = (Expr){.kind = EXPR_INDEX, .height = 1, .a = (Expr *)array, .nsubs = known->rank};
    read->subs = ARENA_ARRAY(l->cx, Sub, known->rank);
    bool fits = true;
    for (int k = 0; k < known->rank; k++) {
      int64_t extent = l->at->extents[which[k]];
      for (int j = 0; j < k; j++) fits = fits && which[j] != which[k];
      fits = fits && (!extent || extent == known->axes[k].extent);
      read->subs[k].first = edit_name(l->cx, l->at->indices[which[k]]);
    }
    if (fits && array->kind == EXPR_NAME) add_forms(l, known, read);
    if (fits && array->kind != EXPR_NAME) add_term(l, read, CAUSE_TERM_MISSING, 7);
    more = false;
    for (int k = 0; k < known->rank && !more; k++) {
      more = ++which[k] < n;
      if (!more) which[k] = 0;
    }
  }
}

/* ∂L/∂v as a term. */
static void add_adjoint(Insert *l, const Known *known) {
  const Expr *loss = l->q->loss;
  if (!loss || l->q->aside[known - l->q->known.at]) return;
  Expr *e = loss->kind == EXPR_NAME ? edit_partial(l->cx, loss, known->name)
                                    : edit_call(l->cx, "grad", loss, edit_name(l->cx, known->name));
  bool bare = l->at->nindices == 0 || l->q->check->nvars > l->q->check->nindices;
  if (bare || known->rank == 0) add_term(l, e, CAUSE_TERM_MISSING, 7);
  if (known->rank) add_reads(l, known, e);
}

/* The whole numbers at which the sides read arrays: h[2], and those beside them. */
static void collect_numbers(const Expr *e, unsigned char *seen) {
  if (!e) return;
  for (int k = 0; k < e->nsubs; k++) {
    const Expr *i = e->subs[k].first;
    int at = i && i->kind == EXPR_NUMBER && i->number < MOST_NUMBER ? (int)i->number : -1;
    if (at >= 0) seen[at] = seen[at + 1] = 1;
    if (at > 0) seen[at - 1] = 1;
  }
  collect_numbers(e->a, seen);
  collect_numbers(e->b, seen);
  for (int k = 0; k < e->nargs; k++) collect_numbers(e->args[k].value, seen);
}

/* h[2] where the sides read arrays at such numbers. */
static void add_numbered(Insert *l, const Known *known) {
  unsigned char seen[MOST_NUMBER + 1] = {0};
  collect_numbers(l->q->check->stmt->value, seen);
  collect_numbers(l->q->check->stmt->value2, seen);
  for (int k = 0; k <= MOST_NUMBER && k < known->axes[0].extent; k++) {
    if (!seen[k]) continue;
    Expr *read = edit_at(l->cx, edit_name(l->cx, known->name), edit_number(l->cx, k));
    add_factor(l, read, CAUSE_FACTOR_MISSING, NULL, 6);
    add_term(l, read, CAUSE_TERM_MISSING, 6);
  }
}

static int classes_of(const Inquiry *q, const Known *known) {
  for (int k = 0; k < q->p->inputs.n; k++)
    if (q->p->inputs.at[k].node == known->node) return q->p->inputs.at[k].classes;
  return 0;
}

static void add_class(Insert *l, const Known *known) {
  Expr *name = edit_name(l->cx, known->name);
  int classes = classes_of(l->q, known);
  for (int k = 0; k < l->at->nindices; k++) {
    Expr *equal = edit_wrap(binary(l, BIN_EQ, edit_name(l->cx, l->at->indices[k]), name));
    add_term(l, equal, CAUSE_TERM_MISSING, 5);
    add_factor(l, equal, CAUSE_DELTA, NULL, 5);
  }
  if (classes > 1) add_term(l, edit_call(l->cx, "onehot", name, number(l, classes)), CAUSE_TERM_MISSING, 5);
  add_term(l, name, CAUSE_TERM_MISSING, 5);
  add_factor(l, name, CAUSE_FACTOR_MISSING, NULL, 6);
}

static void add_deltas(Insert *l) {
  const Site *at = l->at;
  for (int i = 0; i < at->nindices; i++)
    for (int j = i + 1; j < at->nindices; j++) {
      if (at->extents[i] && at->extents[j] && at->extents[i] != at->extents[j]) continue;
      Expr *equal = edit_wrap(binary(l, BIN_EQ, edit_name(l->cx, at->indices[i]), edit_name(l->cx, at->indices[j])));
      add_factor(l, equal, CAUSE_DELTA, NULL, 4);
      add_term(l, equal, CAUSE_DELTA, 4);
    }
}

/* 2, named constants, and how many places arrays have. */
static void add_numbers(Insert *l) {
  int64_t seen[MOST_ARRAYS];
  int n = 0;
  add_factor(l, number(l, 2), CAUSE_FACTOR, NULL, 3);
  add_term(l, number(l, 1), CAUSE_TERM_MISSING, 5);
  for (int k = 0; k < l->q->known.n; k++) {
    const Known *known = &l->q->known.at[k];
    Expr *name = edit_name(l->cx, known->name);
    if (known->constant && known->number != 0 && known->number != 1) {
      add_factor(l, name, CAUSE_FACTOR, NULL, 4);
      add_term(l, name, CAUSE_TERM_MISSING, 6);
    }
    for (int i = 0; i < known->rank; i++) {
      int64_t extent = known->axes[i].kind == AXIS_PLAIN ? known->axes[i].extent : 0;
      bool old = extent < 3 || n == MOST_ARRAYS;
      for (int j = 0; j < n; j++) old = old || seen[j] == extent;
      if (old) continue;
      seen[n++] = extent;
      add_factor(l, number(l, (double)extent), CAUSE_FACTOR, NULL, 5);
    }
  }
}

static void gather(Insert *l) {
  const Check *c = l->q->check;
  bool bare = l->at->nindices == 0 || c->nvars > c->nindices;
  l->nfactors = l->nterms = 0;
  add_numbers(l);
  add_deltas(l);
  int arrays = 0;
  for (int k = 0; k < l->q->known.n && arrays < MOST_ARRAYS; k++) {
    const Known *known = &l->q->known.at[k];
    if (known->constant) continue;
    if (known->whole) add_class(l, known);
    else if (known->rank == 0 || bare) add_forms(l, known, edit_name(l->cx, known->name));
    if (!known->whole && known->rank) add_reads(l, known, edit_name(l->cx, known->name));
    if (!known->whole && known->rank) add_numbered(l, known);
    if (!known->whole && reads_beyond(l->at->root)) add_beyond(l, known);
    if (!known->whole) add_adjoint(l, known);
    arrays++;
  }
}

/* Numbers first; 1 gives way. */
static const Expr *times(Insert *l, const Expr *e, const Expr *factor) {
  if (edit_is_number(e, 1)) return factor;
  if (factor->kind == EXPR_BINARY && factor->op == BIN_MUL) return times(l, times(l, e, factor->a), factor->b);
  return factor->kind == EXPR_NUMBER ? binary(l, BIN_MUL, factor, e) : binary(l, BIN_MUL, e, factor);
}

/* ---- a derivative at the wrong place ---- */

typedef struct Factors {
  const Expr *at[16];
  int n;
} Factors;

static void factors_of(const Expr *e, Factors *f) {
  if (e->kind == EXPR_BINARY && e->op == BIN_MUL && f->n < 15) {
    factors_of(e->a, f);
    factors_of(e->b, f);
  } else if (f->n < 16) {
    f->at[f->n++] = e;
  }
}

/* Does e name nothing but a and b, and one of them? */
static bool names_only(const Inquiry *q, const Expr *e, const char *a, const char *b) {
  if (!edit_count(e, a) && !(b && edit_count(e, b))) return false;
  for (int k = 0; k < q->known.n; k++) {
    const char *name = q->known.at[k].name;
    if (name != a && name != b && edit_count(e, name)) return false;
  }
  return true;
}

/* All factors of e that are made of `value` and `argument` give way to the derivative of value = f(argument). */
static void replace_slope(Insert *l, const Expr *e, const Atom *slope) {
  Factors f = {0};
  const Expr *rest = NULL, *old = NULL;
  factors_of(e, &f);
  for (int k = 0; k < f.n; k++) {
    const Expr **to = names_only(l->q, f.at[k], slope->value, slope->argument) ? &old : &rest;
    *to = *to ? binary(l, BIN_MUL, *to, f.at[k]) : f.at[k];
  }
  if (!old) return;
  if (rest)
    inquiry_try(l->q, l->at, e, rest,
                (Edit){CAUSE_DERIVATIVE, 4,
                       arena_printf(l->cx, "the factor `%%s`, the derivative of %s, is too many", slope->slope), old,
                       NULL});
  if (edit_same(old, slope->e)) return;
  const char *format = arena_printf(l->cx, "`%%s` in place of `%%s`, the derivative of %s", slope->slope);
  inquiry_try(l->q, l->at, e, rest ? times(l, rest, slope->e) : slope->e,
              (Edit){CAUSE_DERIVATIVE, 4, format, old, slope->e});
}

/* ---- where ---- */

static const char *slope_text(Insert *l, const Atom *a) {
  return a->slope ? arena_printf(l->cx, "the factor `%%s`, the derivative of %s, is missing", a->slope)
                  : "the factor `%s` is missing";
}

static void insert_factors(Insert *l, const Expr *e, int depth) {
  for (int k = 0; k < l->nfactors && l->q->work > 0; k++) {
    const Atom *a = &l->factors[k];
    if ((a->cost <= PLAIN_COST) != l->plain || (a->cost > DEEP_COST && depth)) continue;
    Edit edit = {a->kind, a->cost + (depth > 0), slope_text(l, a), a->e, NULL};
    inquiry_try(l->q, l->at, e, times(l, e, a->e), edit);
    if (a->value) replace_slope(l, e, a);
    if (a->kind == CAUSE_DELTA) continue;
    edit.format = "the divisor `%s` is missing";
    if (edit.kind == CAUSE_DERIVATIVE) edit.kind = CAUSE_FACTOR_MISSING;
    edit.cost++;
    inquiry_try(l->q, l->at, e, binary(l, BIN_DIV, e, a->e), edit);
  }
}

static void insert_terms(Insert *l, const Expr *e, int depth) {
  for (int k = 0; k < l->nterms && l->q->work > 0; k++) {
    const Atom *a = &l->terms[k];
    if ((a->cost <= PLAIN_COST) != l->plain || (a->cost > DEEP_COST && depth)) continue;
    Edit edit = {a->kind, a->cost + (depth > 0), "the term `%s` is missing", a->e, NULL};
    inquiry_try(l->q, l->at, e, binary(l, BIN_SUB, e, a->e), edit);
    inquiry_try(l->q, l->at, e, binary(l, BIN_ADD, e, a->e), edit);
  }
}

static bool is_product(const Expr *e) {
  return e->kind == EXPR_NEGATE || (e->kind == EXPR_BINARY && (e->op == BIN_MUL || e->op == BIN_DIV));
}

static bool is_sum(const Expr *e) { return e->kind == EXPR_BINARY && (e->op == BIN_ADD || e->op == BIN_SUB); }

static void walk(Insert *l, const Expr *e, const Expr *parent, int depth);

static void walk_reduction(Insert *l, const Expr *e, int depth) {
  int before = l->at->nindices;
  for (int k = 0; k < e->nbinders && l->at->nindices < MOST_INDICES; k++) {
    l->at->indices[l->at->nindices] = e->binders[k].name;
    l->at->extents[l->at->nindices++] = inquiry_extent(l->q, e, k);
  }
  gather(l);
  walk(l, e->a, e, depth + 1);
  l->at->nindices = before;
  gather(l);
}

static void walk(Insert *l, const Expr *e, const Expr *parent, int depth) {
  if (l->q->work <= 0 || e->kind == EXPR_LIST) return;
  if ((!parent || !is_sum(parent)) && e->kind != EXPR_NUMBER) insert_terms(l, e, depth);
  if (!parent || !is_product(parent)) insert_factors(l, e, depth);
  if (e->kind == EXPR_PARTIAL || edit_calls(e, "grad") || edit_calls(e, "jacobian") || edit_calls(e, "onehot")) return;
  if (e->kind == EXPR_BINARY && e->op >= BIN_EQ) return;
  if (e->kind == EXPR_REDUCE) {
    walk_reduction(l, e, depth);
    return;
  }
  if (e->a && e->kind != EXPR_CALL) walk(l, e->a, e, depth + 1);
  if (e->b) walk(l, e->b, e, depth + 1);
  for (int k = 0; k < e->nargs; k++) walk(l, e->args[k].value, e, depth + 1);
}

static Insert *insert_new(Inquiry *q, Site *at) {
  Insert *l = ARENA_NEW(q->cx, Insert);
  l->q = q;
  l->cx = q->cx;
  l->at = at;
  return l;
}

int cause_terms(Inquiry *q, Site *at, const Expr **out, int most) {
  Insert *l = insert_new(q, at);
  int n = 0;
  gather(l);
  for (; n < l->nterms && n < most; n++) out[n] = l->terms[n].e;
  return n;
}

void cause_insert(Inquiry *q, Site *at) {
  Insert *l = insert_new(q, at);
  for (int round = 0; round < 2; round++) {
    l->plain = round == 0;
    gather(l);
    walk(l, at->root, NULL, 0);
  }
}
