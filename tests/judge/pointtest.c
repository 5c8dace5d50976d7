/* pointtest: what a model computes at a random point, by the evaluator in double precision.
 *
 * In: MODEL.nn. Out: FILE, safetensors as reftest.c and ref_c.c read them: inputs of three examples, parameters,
 * states, and every loss, gradient, output, metric and next state. So generated C can be compared with the evaluator
 * where PyTorch has no say. */
#include <string.h>

#include "check/point.h"
#include "model_file.h"

enum { EXAMPLES = 3, SEED = 11, STEP = 6 };

typedef struct Writer {
  Program *p;
  Evaluation *e;
  Text header, data;
} Writer;

static void record(Writer *w, const char *kind, const char *name, Node *node) {
  int64_t count = evaluation_count(w->e, node);
  size_t bytes = sizeof(double) * (size_t)count;
  if (evaluation_missing(w->e, node)) {
    fprintf(stderr, "pointtest: %s.%s needs what is not given\n", kind, name);
    exit(1);
  }
  text_printf(&w->header, "%s\"%s.%s\":{\"dtype\":\"F64\",\"shape\":[%lld],\"data_offsets\":[%zu,%zu]}",
              w->header.length ? "," : "", kind, name, (long long)count, w->data.length, w->data.length + bytes);
  text_add_n(&w->data, (const char *)evaluate(w->e, node), bytes);
}

static void draw(Writer *w, const char *kind, const char *name, Node *leaf) {
  Manner manner = {.scale = 1, .apart = true};
  point_draw(w->p, w->e, &leaf, 1, SEED, &manner);
  record(w, kind, name, leaf);
}

/* ref_c.c calls functions as after STEP steps. */
static void set_steps(Writer *w, const Routine *f) {
  for (int k = 0; k < f->nroots; k++) {
    NodeList list = graph_order(w->p->cx, &f->roots[k].node, 1);
    for (int i = 0; i < list.n; i++)
      if (list.at[i]->kind == NODE_STEP)
        *evaluation_writable(w->e, list.at[i]) = STEP + (list.at[i]->item == STEP_TRAINING);
  }
}

static void record_routine(Writer *w, const Routine *f) {
  if (f->kind == ROUTINE_OUTPUT) record(w, "out", f->name, f->roots[0].node);
  if (f->kind == ROUTINE_METRIC) record(w, "metric", f->name, f->roots[0].node);
  for (int k = 0; k < f->nroots && f->kind == ROUTINE_GRAD; k++) {
    const Root *root = &f->roots[k];
    char kind[300];
    snprintf(kind, sizeof kind, "grad.%s", f->name);
    if (root->dest == DEST_RETURN) record(w, "loss", f->name, root->node);
    if (root->dest == DEST_GRAD) record(w, kind, w->p->params.at[root->item].path, root->node);
    if (root->dest == DEST_NEXT_STATE) record(w, "next", w->p->states.at[root->item].path, root->node);
  }
}

static int write_tensors(const Writer *w, const char *path) {
  unsigned char length[8];
  FILE *f = fopen(path, "wb");
  if (!f) return 2;
  for (int k = 0; k < 8; k++) length[k] = (unsigned char)((uint64_t)(w->header.length + 2) >> 8 * k);
  fwrite(length, 1, 8, f);
  fprintf(f, "{%s}", w->header.data);
  fwrite(w->data.data, 1, w->data.length, f);
  return fclose(f) ? 2 : 0;
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: pointtest MODEL.nn FILE\n");
    return 2;
  }
  Context *cx = context_new();
  Program *p = read_program(cx, argv[1], NULL);
  Writer w = {.p = p, .e = evaluation_new(p->graph, EXAMPLES, 1), .header = {.cx = cx}, .data = {.cx = cx}};
  for (int k = 0; k < p->inputs.n; k++) draw(&w, "in", p->inputs.at[k].name, p->inputs.at[k].node);
  for (int k = 0; k < p->params.n; k++) draw(&w, "param", p->params.at[k].path, p->params.at[k].node);
  for (int k = 0; k < p->states.n; k++) draw(&w, "state", p->states.at[k].path, p->states.at[k].node);
  for (int k = 0; k < p->routines.n; k++) set_steps(&w, &p->routines.at[k]);
  for (int k = 0; k < p->routines.n; k++) record_routine(&w, &p->routines.at[k]);
  return write_tensors(&w, argv[2]);
}
