/* accumulate.c: a value reduced over variables: sums, means, norms and the rows of REDUCTIONS. An axis of an example's
 * own extent is reduced over the places that the example has. */
#include "elaborate/builtin.h"

#include <string.h>

Read *accumulate_count(Elaborator *el, int n, const int *vars, double *known) {
  Read *batch = NULL;
  *known = 1;
  for (int k = 0; k < n; k++) {
    Axis a = graph_var_axis(el->g, vars[k]);
    if (a.kind == AXIS_PLAIN && !a.dim) {
      *known *= (double)a.extent;
    } else {
      Read *b = a.dim ? build_index(el->g, el->g->dims[a.dim - 1])
                      : read_make(el->g, build_leaf(el->g, NODE_BATCH, 0, 0, NULL, "n"), NULL);
      batch = batch ? build_mul(el->g, batch, b) : b;
    }
  }
  return batch;
}

/* Over the places that each example has. */
static Read *sum_of(Elaborator *el, Read *body, int n, const int *vars) {
  Guard guards[MAX_AXES];
  int nguards = 0;
  for (int k = 0; k < n; k++) {
    int dim = graph_var_axis(el->g, vars[k]).dim;
    if (dim) guards[nguards++] = guard_within(el->g, dim, index_var(el->g, vars[k]));
  }
  if (!nguards) return build_reduce(el->g, RED_SUM, body, n, vars);
  return build_product(el->g, 1, 1, &body, nguards, guards, n, vars);
}

/* The other reductions: what is beyond the end is what changes nothing. */
static Read *masked(Elaborator *el, Reduction reduction, Read *body, int n, const int *vars) {
  for (int k = 0; k < n; k++)
    if (graph_var_axis(el->g, vars[k]).dim)
      body =
        build_op(el->g, OP_WHERE,
                 (Read *[]){dim_condition(el, vars[k]), body, build_constant(el->g, reduction_rows[reduction].start)});
  return body;
}

static Read *mean_of(Elaborator *el, Read *body, int n, const int *vars) {
  double known;
  Read *batch = accumulate_count(el, n, vars, &known);
  Read *sum = sum_of(el, body, n, vars);
  sum = known == 1 ? sum : build_scale(el->g, 1 / known, sum);
  return batch ? build_div(el->g, sum, batch) : sum;
}

Value *accumulate_value(Elaborator *el, const char *name, Value *v, int n, const int *vars, Span span) {
  Reduction reduction = reduction_named(name);
  Read *r = NULL;
  if (strcmp(name, "mean") == 0) r = mean_of(el, v->read, n, vars);
  if (strcmp(name, "norm") == 0) r = build_op1(el->g, OP_SQRT, sum_of(el, build_mul(el->g, v->read, v->read), n, vars));
  if (reduction == RED_SUM) r = sum_of(el, v->read, n, vars);
  else if (reduction) r = build_reduce(el->g, reduction, masked(el, reduction, v->read, n, vars), n, vars);
  if (!r) bug("elaborate", "unknown reduction %s", name);
  return value_tensor(el, r, v->rank, v->vars, span);
}
