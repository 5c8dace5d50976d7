/* run: generated models against what they must compute.
 *
 * In: a table of models, two variants of each (models.h, written by run.py), and a folder with NAME.points of judge.c.
 * It is compiled twice: as it stands, and with `float` defined as `double`.
 *   float   the first variant within what rounding explains: it is run in all four rounding modes, and how far they lie
 *           apart is what rounding does to it; the second, without reuse of memory, must give the same bits
 *   double  both variants, fused and not, within 1e-9 and rounding
 * The work area is full of NaN before every call, so that what is read must have been written; a border behind it must
 * stay as it is. Out: a line `NAME what is wrong` for each model that differs, `NAME ok` else; and `NAME vague` first
 * where rounding explains so much that the float build shows nothing. */
#include <fenv.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef WIDE
#define float double
#endif
#include "nn.h"
#include "models.h"

#ifdef WIDE
static const double relative = 1e-9, rounding = 1e-5, elsewhere = 1e-13, spread = 4,
                    least = 1e-14; /* log(sum(softmax(x))) */
#else
static const double relative = 2e-5, rounding = 4, elsewhere = 1e-7, spread = 4, least = 1e-12; /* 1 - tanh(20)^2 */
#endif

static const int other_modes[] = {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};

enum { BORDER = 64, STEPS = 2, SECONDS = 30 };

typedef struct Record { /* of a points file */
  char name[200];
  long count;
  int beyond;
  double slack, *values;
} Record;

typedef struct Point {
  Record *records;
  int n, examples;
} Point;

static void *memory(size_t bytes) {
  void *p = calloc(bytes + 1, 1);
  if (!p) exit(3);
  return p;
}

/* ---- the points ---- */

static int read_record(FILE *f, Record *r) {
  if (fscanf(f, "%199s %ld %lf %d", r->name, &r->count, &r->slack, &r->beyond) != 4) return 0;
  if (fgetc(f) != '\n') exit(3);
  r->values = memory(sizeof *r->values * (size_t)r->count);
  return fread(r->values, sizeof *r->values, (size_t)r->count, f) == (size_t)r->count;
}

static int read_points(const char *path, Point *points, int most) {
  FILE *f = fopen(path, "rb");
  Record r;
  int n = 0;
  if (!f) return 0;
  while (read_record(f, &r)) {
    if (strcmp(r.name, "point") == 0) {
      if (n == most) break;
      points[n++] = (Point){.examples = (int)r.values[0]};
      continue;
    }
    Point *p = &points[n - 1];
    p->records = realloc(p->records, sizeof r * (size_t)(p->n + 1));
    p->records[p->n++] = r;
  }
  fclose(f);
  return n;
}

static const Record *find(const Point *p, const char *kind, const char *a, const char *b) {
  char name[300];
  snprintf(name, sizeof name, "%s.%s%s%s", kind, a, b ? "." : "", b ? b : "");
  for (int k = 0; k < p->n; k++)
    if (strcmp(p->records[k].name, name) == 0) return &p->records[k];
  return NULL;
}

/* ---- a variant at a point: all of its results, one after the other ---- */

typedef struct Results {
  double *values;
  const Record **expected; /* by result; NULL: only to be compared with the other variant */
  size_t *first;           /* in values */
  size_t n, nvalues;
} Results;

static void add(Results *r, const Record *expected, const void *values, size_t count, int integer) {
  r->values = realloc(r->values, sizeof(double) * (r->nvalues + count + 1));
  r->first = realloc(r->first, sizeof(size_t) * (r->n + 2));
  r->expected = realloc(r->expected, sizeof(Record *) * (r->n + 1));
  r->expected[r->n] = expected;
  r->first[r->n++] = r->nvalues;
  for (size_t k = 0; k < count; k++)
    r->values[r->nvalues++] = integer ? ((const int32_t *)values)[k] : (double)((const float *)values)[k];
  r->first[r->n] = r->nvalues;
}

typedef struct Run {
  const nn_model *m;
  const Point *p;
  const void *in[32];
  char *model, *work, *out;
  const void *state;
  Results results;
  const char *problem;
} Run;

static void soil(Run *r) { memset(r->work, 0xff, r->m->work_size + BORDER); }

static void look_at_border(Run *r, const char *name) {
  for (int k = 0; k < BORDER; k++)
    if ((unsigned char)r->work[r->m->work_size + (size_t)k] != 0xff) r->problem = name;
}

static void set_arrays(Run *r, const char *kind, const nn_array *arrays, int n, size_t base) {
  for (int k = 0; k < n; k++) {
    const Record *x = find(r->p, kind, arrays[k].name, NULL);
    float *to = (float *)(void *)(r->model + base) + arrays[k].offset;
    for (size_t i = 0; x && i < arrays[k].count; i++) to[i] = (float)x->values[i];
  }
}

static void set_leaves(Run *r) {
  r->m->init(r->model, 1);
  set_arrays(r, "param", r->m->params, r->m->nparams, r->m->param);
  if (r->m->nstates) set_arrays(r, "state", r->m->states, r->m->nstates, r->m->state);
}

static void set_inputs(Run *r) {
  for (int k = 0; k < r->m->ninputs; k++) {
    const nn_input *input = &r->m->inputs[k];
    const Record *x = find(r->p, "in", input->name, NULL);
    size_t count = input->count * (size_t)r->p->examples;
    float *real = memory(sizeof *real * count);
    int32_t *whole = memory(sizeof *whole * count);
    if (!x) exit(3);
    for (size_t i = 0; i < count; i++) real[i] = (float)x->values[i], whole[i] = (int32_t)x->values[i];
    r->in[k] = input->kind == NN_REAL ? (void *)real : (void *)whole;
  }
}

static void run_losses(Run *r) {
  const nn_model *m = r->m;
  float *grad = memory(sizeof *grad * m->param_floats), *next = memory(sizeof *next * (m->state_floats + 1));
  for (int k = 0; k < m->nlosses; k++) {
    const nn_loss *l = &m->losses[k];
    soil(r);
    float value = l->value(r->model + m->param, r->state, r->work, r->p->examples, r->in, 1, 0);
    add(&r->results, find(r->p, "loss", l->name, NULL), &value, 1, 0);
    look_at_border(r, l->name);
    soil(r);
    memset(grad, 0xff, sizeof *grad * m->param_floats);
    value =
      l->grad(r->model + m->param, r->state, grad, m->state_floats ? next : NULL, r->work, r->p->examples, r->in, 1, 0);
    look_at_border(r, l->name);
    add(&r->results, find(r->p, "training", l->name, NULL), &value, 1, 0);
    for (int i = 0; i < m->nparams; i++)
      add(&r->results, find(r->p, "grad", l->name, m->params[i].name), grad + m->params[i].offset, m->params[i].count,
          0);
    for (int i = 0; i < m->nstates; i++)
      add(&r->results, find(r->p, "next", l->name, m->states[i].name), next + m->states[i].offset, m->states[i].count,
          0);
  }
}

static void run_outputs(Run *r) {
  const nn_model *m = r->m;
  for (int k = 0; k < m->noutputs; k++) {
    const nn_output *o = &m->outputs[k];
    size_t count = o->count * (o->per_example ? (size_t)r->p->examples : 1);
    char *values = memory(sizeof(float) * count + BORDER);
    memset(values, 0xff, sizeof(float) * count + BORDER);
    soil(r);
    if (o->run(r->model + m->param, r->state, r->work, r->p->examples, r->in, values, 1, 0)) r->problem = o->name;
    look_at_border(r, o->name);
    size_t used = (o->integer ? sizeof(int32_t) : sizeof(float)) * count;
    for (int i = 0; i < BORDER; i++)
      if ((unsigned char)values[used + (size_t)i] != 0xff) r->problem = o->name;
    add(&r->results, find(r->p, "out", o->name, NULL), values, count, o->integer);
  }
  for (int k = 0; k < m->nmetrics; k++) {
    soil(r);
    float value = m->metrics[k].value(r->model + m->param, r->state, r->work, r->p->examples, r->in, 1, 0);
    add(&r->results, find(r->p, "metric", m->metrics[k].name, NULL), &value, 1, 0);
    look_at_border(r, m->metrics[k].name);
  }
}

/* The trainer's own steps: no judge but the other variant. */
static void run_steps(Run *r) {
  const nn_model *m = r->m;
  for (int step = 0; step < STEPS && m->nobjectives; step++) {
    memset(r->model + m->work, 0xff, m->work_size);
    float value = m->train_step(r->model, r->p->examples, r->in);
    add(&r->results, NULL, &value, 1, 0);
    for (int k = 0; k < m->nparams; k++)
      add(&r->results, NULL, (float *)(void *)(r->model + m->param) + m->params[k].offset, m->params[k].count, 0);
  }
}

static Results run(const nn_model *m, const Point *p, const char **problem, int mode) {
  Run r = {.m = m, .p = p};
  r.model = memory(m->size);
  r.work = memory(m->work_size + BORDER);
  r.state = m->nstates ? r.model + m->state : NULL;
  set_leaves(&r);
  set_inputs(&r);
  fesetround(mode);
  run_losses(&r);
  run_outputs(&r);
  if (mode == FE_TONEAREST) run_steps(&r);
  fesetround(FE_TONEAREST);
  *problem = r.problem;
  return r.results;
}

/* ---- comparisons ---- */

/* The largest value among the results of one kind: a gradient that is 0 but for rounding is small beside it. */
static double largest(const Point *p, const char *name) {
  size_t kind = strcspn(name, ".");
  double most = 0;
  for (int k = 0; k < p->n; k++)
    if (strncmp(p->records[k].name, name, kind + 1) == 0)
      for (long i = 0; i < p->records[k].count; i++) most = fmax(most, fabs(p->records[k].values[i]));
  return most;
}

/* How far the other rounding modes lie from the nearest one, in result k. */
static double spread_of(const Results *r, const Results *modes, int nmodes, size_t k) {
  double most = 0;
  for (int m = 0; m < nmodes; m++)
    for (size_t i = r->first[k]; i < r->first[k + 1]; i++) most = fmax(most, fabs(modes[m].values[i] - r->values[i]));
  return most;
}

static int compare(const char *name, const Point *p, const Results *r, const char *variant, const Results *modes,
                   int nmodes) {
  for (size_t k = 0; k < r->n; k++) {
    const Record *x = r->expected[k];
    if (!x) continue;
    if (sizeof(float) == 4 && x->beyond) {
      printf("%s vague\n", name);
      continue;
    }
    double scale = 0, apart = spread * spread_of(r, modes, nmodes, k) + rounding * x->slack;
    for (long i = 0; i < x->count; i++) scale = fmax(scale, fabs(x->values[i]));
    double allowed = relative * scale + apart + elsewhere * largest(p, x->name) + least;
    if (sizeof(float) == 4 && apart > 0.01 * scale + elsewhere) printf("%s vague\n", name);
    for (long i = 0; i < x->count; i++) {
      double y = r->values[r->first[k] + (size_t)i];
      if (y == x->values[i] || fabs(y - x->values[i]) <= allowed) continue;
      printf("%s %s, %d examples: %s[%ld] is %.9g, expected %.9g, allowed %.1g\n", name, variant, p->examples, x->name,
             i, y, x->values[i], allowed);
      return 1;
    }
  }
  return 0;
}

static const char *what(const Results *r, size_t at) {
  for (size_t k = 0; k < r->n; k++)
    if (at < r->first[k + 1]) return r->expected[k] ? r->expected[k]->name : "a training step";
  return "nothing";
}

static int same(const char *name, const Point *p, const Results *a, const Results *b) {
  if (a->nvalues != b->nvalues) return printf("%s: another number of results\n", name), 1;
  for (size_t k = 0; k < a->nvalues; k++) {
    double x = a->values[k], y = b->values[k];
#ifdef WIDE
    if (fabs(x - y) <= 1e-6 * (1 + fabs(x))) continue; /* results have been compared; this is about steps */
#endif
    if (memcmp(&x, &y, sizeof x) == 0) continue;
    printf("%s variants, %d examples: %s is %.17g and %.17g\n", name, p->examples, what(a, k), x, y);
    return 1;
  }
  return 0;
}

static int judge(const char *folder, const Entry *e) {
  char path[2000];
  Point points[4];
  snprintf(path, sizeof path, "%s/%s.points", folder, e->name);
  int n = read_points(path, points, 4), bad = 0;
  if (!n) return printf("%s has no points\n", e->name), 1;
  for (int k = 0; k < n && !bad; k++) {
    const char *problem[2];
    Results a = run(e->first, &points[k], &problem[0], FE_TONEAREST),
            b = run(e->second, &points[k], &problem[1], FE_TONEAREST);
    Results modes[3];
    int nmodes = 0;
    const char *ignored;
    for (; nmodes < 3; nmodes++) modes[nmodes] = run(e->first, &points[k], &ignored, other_modes[nmodes]);
    for (int v = 0; v < 2; v++)
      if (problem[v])
        bad = printf("%s variant %d: %s refuses or writes outside of its memory\n", e->name, v, problem[v]);
    bad = bad || compare(e->name, &points[k], &a, "first variant", modes, nmodes);
#ifdef WIDE
    bad = bad || compare(e->name, &points[k], &b, "unfused", modes, nmodes);
#endif
    bad = bad || same(e->name, &points[k], &a, &b);
  }
  return bad;
}

int main(int argc, char **argv) {
  if (argc != 2) return fprintf(stderr, "usage: run FOLDER\n"), 2;
  for (size_t k = 0; k < sizeof entries / sizeof *entries; k++) {
    int status = 0;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
      alarm(SECONDS);
      int bad = judge(argv[1], &entries[k]);
      fflush(stdout);
      _exit(bad ? 1 : 0);
    }
    if (child < 0 || waitpid(child, &status, 0) != child) return perror("run"), 2;
    if (WIFSIGNALED(status)) printf("%s ends with signal %d\n", entries[k].name, WTERMSIG(status));
    else if (WEXITSTATUS(status) > 1) printf("%s ends with status %d\n", entries[k].name, WEXITSTATUS(status));
    else if (!WEXITSTATUS(status)) printf("%s ok\n", entries[k].name);
  }
  return 0;
}
