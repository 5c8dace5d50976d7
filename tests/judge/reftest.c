/* reftest: a model evaluated in double precision against stored results.
 *
 * In: MODEL.nn and a safetensors file with tensors in.INPUT [n,...], param.PATH, state.NAME and the results
 * loss.L [1], grad.L.PATH, out.OUTPUT [n,...], metric.NAME [1], next.STATE. Out: an `ok` or `not ok` line for each
 * result. They must agree to 1e-10 of the largest value of each array. Exit status 1 where one does not. A third
 * argument is a prelude in the place of nnc's own. */
#include <math.h>

#include "evaluate/evaluate.h"
#include "model_file.h"
#include "stored.h"

static const double tolerance = 1e-10;

typedef struct Reference {
  Program *p;
  Evaluation *e;
  nn_tensors file;
  const char *model;
  int bad, compared;
} Reference;

static void verdict(Reference *r, const char *what, const char *problem) {
  printf("%s %s: %s%s%s\n", problem ? "not ok" : "ok", r->model, what, problem ? ": " : "", problem ? problem : "");
  r->bad += problem != NULL;
}

/* ---- leaves ---- */

static void set_leaf(Reference *r, const char *kind, const char *name, Node *leaf) {
  const nn_tensor *t = stored_find(&r->file, kind, name);
  char text[600];
  snprintf(text, sizeof text, "%s.%s", kind, name);
  if (!t) return; /* what needs it says so */
  int64_t count = (int64_t)stored_elements(t);
  if (count != evaluation_count(r->e, leaf)) {
    verdict(r, text, "has another number of elements");
    return;
  }
  double *x = evaluation_writable(r->e, leaf);
  for (int64_t k = 0; k < count; k++) x[k] = stored_element(&r->file, t, (size_t)k);
}

static int64_t examples(const Reference *r) {
  for (int k = 0; k < r->p->inputs.n; k++) {
    const nn_tensor *t = stored_find(&r->file, "in", r->p->inputs.at[k].name);
    if (t && t->rank) return (int64_t)t->shape[0];
  }
  return 1;
}

static void set_leaves(Reference *r) {
  Program *p = r->p;
  for (int k = 0; k < p->inputs.n; k++) set_leaf(r, "in", p->inputs.at[k].name, p->inputs.at[k].node);
  for (int k = 0; k < p->params.n; k++) set_leaf(r, "param", p->params.at[k].path, p->params.at[k].node);
  for (int k = 0; k < p->states.n; k++) set_leaf(r, "state", p->states.at[k].path, p->states.at[k].node);
}

/* ---- results ---- */

static void compare(Reference *r, const char *kind, const char *name, Node *node) {
  const nn_tensor *t = stored_find(&r->file, kind, name);
  char what[600], problem[200];
  snprintf(what, sizeof what, "%s.%s", kind, name);
  if (!t) return;
  r->compared++;
  int64_t count = (int64_t)stored_elements(t);
  if (count != evaluation_count(r->e, node)) {
    verdict(r, what, "another number of elements");
    return;
  }
  if (evaluation_missing(r->e, node)) {
    verdict(r, what, "needs a leaf that the file does not give");
    return;
  }
  const double *y = evaluate(r->e, node);
  double scale = 0, worst = 0;
  int64_t at = -1;
  for (int64_t k = 0; k < count; k++) scale = fmax(scale, fabs(stored_element(&r->file, t, (size_t)k)));
  for (int64_t k = 0; k < count; k++) {
    double x = stored_element(&r->file, t, (size_t)k), d = fabs(y[k] - x);
    if (y[k] == x) continue; /* infinities too */
    if (!(d <= worst)) worst = isnan(d) ? INFINITY : d, at = k;
  }
  bool good = worst <= tolerance * scale;
  if (!good)
    snprintf(problem, sizeof problem, "element %lld is %.12g, expected %.12g", (long long)at, y[at],
             stored_element(&r->file, t, (size_t)at));
  verdict(r, what, good ? NULL : problem);
}

static void compare_routine(Reference *r, const Routine *f) {
  static const char *const kinds[] = {[ROUTINE_OUTPUT] = "out", [ROUTINE_METRIC] = "metric"};
  if (f->kind == ROUTINE_OUTPUT || f->kind == ROUTINE_METRIC) compare(r, kinds[f->kind], f->name, f->roots[0].node);
  for (int k = 0; k < f->nroots && f->kind == ROUTINE_GRAD; k++) {
    const Root *root = &f->roots[k];
    char kind[300];
    snprintf(kind, sizeof kind, "grad.%s", f->name);
    if (root->dest == DEST_RETURN) compare(r, "loss", f->name, root->node);
    if (root->dest == DEST_GRAD) compare(r, kind, r->p->params.at[root->item].path, root->node);
    if (root->dest == DEST_NEXT_STATE) compare(r, "next", r->p->states.at[root->item].path, root->node);
  }
}

/* A result of the file that the model does not have is an error too, and a file without results. */
static void count_results(Reference *r) {
  int expected = 0;
  char problem[100];
  for (int k = 0; k < r->file.count; k++) {
    const char *name = r->file.tensors[k].name;
    bool given = !strncmp(name, "in.", 3) || !strncmp(name, "param.", 6) || !strncmp(name, "state.", 6);
    bool of_a_step =
      !strncmp(name, "next.", 5) && stored_find(&r->file, "param", name + 5); /* after training: ref_c's */
    expected += !given && !of_a_step;
  }
  if (expected && expected == r->compared) return;
  snprintf(problem, sizeof problem, "the file has %d, the model has %d of them", expected, r->compared);
  verdict(r, "results", problem);
}

int main(int argc, char **argv) {
  nn_error error;
  Reference r = {0};
  if (argc != 3 && argc != 4) {
    fprintf(stderr, "usage: reftest MODEL.nn REFERENCE.safetensors [PRELUDE.nn]\n");
    return 2;
  }
  if (nn_tensors_read(argv[2], &r.file, &error)) {
    fprintf(stderr, "reftest: %s\n", error.text);
    return 2;
  }
  r.model = argv[1];
  r.p = read_program(context_new(), argv[1], argv[3]);
  r.e = evaluation_new(r.p->graph, examples(&r), 1);
  set_leaves(&r);
  for (int k = 0; k < r.p->routines.n; k++) compare_routine(&r, &r.p->routines.at[k]);
  count_results(&r);
  nn_tensors_free(&r.file);
  return r.bad > 0;
}
