/* steptest: an optimizer's lines, evaluated in double precision, against stored results.
 *
 * In: MODEL.nn with one objective of one group, tests/values/prelude/optimizers.txt, the name of a case there.
 * Gradients come from the evaluator, and so does every stage of the chain. Out: the first parameter that is off by more
 * than 1e-10 of the largest; exit status 1 then. */
#include <math.h>

#include "evaluate/evaluate.h"
#include "model_file.h"
#include "steps_file.h"

enum { SLOTS = 8 };
static steps_file file;
static double w[STEPS_FLOATS], g[STEPS_FLOATS], slots[4][SLOTS][STEPS_FLOATS]; /* of stage, of slot */

static void set(Evaluation *e, Node *leaf, const double *values) {
  memcpy(evaluation_writable(e, leaf), values, sizeof(double) * (size_t)evaluation_count(e, leaf));
}

/* The gradient of the loss at w, parameter after parameter. */
static void take_gradient(Program *p) {
  Evaluation *e = evaluation_new(p->graph, p->inputs.n ? 3 : 1, 1);
  const double *const in[] = {file.x, file.t};
  for (int k = 0; k < p->inputs.n; k++) set(e, p->inputs.at[k].node, in[k]);
  int64_t at[8] = {0};
  for (int k = 0; k < p->params.n; k++) {
    set(e, p->params.at[k].node, w + at[k]);
    at[k + 1] = at[k] + p->params.at[k].count;
  }
  for (int r = 0; r < p->routines.n; r++)
    for (int k = 0; k < p->routines.at[r].nroots; k++) {
      const Root *root = &p->routines.at[r].roots[k];
      if (root->dest != DEST_GRAD) continue;
      memcpy(g + at[root->item], evaluate(e, root->node), sizeof(double) * (size_t)p->params.at[root->item].count);
    }
}

/* Roots `first` .. of a stage over elements begin .. begin+count of all parameters; what they write goes to `next`. */
static void run_roots(Program *p, const Stage *stage, int number, const Root *roots, int64_t begin, int64_t count,
                      int step, double gnorm, double (*next)[STEPS_FLOATS]) {
  Evaluation *e = evaluation_new(p->graph, 1, count);
  Node *nodes[32];
  for (int k = 0; k < stage->nroots; k++) nodes[k] = roots[k].node;
  NodeList all = graph_order(p->cx, nodes, stage->nroots);
  double now = step;
  for (int k = 0; k < all.n; k++) {
    Node *n = all.at[k];
    if (n->kind == NODE_WEIGHT) set(e, n, w + begin);
    if (n->kind == NODE_GRADIENT) set(e, n, g + begin);
    if (n->kind == NODE_SLOT) set(e, n, slots[number][n->item] + begin);
    if (n->kind == NODE_HYPER) set(e, n, &p->hypers.at[n->item].value);
    if (n->kind == NODE_STEP) set(e, n, &now);
    if (n->kind == NODE_GNORM) set(e, n, &gnorm);
  }
  for (int k = 0; k < stage->nroots; k++) {
    int to = roots[k].dest == DEST_WEIGHT ? 0 : roots[k].dest == DEST_GRADIENT ? 1 : 2 + roots[k].item;
    memcpy(next[to] + begin, evaluate(e, roots[k].node), sizeof(double) * (size_t)count);
  }
}

static void run_stage(Program *p, const Stage *stage, int number, int step) {
  static double next[2 + SLOTS][STEPS_FLOATS];
  double square = 0;
  int64_t begin = 0;
  for (int i = 0; i < file.count; i++) square += g[i] * g[i];
  memcpy(next[0], w, sizeof w);
  memcpy(next[1], g, sizeof g);
  memcpy(next[2], slots[number], sizeof slots[number]);
  if (stage->flat) run_roots(p, stage, number, stage->roots, 0, file.count, step, sqrt(square), next);
  for (int k = 0; !stage->flat && k < p->params.n; begin += p->params.at[k++].count)
    run_roots(p, stage, number, stage->roots + k * stage->nroots, begin, p->params.at[k].count, step, sqrt(square),
              next);
  memcpy(w, next[0], sizeof w);
  memcpy(g, next[1], sizeof g);
  memcpy(slots[number], next[2], sizeof slots[number]);
}

int main(int argc, char **argv) {
  if (argc != 4 || steps_read(&file, argv[2], argv[3])) return 2;
  Program *p = read_program(context_new(), argv[1], NULL);
  const Group *group = &p->objectives.at[0].groups[0];
  const int every = p->objectives.at[0].every;
  memcpy(w, file.start, sizeof w);
  for (int s = 0; s < group->nstages; s++)
    for (int k = 0; k < group->stages[s].nslots; k++)
      for (int i = 0; i < STEPS_FLOATS; i++) {
        const Start *start = &group->stages[s].slots[k].start;
        slots[s][k][i] = start->kind == START_VALUES ? start->values[0] : 0;
      }
  for (int step = 1; step <= file.steps; step++) {
    take_gradient(p);
    for (int s = 0; s < group->nstages && step % every == 0; s++) run_stage(p, &group->stages[s], s, step / every);
    if (steps_differ(&file, step - 1, w, 1e-10)) return 1;
  }
  return 0;
}
