/* edges: the generated C of tests/values/prelude/edges.nn against edges.txt, to 1e-6 of each value in float. */
#include "nn.h"
#include "edges.h"
#include "edges_file.h"

static edges_case c;
static float in[3][EDGES_ROWS];
static float out[EDGES_ROWS];
static double wide[EDGES_ROWS];

static const nn_output *find(const char *name) {
  for (int k = 0; k < edges_model.noutputs; k++)
    if (!strcmp(edges_model.outputs[k].name, name)) return &edges_model.outputs[k];
  return NULL;
}

static int run(edges *m, const nn_output *o) {
  const nn_model *t = &edges_model;
  for (int first = 0; first < c.rows; first += t->batch) {
    int n = c.rows - first < t->batch ? c.rows - first : t->batch;
    const void *rows[] = {in[0] + first, in[1] + first, in[2] + first};
    if (o->run((char *)m + t->param, NULL, (char *)m + t->work, n, rows, out + first, 1, 0)) return -1;
  }
  for (int i = 0; i < c.rows; i++) wide[i] = (double)out[o->per_example ? i : 0];
  return 0;
}

int main(int argc, char **argv) {
  static char line[4096];
  static edges m;
  FILE *f = argc == 2 ? fopen(argv[1], "r") : NULL;
  int bad = 0;
  if (!f) return 2;
  edges_init(&m, 1);
  while (edges_next(f, line, sizeof line, &c)) {
    for (int k = 0; k < 3; k++)
      for (int i = 0; i < c.rows; i++) in[k][i] = (float)c.in[k][i];
    for (int k = 0; k <= c.args; k++) {
      const nn_output *o = find(edges_output(&c, k));
      if (o && !run(&m, o)) bad += edges_differ(&c, k, wide, 1e-6, 1e-37, 3.4e38);
      else if (k == 0) return 2;
    }
  }
  fclose(f);
  return bad > 0;
}
