/* array.c: whole nodes: an open read as an array, an array in another shape, arrays put together, leaves and names. */
#include "build/map.h"

#include <math.h>
#include <string.h>

Node *build_tensor(Graph *g, Read *r, int nvars, const int *vars) {
  r = read_through(g, r);
  bool same = r->node->naxes == nvars;
  for (int k = 0; same && k < nvars; k++) {
    int v;
    same = index_is_var(r->index[k], &v) && v == vars[k] &&
           (r->node->axes[k].kind != AXIS_PLAIN || r->node->axes[k].extent == graph_var_axis(g, v).extent);
  }
  if (same) return r->node;
  Node n = {.op = OP_PRODUCT, .scale = 1, .nreads = 1, .reads = &r};
  double c;
  if (read_constant(r, &c)) n.nreads = 0, n.scale = c;
  return build_map_at(g, &n, nvars, vars, 0, NULL);
}

static bool same_axes(const Node *n, int naxes, const Axis *axes) {
  if (n->naxes != naxes) return false;
  for (int k = 0; k < naxes; k++)
    if (n->axes[k].kind != axes[k].kind || n->axes[k].extent != axes[k].extent) return false;
  return true;
}

static Read *whole(Graph *g, Node *node) {
  Index *index[MAX_AXES];
  for (int k = 0; k < node->naxes; k++) index[k] = index_var(g, k);
  return read_make(g, node, index);
}

/* One number everywhere: it has no storage that could be seen in another way. */
static bool spread(const Node *n) {
  return !n->naxes || (n->kind == NODE_MAP && n->op == OP_PRODUCT && !n->nreads && !n->nguards && !n->nreduce);
}

Node *build_reshape(Graph *g, Node *node, int naxes, const Axis *axes) {
  if (node->kind == NODE_RESHAPE) node = node->reads[0]->node;
  if (same_axes(node, naxes, axes)) return node;
  if (spread(node)) {
    int vars[MAX_AXES];
    for (int k = 0; k < naxes; k++) vars[k] = graph_var(g, axes[k]);
    return build_tensor(g, node->naxes ? build_constant(g, node->scale) : read_make(g, node, NULL), naxes, vars);
  }
  Read *r = whole(g, node);
  Node n = {.kind = NODE_RESHAPE,
            .scale = 1,
            .naxes = naxes,
            .nreads = 1,
            .reads = &r,
            .integer = node->integer,
            .lo = node->lo,
            .hi = node->hi};
  memcpy(n.axes, axes, sizeof(Axis) * (size_t)naxes);
  n.reads = arena_copy(g->cx, n.reads, sizeof(Read *));
  return graph_intern(g, &n);
}

Node *build_pieces(Graph *g, int naxes, const Axis *axes, int npieces, Node *const *pieces, const int64_t *offsets) {
  Node n = {.kind = NODE_PIECES, .scale = 1, .naxes = naxes, .nreads = npieces, .integer = true, .lo = 0, .hi = 0};
  memcpy(n.axes, axes, sizeof(Axis) * (size_t)naxes);
  n.reads = ARENA_ARRAY(g->cx, Read *, npieces);
  for (int p = 0; p < npieces; p++) {
    n.reads[p] = whole(g, pieces[p]);
    n.integer = n.integer && pieces[p]->integer;
    if (pieces[p]->lo < n.lo) n.lo = pieces[p]->lo;
    if (pieces[p]->hi > n.hi) n.hi = pieces[p]->hi;
  }
  if (!n.integer) n.lo = -INFINITY, n.hi = INFINITY;
  n.offsets = arena_copy(g->cx, offsets, sizeof(int64_t) * (size_t)(npieces * naxes));
  return graph_intern(g, &n);
}

Node *build_leaf(Graph *g, NodeKind kind, int item, int naxes, const Axis *axes, const char *label) {
  Node n = {.kind = kind, .scale = 1, .item = item, .naxes = naxes, .label = label, .lo = -INFINITY, .hi = INFINITY};
  if (naxes) memcpy(n.axes, axes, sizeof(Axis) * (size_t)naxes);
  return graph_intern(g, &n);
}

Node *build_const_array(Graph *g, int naxes, const Axis *axes, const double *data) {
  Node n = {
    .kind = NODE_CONST, .scale = 1, .naxes = naxes, .data = data, .integer = true, .lo = INFINITY, .hi = -INFINITY};
  int64_t count = 1;
  for (int k = 0; k < naxes; k++) n.axes[k] = axes[k], count *= axes[k].extent;
  for (int64_t i = 0; i < count; i++) {
    n.integer = n.integer && number_is_exact(data[i]);
    n.lo = data[i] < n.lo ? data[i] : n.lo;
    n.hi = data[i] > n.hi ? data[i] : n.hi;
  }
  return graph_intern(g, &n);
}

Node *build_name(Graph *g, const char *label, Read *r, int nvars, const int *vars, bool held) {
  Subst s = {0};
  for (int k = 0; k < nvars; k++) subst_add(&s, vars[k], index_var(g, k));
  Read *inside = read_substitute(g, r, &s);
  Node n = {.kind = NODE_NAME,
            .scale = 1,
            .nreads = 1,
            .label = label,
            .held = held,
            .integer = r->node->integer,
            .lo = r->node->lo,
            .hi = r->node->hi};
  if (held) n.integer = false, n.lo = -INFINITY, n.hi = INFINITY;
  n.reads = arena_copy(g->cx, &inside, sizeof(Read *));
  build_axes(g, &n, vars, nvars, NULL, 0);
  return graph_intern(g, &n);
}
