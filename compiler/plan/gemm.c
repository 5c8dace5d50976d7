/* gemm.c: which sums of products are matrix products, and how.
 *
 * In C[..] = sum A[..] * B[..] an axis stands in two of the three arrays or in all: m in A and C, n in B and C, k in A
 * and B; one in all three is an outer loop. Each of the groups m, n, k must be one run of memory in both of its arrays;
 * the slowest axes of a group are peeled off into loops around the call until the rest is. An operand that is no matrix
 * even so (windows, guards, gathers, awkward strides) can be packed into one first. All ways are tried, with A and B
 * exchanged too, and the cheapest by a rough count of nanoseconds is taken, unless plain loops are cheaper still. */
#include "plan/sweeps.h"

#include <math.h>
#include <string.h>

/* Nanoseconds: a multiply-add in a plain loop and in a product, a call, an element packed. Rough; only their ratios
 * matter. */
static const double loop_cost = 0.3, gemm_cost = 0.03, call_cost = 150, pack_cost = 0.6;
static const double least_work = 2048; /* multiply-adds for which a call is worth thinking about */

enum { IN_M, IN_N, IN_K, GROUPS };

typedef struct Factor {
  const Read *read;
  bool uses[MAX_AXES];
  int64_t stride[MAX_AXES]; /* 0 where an index is no whole affine one: so it is no matrix where it is */
} Factor;

typedef struct Trial {
  const Plan *plan;
  const Node *n;
  Factor a, b;
  int64_t stride_c[MAX_AXES];
  uint32_t guards_a, guards_b; /* which operand sees to each guard */
  bool pack_a, pack_b;
  int axes[GROUPS][MAX_AXES], count[GROUPS];
  int outer[MAX_AXES], nouter, sum[MAX_AXES], nsum;
} Trial;

static int64_t extent(const Trial *t, int v) { return plan_extent(t->plan, t->n, v); }

static bool is_affine(const Index *e) {
  for (int i = 0; i < e->n; i++)
    if (e->terms[i].gather) return false;
  return e->divisor == 1;
}

static void look_at(const Trial *t, const Read *r, Factor *f) {
  bool affine = true;
  *f = (Factor){.read = r};
  for (int k = 0; k < r->node->naxes; k++) affine = affine && is_affine(r->index[k]);
  const Index *flat = affine ? plan_flat_index(t->plan, r) : NULL;
  for (int v = 0; v < t->n->naxes + t->n->nreduce; v++) {
    f->uses[v] = read_uses(r, v);
    f->stride[v] = flat ? index_coef(flat, v) : 0;
  }
}

/* Each guard must be of one operand's axes: packing that one puts zeros where it fails. */
static bool share_guards(Trial *t) {
  for (int k = 0; k < t->n->nguards; k++) {
    const Guard *q = &t->n->guards[k];
    bool a = true, b = true;
    if (q->n == 1 || k > 31) return false;
    for (int v = 0; v < t->n->naxes + t->n->nreduce; v++)
      if (index_uses(q->e, v)) a = a && t->a.uses[v], b = b && t->b.uses[v];
    if (!a && !b) return false;
    bool in_a = false;
    for (int i = 0; i < t->a.read->node->naxes; i++) in_a = in_a || index_equal(t->a.read->index[i], q->e);
    if (a && (in_a || !b)) t->guards_a |= UINT32_C(1) << k;
    else t->guards_b |= UINT32_C(1) << k;
  }
  return true;
}

/* ---- grouping ---- */

static bool put_in_groups(Trial *t) {
  memset(t->count, 0, sizeof t->count);
  t->nouter = t->nsum = 0;
  for (int v = 0; v < t->n->naxes + t->n->nreduce; v++) {
    bool own = v < t->n->naxes, a = t->a.uses[v], b = t->b.uses[v];
    if (extent(t, v) == 1 && t->n->axes[v].kind == AXIS_PLAIN) continue;
    if (own && a == b) t->outer[t->nouter++] = v;
    else if (own) t->axes[a ? IN_M : IN_N][t->count[a ? IN_M : IN_N]++] = v;
    else if (a && b) t->axes[IN_K][t->count[IN_K]++] = v;
    else return false;
  }
  return true;
}

/* Reduced axes in the order of the memory of an operand that is not packed. */
static void sort_summed(Trial *t) {
  const Factor *f = !t->pack_a ? &t->a : &t->b;
  if (t->pack_a && t->pack_b) return;
  int *axes = t->axes[IN_K];
  for (int i = 1; i < t->count[IN_K]; i++)
    for (int j = i; j > 0 && f->stride[axes[j]] > f->stride[axes[j - 1]]; j--) {
      int v = axes[j];
      axes[j] = axes[j - 1];
      axes[j - 1] = v;
    }
}

static bool follows(const Trial *t, const int64_t *stride, int outer, int inner) {
  return stride[outer] == stride[inner] * extent(t, inner) && t->n->axes[inner].kind == AXIS_PLAIN;
}

/* Keeps the fastest axes of a group that are one run; the others become loops. A batch is never packed whole. */
static void peel(Trial *t, int group, const int64_t *s1, const int64_t *s2, bool packed) {
  int *axes = t->axes[group], count = t->count[group], first = count - 1;
  if (count == 0) return;
  while (first > 0 && (!s1 || follows(t, s1, axes[first - 1], axes[first])) &&
         (!s2 || follows(t, s2, axes[first - 1], axes[first])))
    first--;
  while (packed && first < count && t->n->axes[axes[first]].kind == AXIS_BATCH) first++;
  for (int k = 0; k < first; k++) {
    if (group == IN_K) t->sum[t->nsum++] = axes[k];
    else t->outer[t->nouter++] = axes[k];
  }
  memmove(axes, axes + first, sizeof(int) * (size_t)(count - first));
  t->count[group] = count - first;
}

static Extent run_length(const Trial *t, int group) {
  Extent e = {1, false};
  for (int k = 0; k < t->count[group]; k++) {
    int v = t->axes[group][k];
    if (t->n->axes[v].kind == AXIS_BATCH) e.batch = true;
    else e.fixed *= extent(t, v);
  }
  return e;
}

static int64_t bound(const Trial *t, Extent e) { return e.batch ? e.fixed * t->plan->batch : e.fixed; }

static int64_t run_stride(const Trial *t, int group, const int64_t *stride) {
  return t->count[group] ? stride[t->axes[group][t->count[group] - 1]] : 0;
}

/* Is an array of `rows` by `columns` with these strides a matrix, as it is or transposed? */
static bool is_matrix(int64_t rows, int64_t columns, int64_t s_row, int64_t s_column, bool *transposed, int64_t *ld) {
  if ((s_column == 1 || columns == 1) && (s_row >= columns || rows == 1)) {
    *transposed = false;
    *ld = rows == 1 && s_row < columns ? columns : s_row;
    return *ld <= INT32_MAX;
  }
  if ((s_row == 1 || rows == 1) && (s_column >= rows || columns == 1)) {
    *transposed = true;
    *ld = columns == 1 && s_column < rows ? rows : s_column;
    return *ld <= INT32_MAX;
  }
  return false;
}

/* ---- packing ---- */

/* Its guards depend on nothing else: see share_guards. */
static bool depends(const Factor *f, const int *vars, int n) {
  for (int i = 0; i < n; i++)
    if (f->uses[vars[i]]) return true;
  return false;
}

/* The longest axis of a group that has unit stride in the operand: what a copy should run along. */
static int64_t unit_run(const Trial *t, int group, const Factor *f) {
  int64_t longest = 0;
  for (int k = 0; k < t->count[group]; k++) {
    int v = t->axes[group][k];
    if (f->stride[v] == 1 && extent(t, v) > longest) longest = extent(t, v);
  }
  return longest;
}

static Pack *make_pack(const Trial *t, const Factor *f, uint32_t guards, int rows, int columns, bool *transposed,
                       int64_t *ld) {
  Pack *p = ARENA_NEW(t->plan->program->cx, Pack);
  p->label = "packed";
  *transposed = unit_run(t, rows, f) > unit_run(t, columns, f);
  int first = *transposed ? columns : rows, second = *transposed ? rows : columns;
  for (int k = 0; k < t->count[first]; k++) p->axes[p->naxes++] = t->axes[first][k];
  for (int k = 0; k < t->count[second]; k++) p->axes[p->naxes++] = t->axes[second][k];
  p->read = f->read;
  p->guards = guards;
  p->outside = !depends(f, t->outer, t->nouter) && !depends(f, t->sum, t->nsum);
  p->count = bound(t, run_length(t, first)) * bound(t, run_length(t, second));
  *ld = bound(t, run_length(t, second));
  return p;
}

/* ---- trying ---- */

/* Calls that are added up in one place. */
static double summed_calls(const Trial *t) {
  double calls = 1;
  for (int k = 0; k < t->nsum; k++) calls *= (double)extent(t, t->sum[k]);
  return calls;
}

static double calls_of(const Trial *t) {
  double calls = summed_calls(t);
  for (int k = 0; k < t->nouter; k++) calls *= (double)extent(t, t->outer[k]);
  return calls;
}

static double cost_of(const Trial *t, const Gemm *g) {
  double m = (double)bound(t, g->m), n = (double)bound(t, g->n), k = (double)bound(t, g->k), calls = calls_of(t), cost;
  cost = calls * (call_cost + gemm_cost * m * n * k * (1 + 4 / m + 8 / n + 4 / k));
  if (g->pack_a) cost += pack_cost * (double)g->pack_a->count * (g->pack_a->outside ? 1 : calls);
  if (g->pack_b) cost += pack_cost * (double)g->pack_b->count * (g->pack_b->outside ? 1 : calls);
  return cost;
}

static bool worth_a_call(const Trial *t, const Gemm *g) {
  double m = (double)bound(t, g->m), n = (double)bound(t, g->n), k = (double)bound(t, g->k);
  return m > 1 && n > 1 && k > 1 && m * n * k > least_work && m <= INT32_MAX && n <= INT32_MAX && k <= INT32_MAX;
}

static bool try_packed(Trial *t, Gemm *g) {
  bool tc;
  if ((!t->pack_a && t->guards_a) || (!t->pack_b && t->guards_b) || !put_in_groups(t)) return false;
  sort_summed(t);
  peel(t, IN_M, t->stride_c, t->pack_a ? NULL : t->a.stride, t->pack_a);
  peel(t, IN_N, t->stride_c, t->pack_b ? NULL : t->b.stride, t->pack_b);
  peel(t, IN_K, t->pack_a ? NULL : t->a.stride, t->pack_b ? NULL : t->b.stride, t->pack_a || t->pack_b);
  if (t->nsum && plan_storage(t->plan, t->n)->kept) return false; /* its array is no run that could be cleared */
  *g = (Gemm){.a = t->a.read, .b = t->b.read, .alpha = t->n->scale};
  g->m = run_length(t, IN_M), g->n = run_length(t, IN_N), g->k = run_length(t, IN_K);
  if (!worth_a_call(t, g)) return false;
  int64_t m = bound(t, g->m), n = bound(t, g->n), k = bound(t, g->k);
  if (!is_matrix(m, n, run_stride(t, IN_M, t->stride_c), run_stride(t, IN_N, t->stride_c), &tc, &g->ldc) || tc)
    return false;
  if (t->pack_a) g->pack_a = make_pack(t, &t->a, t->guards_a, IN_M, IN_K, &g->ta, &g->lda);
  else if (!is_matrix(m, k, run_stride(t, IN_M, t->a.stride), run_stride(t, IN_K, t->a.stride), &g->ta, &g->lda))
    return false;
  if (t->pack_b) g->pack_b = make_pack(t, &t->b, t->guards_b, IN_K, IN_N, &g->tb, &g->ldb);
  else if (!is_matrix(k, n, run_stride(t, IN_K, t->b.stride), run_stride(t, IN_N, t->b.stride), &g->tb, &g->ldb))
    return false;
  if ((g->pack_a && g->pack_a->count > INT32_MAX) || (g->pack_b && g->pack_b->count > INT32_MAX)) return false;
  memcpy(g->outer, t->outer, sizeof g->outer), g->nouter = t->nouter;
  memcpy(g->sum, t->sum, sizeof g->sum), g->nsum = t->nsum;
  return true;
}

static bool is_candidate(const Plan *plan, const Node *n) {
  if (n->op != OP_PRODUCT || n->reduction != RED_SUM || n->nreads != 2 || n->naxes == 0) return false;
  double work = 1;
  for (int k = 0; k < n->naxes + n->nreduce; k++) {
    if (n->axes[k].kind == AXIS_FLAT) return false;
    work *= (double)plan_extent(plan, n, k);
  }
  for (int k = 0; k < 2; k++)
    if (plan_storage(plan, n->reads[k]->node)->integer) return false;
  return work > least_work && !plan_storage(plan, n)->integer;
}

Gemm *plan_gemm(const Plan *plan, const Node *n) {
  if (!is_candidate(plan, n)) return NULL;
  double best = loop_cost;
  for (int k = 0; k < n->naxes + n->nreduce; k++) best *= (double)plan_extent(plan, n, k);
  Gemm *found = NULL;
  for (int way = 0; way < 8; way++) {
    Trial t = {.plan = plan, .n = n, .pack_a = way >> 1 & 1, .pack_b = way >> 2 & 1};
    Gemm g;
    look_at(&t, n->reads[way & 1], &t.a);
    look_at(&t, n->reads[1 - (way & 1)], &t.b);
    plan_strides(plan, n, t.stride_c);
    if (!share_guards(&t) || !try_packed(&t, &g)) continue;
    double cost = cost_of(&t, &g);
    if (cost >= best) continue;
    best = cost;
    if (summed_calls(&t) > DEEP_SUM) {
      g.part = plan_scratch(plan, "product", bound(&t, g.m) * bound(&t, g.n));
      g.lost = plan_scratch(plan, "lost", (int64_t)plan_elements(plan, n));
    }
    found = arena_copy(plan->program->cx, &g, sizeof g);
  }
  return found;
}
