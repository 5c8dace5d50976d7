/* edges_file.h: tests/values/prelude/edges.txt, case by case (edges.py says what is in it). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EDGES_ROWS = 400 };
typedef struct {
  char name[64];
  int args, rows;
  double in[3][EDGES_ROWS];   /* a, b, c */
  double out[4][EDGES_ROWS];  /* the value, then the derivatives; NAN where the file has none */
  double size[4][EDGES_ROWS]; /* of what a millionth may be missing */
} edges_case;

/* The next case, or 0 at the end. `line` holds the line read ahead. */
static int edges_next(FILE *f, char *line, int size, edges_case *c) {
  while (strncmp(line, "case ", 5) != 0)
    if (!fgets(line, size, f)) return 0;
  if (sscanf(line, "case %63s %d", c->name, &c->args) != 2) return 0;
  for (c->rows = 0; fgets(line, size, f) && strncmp(line, "case ", 5) != 0; c->rows++) {
    char *at = line;
    if (c->rows == EDGES_ROWS) exit(3);
    for (int k = 0; k < 3 + 1 + c->args; k++) {
      char *word = strtok(at, " \n");
      at = NULL;
      double v = !word || !strcmp(word, "-") ? NAN : strtod(word, NULL);
      if (k < 3) c->in[k][c->rows] = v;
      if (k < 3) continue;
      const char *slash = word ? strchr(word, '/') : NULL;
      c->out[k - 3][c->rows] = v;
      c->size[k - 3][c->rows] = slash ? fmax(fabs(v), strtod(slash + 1, NULL)) : fabs(v);
    }
  }
  if (feof(f)) line[0] = 0;
  return 1;
}

/* What output k of a case is called in edges.nn. */
static const char *edges_output(const edges_case *c, int k) {
  static char name[80];
  if (k == 0) snprintf(name, sizeof name, "v_%s", c->name);
  else snprintf(name, sizeof name, "d%c_%s", "abc"[k - 1], c -> name);
  return name;
}

/* Compares output k; what has no representation (beyond `most`, below `least`) is not asked for. Returns 1 and prints
 * where it is off by more than `tolerance` of the value, or of the terms that it is the sum of. */
static int edges_differ(const edges_case *c, int k, const double *got, double tolerance, double least, double most) {
  int bad = 0;
  double worst = 0;
  for (int i = 0; i < c->rows; i++) {
    double true_value = c->out[k][i], off = fabs(got[i] - true_value);
    double size = c->size[k][i];
    if (isnan(true_value) || fabs(true_value) > most || off <= tolerance * size + least) continue;
    double relative = off / (size + least);
    if (bad++ && !(isnan(off) || relative > worst)) continue;
    worst = isnan(off) ? INFINITY : relative;
    printf("%s: %s at (%.9g, %.9g, %.9g) is %.9g, expected %.9g\n", c->name, edges_output(c, k), c->in[0][i],
           c->in[1][i], c->in[2][i], got[i], true_value);
  }
  if (bad) printf("not ok %s at the edges (%d of %d rows)\n", edges_output(c, k), bad, c->rows);
  else printf("ok %s at the edges\n", edges_output(c, k));
  return bad > 0;
}
