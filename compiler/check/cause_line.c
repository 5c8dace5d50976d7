/* cause_line.c: the definitions that lead to a formula, and which of them is the first wrong one.
 *
 *     δ2 = p - y                     is ∂L/∂z: right, and not touched
 *     δ1 = W2 @ δ2*h*(1 - h)         is no adjoint; with W2' it is ∂L/∂a, and the check holds
 *     check ∂L/∂W1 == outer(δ1, x)
 *
 * A definition leads to the formula where it is needed for it, and not for the loss. What equals the derivative of the
 * loss by a named value is right. */
#include "build/build.h"
#include "check/cause.h"

#include <math.h>
#include <string.h>

typedef VEC(const char *) NameList;

/* ---- what is needed for what ---- */

static bool add_name(Context *cx, NameList *list, const char *name) {
  for (int k = 0; k < list->n; k++)
    if (list->at[k] == name) return false;
  VEC_PUSH(cx, list, name);
  return true;
}

/* h.W needs h. */
static void add_whole_name(Context *cx, NameList *list, const char *name) {
  const char *dot = strchr(name, '.');
  add_name(cx, list, name);
  if (dot) add_name(cx, list, intern_n(cx, name, (size_t)(dot - name)));
}

static void names_in(Context *cx, const Expr *e, NameList *list) {
  if (!e) return;
  if (e->kind == EXPR_NAME) add_whole_name(cx, list, e->name);
  names_in(cx, e->a, list);
  names_in(cx, e->b, list);
  for (int k = 0; k < e->nargs; k++) names_in(cx, e->args[k].value, list);
  for (int k = 0; k < e->nsubs; k++) names_in(cx, e->subs[k].first, list), names_in(cx, e->subs[k].last, list);
}

static void names_in_statement(Context *cx, const Stmt *st, NameList *list) {
  names_in(cx, st->value, list);
  for (int k = 0; k < st->ndecls; k++) names_in(cx, st->decls[k].init, list);
  for (int k = 0; k < st->body.n; k++) names_in_statement(cx, st->body.at[k], list);
  for (int k = 0; k < st->other.n; k++) names_in_statement(cx, st->other.at[k], list);
}

static bool defines(const Stmt *st, const char *name) {
  for (int k = 0; k < st->ntargets; k++)
    if (st->kind != STMT_LOSS && st->targets[k].name == name) return true;
  for (int k = 0; k < st->body.n; k++)
    if (defines(st->body.at[k], name)) return true;
  return false;
}

/* With all that the names are defined by. */
static void close_names(Inquiry *q, NameList *list) {
  const Block *model = claim_statements(q->check);
  for (int i = 0; i < list->n; i++)
    for (int k = 0; k < model->n; k++)
      if (defines(model->at[k], list->at[i])) names_in_statement(q->cx, model->at[k], list);
}

static bool has(const NameList *list, const char *name) {
  for (int k = 0; k < list->n; k++)
    if (list->at[k] == name) return true;
  return false;
}

static NameList names_of_losses(Inquiry *q) {
  NameList list = {0};
  const Block *model = claim_statements(q->check);
  for (int k = 0; k < model->n; k++)
    if (model->at[k]->kind == STMT_LOSS || model->at[k]->kind == STMT_OUTPUT || model->at[k]->kind == STMT_METRIC)
      names_in(q->cx, model->at[k]->value, &list);
  close_names(q, &list);
  return list;
}

/* p = softmax(z): a value of the model's kind, whether the loss is written with it or not. */
static bool is_forward(const NameList *losses, const Stmt *st) {
  const Expr *e = st->value, *of = e->kind == EXPR_CALL && e->nargs == 1 ? e->args[0].value : NULL;
  if (of && of->kind == EXPR_INDEX) of = of->a;
  return of && of->kind == EXPR_NAME && has(losses, of->name);
}

/* What the derivatives of the other side are derivatives of; else the first loss. */
static const Expr *loss_in(const Expr *e) {
  if (!e) return NULL;
  if (e->kind == EXPR_PARTIAL) return e->a;
  if (edit_calls(e, "grad") && e->nargs == 2) return e->args[0].value;
  const Expr *found = loss_in(e->a);
  if (!found) found = loss_in(e->b);
  for (int k = 0; !found && k < e->nargs; k++) found = loss_in(e->args[k].value);
  return found;
}

static const Expr *loss_of(Inquiry *q) {
  const Expr *e = loss_in(q->left ? q->check->stmt->value2 : q->check->stmt->value);
  if (!e && q->p->losses.n) e = edit_name(q->cx, q->p->losses.at[0]);
  return e;
}

void cause_lines(Inquiry *q) {
  NameList losses = names_of_losses(q), needed = {0};
  const Block *model = claim_statements(q->check);
  names_in(q->cx, q->side, &needed);
  close_names(q, &needed);
  q->loss = loss_of(q);
  q->aside = ARENA_ARRAY(q->cx, bool, q->known.n + 1);
  for (int k = 0; k < q->known.n; k++) q->aside[k] = !has(&losses, q->known.at[k].name);
  q->lines = (Block){ARENA_ARRAY(q->cx, Stmt *, model->n), 0};
  for (int k = 0; k < model->n; k++) {
    Stmt *st = model->at[k];
    if (st->span.start >= q->check->stmt->span.start && st->span.source == q->check->stmt->span.source) break;
    bool helper = st->kind == STMT_DEFINE && st->ntargets == 1 && !st->targets[0].has_shape &&
                  has(&needed, st->targets[0].name) && !has(&losses, st->targets[0].name) && !is_forward(&losses, st);
    const Known *known = helper ? inquiry_known(q, st->targets[0].name) : NULL;
    if (known && !known->constant && known->stmt == st) q->lines.at[q->lines.n++] = st;
  }
}

/* ---- adjoints ---- */

static bool same_shape(const Known *a, const Known *b) {
  if (a->rank != b->rank) return false;
  for (int k = 0; k < a->rank; k++)
    if (!axis_equal(a->axes[k], b->axes[k])) return false;
  return true;
}

/* The values of an expression that has the shape of `like`, at stored point k; NULL where it makes no sense. */
static Node *node_like(Inquiry *q, const Known *like, const Block *lines, const Expr *e) {
  Graph *g = q->p->graph;
  Check c = {.stmt = q->check->stmt, .claim = q->check->claim, .nvars = like->rank};
  int vars[MAX_AXES + 1];
  vars[0] = g->batch_var;
  for (int k = 0; k < like->rank; k++) vars[k + 1] = c.vars[k] = graph_var(g, like->axes[k]);
  Read *naive = claim_read(&c, lines, e);
  return naive ? build_tensor(g, simplify_read(q->simplifier, naive), like->rank + 1, vars) : NULL;
}

static bool same_nodes(Inquiry *q, Node *a, Node *b) {
  for (int k = 0; k < q->ncases; k++) {
    if (evaluation_missing(q->at[k], a) || evaluation_missing(q->at[k], b)) return false;
    int64_t count = evaluation_count(q->at[k], a);
    const double *x = evaluate(q->at[k], a), *y = evaluate(q->at[k], b);
    double scale = 0;
    for (int64_t i = 0; i < count; i++) scale = fmax(scale, fmax(fabs(x[i]), fabs(y[i])));
    for (int64_t i = 0; i < count; i++)
      if (!(fabs(x[i] - y[i]) <= 1e-8 * scale)) return false;
  }
  return true;
}

/* The named value of which `node`, the value of the definition of `mine`, is the adjoint; NULL: none. */
static const Known *adjoint_of(Inquiry *q, const Known *mine, Node *node) {
  const Expr *loss = q->loss;
  for (int k = 0; loss && node && k < q->known.n; k++) {
    const Known *v = &q->known.at[k];
    bool data = v->node && v->node->kind == NODE_INPUT; /* t - y is no derivative by t */
    if (v == mine || v->constant || v->whole || data || !same_shape(v, mine)) continue;
    Node *adjoint = node_like(q, mine, NULL, edit_call(q->cx, "grad", loss, edit_name(q->cx, v->name)));
    if (adjoint && same_nodes(q, node, adjoint)) return v;
  }
  return NULL;
}

/* ---- edits ---- */

static Site site_of_line(const Inquiry *q, int line) {
  const Stmt *st = q->lines.at[line];
  const Target *t = &st->targets[0];
  const Known *known = inquiry_known(q, t->name);
  Site at = {.line = line, .root = st->value};
  for (int k = 0; k < t->nbinders && k < MOST_INDICES && k < known->rank; k++) {
    at.indices[at.nindices] = t->binders[k].name;
    at.extents[at.nindices++] = known->axes[k].extent;
  }
  return at;
}

/* Of suspects from `first` on, those after which a definition is an adjoint are the most plausible. */
static void weigh(Inquiry *q, int first) {
  for (int k = first; k < q->suspects.n; k++) {
    Suspect *s = &q->suspects.at[k];
    if (s->line < 0) continue;
    Block b = {arena_copy(q->cx, q->lines.at + s->line, sizeof(Stmt *)), 1};
    b.at[0] = arena_copy(q->cx, b.at[0], sizeof(Stmt));
    b.at[0]->value = (Expr *)s->root;
    const Target *t = &b.at[0]->targets[0];
    const Known *known = inquiry_known(q, t->name);
    s->adjoint = adjoint_of(q, known, node_like(q, known, &b, edit_name(q->cx, t->name)));
    s->edit.cost += s->adjoint ? -2 : 3;
  }
}

void cause_settle(Inquiry *q) {
  q->right = ARENA_ARRAY(q->cx, bool, q->lines.n + 1);
  for (int line = 0; line < q->lines.n; line++) {
    const Target *t = &q->lines.at[line]->targets[0];
    const Known *known = inquiry_known(q, t->name);
    q->right[line] = adjoint_of(q, known, node_like(q, known, NULL, edit_name(q->cx, t->name)));
  }
}

void cause_in_lines(Inquiry *q, void (*edits)(Inquiry *q, Site *at)) {
  for (int line = 0; line < q->lines.n && q->work > 0; line++) {
    if (q->right[line]) continue;
    Site at = site_of_line(q, line);
    int first = q->suspects.n;
    edits(q, &at);
    weigh(q, first);
  }
}

/* No single edit will do: a definition as a whole, which stands for the adjoint of a named value and is not that. */
void cause_of_line(Inquiry *q) {
  const Expr *loss = q->loss;
  for (int line = 0; loss && line < q->lines.n && q->work > 0; line++) {
    const Target *t = &q->lines.at[line]->targets[0];
    const Known *known = inquiry_known(q, t->name);
    if (q->right[line]) continue;
    for (int k = 0; k < q->known.n; k++) {
      const Known *v = &q->known.at[k];
      if (v == known || v->constant || v->whole || !same_shape(v, known)) continue;
      Expr *by = edit_call(q->cx, "grad", loss, edit_name(q->cx, v->name));
      if (t->nbinders) by = edit_read(q->cx, by, t);
      Site at = site_of_line(q, line);
      inquiry_try_root(q, &at, by, (Edit){CAUSE_LINE, 9, "`%s` is not `%s`", edit_name(q->cx, t->name), by});
    }
  }
}
