/* expand.c: two values in, whether they are equal out: both are expanded down to their leaves into the normal form of
 * prove/normal.h, and their difference must vanish, if need be after it was multiplied by its denominators.
 *
 *     (f - y)/(f*(1 - f))  ==  -y/f + (1 - y)/(1 - f)          with f a leaf, times f*(1 - f) */
#include "prove/attempt.h"
#include "prove/normal.h"
#include "build/build.h"

#include <math.h>
#include <string.h>

#define MOST_DEPTH          400
#define MOST_ROUNDS         8
#define MOST_DIVISION_DEPTH 40

static Poly *expand(Prover *p, const Read *r);

/* A variable of extent 1 is 0. */
static Index *plain_index(Prover *p, Index *e) {
  int vars[2 * MAX_AXES], n = index_vars(e, vars, 0);
  Subst s = {0};
  for (int k = 0; k < n; k++) {
    Axis axis = graph_var_axis(p->g, vars[k]);
    if (axis.kind == AXIS_PLAIN && axis.extent == 1) subst_add(&s, vars[k], index_constant(p->g, 0));
  }
  return s.n ? index_substitute(p->g, e, &s) : e;
}

/* ---- one node, over variables of its own ---- */

static Poly *leaf_poly(Prover *p, Node *n, Index **index) {
  if (n->kind == NODE_CONST && !(isfinite(n->lo) && isfinite(n->hi))) p->failed = true;
  Atom a = {.kind = ATOM_LEAF,
            .node = n,
            .index = n->naxes ? arena_copy(p->cx, index, sizeof(Index *) * (size_t)n->naxes) : NULL};
  return poly_atom(p, arena_copy(p->cx, &a, sizeof a), 1);
}

static Poly *index_poly(Prover *p, const Index *index) {
  const Index *e = plain_index(p, (Index *)index);
  double d = (double)e->divisor;
  Poly *sum = poly_number(p, (double)e->offset / d);
  for (int i = 0; i < e->n; i++) {
    Poly *value;
    if (e->terms[i].gather) {
      value = expand(p, e->terms[i].gather);
    } else {
      Atom a = {.kind = ATOM_INDEX, .index = ARENA_ARRAY(p->cx, Index *, 1)};
      a.index[0] = index_var(p->g, e->terms[i].var);
      value = poly_atom(p, arena_copy(p->cx, &a, sizeof a), 1);
    }
    poly_add_to(p, sum, (double)e->terms[i].coef / d, value);
  }
  return sum;
}

/* Opens a node's reads and guards in the variables of its own and its reduced axes. */
static Subst open_axes(Prover *p, const Node *n, int *vars) {
  Subst s = {0};
  for (int k = 0; k < n->naxes + n->nreduce; k++) {
    vars[k] = graph_var(p->g, n->axes[k]);
    subst_add(&s, k, index_var(p->g, vars[k]));
  }
  return s;
}

static Poly *product_poly(Prover *p, const Node *n, const Subst *s, const int *vars) {
  Poly *product = poly_constant(p, n->scale);
  Guard *guards = ARENA_ARRAY(p->cx, Guard, n->nguards + 1);
  for (int k = 0; k < n->nguards; k++)
    guards[k] = (Guard){plain_index(p, index_substitute(p->g, n->guards[k].e, s)), n->guards[k].n};
  for (int k = 0; k < n->nreads && !p->failed; k++)
    product = poly_times(p, product, expand(p, read_substitute(p->g, n->reads[k], s)));
  if (n->reduction > RED_SUM) return poly_reduce(p, n->reduction, product, n->nreduce, vars + n->naxes);
  return poly_sum(p, product, n->nreduce, vars + n->naxes, n->nguards, guards);
}

static bool is_index_value(const Read *r) {
  const Node *n = r->node;
  if (!n->integer) return false;
  return n->kind == NODE_INPUT || n->kind == NODE_CONST || (n->kind == NODE_MAP && n->op == OP_INDEX) ||
         read_constant(r, NULL) || reduction_rows[n->reduction].place;
}

/* A comparison of integers is a guard; NULL where it is none, or where no bound is known. */
static Poly *comparison_poly(Prover *p, const Node *n, const Subst *s) {
  double lo, hi;
  if ((n->op != OP_EQ && n->op != OP_LT && n->op != OP_LE) || !is_index_value(n->reads[0]) ||
      !is_index_value(n->reads[1]))
    return NULL;
  Index *a = index_gather(p->g, read_substitute(p->g, n->reads[0], s)),
        *b = index_gather(p->g, read_substitute(p->g, n->reads[1], s));
  Guard guard = {plain_index(p, index_combine(p->g, 1, b, -1, a)), 1};
  if (guard.e->divisor != 1) return NULL;
  if (n->op == OP_LT) guard.e = index_combine(p->g, 1, guard.e, -1, index_constant(p->g, 1));
  if (n->op != OP_EQ) {
    if (!index_range(p->g, guard.e, NULL, &lo, &hi) || !(hi < 9e15)) return NULL;
    guard.n = hi < 0 ? 0 : (int64_t)hi + 1;
    if (guard.n == 0) return poly_number(p, 0);
  }
  return poly_sum(p, poly_number(p, 1), 0, NULL, 1, &guard);
}

static Poly *map_poly(Prover *p, const Node *n, int *vars) {
  Subst s = open_axes(p, n, vars);
  Poly *args[3], *comparison;
  if (n->op == OP_PRODUCT) return product_poly(p, n, &s, vars);
  if (n->op == OP_INDEX) return index_poly(p, index_substitute(p->g, n->value, &s));
  if ((comparison = comparison_poly(p, n, &s))) return comparison;
  for (int k = 0; k < n->nreads; k++) args[k] = expand(p, read_substitute(p->g, n->reads[k], &s));
  if (p->failed) return poly_new(p);
  if (n->op != OP_DIV || !read_positive(n->reads[1])) return poly_function(p, n->op, args);
  Poly *inverse = poly_power(p, args[1], -1);
  poly_mark_nonzero(inverse);
  return poly_times(p, args[0], inverse);
}

/* Boxes added: each under the guards that its place in the whole asks for. */
static Poly *pieces_poly(Prover *p, const Node *n, int *vars) {
  Poly *sum = poly_new(p);
  open_axes(p, n, vars);
  for (int k = 0; k < n->nreads && !p->failed; k++) {
    Node *piece = n->reads[k]->node;
    Index *index[MAX_AXES];
    Guard guards[MAX_AXES];
    int nguards = 0;
    for (int a = 0; a < n->naxes; a++) {
      int64_t offset = n->offsets[k * n->naxes + a];
      index[a] = index_combine(p->g, 1, index_var(p->g, vars[a]), -1, index_constant(p->g, offset));
      if (n->axes[a].kind == AXIS_PLAIN) guards[nguards++] = (Guard){index[a], piece->axes[a].extent};
    }
    poly_add_to(p, sum, 1, poly_sum(p, expand(p, read_make(p->g, piece, index)), 0, NULL, nguards, guards));
  }
  return sum;
}

/* ---- reads ---- */

static Node *through(Node *n) {
  while (n->kind == NODE_OPAQUE) n = n->target;
  return n;
}

static bool is_expanded(const Prover *p, const Node *n) {
  if (n->kind != NODE_MAP && n->kind != NODE_PIECES && n->kind != NODE_NAME) return false;
  return (size_t)n->id < p->nnodes && !p->opaque[n->id];
}

static Poly *node_poly(Prover *p, Node *n, int *vars) {
  if (n->kind == NODE_PIECES) return pieces_poly(p, n, vars);
  if (n->kind == NODE_MAP) return map_poly(p, n, vars);
  Subst s = open_axes(p, n, vars);
  return expand(p, read_substitute(p->g, n->reads[0], &s));
}

static Poly *expand(Prover *p, const Read *r) {
  Node *n = through(r->node);
  Index *index[MAX_AXES];
  Poly *value;
  if (++p->depth > MOST_DEPTH) p->failed = true;
  if (!prover_burn(p, 1)) return poly_new(p);
  for (int k = 0; k < n->naxes; k++) index[k] = plain_index(p, r->index[k]);
  if (!is_expanded(p, n)) {
    value = leaf_poly(p, n, index);
  } else {
    if (!p->memo[n->id]) {
      p->memo_vars[n->id] = ARENA_ARRAY(p->cx, int, MAX_AXES);
      p->memo[n->id] = node_poly(p, n, p->memo_vars[n->id]);
    }
    Subst s = {0};
    for (int k = 0; k < n->naxes; k++) subst_add(&s, p->memo_vars[n->id][k], index[k]);
    value = p->failed ? poly_new(p) : poly_substitute(p, p->memo[n->id], &s);
  }
  p->depth--;
  return value;
}

/* ---- the difference ---- */

/* A sum that some monomial divides by, without bound variables; its power is multiplied away: it must not be 0. */
static bool find_denominator(Prover *p, const Poly *a, Factor *denominator) {
  for (int i = 0; i < a->n; i++)
    for (int k = 0; k < a->at[i].nfactors; k++) {
      const Factor *f = &a->at[i].factors[k];
      if (f->atom->kind != ATOM_SUM || f->power >= 0 || atom_uses(f->atom, a->at[i].bound, a->at[i].nbound)) continue;
      if (!atom_nonzero(p, f->atom)) continue;
      *denominator = *f;
      return true;
    }
  return false;
}

static bool vanishes(Prover *p, const Poly *difference) {
  Factor d;
  for (int round = 0; round < MOST_ROUNDS && !p->failed; round++) {
    if (difference->n == 0) return true;
    if (!find_denominator(p, difference, &d)) return false;
    Mono by = {.coef = 1, .nfactors = 1, .factors = &d};
    d.power = -d.power;
    difference = poly_times(p, difference, &(Poly){&by, 1, 1});
  }
  return !p->failed && difference->n == 0;
}

/* ---- what the sides divide by ---- */

#define MOST_DIVISORS 100

/* r is not 0; where it is a root, neither is what it is the root of, which may stand elsewhere. */
static void add_divisor(Prover *p, Read *r) {
  for (;;) {
    const Node *n = through(r->node);
    poly_divides(p, expand(p, r));
    bool root = n->kind == NODE_MAP && (n->op == OP_SQRT || n->op == OP_ABS || n->op == OP_STOP);
    if (!root && n->kind != NODE_NAME) return;
    Subst s = {0};
    for (int k = 0; k < n->naxes; k++) subst_add(&s, k, plain_index(p, r->index[k]));
    r = read_substitute(p->g, n->reads[0], &s);
  }
}

/* Where r is spoiled if one of these is 0: on the way down to them no operation leaves out an operand, nor makes a
 * number of an infinite one. A sum needs all of its terms. */
static void find_divisors(Prover *p, const Read *r, int depth) {
  const Node *n = through(r->node);
  if (depth == 0 || p->divisors.n > MOST_DIVISORS || !is_expanded(p, n) || n->kind == NODE_PIECES || !prover_burn(p, 1))
    return;
  Subst s = {0};
  for (int k = 0; k < n->naxes; k++) subst_add(&s, k, plain_index(p, r->index[k]));
  for (int k = n->naxes; k < n->naxes + n->nreduce; k++) subst_add(&s, k, index_var(p->g, graph_var(p->g, n->axes[k])));
  bool all = n->kind == NODE_NAME || (n->op == OP_PRODUCT && !n->nguards && n->reduction <= RED_SUM) ||
             n->op == OP_ADD || n->op == OP_SUB || n->op == OP_STOP || n->op == OP_SQRT || n->op == OP_ABS ||
             n->op == OP_LOG;
  double c;
  bool inverse = n->op == OP_POW && read_constant(n->reads[1], &c) && c < 0;
  bool divides = n->kind == NODE_MAP && (n->op == OP_DIV || n->op == OP_LOG || inverse);
  if (divides) add_divisor(p, read_substitute(p->g, n->reads[n->op == OP_DIV], &s));
  for (int k = 0; k < (all ? n->nreads : divides || n->op == OP_SELECT ? 1 : 0); k++)
    find_divisors(p, read_substitute(p->g, n->reads[k], &s), depth - 1);
}

/* What was expanded before all divisors were known may have more cases than it needs. */
static void forget(Prover *p) { memset(p->memo, 0, sizeof(Poly *) * p->nnodes); }

bool prove_by_sums(Question *q) {
  Graph *g = q->g;
  Prover p = {.g = g, .cx = g->cx, .fuel = q->work, .opaque = q->opaque, .nnodes = g->nnodes, .index = index_poly};
  p.memo = ARENA_ARRAY(g->cx, Poly *, g->nnodes);
  p.memo_vars = ARENA_ARRAY(g->cx, int *, g->nnodes);
  find_divisors(&p, q->a, MOST_DIVISION_DEPTH);
  find_divisors(&p, q->b, MOST_DIVISION_DEPTH);
  forget(&p);
  Poly *left = expand(&p, q->a), *right = expand(&p, q->b);
  bool equal = !p.failed && vanishes(&p, poly_plus(&p, 1, left, -1, right)) && !p.failed;
  q->work = p.fuel;
  return equal;
}
