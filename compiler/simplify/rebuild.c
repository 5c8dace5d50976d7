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
#include "simplify/simplifier.h"
#include "build/build.h"

#include <math.h>
#include <string.h>

/* ---- one node ---- */

/* Inside of a loop, a factor that is pieces, some of which stand outside (W @ concat(x[t], h[t-1])): which, and the
 * axis of the pieces, read at a summed variable. The product over the pieces apart leaves the loop in part. */
static bool joined_factor(Read *const *x, int nreads, const int *summed, int nsummed, int *which, int *axis) {
  for (*which = 0; *which < nreads; ++*which) {
    const Node *n = x[*which]->node;
    bool outside = false;
    if (n->kind != NODE_PIECES || !n->inside) continue;
    for (int p = 0; p < n->nreads; p++) outside = outside || !n->reads[p]->node->inside;
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
  int64_t extent = graph_var_axis(g, whole).extent; /* of the sum, which may leave out the last places */
  for (int p = 0; p < pieces->nreads; p++) {
    Node *piece = pieces->reads[p]->node;
    int part = graph_var(g, piece->axes[axis]), summed[MAX_AXES];
    Subst shift = {0};
    Index *index[MAX_AXES];
    Read **factors = ARENA_ARRAY(g->cx, Read *, n->nreads);
    Guard *moved = ARENA_ARRAY(g->cx, Guard, n->nguards + 1);
    Index *place =
      index_combine(g, 1, index_var(g, part), 1, index_constant(g, pieces->offsets[p * pieces->naxes + axis]));
    subst_add(&shift, whole, place);
    moved[n->nguards] = (Guard){place, extent};
    for (int k = 0; k < pieces->naxes; k++)
      index[k] = k == axis ? index_var(g, part) : index_substitute(g, x[which]->index[k], &shift);
    for (int k = 0; k < n->nreads; k++)
      factors[k] = k == which ? read_make(g, piece, index) : read_substitute(g, x[k], &shift);
    for (int k = 0; k < n->nguards; k++) moved[k] = (Guard){index_substitute(g, guards[k].e, &shift), guards[k].n};
    for (int k = 0; k < n->nreduce; k++) summed[k] = vars[n->naxes + k] == whole ? part : vars[n->naxes + k];
    Read *term = build_product(g, n->scale, n->nreads, factors, n->nguards + 1, moved, n->nreduce, summed);
    sum = sum ? build_add(g, sum, term) : term;
  }
  return sum;
}

static Read *rebuild_map(Simplifier *s, Node *n, const Subst *at, const int *vars) {
  Graph *g = s->g;
  Read **x = ARENA_ARRAY(g->cx, Read *, n->nreads + 1);
  for (int k = 0; k < n->nreads; k++) x[k] = simplifier_mapped(s, read_substitute(g, n->reads[k], at));
  Read *better = s->manner == TO_FLOAT     ? float_map(s, n, x, at, vars)
                 : s->manner == COLLECTING ? collect_map(s, n, at)
                                           : NULL;
  if (better) return better;
  if (n->op == OP_INDEX) return build_index(g, simplifier_mapped_index(s, index_substitute(g, n->value, at)));
  if (n->op == OP_STOP && s->through) return x[0];
  if (n->op != OP_PRODUCT) return build_op(g, n->op, x);
  if (n->reduction > RED_SUM) return build_reduce(g, n->reduction, x[0], n->nreduce, vars + n->naxes);
  Guard *guards = ARENA_ARRAY(g->cx, Guard, n->nguards + 1);
  for (int k = 0; k < n->nguards; k++)
    guards[k] = (Guard){simplifier_mapped_index(s, index_substitute(g, n->guards[k].e, at)), n->guards[k].n};
  int which, axis;
  if (joined_factor(x, n->nreads, vars + n->naxes, n->nreduce, &which, &axis))
    return distributed(g, n, x, guards, vars, which, axis);
  return build_product(g, n->scale, n->nreads, x, n->nguards, guards, n->nreduce, vars + n->naxes);
}

static Node *rebuilt_operand(Simplifier *s, const Read *r) {
  int vars[MAX_AXES];
  Read *open = read_open(s->g, r->node, vars);
  return build_tensor(s->g, simplifier_mapped(s, open), r->node->naxes, vars);
}

static Node *rebuilt_node(Simplifier *s, Node *n) {
  int vars[MAX_AXES];
  Read *open = read_open(s->g, n, vars);
  return build_tensor(s->g, simplifier_mapped(s, open), n->naxes, vars);
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
    int opaque = simplifier_opaque_at(s, n);
    if (opaque >= 0 && !s->nudged[opaque]) return at_own(g, simplifier_opaque_leaf(g, n), vars);
    Read *r = simplifier_mapped(s, read_substitute(g, n->reads[0], at));
    if (opaque >= 0) return build_add(g, r, at_own(g, simplifier_nudge_leaf(g, n), vars));
    if (!r->node->label && r->node->kind != NODE_OPAQUE) r->node->label = n->label;
    return r;
  }
  case NODE_OPAQUE:
    if (simplifier_opaque_at(s, n->target) >= 0) return at_own(g, n, vars);
    return n->item < 0 ? build_constant(g, 0) : rebuild_read(s, at_own(g, n->target, vars));
  case NODE_GRAD: return gradient_of(s, n, at);
  case NODE_RESULT: return at_own(g, rebuilt_result(s, n), vars);
  default: return at_own(g, n, vars);
  }
}

/* ---- nnc --explain ---- */

static bool is_opened_at(const Read *r, int naxes, const int *vars) {
  for (int k = 0; k < naxes; k++) {
    int v;
    if (r->node->naxes != naxes || !index_is_var(r->index[k], &v) || v != vars[k]) return false;
  }
  return r->node->naxes == naxes;
}

/* The number of n's equation goes with its value. */
static void number_alike(const Node *n, const Read *r, const int *vars) {
  if ((!n->equation && !n->adjoint_equation) || !is_opened_at(r, n->naxes, vars) || r->node->equation) return;
  r->node->equation = n->equation;
  r->node->adjoint_equation = n->adjoint_equation;
}

static void simplify_node(Simplifier *s, Node *n) {
  Graph *g = s->g;
  int vars[MAX_AXES], which;
  Subst at = {0};
  Span span = g->span;
  if (simplifier_known(s, n)->read) return;
  g->span = n->span;
  for (int k = 0; k < n->naxes + n->nreduce; k++) {
    vars[k] = graph_var(g, n->axes[k]);
    subst_add(&at, k, index_var(g, vars[k]));
  }
  Read *r = s->manner == COMPLEMENTING ? collect_complement(s, n, &at) : NULL;
  if (!r) r = rebuild(s, n, &at, vars);
  Read *better = n->kind == NODE_MAP && s->manner == BY_RULES ? rule_apply(s->program, r, &which) : NULL;
  if (better) {
    explain_add(s, n, which);
    r = rebuild_read(s, better);
  }
  for (int k = 0; k < s->nstopped; k++)
    if (s->stopped[k] == n) r = build_op1(g, OP_STOP, r);
  simplifier_remember(s, n, r, vars);
  if (s->manner != BY_RULES && n->label && !r->node->label && r->node->kind == NODE_MAP &&
      is_opened_at(r, n->naxes, vars))
    r->node->label = n->label;
  number_alike(n, r, vars);
  g->span = span;
}

/* Everything that r needs, operands first. What is inside of a GRAD is simplified when it is carried out. */
Read *rebuild_read(Simplifier *s, Read *r) {
  for (int k = 0; k < r->node->naxes; k++)
    for (int i = 0; i < r->index[k]->n; i++)
      if (r->index[k]->terms[i].gather) rebuild_read(s, (Read *)r->index[k]->terms[i].gather);
  if (simplifier_known(s, r->node)->read) return simplifier_mapped(s, r);
  NodeList list = graph_order(s->g->cx, &r->node, 1);
  for (int k = 0; k < list.n; k++) simplify_node(s, list.at[k]);
  return simplifier_mapped(s, r);
}

Node *rebuild_root(Simplifier *s, Node *root) {
  int vars[MAX_AXES];
  Read *open = read_open(s->g, root, vars);
  return build_tensor(s->g, rebuild_read(s, open), root->naxes, vars);
}

/* ---- one of many reads that share most of what they need ---- */

static void push_read(Simplifier *s, const Read *r, NodeList *out) {
  for (int k = 0; k < r->node->naxes; k++)
    for (int i = 0; i < r->index[k]->n; i++)
      if (r->index[k]->terms[i].gather) push_read(s, r->index[k]->terms[i].gather, out);
  if (!simplifier_known(s, r->node)->read) VEC_PUSH(s->g->cx, out, r->node);
}

/* Like rebuild_read, but does not go through what is simplified already. */
Read *rebuild_more(Simplifier *s, Read *r) {
  NodeList stack = {0};
  push_read(s, r, &stack);
  while (stack.n) {
    Node *n = stack.at[stack.n - 1];
    int before = stack.n;
    if (n->kind == NODE_RESULT || n->inside) return rebuild_read(s, r); /* the order of loops is one of the whole */
    if (simplifier_known(s, n)->read) {
      stack.n--;
      continue;
    }
    NodeList operands = n->kind == NODE_GRAD ? (NodeList){0} : graph_operands(s->g->cx, n);
    for (int k = 0; k < operands.n; k++)
      if (!simplifier_known(s, operands.at[k])->read) VEC_PUSH(s->g->cx, &stack, operands.at[k]);
    if (stack.n > before) continue;
    simplify_node(s, n);
    stack.n--;
  }
  return simplifier_mapped(s, r);
}
