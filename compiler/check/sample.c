/* sample.c: a check over millions of elements, in; the same at some thousands of them, out: each free index i of the
 * check becomes a list of random places, i[s], and what is computed from it is computed at these places only.
 *
 *     jacobian(p, W)[i,j,m]      [512, 512, 256]        becomes        jacobian(p, W)[i[s], j[s], m[s]]      [4096]
 *
 * The places are not all alike likely: the first and the last ones, equal ones and those that the model names come
 * often, since a formula that is wrong at few places is wrong at such. */
#include "build/build.h"
#include "check/sides.h"

#include <math.h>
#include <string.h>

#define SAMPLES 4096
#define LARGE   2000000 /* elements of a node that is not computed as a whole */

typedef struct Sampler {
  Graph *g;
  VEC(Read *) from;
  VEC(Read *) to;
} Sampler;

/* ---- at which places ---- */

static double draw_place(const Sides *s, int k, int sample, int64_t extent, const double *before) {
  uint64_t at = (uint64_t)sample;
  double which = point_uniform(11, (uint64_t)k, at), u = point_uniform(12, (uint64_t)k, at);
  if (which < 0.1) return floor(3 * u) < (double)extent ? floor(3 * u) : 0;
  if (which < 0.2) return (double)extent - 1 - (u < 0.5 && extent > 1);
  if (which < 0.3 && s->manner.nnumbers) {
    double named = s->manner.numbers[(int)(u * s->manner.nnumbers)];
    if (named >= 0 && named < (double)extent) return named;
  }
  if (k && point_uniform(13, 0, at) < 0.4 && *before < (double)extent) return *before;
  return floor(u * (double)extent);
}

/* ---- what is computed there ---- */

static int64_t count_of(const Node *n) {
  int64_t count = 1;
  for (int k = 0; k < n->naxes; k++) count *= n->axes[k].kind == AXIS_PLAIN ? n->axes[k].extent : 1;
  return count;
}

static Read *sample_read(Sampler *s, Read *r);

static Read *sample_product(Sampler *s, const Node *n, Subst *at) {
  Read **factors = ARENA_ARRAY(s->g->cx, Read *, n->nreads + 1);
  Guard *guards = ARENA_ARRAY(s->g->cx, Guard, n->nguards + 1);
  int summed[MAX_AXES];
  for (int k = 0; k < n->nreduce; k++) {
    summed[k] = graph_var(s->g, n->axes[n->naxes + k]);
    subst_add(at, n->naxes + k, index_var(s->g, summed[k]));
  }
  for (int k = 0; k < n->nreads; k++) factors[k] = sample_read(s, read_substitute(s->g, n->reads[k], at));
  for (int k = 0; k < n->nguards; k++) guards[k] = (Guard){index_substitute(s->g, n->guards[k].e, at), n->guards[k].n};
  if (n->reduction > RED_SUM) return build_reduce(s->g, n->reduction, factors[0], n->nreduce, summed);
  return build_product(s->g, n->scale, n->nreads, factors, n->nguards, guards, n->nreduce, summed);
}

static Read *sample_map(Sampler *s, const Node *n, Index *const *index) {
  Subst at = {0};
  Read *reads[3];
  for (int k = 0; k < n->naxes; k++) subst_add(&at, k, index[k]);
  if (n->op == OP_PRODUCT) return sample_product(s, n, &at);
  for (int k = 0; k < n->nreads; k++) reads[k] = sample_read(s, read_substitute(s->g, n->reads[k], &at));
  return build_op(s->g, n->op, reads);
}

/* r, without its node where that is large. */
static Read *sample_read(Sampler *s, Read *r) {
  const Node *n = r->node;
  if (n->kind != NODE_MAP || n->op == OP_INDEX || count_of(n) < LARGE) return r;
  for (int k = 0; k < s->from.n; k++)
    if (read_equal(s->from.at[k], r)) return s->to.at[k];
  Read *made = sample_map(s, n, r->index);
  VEC_PUSH(s->g->cx, &s->from, r);
  VEC_PUSH(s->g->cx, &s->to, made);
  return made;
}

/* ---- both sides ---- */

bool sides_sample(Sides *s, Read **a, Read **b, int *sample_var) {
  const Check *c = s->check;
  Graph *g = s->p->graph;
  Axis samples = PLAIN(SAMPLES);
  Subst at = {0};
  double count = 1, before = 0;
  for (int k = 0; k < c->nvars; k++) count *= (double)graph_var_axis(g, c->vars[k]).extent;
  if (count < LARGE) return false;
  *sample_var = graph_var(g, samples);
  for (int k = 0; k < c->nvars; k++) s->places[k] = ARENA_ARRAY(g->cx, double, SAMPLES);
  for (int i = 0; i < SAMPLES; i++)
    for (int k = 0; k < c->nvars; k++)
      before = s->places[k][i] = draw_place(s, k, i, graph_var_axis(g, c->vars[k]).extent, &before);
  for (int k = 0; k < c->nvars; k++) {
    Index *place = index_var(g, *sample_var);
    Node *list = build_const_array(g, 1, &samples, s->places[k]);
    subst_add(&at, c->vars[k], index_gather(g, read_make(g, list, &place)));
  }
  Sampler sampler = {.g = g};
  *a = sample_read(&sampler, read_substitute(g, *a, &at));
  *b = sample_read(&sampler, read_substitute(g, *b, &at));
  return true;
}
