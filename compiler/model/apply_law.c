/* apply_law.c: a formula of a law with values in place of its formals.
 *
 * In: the formula and a read for each formal. Out: the read of its value. Each node is built anew, operands first, so
 * that it becomes the simplest one for these values: of y * x^(y - 1) with 2 for y, 2 * x is left. An axis that stands
 * for all axes of a reduction becomes those axes, each with a variable of its own. */
#include "model/model.h"

#include "build/build.h"

#include <math.h>

typedef struct Made { /* a node of the formula: a read open in vars, of which axis k has first[k] .. first[k + 1] */
  const Node *node;
  Read *read;
  int vars[2 * MAX_AXES], first[MAX_AXES + 1];
} Made;

typedef struct Application {
  Graph *g;
  const Formula *f;
  Read *const *reads;
  int count[MOST_FORMALS + 1]; /* of the variables of each reduction of a rule's left side, by its number from 1 */
  const int *vars[MOST_FORMALS + 1];
  Made *made; /* one for each of f->nodes */
} Application;

static bool stands_for_many(Axis a) { return a.kind == AXIS_BATCH && a.extent > 0; }

/* Gives each axis of the node variables of its own. */
static void expand(const Application *a, const Node *n, Made *m) {
  int count = 0;
  m->node = n;
  for (int k = 0; k < n->naxes + n->nreduce; k++) {
    Axis axis = n->axes[k];
    m->first[k] = count;
    if (!stands_for_many(axis)) m->vars[count++] = graph_var(a->g, axis);
    for (int i = 0; stands_for_many(axis) && i < a->count[axis.extent]; i++)
      m->vars[count++] = graph_var(a->g, graph_var_axis(a->g, a->vars[axis.extent][i]));
  }
  m->first[n->naxes + n->nreduce] = count;
}

/* An index of the formula in the variables of the node that holds it (NULL: none). */
static Index *index_here(const Application *a, const Index *e, const Made *holder) {
  Subst s = {0};
  for (int k = 0; holder && k < holder->node->naxes + holder->node->nreduce; k++)
    if (!stands_for_many(holder->node->axes[k])) subst_add(&s, k, index_var(a->g, holder->vars[holder->first[k]]));
  return index_substitute(a->g, e, &s);
}

static Read *read_here(const Application *a, const Read *r, const Made *holder) {
  const Made *m = a->made;
  Subst s = {0};
  while (m->node != r->node) m++;
  for (int k = 0; k < r->node->naxes; k++) {
    int axis, from = m->first[k];
    if (!stands_for_many(r->node->axes[k])) subst_add(&s, m->vars[from], index_here(a, r->index[k], holder));
    else if (!holder || !index_is_var(r->index[k], &axis)) bug("law", "an array of a law is not read along its axis");
    else
      for (int i = 0; from + i < m->first[k + 1]; i++)
        subst_add(&s, m->vars[from + i], index_var(a->g, holder->vars[holder->first[axis] + i]));
  }
  return read_substitute(a->g, m->read, &s);
}

static Read *applied_formal(const Application *a, const Node *n, const Made *m) {
  Subst s = {0};
  int q = a->f->group[n->item];
  for (int i = 0; q && i < a->count[q]; i++) subst_add(&s, a->vars[q][i], index_var(a->g, m->vars[i]));
  return q ? read_substitute(a->g, a->reads[n->item], &s) : a->reads[n->item];
}

/* How many places the one reduction of the left side has. */
static Read *applied_count(const Application *a) {
  double known = 1;
  Read *batch = build_constant(a->g, 1);
  for (int i = 0; i < a->count[1]; i++) {
    Axis axis = graph_var_axis(a->g, a->vars[1][i]);
    if (axis.kind == AXIS_PLAIN) known *= (double)axis.extent;
    else batch = build_mul(a->g, batch, read_make(a->g, build_leaf(a->g, NODE_BATCH, 0, 0, NULL, "n"), NULL));
  }
  return build_scale(a->g, known, batch);
}

static Read *applied_map(const Application *a, const Node *n, const Made *m) {
  Read **x = ARENA_ARRAY(a->g->cx, Read *, n->nreads + 1);
  Guard *guards = ARENA_ARRAY(a->g->cx, Guard, n->nguards + 1);
  int own = m->first[n->naxes], nreduced = m->first[n->naxes + n->nreduce] - own;
  if (n->op == OP_INDEX) return build_index(a->g, index_here(a, n->value, m));
  for (int k = 0; k < n->nreads; k++) x[k] = read_here(a, n->reads[k], m);
  if (n->op != OP_PRODUCT) return build_op(a->g, n->op, x);
  if (n->reduction > RED_SUM) return build_reduce(a->g, n->reduction, x[0], nreduced, m->vars + own);
  for (int k = 0; k < n->nguards; k++) guards[k] = (Guard){index_here(a, n->guards[k].e, m), n->guards[k].n};
  return build_product(a->g, n->scale, n->nreads, x, n->nguards, guards, nreduced, m->vars + own);
}

static Read *applied_constant(const Application *a, const Node *n, const Made *m) {
  Index *index[MAX_AXES];
  for (int k = 0; k < n->naxes; k++) index[k] = index_var(a->g, m->vars[k]);
  return read_make(a->g, build_const_array(a->g, n->naxes, n->axes, n->data), index);
}

static Read *applied_node(const Application *a, const Node *n, const Made *m) {
  switch (n->kind) {
  case NODE_MAP: return applied_map(a, n, m);
  case NODE_NAME: return read_here(a, n->reads[0], m);
  case NODE_FORMAL: return applied_formal(a, n, m);
  case NODE_BATCH: return applied_count(a);
  default: return applied_constant(a, n, m);
  }
}

static Read *apply(Application *a) {
  Graph *g = a->g;
  Span before = g->span;
  const NodeList *nodes = &a->f->nodes;
  a->made = ARENA_ARRAY(g->cx, Made, nodes->n);
  for (int k = 0; k < nodes->n; k++) {
    Made *m = &a->made[k];
    if (a->f->of_model || !before.source) g->span = nodes->at[k]->span;
    expand(a, nodes->at[k], m);
    m->read = applied_node(a, nodes->at[k], m);
  }
  g->span = before;
  return read_here(a, a->f->value, NULL);
}

Read *law_derivative(Program *p, Op op, int operand, Read *const *reads, Span span) {
  const Formula *all = p->laws.derivatives[op];
  Application a = {.g = p->graph, .f = all ? &all[operand] : NULL, .reads = reads};
  if (all) return apply(&a);
  error_at(p->cx, span, "'%s' has no derivative: the prelude has no line 'derivative %s(...) = ...'", op_rows[op].name,
           op_rows[op].name);
  return build_constant(p->graph, NAN);
}

int law_rule_count(const Program *p) { return p->laws.rules.n; }

const Stmt *law_rule(const Program *p, int k) { return p->laws.rules.at[k].stmt; }

Read *law_result(Program *p, int which, int n, const char *const *names, Read *const *reads, const int *ranks,
                 int (*vars)[MAX_AXES]) {
  const Formula *f = &p->laws.rules.at[which].right;
  Read *given[MOST_FORMALS] = {NULL};
  Application a = {.g = p->graph, .f = f, .reads = given};
  for (int k = 0; k < f->nformals; k++)
    for (int j = 0; j < n; j++) {
      if (names[j] != f->names[k]) continue;
      given[k] = reads[j];
      a.count[f->group[k]] = ranks[j];
      a.vars[f->group[k]] = vars[j];
    }
  return apply(&a);
}
