/* summary.c: a model in a page of text: what `nnc show` prints. Comes in: a simplified program. */
#include "show/shape.h"
#include "show/show.h"
#include "plan/plan.h"

#include <string.h>

static const char *start_text(Context *cx, const Start *s) {
  switch (s->kind) {
  case START_ZERO: return "0";
  case START_UNIFORM: return arena_printf(cx, "uniform(%.4g, %.4g)", s->a, s->b);
  case START_NORMAL: return arena_printf(cx, "normal(%.4g, %.4g)", s->a, s->b);
  case START_TRUNCATED: return arena_printf(cx, "truncated_normal(%.4g, %.4g)", s->a, s->b);
  case START_COPY: return arena_printf(cx, "a copy of %s", s->of->label);
  case START_ORTHOGONAL: return arena_printf(cx, "orthogonal(%.4g)", s->a);
  case START_VALUES: return s->uniform_value ? arena_printf(cx, "%.4g", s->values[0]) : "given values";
  }
  return "";
}

static void print_leaves(const Program *p, Text *out, const char *title, const Leaf *at, int n) {
  int64_t total = 0;
  if (!n) return;
  text_printf(out, "\n%s\n", title);
  for (int k = 0; k < n; k++) {
    Text shape = {.cx = p->cx};
    show_axes(&shape, at[k].node, 0);
    text_printf(out, "  %-20s %-20s %10lld   starts from %s\n", at[k].path, shape.data, (long long)at[k].count,
                start_text(p->cx, &at[k].start));
    total += at[k].count;
  }
  text_printf(out, "  %-41s %10lld\n", "total", (long long)total);
}

static void print_inputs(const Program *p, Text *out) {
  text_add(out, "\ninputs\n");
  for (int k = 0; k < p->inputs.n; k++) {
    Text shape = {.cx = p->cx};
    show_axes(&shape, p->inputs.at[k].node, 1);
    text_printf(out, "  %-20s %-20s %s", p->inputs.at[k].name, shape.data, input_kind_rows[p->inputs.at[k].kind].name);
    if (input_kind_rows[p->inputs.at[k].kind].sized) text_printf(out, "(%d)", p->inputs.at[k].classes);
    text_add(out, "\n");
  }
}

/* Multiplications and additions of sums, for one example and for the parameters alone. */
static void count_work(const NodeList *list, double *each, double *once) {
  for (int i = 0; i < list->n; i++) {
    const Node *n = list->at[i];
    double terms = 1;
    bool batch = false;
    if (n->reduction != RED_SUM || n->nreads < 2) continue;
    for (int k = 0; k < n->naxes + n->nreduce; k++) {
      if (n->axes[k].kind == AXIS_PLAIN) terms *= (double)n->axes[k].extent;
      else batch = true;
    }
    *(batch ? each : once) += terms;
  }
}

static void print_values(const Program *p, Text *out) {
  text_add(out, "\nvalues, in the order in which they are computed\n");
  for (int k = 0; k < p->routines.n; k++) {
    const Routine *r = &p->routines.at[k];
    if (r->kind != ROUTINE_LOSS) continue;
    NodeList list = show_nodes(p, r);
    for (int i = 0; i < list.n; i++) {
      const Node *n = list.at[i];
      if (!n->label || (n->kind != NODE_MAP && n->kind != NODE_RESHAPE && n->kind != NODE_PIECES)) continue;
      int first = n->naxes && n->axes[0].kind == AXIS_BATCH;
      Text shape = {.cx = p->cx};
      show_axes(&shape, n, first);
      text_printf(out, "  %-20s %-20s%s\n", n->label, shape.data, first ? "" : " (once, not for each example)");
    }
  }
}

static void print_routines(const Program *p, Text *out) {
  static const char *const kinds[] = {
    [ROUTINE_LOSS] = "loss", [ROUTINE_GRAD] = "its gradient", [ROUTINE_OUTPUT] = "output", [ROUTINE_METRIC] = "metric"};
  text_add(out, "\nwork, in multiply-adds for each example\n");
  for (int k = 0; k < p->routines.n; k++) {
    const Routine *r = &p->routines.at[k];
    double each = 0, once = 0;
    NodeList list = show_nodes(p, r);
    count_work(&list, &each, &once);
    text_printf(out, "  %-12s %-20s %10.0f", kinds[r->kind], r->name, each);
    if (once > 0) text_printf(out, "   and %.0f once", once);
    text_add(out, "\n");
  }
}

static void print_memory(Program *p, const Options *options, Text *out) {
  double params = 0, slots = 0, states = 0;
  for (int k = 0; k < p->params.n; k++) params += (double)p->params.at[k].count;
  for (int k = 0; k < p->states.n; k++) states += (double)p->states.at[k].count;
  for (int i = 0; i < p->objectives.n; i++)
    for (int j = 0; j < p->objectives.at[i].ngroups; j++) {
      const Group *g = &p->objectives.at[i].groups[j];
      double count = 0;
      for (int k = 0; k < g->nparams; k++) count += (double)p->params.at[g->params[k]].count;
      for (int k = 0; k < g->nstages; k++) slots += count * g->stages[k].nslots;
    }
  double work = 0;
  for (int k = 0; k < p->routines.n; k++) {
    const Routine *r = &p->routines.at[k];
    const Plan *plan = plan_roots(p, options, r->roots, r->nroots, r->integer, false);
    double bytes = 4 * ((double)plan->floats + (double)plan->integers + 2 * (double)plan->wides);
    work = bytes > work ? bytes : work;
  }
  text_printf(out, "\nmemory of a trainer, in bytes (batch %d)\n", p->train.batch);
  const struct {
    const char *name;
    double bytes;
  } rows[] = {{"parameters", 4 * params},      {"gradient", 4 * params},
              {"optimizer", 4 * slots},        {"states", 8 * states},
              {"activations, adjoints", work}, {"together", 8 * params + 4 * slots + 8 * states + work}};
  for (int k = 0; k < 6; k++) text_printf(out, "  %-24s %12.0f\n", rows[k].name, rows[k].bytes);
}

void show_summary(Program *p, const Options *options, Text *out) {
  text_printf(out, "model %s, from %s\n", p->name, p->path);
  print_inputs(p, out);
  print_values(p, out);
  print_leaves(p, out, "parameters", p->params.at, p->params.n);
  print_leaves(p, out, "states", p->states.at, p->states.n);
  print_routines(p, out);
  print_memory(p, options, out);
}
