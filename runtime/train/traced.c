/* traced.c: what nn_trace.h has found, in words. SPDX-License-Identifier: 0BSD
 *
 * In: the work area of a call that stopped, and what the trainer knows of it: step, epoch, rows. Out: a message:
 *
 *     model.nn:6:8: log(0) = -inf
 *         lp = log(p)
 *              ^~~~~~
 *       element 2 of example 3 (row 17 of the data), training step 37, epoch 2
 *       lp[b,i] = log(p[b,i])
 *       p[2] = 0  model.nn:5
 *       it went on into: L (line 9)
 *     help: ... */
#include "train/traced.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

nn_trace *nn_traced_in(const nn_model *model, void *work) {
  return model->trace ? (nn_trace *)(void *)((char *)work + model->trace) : NULL;
}

int nn_traced_found(const nn_model *model, void *work) {
  const nn_trace *t = nn_traced_in(model, work);
  return t && t->found;
}

/* ---- numbers and elements ---- */

static void add_number(nn_text *out, double value) {
  char text[40];
  nn_number_print(text, sizeof text, 6, value);
  nn_text_printf(out, "%s", isnan(value) ? "nan" : text);
}

/* "[2,0]" of a place in the array of a site, the example left out. */
static void add_indices(nn_text *out, const nn_trace_table *table, const nn_trace_operand *x) {
  const nn_trace_site *site = &table->sites[x->site];
  int many = 0;
  for (int k = 0; k < site->naxes; k++) {
    const nn_trace_axis *axis = &table->axes[site->axes + k];
    if (axis->kind == NN_TRACE_EXAMPLE) continue;
    nn_text_printf(out, "%s%d", many++ ? "," : "[", (int)(x->place / axis->stride % axis->extent));
  }
  if (many) nn_text_printf(out, "]");
}

static void add_element(nn_text *out, const nn_trace_table *table, const nn_trace_operand *x) {
  nn_text_printf(out, "%s", table->sites[x->site].name);
  add_indices(out, table, x);
}

static long index_of(const nn_trace_table *table, const nn_trace_operand *x, nn_trace_axis_kind kind) {
  const nn_trace_site *site = &table->sites[x->site];
  for (int k = 0; k < site->naxes; k++) {
    const nn_trace_axis *axis = &table->axes[site->axes + k];
    long place = x->place / axis->stride;
    if (axis->kind == kind) return axis->extent ? place % axis->extent : place;
  }
  return -1;
}

/* ---- what happened ---- */

static int is_infix(const char *operation) { return operation[0] && strchr("+-*/^<>=!", operation[0]) != NULL; }

/* "log(0) = -inf", "0 / 0 = nan" */
static void add_operation(nn_text *out, const nn_trace *t) {
  const char *operation = t->table->sites[t->at.site].operation;
  int infix = is_infix(operation);
  if (!infix) nn_text_printf(out, "%s(", operation);
  for (int k = 0; k < t->noperands; k++) {
    if (k) nn_text_printf(out, infix ? " %s " : ", ", operation);
    if (infix && k && t->operands[k].value < 0) nn_text_printf(out, "(");
    add_number(out, t->operands[k].value);
    if (infix && k && t->operands[k].value < 0) nn_text_printf(out, ")");
  }
  nn_text_printf(out, infix ? " = " : ") = ");
  add_number(out, t->at.value);
}

static void add_sum(nn_text *out, const nn_trace *t) {
  const char *operation = t->table->sites[t->at.site].operation;
  nn_text_printf(out, "%s of %lld term%s = ", operation, (long long)t->terms, t->terms == 1 ? "" : "s");
  add_number(out, t->at.value);
  nn_text_printf(out, "; the largest is ");
  for (int k = 0; k < t->noperands; k++) {
    nn_text_printf(out, "%s", k ? " * " : "");
    add_number(out, t->operands[k].value);
  }
}

static int reduces(const char *operation) {
  static const char *const names[] = {"sum", "prod", "max", "min", "logsumexp"};
  for (size_t k = 0; k < sizeof names / sizeof *names; k++)
    if (!strcmp(operation, names[k])) return 1;
  return 0;
}

static void add_leaf(nn_text *out, const nn_trace *t) {
  static const char *const kinds[] = {[NN_TRACE_INPUT] = "input",
                                      [NN_TRACE_PARAM] = "parameter",
                                      [NN_TRACE_STATE] = "state",
                                      [NN_TRACE_CONSTANT] = "constant"};
  nn_text_printf(out, "%s ", kinds[t->table->sites[t->at.site].kind]);
  add_element(out, t->table, &t->at);
  nn_text_printf(out, " was ");
  add_number(out, t->at.value);
  nn_text_printf(out, " already");
}

static void add_what(nn_text *out, const nn_trace *t) {
  const nn_trace_site *site = &t->table->sites[t->at.site];
  if (site->kind != NN_TRACE_VALUE) {
    add_leaf(out, t);
  } else if (t->terms > 1 || (reduces(site->operation) && t->noperands != 2)) {
    add_sum(out, t);
  } else if (site->operation[0] && t->noperands) {
    add_operation(out, t);
  } else {
    add_element(out, t->table, &t->at);
    nn_text_printf(out, " = ");
    add_number(out, t->at.value);
  }
}

static void add_place(nn_text *out, const nn_trace_source *s) {
  if (s->line) nn_text_printf(out, "%s:%d:%d: ", s->path, s->line, s->column);
}

static void add_line(nn_text *out, const nn_trace_source *s) {
  if (!s->line) return;
  nn_text_printf(out, "\n    %s\n    %*s^", s->text, s->column - 1, "");
  for (int k = 1; k < s->width; k++) nn_text_printf(out, "~");
}

/* ---- when ---- */

static void add_when(nn_text *out, const nn_traced_when *when) {
  if (!when) return;
  if (when->epoch)
    nn_text_printf(out, ", training step %llu, epoch %d", (unsigned long long)when->step + 1, when->epoch);
  else if (when->what) nn_text_printf(out, ", %s", when->what);
}

static void add_example(nn_text *out, const nn_trace *t, const nn_traced_when *when) {
  long example = index_of(t->table, &t->at, NN_TRACE_EXAMPLE), time = index_of(t->table, &t->at, NN_TRACE_TIME);
  const nn_trace_site *site = &t->table->sites[t->at.site];
  nn_text_printf(out, "\n  element ");
  add_element(out, t->table, &t->at);
  if (example >= 0) {
    size_t place = (when ? when->first : 0) + (size_t)example;
    nn_text_printf(out, " of example %zu", place);
    if (when) nn_text_printf(out, " (row %zu of the data)", when->rows ? when->rows[place] : place);
  }
  if (time >= 0) {
    int backwards = site->nloops && t->table->loops[site->loops + site->nloops - 1].backwards;
    nn_text_printf(out, ", time step %ld%s", time, backwards ? " on the way back" : "");
  }
  add_when(out, when);
}

/* ---- what went in, and where it went ---- */

static void add_operands(nn_text *out, const nn_trace *t) {
  nn_text_printf(out, "\n  %s", t->table->sites[t->at.site].formula);
  for (int k = 0; k < t->noperands; k++) {
    const nn_trace_operand *x = &t->operands[k];
    int again = x->site < 0; /* a number, or what is listed */
    for (int i = 0; i < k; i++) again |= t->operands[i].site == x->site && t->operands[i].place == x->place;
    if (again) continue;
    nn_text_printf(out, "\n  ");
    add_element(out, t->table, x);
    nn_text_printf(out, " = ");
    add_number(out, x->value);
    const nn_trace_source *s = &t->table->sites[x->site].source;
    if (s->line) nn_text_printf(out, "  (%s:%d)", s->path, s->line);
  }
}

/* Values without a name of the model are left out. */
static void add_path(nn_text *out, const nn_trace *t) {
  const char *last = t->table->sites[t->at.site].name;
  int many = 0;
  for (int k = 1; k < t->npath; k++) {
    const nn_trace_site *site = &t->table->sites[t->path[k].site];
    int plain = (site->name[0] == 'v' || site->name[0] == 's') && site->name[1] >= '0' && site->name[1] <= '9';
    if (plain || !strcmp(site->operation, "carried") || !strcmp(site->name, last)) continue;
    nn_text_printf(out, many++ ? " -> " : "\n  it went on into ");
    add_element(out, t->table, &t->path[k]);
    if (site->source.line) nn_text_printf(out, " (line %d)", site->source.line);
    last = site->name;
  }
}

static const char *advice(const nn_trace *t) {
  const nn_trace_site *site = &t->table->sites[t->at.site];
  const char *o = site->operation;
  double x = t->noperands ? t->operands[0].value : 1, y = t->noperands > 1 ? t->operands[1].value : 1;
  if (site->kind == NN_TRACE_INPUT) return "leave such rows out, or fill what is missing before the training";
  if (!strcmp(o, "exp") || !strcmp(o, "sinh") || !strcmp(o, "cosh"))
    return "floats end at exp(88.7): softmax, logsumexp, sigmoid and softplus are written so that they never come "
           "there";
  if (!strcmp(o, "log") && x <= 0)
    return "keep it above 0, as log(x + 1e-7); of a probability take log_softmax, or the loss of the logits";
  if (!strcmp(o, "/") && y == 0) return "where(d == 0, 0, x/d) leaves such a place out, of the gradient too";
  if (!strcmp(o, "sqrt") && x < 0) return "keep it from 0 on, as sqrt(max(x, 0))";
  if (site->nloops && t->terms)
    return "it grows from step to step: smaller weights, gates, or clipped gradients keep a recurrence in bounds";
  if (!isfinite(x) || !isfinite(y)) return "it was made of infinite numbers that stand in the formula, as of a mask";
  return "what overflows grew in the steps before: a smaller learning rate, or clipped gradients, may help";
}

/* ---- updates ---- */

static const nn_array *array_at(const nn_array *arrays, int count, size_t element) {
  for (int k = 0; k < count; k++)
    if (element >= arrays[k].offset && element < arrays[k].offset + arrays[k].count) return &arrays[k];
  return NULL;
}

static void add_array_element(nn_text *out, const nn_array *a, size_t element) {
  size_t rest = a->count, place = element - a->offset;
  nn_text_printf(out, "%s", a->name);
  for (int k = 0; k < a->rank; k++) {
    rest /= (size_t)a->shape[k];
    nn_text_printf(out, "%s%zu", k ? "," : "[", place / rest % (size_t)a->shape[k]);
  }
  if (a->rank) nn_text_printf(out, "]");
}

static void add_update(nn_text *out, const nn_trace *t, const nn_model *model, const nn_traced_when *when) {
  const nn_array *a = t->slot ? array_at(model->slot, model->nslots, (size_t)t->element)
                              : array_at(model->params, model->nparams, (size_t)t->element);
  add_place(out, &t->by);
  nn_text_printf(out, "this update made ");
  if (a) add_array_element(out, a, (size_t)t->element);
  nn_text_printf(out, " ");
  add_number(out, t->after);
  add_line(out, &t->by);
  nn_text_printf(out, "\n  the loss and its gradient were finite");
  add_when(out, when);
  if (!t->slot) {
    nn_text_printf(out, "\n  it was ");
    add_number(out, t->before);
    nn_text_printf(out, ", its gradient ");
    add_number(out, t->gradient);
  }
  nn_text_printf(out, "\nhelp: a smaller learning rate, or clipped gradients, may help");
}

/* ---- all of it ---- */

static void add_all(nn_text *out, const nn_trace *t, const nn_model *model, const nn_traced_when *when) {
  if (t->found == NN_TRACE_IN_UPDATE) {
    add_update(out, t, model, when);
    return;
  }
  add_place(out, &t->table->sites[t->at.site].source);
  add_what(out, t);
  nn_text_printf(out, ", in the %s", t->table->function);
  add_line(out, &t->table->sites[t->at.site].source);
  add_example(out, t, when);
  add_operands(out, t);
  add_path(out, t);
  nn_text_printf(out, "\nhelp: %s", advice(t));
}

int nn_traced_fail(const nn_model *model, void *work, const nn_traced_when *when, nn_error *error) {
  nn_text out = {NULL, 0, 0, 0};
  add_all(&out, nn_traced_in(model, work), model, when);
  int result = out.failed ? nn_out_of_memory(error, out.size) : nn_fail(error, NN_BAD_DATA, "%s", out.data);
  free(out.data);
  return result;
}

int nn_trace_message(const nn_model *model, void *work, nn_error *error) {
  error->text[0] = 0;
  return nn_traced_found(model, work) ? nn_traced_fail(model, work, NULL, error) : 0;
}
