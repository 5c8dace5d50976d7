/* float.c: the same values, computed so that single precision suffices: what simplify_to_float makes of a node.
 *
 * logsumexp(x) is m + log(sum exp(x - m)), m the largest x. Where m is 10,000, a float that holds the sum of both is
 * off by 0.0005, and so would be every softmax and cross-entropy, which take something near it off again: exp(x -
 * logsumexp(x)). So the two are kept apart, and m goes first; so with softplus(x), which is max(x, 0) and a little, and
 * with sigmoid(x), which is 1 and a little less where x > 0, next to the target that is taken off it. (1 - tanh(x)^2
 * loses digits from |x| = 3 on too, up to 6e-8 of the largest; to save them costs an array more for each tanh.)
 *
 * needs: simplified nodes, all derivatives taken. */
#include "simplify/simplifier.h"
#include "build/build.h"

/* ---- logsumexp and softplus ---- */

static bool is_logsumexp(const Node *n) { return n->kind == NODE_MAP && n->reduction == RED_LOGSUMEXP; }

typedef struct Split { /* logsumexp = most + log(sum) */
  Read *most, *sum;
} Split;

static Read *relative_exp(Graph *g, Read *x, Read *most) {
  return build_op1(g, OP_EXP, build_op2(g, OP_LOGRATIO, x, most));
}

/* r reads a logsumexp, at indices of the naive graph. */
static Split split_logsumexp(Simplifier *s, const Read *r) {
  Graph *g = s->g;
  const Node *n = r->node;
  Subst at = {0};
  int reduced[MAX_AXES];
  for (int k = 0; k < n->naxes; k++) subst_add(&at, k, simplifier_mapped_index(s, r->index[k]));
  for (int k = 0; k < n->nreduce; k++) {
    reduced[k] = graph_var(g, n->axes[n->naxes + k]);
    subst_add(&at, n->naxes + k, index_var(g, reduced[k]));
  }
  Read *x = simplifier_mapped(s, read_substitute(g, n->reads[0], &at));
  Read *most = build_reduce(g, RED_MAX, x, n->nreduce, reduced);
  return (Split){most, build_reduce(g, RED_SUM, relative_exp(g, x, most), n->nreduce, reduced)};
}

/* An operation of which operand k is a logsumexp, and the other near it: first the largest value goes off, then the
 * rest. */
static Read *near_logsumexp(Simplifier *s, const Node *n, Read *const *x, const Subst *at, int k) {
  Graph *g = s->g;
  Split l = split_logsumexp(s, read_substitute(g, n->reads[k], at));
  Read *rest = build_op1(g, OP_LOG, l.sum);
  if (n->op == OP_ADD) return build_add(g, build_add(g, x[1 - k], l.most), rest);
  if (k == 0) return build_add(g, build_sub(g, l.most, x[1]), rest);
  return build_op2(g, n->op, build_op2(g, n->op, x[0], l.most), rest);
}

/* exp(logratio(a, logsumexp(x))), a softmax: exp(a - m) / sum, and 0 where that is 0 / 0. */
static Read *softmax(Simplifier *s, const Read *ratio) {
  Graph *g = s->g;
  Split l = split_logsumexp(s, read_operand(g, ratio, 1));
  Read *e = relative_exp(g, simplifier_mapped(s, read_operand(g, ratio, 0)), l.most);
  return build_op2(g, OP_SELECT, e, build_div(g, build_constant(g, 1), l.sum));
}

/* softplus(a) - x, which may be all but 0: max(a, 0) - x, and what softplus is above that. */
static Read *near_softplus(Simplifier *s, const Node *n, Read *const *x, const Subst *at) {
  Graph *g = s->g;
  Read *r = read_substitute(g, n->reads[0], at);
  Read *a = simplifier_mapped(s, read_operand(g, r, 0));
  Read *above = build_op1(g, OP_SOFTPLUS, build_scale(g, -1, build_op1(g, OP_ABS, a)));
  return build_add(g, build_sub(g, build_op2(g, OP_MAX, build_constant(g, 0), a), x[1]), above);
}

/* ---- sigmoid ---- */

/* The factors of a product that r reads, opened there; r itself where it is none. Returns how many. */
static int opened_factors(Simplifier *s, const Read *r, int most, Read **factors, double *scale) {
  const Node *n = r->node;
  *scale = 1;
  factors[0] = (Read *)r;
  if (n->kind != NODE_MAP || n->op != OP_PRODUCT || n->nguards || n->nreduce || n->nreads > most) return 1;
  for (int k = 0; k < n->nreads; k++) factors[k] = read_operand(s->g, r, k);
  *scale = n->scale;
  return n->nreads;
}

/* The operand of the scalar function that r reads, simplified. */
static Read *operand_of(Simplifier *s, const Read *r) { return simplifier_mapped(s, read_operand(s->g, r, 0)); }

static bool reads_op(const Read *r, Op op) { return r->node->kind == NODE_MAP && r->node->op == op; }

/* p sigmoid(a) - p t = p sigmoid_minus(a, t). `k`: which operand has the sigmoid; the other has all else of it, and the
 * other sign. */
static Read *near_sigmoid(Simplifier *s, const Node *n, const Subst *at, int k) {
  enum { MOST = 8 };
  Graph *g = s->g;
  Read *mine[MOST], *others[MOST], *sigmoid = NULL;
  double scale, other_scale;
  int nmine = opened_factors(s, read_substitute(g, n->reads[k], at), MOST, mine, &scale), shared = 0;
  int nothers = opened_factors(s, read_substitute(g, n->reads[1 - k], at), MOST, others, &other_scale);
  double t = (n->op == OP_ADD ? -other_scale : other_scale) / scale;
  if (!(t > 0)) return NULL;
  for (int i = 0; i < nmine; i++) {
    int j = 0;
    while (j < nothers && !read_equal(mine[i], others[j])) j++;
    if (j == nothers && (sigmoid || !reads_op(mine[i], OP_SIGMOID))) return NULL;
    if (j == nothers) sigmoid = mine[i];
    else mine[shared++] = mine[i], others[j] = others[--nothers];
  }
  if (!sigmoid) return NULL;
  for (int i = 0; i < shared; i++) mine[i] = simplifier_mapped(s, mine[i]);
  for (int i = 0; i < nothers; i++) others[i] = simplifier_mapped(s, others[i]);
  Read *target = build_product(g, t, nothers, others, 0, NULL, 0, NULL);
  mine[shared] = build_op2(g, OP_SIGMOID_MINUS, operand_of(s, sigmoid), target);
  return build_product(g, scale, shared + 1, mine, 0, NULL, 0, NULL);
}

/* ---- all of them ---- */

static bool is_near_logsumexp(const Read *r, int k) {
  return r->node->kind == NODE_MAP && r->node->nreads > k && is_logsumexp(r->node->reads[k]->node);
}

Read *float_map(Simplifier *s, Node *n, Read *const *x, const Subst *at, const int *vars) {
  Graph *g = s->g;
  Index *index[MAX_AXES];
  for (int k = 0; k < n->naxes; k++) index[k] = index_var(g, vars[k]);
  Read *self = read_make(g, n, index);
  if (is_logsumexp(n)) {
    Split l = split_logsumexp(s, self);
    return build_add(g, l.most, build_op1(g, OP_LOG, l.sum));
  }
  for (int k = 0; k < 2; k++)
    if ((n->op == OP_ADD || n->op == OP_SUB || (n->op == OP_LOGRATIO && k == 1)) && is_near_logsumexp(self, k))
      return near_logsumexp(s, n, x, at, k);
  if (n->op == OP_SUB && n->reads[0]->node->kind == NODE_MAP && n->reads[0]->node->op == OP_SOFTPLUS)
    return near_softplus(s, n, x, at);
  Read *better = NULL;
  for (int k = 0; k < 2 && !better; k++)
    if (n->op == OP_ADD || (n->op == OP_SUB && k == 0)) better = near_sigmoid(s, n, at, k);
  if (better) return better;
  bool ratio = n->op == OP_EXP && n->reads[0]->node->op == OP_LOGRATIO && is_near_logsumexp(n->reads[0], 1);
  return ratio ? softmax(s, read_substitute(g, n->reads[0], at)) : NULL;
}
