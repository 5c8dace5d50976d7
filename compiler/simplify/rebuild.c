/* rebuild.c: the naive graph, as the user wrote it, to the graph that is planned.
 *
 * Every node is built anew from its simplified operands, and the rules of the prelude are applied to what comes out,
 * until none matches. On the way NAMEs are looked through and GRADs carried out. A derivative with respect to a named
 * value w is taken of the graph in which w is opaque: no rule may look through it, or the path through w would vanish
 * (log(sigmoid(a)) no longer contains sigmoid(a)); afterwards w's own simplified value takes its place. So one
 * mechanism serves parameters, whose gradients see all rules, and definitions in between.
 *
 * needs: any verified graph. keeps: the value of every root, and STOPs: a difference quotient has to hold them.
 * removes: NAME, GRAD and OPAQUE. */
#include "simplify/simplify.h"
#include "build/build.h"
#include "derive/derive.h"
#include "simplify/rules.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Simplifier *simplifier_new(Program *p, const Options *options) {
  Simplifier *s = ARENA_NEW(p->cx, Simplifier);
  s->program = p;
  s->g = p->graph;
  s->options = options;
  return s;
}

static int opaque_at(const Simplifier *s, const Node *n) {
  for (int k = 0; k < s->nopaque; k++)
    if (s->opaque[k] == n) return k;
  return -1;
}

bool simplify_is_opaque(const Simplifier *s, const Node *n) { return opaque_at(s, n) >= 0; }

static Memo *memo_of(Simplifier *s, const Node *n) {
  if (n->id >= s->cap) {
    int cap = n->id + (int)s->g->nnodes + 64;
    Memo *bigger = ARENA_ARRAY(s->g->cx, Memo, cap);
    if (s->cap) memcpy(bigger, s->memo, sizeof(Memo) * (size_t)s->cap);
    s->memo = bigger;
    s->cap = cap;
  }
  return &s->memo[n->id];
}

static void remember(Simplifier *s, const Node *n, Read *r, const int *vars) {
  Memo *m = memo_of(s, n);
  m->read = r;
  m->vars = n->naxes ? arena_copy(s->g->cx, vars, sizeof(int) * (size_t)n->naxes) : NULL;
}

/* ---- reads of simplified nodes ---- */

Index *simplify_mapped_index(Simplifier *s, const Index *e) {
  bool gathers = false;
  for (int k = 0; k < e->n; k++) gathers = gathers || e->terms[k].gather;
  if (!gathers) return (Index *)e;
  Graph *g = s->g;
  Index *sum = index_divide(g, index_constant(g, e->offset), e->divisor);
  for (int k = 0; k < e->n; k++) {
    const Term *t = &e->terms[k];
    Index *term = t->gather ? index_gather(g, simplify_mapped(s, t->gather)) : index_var(g, t->var);
    sum = index_combine(g, 1, sum, 1,
                        index_divide(g, index_combine(g, t->coef, term, 0, index_constant(g, 0)), e->divisor));
  }
  return sum;
}

/* r with its node replaced by the simplified one. */
Read *simplify_mapped(Simplifier *s, const Read *r) {
  Graph *g = s->g;
  const Node *n = r->node;
  Memo *m = memo_of(s, n);
  if (!m->read) bug("simplify", "node %%%d is read before it is simplified", n->id);
  Index *index[MAX_AXES];
  for (int k = 0; k < n->naxes; k++) index[k] = simplify_mapped_index(s, r->index[k]);
  Subst to = {0};
  for (int k = 0; k < n->naxes; k++) subst_add(&to, m->vars[k], index[k]);
  return read_substitute(g, m->read, &to);
}

/* ---- one node ---- */

/* Inside of a loop, a factor that is pieces, some of which stand outside (W @ concat(x[t], h[t-1])): which, and the
 * axis of the pieces, read at a summed variable. The product over the pieces apart leaves the loop in part. */
static bool joined_factor(Read *const *x, int nreads, const int *summed, int nsummed, int *which, int *axis) {
  for (*which = 0; *which < nreads; ++*which) {
    const Node *n = x[*which]->node;
    bool outside = false;
    if (n->kind != NODE_PIECES || !n->open) continue;
    for (int p = 0; p < n->nreads; p++) outside = outside || !n->reads[p]->node->open;
    for (*axis = 0; outside && *axis < n->naxes; ++*axis) {
      int v;
      bool ok = index_is_var(x[*which]->index[*axis], &v), is_summed = false;
      for (int k = 0; ok && k < nsummed; k++) is_summed = is_summed || summed[k] == v;
      for (int k = 0; k < n->naxes && is_summed; k++)
        for (int p = 0; p < n->nreads && k != *axis; p++)
          is_summed =
            is_summed && n->offsets[p * n->naxes + k] == 0 && axis_equal(n->reads[p]->node->axes[k], n->axes[k]);
      if (is_summed) return true;
    }
  }
  return false;
}

static Read *distributed(Graph *g, const Node *n, Read *const *x, const Guard *guards, const int *vars, int which,
                         int axis) {
  const Node *pieces = x[which]->node;
  int whole;
  Read *sum = NULL;
  index_is_var(x[which]->index[axis], &whole);
  for (int p = 0; p < pieces->nreads; p++) {
    Node *piece = pieces->reads[p]->node;
    int part = graph_var(g, piece->axes[axis]), summed[MAX_AXES];
    Subst shift = {0};
    Index *index[MAX_AXES];
    Read **factors = ARENA_ARRAY(g->cx, Read *, n->nreads);
    Guard *moved = ARENA_ARRAY(g->cx, Guard, n->nguards + 1);
    subst_add(&shift, whole,
              index_combine(g, 1, index_var(g, part), 1, index_constant(g, pieces->offsets[p * pieces->naxes + axis])));
    for (int k = 0; k < pieces->naxes; k++)
      index[k] = k == axis ? index_var(g, part) : index_substitute(g, x[which]->index[k], &shift);
    for (int k = 0; k < n->nreads; k++)
      factors[k] = k == which ? read_make(g, piece, index) : read_substitute(g, x[k], &shift);
    for (int k = 0; k < n->nguards; k++) moved[k] = (Guard){index_substitute(g, guards[k].e, &shift), guards[k].n};
    for (int k = 0; k < n->nreduce; k++) summed[k] = vars[n->naxes + k] == whole ? part : vars[n->naxes + k];
    Read *term = build_product(g, n->scale, n->nreads, factors, n->nguards, moved, n->nreduce, summed);
    sum = sum ? build_add(g, sum, term) : term;
  }
  return sum;
}

static Read *rebuild_map(Simplifier *s, Node *n, const Subst *at, const int *vars) {
  Graph *g = s->g;
  Read **x = ARENA_ARRAY(g->cx, Read *, n->nreads + 1);
  for (int k = 0; k < n->nreads; k++) x[k] = simplify_mapped(s, read_substitute(g, n->reads[k], at));
  Read *in_float = s->to_float ? float_map(s, n, x, at, vars) : NULL;
  if (in_float) return in_float;
  if (n->op == OP_INDEX) return build_index(g, simplify_mapped_index(s, index_substitute(g, n->value, at)));
  if (n->op != OP_PRODUCT) return build_op(g, n->op, x);
  if (n->reduction > RED_SUM) return build_reduce(g, n->reduction, x[0], n->nreduce, vars + n->naxes);
  Guard *guards = ARENA_ARRAY(g->cx, Guard, n->nguards + 1);
  for (int k = 0; k < n->nguards; k++)
    guards[k] = (Guard){simplify_mapped_index(s, index_substitute(g, n->guards[k].e, at)), n->guards[k].n};
  int which, axis;
  if (joined_factor(x, n->nreads, vars + n->naxes, n->nreduce, &which, &axis))
    return distributed(g, n, x, guards, vars, which, axis);
  return build_product(g, n->scale, n->nreads, x, n->nguards, guards, n->nreduce, vars + n->naxes);
}

static Node *rebuilt_operand(Simplifier *s, const Read *r) {
  int vars[MAX_AXES];
  Read *open = read_open(s->g, r->node, vars);
  return build_tensor(s->g, simplify_mapped(s, open), r->node->naxes, vars);
}

static Node *rebuilt_node(Simplifier *s, Node *n) {
  int vars[MAX_AXES];
  Read *open = read_open(s->g, n, vars);
  return build_tensor(s->g, simplify_mapped(s, open), n->naxes, vars);
}

static Node *rebuilt_result(Simplifier *s, const Node *n) {
  Carry *carries = arena_copy(s->g->cx, n->carries, sizeof(Carry) * (size_t)n->ncarries);
  for (int k = 0; k < n->ncarries; k++) {
    carries[k].next = rebuilt_node(s, n->carries[k].next);
    carries[k].init = rebuilt_node(s, n->carries[k].init);
  }
  return build_result(s->g, n->scan, rebuilt_operand(s, n->reads[0]), n->ncarries, carries);
}

static Read *at_own(Graph *g, Node *m, const int *vars) {
  Index *index[MAX_AXES];
  for (int k = 0; k < m->naxes; k++) index[k] = index_var(g, vars[k]);
  return read_make(g, m, index);
}

static Read *rebuild(Simplifier *s, Node *n, const Subst *at, const int *vars) {
  Graph *g = s->g;
  switch (n->kind) {
  case NODE_MAP: return rebuild_map(s, n, at, vars);
  case NODE_RESHAPE: return at_own(g, build_reshape(g, rebuilt_operand(s, n->reads[0]), n->naxes, n->axes), vars);
  case NODE_PIECES: {
    Node **pieces = ARENA_ARRAY(g->cx, Node *, n->nreads);
    for (int p = 0; p < n->nreads; p++) pieces[p] = rebuilt_operand(s, n->reads[p]);
    return at_own(g, build_pieces(g, n->naxes, n->axes, n->nreads, pieces, n->offsets), vars);
  }
  case NODE_NAME: {
    int opaque = opaque_at(s, n);
    if (opaque >= 0 && !s->nudged[opaque]) return at_own(g, simplify_opaque_leaf(g, n), vars);
    Read *r = simplify_mapped(s, read_substitute(g, n->reads[0], at));
    if (opaque >= 0) return build_add(g, r, at_own(g, simplify_nudge_leaf(g, n), vars));
    if (!r->node->label && r->node->kind != NODE_OPAQUE) r->node->label = n->label;
    return r;
  }
  case NODE_OPAQUE:
    if (n->item < 0) return simplify_is_opaque(s, n->target) ? at_own(g, n, vars) : build_constant(g, 0);
    return simplify_is_opaque(s, n->target) ? at_own(g, n, vars) : simplify_read(s, at_own(g, n->target, vars));
  case NODE_GRAD: return simplify_gradient(s, n, at);
  case NODE_RESULT: return at_own(g, rebuilt_result(s, n), vars);
  default: return at_own(g, n, vars);
  }
}

/* ---- nnc --explain ---- */

static void explain(const Simplifier *s, const Node *n, int which) {
  if (!s->options || !s->options->explain) return;
  Program *p = s->program;
  Fired f = {.path = n->span.source ? n->span.source->path : "nnc", .rule = which};
  span_position(n->span, &f.line, &f.column);
  for (int k = 0; k < p->fired.n; k++) {
    const Fired *g = &p->fired.at[k];
    if (g->line == f.line && g->column == f.column && g->rule == which && strcmp(g->path, f.path) == 0) return;
  }
  VEC_PUSH(p->cx, &p->fired, f);
}

static int by_place(const void *a, const void *b) {
  const Fired *x = a, *y = b;
  int by_path = strcmp(x->path, y->path);
  if (by_path) return by_path;
  if (x->line != y->line) return x->line - y->line;
  return x->column != y->column ? x->column - y->column : x->rule - y->rule;
}

/* The rules that were applied, in the order of the model's lines: `model.nn:8:10: log(1 + exp(x)) => softplus(x)`. */
static void print_explained(Program *p) {
  if (p->fired.n) qsort(p->fired.at, (size_t)p->fired.n, sizeof(Fired), by_place);
  for (int k = 0; k < p->fired.n; k++) {
    const Fired *f = &p->fired.at[k];
    const Stmt *rule = rule_at(p, f->rule);
    Text t = {.cx = p->cx};
    expr_print(&t, rule->value);
    text_add(&t, " => ");
    expr_print(&t, rule->value2);
    fprintf(stderr, "%s:%d:%d: %s\n", f->path, f->line, f->column, t.data);
  }
}

static bool is_opened_at(const Read *r, int naxes, const int *vars) {
  for (int k = 0; k < naxes; k++) {
    int v;
    if (r->node->naxes != naxes || !index_is_var(r->index[k], &v) || v != vars[k]) return false;
  }
  return r->node->naxes == naxes;
}

static void simplify_node(Simplifier *s, Node *n) {
  Graph *g = s->g;
  int vars[MAX_AXES], which;
  Subst at = {0};
  Span span = g->span;
  if (memo_of(s, n)->read) return;
  g->span = n->span;
  for (int k = 0; k < n->naxes + n->nreduce; k++) {
    vars[k] = graph_var(g, n->axes[k]);
    subst_add(&at, k, index_var(g, vars[k]));
  }
  Read *r = rebuild(s, n, &at, vars);
  Read *better = n->kind == NODE_MAP && !s->to_float ? rules_apply(s->program, r, &which) : NULL;
  if (better) {
    explain(s, n, which);
    r = simplify_read(s, better);
  }
  remember(s, n, r, vars);
  if (s->to_float && n->label && !r->node->label && r->node->kind == NODE_MAP && is_opened_at(r, n->naxes, vars))
    r->node->label = n->label;
  g->span = span;
}

/* Everything that r needs, operands first. What is inside of a GRAD is simplified when it is carried out. */
Read *simplify_read(Simplifier *s, Read *r) {
  NodeList list = {0};
  Node *roots[64] = {r->node};
  int nroots = 1;
  for (int k = 0; k < r->node->naxes; k++)
    for (int i = 0; i < r->index[k]->n; i++)
      if (r->index[k]->terms[i].gather && nroots < 64) simplify_read(s, (Read *)r->index[k]->terms[i].gather);
  if (memo_of(s, r->node)->read) return simplify_mapped(s, r);
  list = graph_order(s->g->cx, roots, nroots);
  for (int k = 0; k < list.n; k++) simplify_node(s, list.at[k]);
  return simplify_mapped(s, r);
}

/* ---- the program ---- */

static Node *simplify_root(Simplifier *s, Node *root) {
  int vars[MAX_AXES];
  Read *open = read_open(s->g, root, vars);
  return build_tensor(s->g, simplify_read(s, open), root->naxes, vars);
}

/* Adds the gradients of all parameters, and the next values of states, to the roots of a training loss. */
static void add_gradients(Simplifier *s, Routine *r) {
  Program *p = s->program;
  int n = p->params.n, used = 0;
  Root *roots = ARENA_ARRAY(p->cx, Root, 1 + n + p->states.n);
  Node **targets = ARENA_ARRAY(p->cx, Node *, n + 1);
  Read **adjoints = ARENA_ARRAY(p->cx, Read *, n + 1);
  int(*vars)[MAX_AXES] = arena_alloc(p->cx, sizeof *vars * (size_t)(n + 1));
  for (int k = 0; k < n; k++) targets[k] = p->params.at[k].node;
  Read *loss = simplify_read(s, read_make(p->graph, r->roots[0].node, NULL));
  derive_adjoints(p, loss, false, n, targets, adjoints, vars);
  roots[used++] = (Root){build_tensor(p->graph, loss, 0, NULL), DEST_RETURN, 0};
  for (int k = 0; k < n; k++)
    roots[used++] =
      (Root){build_tensor(p->graph, simplify_read(s, adjoints[k]), targets[k]->naxes, vars[k]), DEST_GRAD, k};
  for (int k = 0; k < p->states.n; k++)
    if (p->states.at[k].next) roots[used++] = (Root){simplify_root(s, p->states.at[k].next), DEST_NEXT_STATE, k};
  r->roots = roots;
  r->nroots = used;
}

/* ---- full-batch methods ---- */

static Node *root_of(const Routine *r, DestKind dest, int item) {
  for (int k = 0; k < r->nroots; k++)
    if (r->roots[k].dest == dest && r->roots[k].item == item) return r->roots[k].node;
  bug("simplify", "%s has no gradient of parameter %d", r->name, item);
}

/* gradient[i] u[i], summed: what the direction's part of one parameter adds to gradient·direction. */
static Read *along_direction(Graph *g, const Leaf *leaf, int item, Node *gradient) {
  int vars[MAX_AXES];
  const char *label = arena_printf(g->cx, "u.%s", leaf->path);
  Read *u = read_open(g, build_leaf(g, NODE_DIRECTION, item, leaf->node->naxes, leaf->node->axes, label), vars);
  Read *factors[2] = {read_make(g, gradient, u->index), u};
  return build_product(g, 1, 2, factors, 0, NULL, leaf->node->naxes, vars);
}

/* The Hessian times a direction is the derivative of gradient·direction; over the parameters that move. */
static void add_product(Simplifier *s, const Group *group, FullBatch *full) {
  Program *p = s->program;
  Graph *g = p->graph;
  int n = group->nparams;
  Node **targets = ARENA_ARRAY(p->cx, Node *, n + 1);
  Read **products = ARENA_ARRAY(p->cx, Read *, n + 1), *dot = build_constant(g, 0);
  int(*vars)[MAX_AXES] = arena_alloc(p->cx, sizeof *vars * (size_t)(n + 1));
  for (int k = 0; k < n; k++) {
    const Leaf *leaf = &p->params.at[group->params[k]];
    targets[k] = leaf->node;
    dot = build_add(g, dot,
                    along_direction(g, leaf, group->params[k], root_of(&full->gradient, DEST_GRAD, group->params[k])));
  }
  derive_adjoints(p, simplify_read(s, dot), false, n, targets, products, vars);
  full->product.roots = ARENA_ARRAY(p->cx, Root, n + 1);
  for (int k = 0; k < n; k++)
    full->product.roots[k] =
      (Root){build_tensor(g, simplify_read(s, products[k]), targets[k]->naxes, vars[k]), DEST_GRAD, group->params[k]};
  full->product.nroots = n;
}

static void add_full(Simplifier *s, const Objective *o) {
  Program *p = s->program;
  FullBatch *full = o->full;
  for (int k = 0; k < p->routines.n; k++)
    if (p->routines.at[k].kind == ROUTINE_GRAD && p->routines.at[k].loss == o->loss) full->gradient = p->routines.at[k];
  full->product = full->gradient;
  full->product.nroots = 0;
  if (full->uses_product) add_product(s, &o->groups[0], full);
}

/* A value too large for any memory is refused before anything is planned or computed. */
static void check_sizes(Program *p, Node *root) {
  NodeList list = graph_order(p->cx, &root, 1);
  for (int i = 0; i < list.n; i++) {
    const Node *n = list.at[i];
    double count = 1;
    Text shape = {.cx = p->cx};
    for (int k = 0; k < n->naxes; k++) {
      if (n->axes[k].kind != AXIS_PLAIN) continue;
      count *= (double)n->axes[k].extent;
      text_printf(&shape, "%s%lld", shape.length ? " * " : "", (long long)n->axes[k].extent);
    }
    if (count <= 2147483647.0) continue;
    error_at(p->cx, n->span, "this value would have %s = %.0f elements; 2^31-1 = 2147483647 are the most", shape.data,
             count);
    return;
  }
}

/* An index, and all places of arrays that it is part of, fit 64 bits with room to spare. */
static bool index_fits(Graph *g, const Index *e, const Axis *axes, double stride) {
  double lo, hi, most = 4611686018427387904.0;         /* 2^62 */
  if (!index_range(g, e, axes, &lo, &hi)) return true; /* of the batch: plain */
  double size = fmax(fabs(lo), fabs(hi)) * (double)e->divisor * stride;
  for (int i = 0; i < e->n && size < most; i++) {
    const Read *r = e->terms[i].gather;
    double a = 0, b = 0;
    if (r) node_range(r->node, &a, &b);
    size = fmax(size, fmax(fabs(a), fabs(b)) * fabs((double)e->terms[i].coef));
  }
  return size < most && fabs((double)e->offset) < most;
}

static bool read_fits(Graph *g, const Read *r, const Axis *axes) {
  double stride = 1;
  for (int k = r->node->naxes - 1; k >= 0; k--) {
    if (!index_fits(g, r->index[k], axes, stride)) return false;
    if (r->node->axes[k].kind == AXIS_PLAIN) stride *= (double)r->node->axes[k].extent;
  }
  return true;
}

/* A remainder, a quotient or a comparison of whole values, one of which may be too large to be known to the last digit.
 */
static bool loses_digits(const Node *n) {
  bool large = false;
  if (n->kind != NODE_MAP || !(n->op == OP_MOD || n->op == OP_QUOTIENT || (n->op >= OP_LT && n->op <= OP_NE)))
    return false;
  for (int k = 0; k < n->nreads; k++) {
    const Node *x = n->reads[k]->node;
    if (!x->integer && !x->large) return false;
    large = large || (x->large && !read_constant(n->reads[k], NULL));
  }
  return large;
}

/* Whole numbers are computed as such, or refused. */
static void check_whole(Program *p, Node *root) {
  Graph *g = p->graph;
  NodeList list = graph_order(p->cx, &root, 1);
  for (int i = 0; i < list.n; i++) {
    const Node *n = list.at[i];
    bool fits = !n->value || index_fits(g, n->value, n->axes, 1);
    for (int k = 0; k < n->nguards; k++)
      fits = fits && index_fits(g, n->guards[k].e, n->axes, 1) &&
             (double)n->guards[k].n * (double)n->guards[k].e->divisor < 4e18;
    for (int k = 0; n->kind == NODE_MAP && k < n->nreads; k++) fits = fits && read_fits(g, n->reads[k], n->axes);
    if (!fits)
      error_at(
        p->cx, n->span,
        "an index here may leave 64 bits; bound what it is made of: class(k) an input, min, max and mod a value");
    if (loses_digits(n)) {
      error_at(
        p->cx, n->span,
        "'%s' of a whole number that may be greater than 2^53 = 9007199254740992, where its last digits are lost",
        op_rows[n->op].name);
      help(p->cx, "bound what it is made of: class(k) an input, min, max and mod a value");
    }
    if (!fits) return;
  }
}

/* What the rest of the compiler relies on. */
static void finish_roots(Program *p, Root *roots, int n, const char *pass) {
  Node **nodes = ARENA_ARRAY(p->cx, Node *, n + 1);
  for (int k = 0; k < n; k++) nodes[k] = roots[k].node;
  graph_part_scans(p->graph, nodes, n);
  for (int k = 0; k < n; k++) roots[k].node = nodes[k];
  for (int k = 0; k < n && !error_count(p->cx); k++) check_sizes(p, roots[k].node);
  for (int k = 0; k < n && !error_count(p->cx); k++) check_whole(p, roots[k].node);
  if (!p->graph->overflowed) graph_verify(p->graph, nodes, n, pass);
}

static void simplify_roots(Simplifier *s, Root *roots, int n) {
  for (int k = 0; k < n; k++) roots[k].node = simplify_root(s, roots[k].node);
  finish_roots(s->program, roots, n, s->to_float ? "float" : "simplify");
}

static void simplify_optimizers(Simplifier *s) {
  Program *p = s->program;
  for (int i = 0; i < p->objectives.n; i++)
    for (int j = 0; j < p->objectives.at[i].ngroups; j++)
      for (int k = 0; k < p->objectives.at[i].groups[j].nstages; k++) {
        Group *group = &p->objectives.at[i].groups[j];
        Stage *stage = &group->stages[k];
        simplify_roots(s, stage->roots, stage->nroots * (stage->flat ? 1 : group->nparams));
      }
}

void simplify_program(Program *p, const Options *options) {
  Simplifier *s = simplifier_new(p, options);
  for (int k = 0; k < p->routines.n; k++) {
    Routine *r = &p->routines.at[k];
    if (r->kind == ROUTINE_GRAD) {
      add_gradients(s, r);
      finish_roots(p, r->roots, r->nroots, "simplify");
    } else {
      simplify_roots(s, r->roots, 1);
    }
  }
  for (int i = 0; i < p->objectives.n; i++) {
    FullBatch *full = p->objectives.at[i].full;
    if (full) add_full(s, &p->objectives.at[i]);
    if (full) finish_roots(p, full->product.roots, full->product.nroots, "simplify");
  }
  simplify_optimizers(s);
  print_explained(p);
}

/* This must wait until derivatives are taken, in which no maximum is. */
void float_program(Program *p, const Options *options) {
  Simplifier *s = simplifier_new(p, options);
  s->to_float = true;
  for (int k = 0; k < p->routines.n; k++) simplify_roots(s, p->routines.at[k].roots, p->routines.at[k].nroots);
  for (int i = 0; i < p->objectives.n; i++) {
    FullBatch *full = p->objectives.at[i].full; /* its gradient shares the roots of the routine */
    if (full) simplify_roots(s, full->product.roots, full->product.nroots);
  }
  simplify_optimizers(s);
}

void simplify_check(Program *p, int k, Read **a, Read **b) {
  Simplifier *s = simplifier_new(p, NULL);
  *a = simplify_read(s, p->checks.at[k].a);
  *b = simplify_read(s, p->checks.at[k].b);
  for (int i = 0; i < 2; i++) check_sizes(p, (i ? *b : *a)->node), check_whole(p, (i ? *b : *a)->node);
}
