/* step.c: one step of the sweep: from the adjoint of a node to its operands.
 *
 * In: a node at variables of its own, with its adjoint there. Out: a contribution to each operand that needs one.
 *
 * For an indexed statement it is the rule of derive/visit.c: the integrand is the adjoint times the derivative,
 * which is the other factors of a product, a few lines here for operations whose derivative is no formula of
 * operands, and a `derivative` line of the prelude for all others. An adjoint of 0 wins over whatever it is multiplied
 * with (derive/zero.c). */
#include "derive/sweep.h"
#include "model/model.h"

bool step_carries(const Node *n) {
  return n->kind != NODE_MAP || (n->op != OP_WHERE && n->op != OP_KEEP && !op_rows[n->op].flat);
}

/* ---- scalar operations ---- */

/* df/dx of operand k. In a loop it is written in the loop's own variables first, so that what the loop computes anyway
 * is found. */
static Read *derivative_formula(Sweep *s, const Opened *o, int k, Read *const *to) {
  Graph *g = s->g;
  const Node *n = o->y;
  if (!o->naround) return law_derivative(s->program, n->op, k, to, n->span);
  Subst in = {0}, out = {0};
  Read *x[3];
  for (int i = 0; i < n->naxes; i++) {
    int v = graph_var(g, n->axes[i]);
    subst_add(&in, o->vars[i], index_var(g, v));
    subst_add(&out, v, index_var(g, o->vars[i]));
  }
  for (int i = 0; i < n->nreads && i < 3; i++) x[i] = read_substitute(g, to[i], &in);
  return read_substitute(g, outside_formula(s, o, law_derivative(s->program, n->op, k, x, n->span)), &out);
}

/* ybar * df/dx of operand k at open reads `to`, whose values are x; y: the node's own value. NULL: no derivative flows.
 */
static Read *scalar_adjoint(Sweep *s, const Opened *o, int k, Read *const *to, Read *const *x, Read *y, Read *adjoint) {
  const Node *n = o->y;
  Graph *g = s->g;
  Read *zero = build_constant(g, 0);
  switch (n->op) { /* linear in an operand, or a choice: no line of the prelude */
  case OP_ADD: return adjoint;
  case OP_SUB: return k == 0 ? adjoint : build_scale(g, -1, adjoint);
  case OP_DIV: return zero_over(g, adjoint, k == 0 ? NULL : y, x[1]);
  case OP_MOD:
    return k == 0 ? adjoint
                  : build_scale(g, -1, zero_times(g, adjoint, build_op1(g, OP_FLOOR, build_div(g, x[0], x[1]))));
  case OP_WHERE:
    return k == 0 ? NULL : build_op(g, OP_WHERE, (Read *[]){x[0], k == 1 ? adjoint : zero, k == 1 ? zero : adjoint});
  case OP_SELECT: return zero_select(g, adjoint, x[1 - k], k, x[k]);
  case OP_KEEP: return k == 0 ? build_op2(g, OP_KEEP, adjoint, x[1]) : NULL;
  default: return op_rows[n->op].flat ? NULL : zero_times(g, adjoint, derivative_formula(s, o, k, to));
  }
}

/* ---- operands ---- */

/* n is blocked: the draw behind it. */
static void report_draw(Sweep *s, const Node *n) {
  Context *cx = s->g->cx;
  while (n->op != OP_DRAWN) {
    const Node *next = NULL;
    for (int k = 0; k < n->nreads && !next; k++)
      if (s->blocked[n->reads[k]->node->id]) next = n->reads[k]->node;
    if (!next) break;
    n = next;
  }
  if (s->program->drawn_reported == n) return;
  s->program->drawn_reported = n;
  error_at(cx, n->span,
           "a gradient is asked through this draw%s%s, whose values jump: its probabilities depend on what the "
           "gradient is taken with respect to",
           n->label ? " of " : "", n->label ? n->label : "");
  help(cx, "stop(m) holds the draw m fixed; straight_through(m, p) passes its gradient on to p; score(logp, reward) "
           "has the mean gradient of the reward");
}

/* Does operand x, read by o's node, get a contribution from here? */
static bool takes(Sweep *s, const Opened *o, const Read *x) {
  if (s->blocked[x->node->id] && step_carries(o->y)) report_draw(s, x->node);
  return s->needed[x->node->id] && outside_depth(o, x->node) == o->level;
}

/* e of the node's, at o's variables; what is gathered in it is a value. */
static Index *value_index(Sweep *s, const Opened *o, const Index *e) {
  return outside_index(s, o, index_substitute(s->g, e, &o->subst));
}

/* The read as it stands, but for gathers in it: they are values. */
static Read *target_read(Sweep *s, const Opened *o, const Read *r) {
  Index *index[MAX_AXES];
  for (int k = 0; k < r->node->naxes; k++) index[k] = value_index(s, o, r->index[k]);
  return read_make(s->g, r->node, index);
}

/* ---- the rule, by the kind of node ---- */

static Integrand integrand(const Opened *o) {
  Integrand t = {.scale = 1, .nfactors = 1};
  t.factors[0] = o->adjoint;
  return t;
}

/* `to`: the operands themselves; x: their values, which is another thing where they are inside of a loop. */
/* How often factor k stands in the product; 0 where an earlier one is equal. */
static int times_there(const Node *y, Read *const *to, int k) {
  int times = 1;
  for (int j = 0; j < y->nreads; j++) {
    if (j == k || !read_equal(to[j], to[k])) continue;
    if (j < k) return 0;
    times++;
  }
  return times;
}

/* Of x*x*z, 2*x*z and x*x. */
static void through_product(Sweep *s, const Opened *o, Read *const *to, Read *const *x) {
  const Node *y = o->y;
  for (int k = 0; k < y->nreads; k++) {
    int times = times_there(y, to, k);
    if (!times || !takes(s, o, to[k])) continue;
    Integrand t = integrand(o);
    if (y->nreads + 1 > MOST_FACTORS || y->nguards > MOST_GUARDS)
      bug("differentiate", "a product of %d factors", y->nreads);
    if (!number_product(y->scale, times, &t.scale) || !s->g->exact) t.scale = y->scale * times;
    for (int j = 0; j < y->nreads; j++)
      if (j != k) t.factors[t.nfactors++] = x[j];
    for (int j = 0; j < y->nguards; j++)
      t.guards[t.nguards++] = (Guard){value_index(s, o, y->guards[j].e), y->guards[j].n};
    zero_wins(s, o, &t);
    contribution_add(s, o, to[k], &t);
  }
}

static Index *flat_index(Graph *g, const Opened *o, const int *reduced) {
  Index *e = index_constant(g, 0);
  for (int k = 0; k < o->y->nreduce; k++) {
    Axis a = o->y->axes[o->y->naxes + k];
    e = index_combine(g, a.kind == AXIS_PLAIN ? a.extent : 1, e, 1, index_var(g, reduced[k]));
  }
  return e;
}

/* The product of all but this element, so that zeros are no trouble: prod over r' of where(r' == r, 1, a[r']). */
static Read *product_of_others(Sweep *s, const Opened *o, Read *x) {
  Graph *g = s->g;
  int others[MAX_AXES];
  const int *mine = o->vars + o->y->naxes;
  Subst rename = {0};
  for (int k = 0; k < o->y->nreduce; k++) {
    others[k] = graph_var(g, o->y->axes[o->y->naxes + k]);
    subst_add(&rename, mine[k], index_var(g, others[k]));
  }
  Read *same = build_op2(g, OP_EQ, build_index(g, flat_index(g, o, mine)), build_index(g, flat_index(g, o, others)));
  Read *body = build_op(g, OP_WHERE, (Read *[]){same, build_constant(g, 1), read_substitute(g, x, &rename)});
  return build_reduce(g, RED_PROD, body, o->y->nreduce, others);
}

static void through_reduction(Sweep *s, const Opened *o, const Read *to, Read *x, Read *y) {
  Graph *g = s->g;
  Integrand t = integrand(o);
  const int *reduced = o->vars + o->y->naxes;
  switch (o->y->reduction) {
  case RED_MAX:
  case RED_MIN: {
    Read *first = build_reduce(g, o->y->reduction == RED_MAX ? RED_ARGMAX : RED_ARGMIN, x, o->y->nreduce, reduced);
    integrand_guard(&t, index_combine(g, 1, flat_index(g, o, reduced), -1, index_gather(g, first)));
    break;
  }
  case RED_LOGSUMEXP: t.factors[t.nfactors++] = build_op1(g, OP_EXP, build_op2(g, OP_LOGRATIO, x, y)); break;
  case RED_PROD: t.factors[t.nfactors++] = product_of_others(s, o, x); break;
  default: return; /* a place, not a value */
  }
  zero_wins(s, o, &t);
  contribution_add(s, o, to, &t);
}

static void through_map(Sweep *s, const Opened *o) {
  Graph *g = s->g;
  Node *n = o->y;
  Read *to[MOST_FACTORS], *x[MOST_FACTORS];
  Index *own[MAX_AXES];
  if (n->nreads + 1 > MOST_FACTORS) bug("differentiate", "a product of %d factors", n->nreads);
  for (int k = 0; k < n->nreads; k++) to[k] = target_read(s, o, n->reads[k]), x[k] = outside_read(s, o, to[k]);
  for (int k = 0; k < n->naxes; k++) own[k] = index_var(g, o->vars[k]);
  Read *y = outside_read(s, o, read_make(g, n, own));
  if (n->reduction > RED_SUM) {
    if (takes(s, o, to[0])) through_reduction(s, o, to[0], x[0], y);
  } else if (n->op == OP_PRODUCT) {
    through_product(s, o, to, x);
  } else {
    for (int k = 0; k < n->nreads; k++) {
      if (!takes(s, o, to[k])) continue;
      Read *value = scalar_adjoint(s, o, k, to, x, y, o->adjoint);
      if (!value) continue;
      Integrand t = {.scale = 1, .nfactors = 1, .factors = {value}};
      contribution_add(s, o, to[k], &t);
    }
  }
}

/* The reshape back. What the adjoint depends on besides (a batch, kept indices) stands in front. */
static void through_reshape(Sweep *s, const Opened *o) {
  Graph *g = s->g;
  Node *n = o->y, *a = n->reads[0]->node;
  if (!takes(s, o, n->reads[0])) return;
  int first = n->naxes && sweep_pin(s, n, 0) == g->batch_var ? 1 : 0, all[4 * MAX_AXES],
      m = read_vars(o->adjoint, all, 0), vars[4 * MAX_AXES], nfree = 0;
  for (int k = 0; k < m; k++)
    if (!vars_contain(o->vars + first, n->naxes - first, all[k])) vars[nfree++] = all[k];
  Axis axes[MAX_AXES];
  for (int k = 0; k < nfree; k++) axes[k] = graph_var_axis(g, vars[k]);
  for (int k = first; k < n->naxes; k++) vars[nfree + k - first] = o->vars[k];
  Node *t = build_tensor(g, o->adjoint, nfree + n->naxes - first, vars);
  for (int k = first; k < a->naxes; k++) axes[nfree + k - first] = sweep_adjoint_axis(s, a, k);
  Node *back = build_reshape(g, t, nfree + a->naxes - first, axes);
  Contribution c = {.box = false};
  Index *index[MAX_AXES];
  for (int k = 0; k < nfree; k++) index[k] = index_var(g, vars[k]);
  for (int k = 0; k < a->naxes; k++) {
    c.vars[k] = sweep_var(s, a, k);
    if (k >= first) index[nfree + k - first] = index_var(g, c.vars[k]);
  }
  c.read = read_make(g, back, index);
  contribution_push(s, a, c);
}

static void through_pieces(Sweep *s, const Opened *o) {
  Graph *g = s->g;
  Node *n = o->y;
  for (int p = 0; p < n->nreads; p++) {
    Node *piece = n->reads[p]->node;
    if (!takes(s, o, n->reads[p])) continue;
    Contribution c = {.box = false};
    Subst place = {0};
    for (int k = 0; k < n->naxes; k++) {
      c.vars[k] = sweep_var(s, piece, k);
      if (c.vars[k] == o->vars[k]) continue;
      subst_add(&place, o->vars[k],
                index_combine(g, 1, index_var(g, c.vars[k]), 1, index_constant(g, n->offsets[p * n->naxes + k])));
    }
    c.read = read_through(g, read_substitute(g, o->adjoint, &place));
    contribution_push(s, piece, c);
  }
}

static bool has_outer_operand(const Sweep *s, const Opened *o) {
  for (int k = 0; k < o->y->nreads; k++)
    if (s->needed[o->y->reads[k]->node->id] && outside_depth(o, o->y->reads[k]->node) < o->level) return true;
  return false;
}

void step_process(Sweep *s, const Opened *o) {
  Node *n = o->y;
  if (n->kind == NODE_MAP) through_map(s, o);
  else if (n->kind == NODE_RESHAPE) through_reshape(s, o);
  else if (n->kind == NODE_PIECES) through_pieces(s, o);
  if (o->level && has_outer_operand(s, o)) VEC_PUSH(s->g->cx, &s->loops[o->level - 1]->deferred, *o);
}

/* ---- a node ---- */

void step_visit(Sweep *s, Node *n) {
  Opened o = {.y = n};
  s->g->span = n->span;
  o.adjoint = contribution_sum(s, n, o.vars);
  if (!o.adjoint || n->integer) return;
  for (int k = 0; k < n->naxes + n->nreduce; k++) {
    if (k >= n->naxes) o.vars[k] = sweep_fresh_var(s, n->axes[k]);
    subst_add(&o.subst, k, index_var(s->g, o.vars[k]));
  }
  o.naround = o.level = s->nloops;
  for (int k = 0; k < s->nloops; k++) o.around[k] = s->loops[k]->group;
  step_process(s, &o);
}
