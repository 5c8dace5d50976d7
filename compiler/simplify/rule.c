/* rule.c: matching the left side of `rule a => b if c` against the graph.
 *
 * A name of the rule matches any value, the same value each time; a number itself; an operation a node of that
 * operation, whose operands are looked up through index maps. `+` and `*` match in either order, `a - b` also an
 * addition of a negative product. `sum(x)` matches a sum over any axes: x is then its body, an array over these axes,
 * so that `logsumexp(x)` on the right reduces the same ones. */
#include "simplify/simplifier.h"

#include "build/build.h"
#include "model/model.h"

#include <math.h>
#include <string.h>

enum { MOST_NAMES = 8 };

typedef struct Match {
  Program *program;
  Graph *g;
  int n;
  const char *names[MOST_NAMES];
  Read *reads[MOST_NAMES];
  int ranks[MOST_NAMES];
  int vars[MOST_NAMES][MAX_AXES];
  int nreduced, reduced[MAX_AXES]; /* inside of a reduction: its variables */
} Match;

static bool match(Match *m, const Expr *p, Read *r);

static bool bind_name(Match *m, const char *name, Read *r) {
  for (int k = 0; k < m->n; k++)
    if (m->names[k] == name) return read_equal(m->reads[k], r);
  if (m->n == MOST_NAMES) return false;
  m->names[m->n] = name;
  m->reads[m->n] = r;
  m->ranks[m->n] = m->nreduced;
  memcpy(m->vars[m->n], m->reduced, sizeof m->reduced);
  m->n++;
  return true;
}

/* Tries one way of matching two parts; takes bindings back where it fails. */
static bool both(Match *m, const Expr *p, Read *r, const Expr *q, Read *s) {
  int n = m->n;
  if (match(m, p, r) && match(m, q, s)) return true;
  m->n = n;
  return false;
}

static Read *operand(const Match *m, const Read *r, int k) { return read_through(m->g, read_operand(m->g, r, k)); }

static bool is_product(const Read *r) {
  return r->node->kind == NODE_MAP && r->node->op == OP_PRODUCT && r->node->reduction == RED_NONE && !r->node->nguards;
}

static bool negative(const Read *r) { return is_product(r) && r->node->scale < 0; }

static bool match_product(Match *m, const Expr *p, Read *r) {
  if (!is_product(r)) return false;
  const Node *n = r->node;
  Read *factors[16];
  if (n->nreads > 16) return false;
  for (int k = 0; k < n->nreads; k++) factors[k] = operand(m, r, k);
  if (n->scale != 1 && (p->a->kind == EXPR_NUMBER || p->b->kind == EXPR_NUMBER)) {
    bool left = p->a->kind == EXPR_NUMBER;
    Read *rest = build_product(m->g, 1, n->nreads, factors, 0, NULL, 0, NULL);
    return both(m, left ? p->a : p->b, build_constant(m->g, n->scale), left ? p->b : p->a, rest);
  }
  if (n->nreads < 2 && n->scale == 1) return false;
  for (int k = 0; k < n->nreads; k++) {
    Read *others[16];
    int count = 0;
    for (int j = 0; j < n->nreads; j++)
      if (j != k) others[count++] = factors[j];
    Read *rest = build_product(m->g, n->scale, count, others, 0, NULL, 0, NULL);
    if (both(m, p->a, factors[k], p->b, rest) || both(m, p->b, factors[k], p->a, rest)) return true;
  }
  return false;
}

static bool match_sum(Match *m, const Expr *p, Read *r) {
  const Node *n = r->node;
  bool add = n->op == OP_ADD, sub = n->op == OP_SUB;
  if (n->kind != NODE_MAP || (!add && !sub)) return false;
  Read *a = operand(m, r, 0), *b = operand(m, r, 1);
  if (p->op == BIN_ADD) {
    if (add) return both(m, p->a, a, p->b, b) || both(m, p->a, b, p->b, a);
    return negative(b) && both(m, p->a, a, p->b, build_scale(m->g, -1, b));
  }
  if (sub) return both(m, p->a, a, p->b, b);
  if (negative(b) && both(m, p->a, a, p->b, build_scale(m->g, -1, b))) return true;
  return negative(a) && both(m, p->a, b, p->b, build_scale(m->g, -1, a));
}

/* Are the guards about the ends of examples (elaborate/dim.c) alone? */
static bool only_extents(const Node *n) {
  for (int k = 0; k < n->nguards; k++) {
    bool gathers = false;
    for (int i = 0; i < n->guards[k].e->n; i++) gathers = gathers || n->guards[k].e->terms[i].gather;
    if (!gathers || n->guards[k].n == 1) return false;
  }
  return true;
}

/* The body of a guarded sum, bound to a name, as that of a sum over all: 0 (exp of -inf) where a guard fails. */
static bool hide(Match *m, int which, const Node *n, const Subst *at, bool exponential) {
  Graph *g = m->g;
  for (int k = 0; k < n->nguards; k++) {
    Read *e = build_index(g, index_substitute(g, n->guards[k].e, at));
    Read *inside = build_op2(g, OP_LE, build_constant(g, 0), e);
    m->reads[which] =
      build_op(g, OP_WHERE, (Read *[]){inside, m->reads[which], build_constant(g, exponential ? -INFINITY : 0)});
  }
  return true;
}

static bool match_reduction(Match *m, const Expr *p, Read *r, Reduction reduction) {
  const Node *n = r->node;
  if (n->kind != NODE_MAP || n->reduction != reduction || m->nreduced || !only_extents(n)) return false;
  Read *factors[16];
  if (n->nreads > 16) return false;
  Subst at = read_subst(r);
  for (int j = 0; j < n->nreduce; j++) {
    Axis all = n->axes[n->naxes + j];
    all.dim = 0; /* guards say what is left out; the right side is to reduce over all */
    m->reduced[j] = graph_var(m->g, all);
    subst_add(&at, n->naxes + j, index_var(m->g, m->reduced[j]));
  }
  for (int k = 0; k < n->nreads; k++) factors[k] = read_substitute(m->g, n->reads[k], &at);
  Read *body = build_product(m->g, n->scale, n->nreads, factors, 0, NULL, 0, NULL);
  m->nreduced = n->nreduce;
  const Expr *inner = p->args[0].value;
  int before = m->n;
  bool exponential = inner->kind == EXPR_CALL && inner->nargs == 1 && inner->a->kind == EXPR_NAME &&
                     strcmp(inner->a->name, "exp") == 0 && inner->args[0].value->kind == EXPR_NAME;
  bool matched = (!n->nguards || exponential || inner->kind == EXPR_NAME) && match(m, inner, body);
  if (matched && n->nguards) matched = m->n == before + 1 && hide(m, before, n, &at, exponential);
  m->nreduced = 0;
  return matched;
}

static bool match_call(Match *m, const Expr *p, Read *r) {
  const Node *n = r->node;
  if (p->a->kind != EXPR_NAME || n->kind != NODE_MAP) return false;
  Reduction reduction = reduction_named(p->a->name);
  if (reduction_rows[reduction].in_rules && p->nargs == 1) return match_reduction(m, p, r, reduction);
  if (op_named(p->a->name) != n->op || n->op == OP_PRODUCT || op_rows[n->op].arity != p->nargs) return false;
  int before = m->n;
  for (int k = 0; k < p->nargs; k++)
    if (!match(m, p->args[k].value, operand(m, r, k))) {
      m->n = before;
      return false;
    }
  return true;
}

/* x^2 and x^3 are products, and x^0.5 a root (build/apply.c). */
static bool match_power(Match *m, const Expr *p, Read *r) {
  const Node *n = r->node;
  if (n->kind != NODE_MAP) return false;
  if (n->op == OP_POW) return both(m, p->a, operand(m, r, 0), p->b, operand(m, r, 1));
  if (p->b->kind != EXPR_NUMBER) return false;
  if (n->op == OP_SQRT) return p->b->number == 0.5 && match(m, p->a, operand(m, r, 0));
  if (!is_product(r) || n->scale != 1 || n->nreads < 2 || n->nreads > 3 || n->nreads != p->b->number) return false;
  for (int k = 1; k < n->nreads; k++)
    if (!read_equal(n->reads[0], n->reads[k])) return false;
  return match(m, p->a, operand(m, r, 0));
}

static bool match(Match *m, const Expr *p, Read *r) {
  double c;
  r = read_through(m->g, r);
  switch (p->kind) {
  case EXPR_NAME: return bind_name(m, p->name, r);
  case EXPR_NUMBER: return read_constant(r, &c) && c == p->number;
  case EXPR_NEGATE: return negative(r) && match(m, p->a, build_scale(m->g, -1, r));
  case EXPR_CALL: return match_call(m, p, r);
  case EXPR_BINARY:
    if (p->op == BIN_MUL) return match_product(m, p, r);
    if (p->op == BIN_ADD || p->op == BIN_SUB) return match_sum(m, p, r);
    if (p->op == BIN_POW) return match_power(m, p, r);
    return p->op == BIN_DIV && r->node->kind == NODE_MAP && r->node->op == OP_DIV &&
           both(m, p->a, operand(m, r, 0), p->b, operand(m, r, 1));
  default: return false;
  }
}

/* ---- conditions ---- */

static bool holds(const Match *m, const Expr *c) {
  if (c->kind != EXPR_CALL || c->nargs != 1 || c->args[0].value->kind != EXPR_NAME) return false;
  for (int k = 0; k < m->n; k++) {
    if (m->names[k] != c->args[0].value->name) continue;
    if (strcmp(c->a->name, "positive") == 0) return read_positive(m->reads[k]);
    if (strcmp(c->a->name, "nonnegative") == 0) return read_nonnegative(m->reads[k]);
    if (strcmp(c->a->name, "exponential") == 0) return read_exponential(m->reads[k]);
    if (strcmp(c->a->name, "varying") == 0) return !read_constant(m->reads[k], NULL);
  }
  return false;
}

/* Can the rule's left side be this node at all? */
static bool may_match(const Expr *p, const Node *n) {
  if (p->kind == EXPR_CALL && p->a->kind == EXPR_NAME) {
    Reduction reduction = reduction_named(p->a->name);
    if (reduction_rows[reduction].in_rules) return n->reduction == reduction;
    return op_named(p->a->name) == n->op;
  }
  if (p->kind == EXPR_NEGATE) return n->op == OP_PRODUCT;
  if (p->kind != EXPR_BINARY) return false;
  switch (p->op) {
  case BIN_MUL: return n->op == OP_PRODUCT && n->reduction == RED_NONE;
  case BIN_ADD:
  case BIN_SUB: return n->op == OP_ADD || n->op == OP_SUB;
  case BIN_DIV: return n->op == OP_DIV;
  case BIN_POW: return n->op == OP_POW || n->op == OP_SQRT || (n->op == OP_PRODUCT && n->reduction == RED_NONE);
  default: return false;
  }
}

static Read *apply(Program *p, int which, const Read *r) {
  const Stmt *rule = law_rule(p, which);
  Match m = {.program = p, .g = p->graph};
  if (!match(&m, rule->value, (Read *)r)) return NULL;
  for (int j = 0; j < rule->nvalues; j++)
    if (!holds(&m, rule->values[j])) return NULL;
  return law_result(p, which, m.n, m.names, m.reads, m.ranks, m.vars);
}

/* Is a side of the product a call of the operation that made this factor? */
static bool names_factor(const Expr *product, const Read *factor) {
  const Expr *sides[2] = {product->a, product->b};
  for (int k = 0; k < 2; k++)
    if (sides[k]->kind == EXPR_CALL && sides[k]->a->kind == EXPR_NAME && factor->node->kind == NODE_MAP &&
        factor->node->op != OP_PRODUCT && op_named(sides[k]->a->name) == factor->node->op)
      return true;
  return false;
}

/* A rule `x * f(x)` for two factors among others, under a sum and guards too. */
static Read *apply_to_pair(Program *p, int which, const Read *r) {
  const Stmt *rule = law_rule(p, which);
  Graph *g = p->graph;
  const Node *n = r->node;
  Read *factors[16];
  Guard guards[16];
  int summed[MAX_AXES];
  if (n->nreads < 2 || n->nreads > 16 || n->nguards > 16 || n->reduction > RED_SUM) return NULL;
  bool named = false;
  for (int k = 0; k < n->nreads; k++) named = named || names_factor(rule->value, n->reads[k]);
  if (!named) return NULL;
  Subst at = read_subst(r);
  for (int k = 0; k < n->nreduce; k++) {
    summed[k] = graph_var(g, n->axes[n->naxes + k]);
    subst_add(&at, n->naxes + k, index_var(g, summed[k]));
  }
  for (int k = 0; k < n->nreads; k++) factors[k] = read_substitute(g, n->reads[k], &at);
  for (int k = 0; k < n->nguards; k++) guards[k] = (Guard){index_substitute(g, n->guards[k].e, &at), n->guards[k].n};
  for (int i = 0; i < n->nreads; i++)
    for (int j = i + 1; j < n->nreads; j++) {
      if (!names_factor(rule->value, factors[i]) && !names_factor(rule->value, factors[j])) continue;
      Read *better = apply(p, which, build_product(g, 1, 2, (Read *[]){factors[i], factors[j]}, 0, NULL, 0, NULL));
      if (!better) continue;
      factors[i] = better;
      factors[j] = factors[n->nreads - 1];
      return build_product(g, n->scale, n->nreads - 1, factors, n->nguards, guards, n->nreduce, summed);
    }
  return NULL;
}

/* log(4), which Graph.exact leaves as it is. */
static bool is_of_numbers(const Node *n) {
  bool numbers = n->nreads > 0 && n->op != OP_PRODUCT;
  for (int k = 0; k < n->nreads; k++) numbers = numbers && read_constant(n->reads[k], NULL);
  return numbers;
}

Read *rule_apply(Program *p, const Read *r, int *which) {
  if (r->node->kind != NODE_MAP || is_of_numbers(r->node)) return NULL;
  for (int k = 0; k < law_rule_count(p); k++) {
    const Stmt *rule = law_rule(p, k);
    bool product = rule->value->kind == EXPR_BINARY && rule->value->op == BIN_MUL && r->node->op == OP_PRODUCT;
    Read *better = may_match(rule->value, r->node) ? apply(p, k, r) : NULL;
    if (!better && product) better = apply_to_pair(p, k, r);
    if (!better || better->node == r->node) continue; /* 2*log(2) is select(2, log(2)) is 2*log(2) */
    if (which) *which = k;
    return better;
  }
  return NULL;
}
