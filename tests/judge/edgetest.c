/* edgetest: tests/values/prelude/edges.nn evaluated in double precision against edges.txt, to 1e-11 of each value.
 *
 * In: the two files. Out: an `ok` or `not ok` line for each output; exit status 1 where one is off. */
#include "evaluate/evaluate.h"
#include "model_file.h"
#include "edges_file.h"

static edges_case c;

static const Routine *find(const Program *p, const char *name) {
  for (int k = 0; k < p->routines.n; k++)
    if (p->routines.at[k].kind == ROUTINE_OUTPUT && !strcmp(p->routines.at[k].name, name)) return &p->routines.at[k];
  return NULL;
}

int main(int argc, char **argv) {
  static char line[4096];
  static double got[EDGES_ROWS];
  FILE *f = argc == 3 ? fopen(argv[2], "r") : NULL;
  int bad = 0;
  if (!f) return 2;
  Program *p = read_program(context_new(), argv[1], NULL);
  simplify_to_float(p, NULL);
  while (edges_next(f, line, sizeof line, &c)) {
    Evaluation *e = evaluation_new(p->graph, c.rows, 1);
    for (int k = 0; k < p->inputs.n; k++)
      for (int i = 0; i < c.rows; i++) evaluation_writable(e, p->inputs.at[k].node)[i] = (double)(float)c.in[k][i];
    for (int k = 0; k <= c.args; k++) {
      const Routine *r = find(p, edges_output(&c, k));
      if (!r && k) continue;
      if (!r) return 2;
      const double *y = evaluate(e, r->roots[0].node);
      for (int i = 0; i < c.rows; i++) got[i] = y[evaluation_count(e, r->roots[0].node) > 1 ? i : 0];
      bad += edges_differ(&c, k, got, 1e-11, 1e-37, 1e300);
    }
  }
  fclose(f);
  return bad > 0;
}
