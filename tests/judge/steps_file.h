/* steps_file.h: one case of tests/values/prelude/optimizers.txt (optimizers.py says what is in it). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS_MOST = 64, STEPS_FLOATS = 64 };
typedef struct {
  double x[STEPS_FLOATS], t[STEPS_FLOATS], start[STEPS_FLOATS], after[STEPS_MOST][STEPS_FLOATS];
  int count, steps; /* of parameters, of steps */
} steps_file;

static int steps_numbers(const char *text, double *to) {
  int n = 0;
  for (char *end; n < STEPS_FLOATS; text = end, n++) {
    double v = strtod(text, &end);
    if (end == text) break;
    to[n] = v;
  }
  return n;
}

/* 0, or -1 where there is no such case. */
static int steps_read(steps_file *s, const char *path, const char *name) {
  static char line[8192];
  int mine = 0, found = 0;
  FILE *f = fopen(path, "r");
  if (!f) return -1;
  while (fgets(line, sizeof line, f)) {
    line[strcspn(line, "\n")] = 0;
    if (!strncmp(line, "case ", 5)) mine = !strcmp(line + 5, name), found = found || mine;
    if (!strncmp(line, "x ", 2)) steps_numbers(line + 2, s->x);
    if (!strncmp(line, "t ", 2)) steps_numbers(line + 2, s->t);
    if (mine && !strncmp(line, "start ", 6)) s->count = steps_numbers(line + 6, s->start);
    if (mine && !strncmp(line, "step ", 5) && s->steps < STEPS_MOST) steps_numbers(line + 5, s->after[s->steps++]);
  }
  fclose(f);
  return found && s->steps ? 0 : -1;
}

/* Compares parameters after step k (from 0); prints and returns 1 where they differ by more than `tolerance` of the
 * largest. */
static int steps_differ(const steps_file *s, int k, const double *w, double tolerance) {
  double scale = 0;
  for (int i = 0; i < s->count; i++) {
    double v = s->after[k][i] < 0 ? -s->after[k][i] : s->after[k][i];
    if (v > scale) scale = v;
  }
  for (int i = 0; i < s->count; i++) {
    double d = w[i] - s->after[k][i];
    if (d <= tolerance * scale && -d <= tolerance * scale) continue;
    printf("step %d: parameter %d is %.12g, expected %.12g\n", k + 1, i, w[i], s->after[k][i]);
    return 1;
  }
  return 0;
}
