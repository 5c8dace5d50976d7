/* cause_pair.c: a missing term that is a product of two values, or a missing factor that is made of two.
 *
 *     given + a*b = target         given * (a - b) = target         a, b: names, read at the indices of the check; A' @
 * v
 *
 * There are too many pairs to read each as a formula, so values are compared first: those of each name at the stored
 * points are known, and what is missing at the largest element gives the constant of a pair. */
#include "build/build.h"
#include "check/cause.h"

#include <math.h>
#include <string.h>

enum { MOST_ATOMS = 160, MOST_ELEMENTS = 4096 };

typedef struct Atom {
  const Expr *e;
  const double *at[MOST_CASES];
} Atom;

typedef struct Pairs {
  Inquiry *q;
  Context *cx;
  Site *at;
  Atom atoms[MOST_ATOMS];
  int n;
} Pairs;

/* ---- the values ---- */

static void add_atom(Pairs *p, const Expr *e) {
  Inquiry *q = p->q;
  if (p->n == MOST_ATOMS || q->work <= 0 || e->kind == EXPR_NUMBER) return;
  for (int k = 0; k < p->n; k++)
    if (edit_same(p->atoms[k].e, e)) return;
  Read *r = inquiry_read(q, -1, e);
  Atom a = {.e = e};
  if (!r) return;
  Node *n = build_tensor(q->p->graph, r, q->nvars, q->vars);
  for (int k = 0; k < q->ncases; k++) {
    a.at[k] = evaluate_more(q->at[k], n, &q->work);
    if (!a.at[k]) return;
  }
  p->atoms[p->n++] = a;
}

/* A' @ v, or its element i. */
static void add_images(Pairs *p, const Known *a, const Known *v) {
  const Check *c = p->q->check;
  for (int turned = 0; turned < 2; turned++) {
    const Expr *matrix = edit_name(p->cx, a->name);
    if (a->axes[!turned].extent != v->axes[0].extent) continue;
    if (turned) matrix = edit_unary(p->cx, EXPR_TRANSPOSE, matrix);
    Expr *image = edit_binary(p->cx, BIN_MATMUL, matrix, edit_name(p->cx, v->name));
    if (c->nvars > c->nindices) add_atom(p, image);
    for (int k = 0; k < p->at->nindices; k++)
      if (p->at->extents[k] == a->axes[turned].extent)
        add_atom(p, edit_at(p->cx, image, edit_name(p->cx, p->at->indices[k])));
  }
}

static void add_outer(Pairs *p, const Known *a, const Known *b) {
  const Check *c = p->q->check;
  if (c->nvars - c->nindices < 2) return;
  add_atom(p, edit_call(p->cx, "outer", edit_name(p->cx, a->name), edit_name(p->cx, b->name)));
}

static void gather(Pairs *p) {
  const KnownList *known = &p->q->known;
  const Expr *terms[MOST_ATOMS];
  int n = cause_terms(p->q, p->at, terms, MOST_ATOMS);
  for (int k = 0; k < n; k++) add_atom(p, terms[k]);
  for (int i = 0; i < known->n; i++)
    for (int k = 0; k < known->n; k++) {
      if (known->at[k].rank != 1 || known->at[k].whole || known->at[i].whole) continue;
      if (known->at[i].rank == 2) add_images(p, &known->at[i], &known->at[k]);
      if (known->at[i].rank == 1) add_outer(p, &known->at[i], &known->at[k]);
    }
}

/* ---- pairs ---- */

typedef enum { TIMES, MINUS, PLUS, OVER } Pairing;

static double paired(Pairing op, double a, double b) {
  return op == TIMES ? a * b : op == MINUS ? a - b : op == PLUS ? a + b : a / b;
}

static Expr *paired_expr(Pairs *p, Pairing op, const Expr *a, const Expr *b) {
  static const BinaryOp ops[] = {BIN_MUL, BIN_SUB, BIN_ADD, BIN_DIV};
  return edit_binary(p->cx, ops[op], a, b);
}

/* given + c*(a op b) = target, or given * c*(a op b) = target, at all stored points. */
static bool agrees(const Pairs *p, Pairing op, const Atom *a, const Atom *b, double c, bool factor) {
  const Inquiry *q = p->q;
  for (int k = 0; k < q->ncases; k++)
    for (int64_t i = 0; i < q->count; i++) {
      double v = c * (b ? paired(op, a->at[k][i], b->at[k][i]) : a->at[k][i]), given = q->given[k][i];
      double made = factor ? given * v : given + v;
      if (!(fabs(made - q->target[k][i]) <= 1e-8 * fmax(q->scale[k], fabs(v)))) return false;
    }
  return true;
}

static bool plain_constant(double *c) {
  static const double constants[] = {1, -1, 2, -2, 0.5, -0.5};
  for (int k = 0; k < 6; k++)
    if (fabs(*c - constants[k]) < 1e-6) return *c = constants[k], true;
  return false;
}

static void propose(Pairs *p, Pairing op, const Atom *a, const Atom *b, double c, bool factor) {
  Inquiry *q = p->q;
  const Expr *e = b ? paired_expr(p, op, a->e, b->e) : a->e, *root = p->at->root;
  if (fabs(c) == 2) e = edit_binary(p->cx, BIN_MUL, edit_number(p->cx, 2), e);
  if (fabs(c) == 0.5) e = edit_binary(p->cx, BIN_DIV, e, edit_number(p->cx, 2));
  Edit edit = {factor ? CAUSE_FACTOR_MISSING : CAUSE_TERM_MISSING, 8,
               factor ? "the factor `%s` is missing" : "the term `%s` is missing", e, NULL};
  if (factor && c < 0) e = edit_unary(p->cx, EXPR_NEGATE, e), edit.what = e;
  inquiry_try_root(q, p->at, edit_binary(p->cx, factor ? BIN_MUL : c < 0 ? BIN_SUB : BIN_ADD, root, e), edit);
}

/* The largest element of what is missing at the first point. */
static int64_t largest_at(const Inquiry *q) {
  int64_t at = 0;
  for (int64_t i = 0; i < q->count; i++)
    if (fabs(q->target[0][i] - q->given[0][i]) > fabs(q->target[0][at] - q->given[0][at])) at = i;
  return at;
}

static void try_pair(Pairs *p, const Atom *a, const Atom *b, int64_t at) {
  const Inquiry *q = p->q;
  double target = q->target[0][at], given = q->given[0][at];
  for (Pairing op = TIMES; op <= OVER; op++) {
    if (!b && op > TIMES) return;
    double v = b ? paired(op, a->at[0][at], b->at[0][at]) : a->at[0][at];
    double term = (target - given) / v, factor = target / (given * v);
    if (op != MINUS && op != PLUS && plain_constant(&term) && agrees(p, op, a, b, term, false))
      propose(p, op, a, b, term, false);
    bool pure = !b || (!cause_derives(a->e) && !cause_derives(b->e));
    if (given != 0 && pure && plain_constant(&factor) && agrees(p, op, a, b, factor, true))
      propose(p, op, a, b, factor, true);
  }
}

void cause_pairs(Inquiry *q, Site *at) {
  if (q->count > MOST_ELEMENTS) return;
  Pairs *p = ARENA_NEW(q->cx, Pairs);
  p->q = q;
  p->cx = q->cx;
  p->at = at;
  gather(p);
  int64_t where = largest_at(q);
  for (int i = 0; i < p->n; i++) {
    try_pair(p, &p->atoms[i], NULL, where);
    for (int k = 0; k < p->n; k++) try_pair(p, &p->atoms[i], &p->atoms[k], where);
  }
}
