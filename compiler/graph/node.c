/* node.c: nodes and reads: hashing equal nodes into one, walking and checking the graph. See graph/graph.h for the
 * idea. */
#include "graph/graph.h"
#include "graph/hazard.h"

#include <math.h>
#include <string.h>

Graph *graph_new(Context *cx) {
  Graph *g = ARENA_NEW(cx, Graph);
  g->cx = cx;
  g->table_size = 1 << 12;
  g->table = ARENA_ARRAY(cx, Node *, g->table_size);
  g->batch_var = graph_var(g, OVER_BATCH);
  return g;
}

int graph_var(Graph *g, Axis axis) {
  if (g->nvars == g->cap_vars) {
    int cap = g->cap_vars ? 2 * g->cap_vars : 256;
    Axis *bigger = ARENA_ARRAY(g->cx, Axis, cap);
    if (g->nvars) memcpy(bigger, g->vars, sizeof(Axis) * (size_t)g->nvars);
    g->vars = bigger;
    g->cap_vars = cap;
  }
  g->vars[g->nvars] = axis;
  return FREE_VAR + g->nvars++;
}

Axis graph_var_axis(const Graph *g, int var) {
  if (var < FREE_VAR || var >= FREE_VAR + g->nvars) bug("graph", "no free variable %d", var);
  return g->vars[var - FREE_VAR];
}

bool axis_equal(Axis a, Axis b) { return a.kind == b.kind && a.extent == b.extent; }

/* ---- scans ---- */

void open_join(Open *to, const Open *from) {
  for (int k = 0; from && k < from->n; k++) {
    int at = 0;
    while (at < to->n && to->scan[at] < from->scan[k]) at++;
    if (at < to->n && to->scan[at] == from->scan[k]) continue;
    if (to->n == 8) bug("graph", "scans nested more than 8 deep");
    memmove(to->scan + at + 1, to->scan + at, sizeof(int) * (size_t)(to->n - at));
    to->scan[at] = from->scan[k];
    to->n++;
  }
}

static void open_of_index(Open *to, const Index *e);

static void open_of_read(Open *to, const Read *r) {
  open_join(to, r->node->open);
  for (int k = 0; k < r->node->naxes; k++) open_of_index(to, r->index[k]);
}

static void open_of_index(Open *to, const Index *e) {
  for (int i = 0; i < e->n; i++)
    if (e->terms[i].gather) open_of_read(to, e->terms[i].gather);
}

/* The scans that n is inside of. */
static const Open *open_of(Graph *g, const Node *n) {
  Open open = {0};
  if (n->kind == NODE_PREV) open_join(&open, &(Open){1, {n->scan}});
  for (int k = 0; k < n->nreads; k++) open_of_read(&open, n->reads[k]);
  for (int k = 0; k < n->nguards; k++) open_of_index(&open, n->guards[k].e);
  if (n->value) open_of_index(&open, n->value);
  if (n->kind == NODE_GRAD || (n->kind == NODE_OPAQUE && n->item >= 0)) open_join(&open, n->target->open);
  if (n->kind == NODE_RESULT) {
    for (int k = 0; k < n->ncarries; k++)
      open_join(&open, n->carries[k].next->open), open_join(&open, n->carries[k].init->open);
    int kept = 0;
    for (int k = 0; k < open.n; k++)
      if (open.scan[k] != n->scan) open.scan[kept++] = open.scan[k];
    open.n = kept;
  }
  return open.n ? arena_copy(g->cx, &open, sizeof open) : NULL;
}

/* ---- reads ---- */

Read *read_make(Graph *g, Node *node, Index **index) {
  Read *r = ARENA_NEW(g->cx, Read);
  r->node = node;
  r->index = node->naxes ? arena_copy(g->cx, index, sizeof(Index *) * (size_t)node->naxes) : NULL;
  return r;
}

Read *read_open(Graph *g, Node *node, int *vars) {
  Index *index[MAX_AXES];
  for (int k = 0; k < node->naxes; k++) {
    vars[k] = graph_var(g, node->axes[k]);
    index[k] = index_var(g, vars[k]);
  }
  return read_make(g, node, index);
}

bool read_equal(const Read *a, const Read *b) {
  if (a == b) return true;
  if (a->node != b->node) return false;
  for (int k = 0; k < a->node->naxes; k++)
    if (!index_equal(a->index[k], b->index[k])) return false;
  return true;
}

bool read_is_identity(const Read *r) {
  for (int k = 0; k < r->node->naxes; k++) {
    int v;
    if (!index_is_var(r->index[k], &v) || v != k) return false;
  }
  return true;
}

bool read_uses(const Read *r, int var) {
  for (int k = 0; k < r->node->naxes; k++)
    if (index_uses(r->index[k], var)) return true;
  return false;
}

bool read_constant(const Read *r, double *value) {
  const Node *n = r->node;
  if (n->kind != NODE_MAP || n->op != OP_PRODUCT || n->nreads || n->nguards || n->nreduce || n->naxes) return false;
  if (value) *value = n->scale;
  return true;
}

int read_vars(const Read *r, int *vars, int n) {
  for (int k = 0; k < r->node->naxes; k++) n = index_vars(r->index[k], vars, n);
  return n;
}

Read *read_substitute(Graph *g, const Read *r, const Subst *s) {
  Index *index[MAX_AXES];
  for (int k = 0; k < r->node->naxes; k++) index[k] = index_substitute(g, r->index[k], s);
  return read_make(g, r->node, index);
}

Subst read_subst(const Read *r) {
  Subst s = {0};
  for (int k = 0; k < r->node->naxes; k++) subst_add(&s, k, r->index[k]);
  return s;
}

Read *read_operand(Graph *g, const Read *r, int k) {
  Subst s = read_subst(r);
  return read_substitute(g, r->node->reads[k], &s);
}

/* ---- hashing ---- */

static uint64_t mix(uint64_t h, uint64_t x) {
  h ^= x + 0x9e3779b97f4a7c15u + (h << 6) + (h >> 2);
  return h * 0xff51afd7ed558ccdu;
}

static uint64_t hash_read(uint64_t h, const Read *r);

static uint64_t hash_index(uint64_t h, const Index *e) {
  h = mix(mix(h, (uint64_t)e->offset), (uint64_t)e->divisor);
  for (int i = 0; i < e->n; i++) {
    h = mix(h, (uint64_t)e->terms[i].coef);
    h = e->terms[i].gather ? hash_read(h, e->terms[i].gather) : mix(h, (uint64_t)e->terms[i].var);
  }
  return h;
}

static uint64_t hash_read(uint64_t h, const Read *r) {
  h = mix(h, (uint64_t)r->node->id);
  for (int k = 0; k < r->node->naxes; k++) h = hash_index(h, r->index[k]);
  return h;
}

static uint64_t hash_node(const Node *n) {
  uint64_t h = mix((uint64_t)n->kind, (uint64_t)n->op), bits;
  h = mix(mix(h, (uint64_t)n->reduction), (uint64_t)n->naxes);
  h = mix(mix(mix(h, (uint64_t)n->nreduce), (uint64_t)n->item), (uint64_t)n->scan);
  for (int k = 0; k < n->naxes + n->nreduce; k++) {
    h = mix(mix(h, (uint64_t)n->axes[k].kind), (uint64_t)n->axes[k].extent);
    h = mix(mix(h, (uint64_t)n->axes[k].scan), (uint64_t)n->axes[k].dim);
  }
  for (int k = 0; k < n->ncarries; k++)
    h = mix(mix(h, (uint64_t)n->carries[k].next->id), (uint64_t)n->carries[k].init->id);
  memcpy(&bits, &n->scale, sizeof bits);
  h = mix(h, bits);
  for (int k = 0; k < n->nreads; k++) h = hash_read(h, n->reads[k]);
  for (int k = 0; k < n->nguards; k++) h = mix(hash_index(h, n->guards[k].e), (uint64_t)n->guards[k].n);
  if (n->value) h = hash_index(h, n->value);
  return h;
}

static bool same_node(const Node *a, const Node *b) {
  if (a->hash != b->hash || a->kind != b->kind || a->op != b->op || a->reduction != b->reduction ||
      a->naxes != b->naxes || a->nreduce != b->nreduce || a->item != b->item || a->nreads != b->nreads ||
      a->nguards != b->nguards || memcmp(&a->scale, &b->scale, sizeof a->scale) != 0 || a->data != b->data ||
      a->target != b->target || a->scan != b->scan || a->ncarries != b->ncarries)
    return false;
  if (a->kind == NODE_PREV && (a->integer != b->integer || a->lo != b->lo || a->hi != b->hi)) return false;
  for (int k = 0; k < a->ncarries; k++)
    if (a->carries[k].slot != b->carries[k].slot || a->carries[k].prev != b->carries[k].prev ||
        a->carries[k].next != b->carries[k].next || a->carries[k].init != b->carries[k].init)
      return false;
  if (a->kind == NODE_NAME || a->kind == NODE_GRAD) return false;
  for (int k = 0; k < a->naxes + a->nreduce; k++)
    if (!axis_equal(a->axes[k], b->axes[k]) || a->axes[k].scan != b->axes[k].scan || a->axes[k].dim != b->axes[k].dim)
      return false;
  for (int k = 0; k < a->nreads; k++)
    if (!read_equal(a->reads[k], b->reads[k])) return false;
  for (int k = 0; k < a->nguards; k++)
    if (a->guards[k].n != b->guards[k].n || !index_equal(a->guards[k].e, b->guards[k].e)) return false;
  if ((a->value != NULL) != (b->value != NULL) || (a->value && !index_equal(a->value, b->value))) return false;
  if (a->kind == NODE_PIECES && memcmp(a->offsets, b->offsets, sizeof(int64_t) * (size_t)(a->nreads * a->naxes)) != 0)
    return false;
  return true;
}

static void grow_table(Graph *g) {
  size_t size = 4 * g->table_size;
  Node **bigger = ARENA_ARRAY(g->cx, Node *, size);
  for (size_t k = 0; k < g->table_size; k++)
    for (Node *n = g->table[k], *next; n; n = next) {
      next = n->chain;
      n->chain = bigger[n->hash & (size - 1)];
      bigger[n->hash & (size - 1)] = n;
    }
  g->table = bigger;
  g->table_size = size;
}

Node *graph_intern(Graph *g, const Node *proto) {
  Node key = *proto;
  key.hash = hash_node(proto);
  for (Node *n = g->table[key.hash & (g->table_size - 1)]; n; n = n->chain)
    if (same_node(n, &key)) return n;
  if (g->nnodes > g->table_size) grow_table(g);
  Node *n = arena_copy(g->cx, &key, sizeof key);
  n->id = (int)g->nnodes++;
  n->open = open_of(g, n);
  n->hazards = hazards_of(g, n);
  if (!n->span.source) n->span = g->span;
  n->chain = g->table[n->hash & (g->table_size - 1)];
  g->table[n->hash & (g->table_size - 1)] = n;
  return n;
}

/* ---- walking ---- */

static void push_node(Context *cx, NodeList *list, Node *n) { VEC_PUSH(cx, list, n); }

static void push_read(Context *cx, NodeList *list, const Read *r);

static void push_index(Context *cx, NodeList *list, const Index *e) {
  for (int i = 0; i < e->n; i++)
    if (e->terms[i].gather) push_read(cx, list, e->terms[i].gather);
}

static void push_read(Context *cx, NodeList *list, const Read *r) {
  for (int k = 0; k < r->node->naxes; k++) push_index(cx, list, r->index[k]);
  push_node(cx, list, r->node);
}

static void push_operands(Context *cx, NodeList *list, const Node *n) {
  if (n->kind == NODE_GRAD) push_node(cx, list, n->target);
  for (int k = 0; n->tie && k < n->target->naxes; k++) push_index(cx, list, n->tie[k]);
  if (n->value) push_index(cx, list, n->value);
  for (int k = 0; k < n->nguards; k++) push_index(cx, list, n->guards[k].e);
  for (int k = n->nreads - 1; k >= 0; k--) push_read(cx, list, n->reads[k]);
  for (int k = 0; k < n->ncarries; k++) {
    push_node(cx, list, n->carries[k].next);
    push_node(cx, list, n->carries[k].init);
  }
}

NodeList graph_operands(Context *cx, const Node *n) {
  NodeList list = {0};
  push_operands(cx, &list, n);
  return list;
}

/* Depth first with an explicit stack: a node is put out when it is met the second time, its operands being done. The
 * RESULTs of a loop have the operands of all of them. */
static NodeList order(Context *cx, Node *const *roots, int nroots, const ScanGroups *groups, bool *scans) {
  NodeList stack = {0}, out = {0};
  int most = -1;
  for (int k = 0; k < nroots; k++)
    if (roots[k]->id > most) most = roots[k]->id;
  /* operands have lower ids than their users, except for the target of a GRAD, which was made before it too */
  unsigned char *mark =
    arena_alloc(cx, (size_t)most + 1); /* those of a loop too: its RESULTs are roots, or below one */
  for (int k = nroots - 1; k >= 0; k--) push_node(cx, &stack, roots[k]);
  while (stack.n) {
    Node *n = stack.at[stack.n - 1];
    if (mark[n->id]) {
      stack.n--;
      if (mark[n->id] == 1) {
        mark[n->id] = 2;
        push_node(cx, &out, n);
      }
      continue;
    }
    mark[n->id] = 1;
    push_operands(cx, &stack, n);
    if (n->kind != NODE_RESULT) continue;
    *scans = true;
    for (int k = 0; groups && k < groups->n; k++) {
      const ScanGroup *group = &groups->at[k];
      bool mine = false;
      for (int j = 0; j < group->results.n; j++) mine = mine || group->results.at[j] == n;
      for (int j = 0; mine && j < group->results.n; j++)
        if (group->results.at[j] != n) push_operands(cx, &stack, group->results.at[j]);
    }
  }
  return out;
}

NodeList graph_order(Context *cx, Node *const *roots, int nroots) {
  bool scans = false;
  NodeList list = order(cx, roots, nroots, NULL, &scans);
  if (!scans) return list;
  ScanGroups groups = graph_groups(cx, &list);
  return order(cx, roots, nroots, &groups, &scans);
}

/* ---- checking ---- */

static void verify_index(const Node *n, const Index *e, const char *pass) {
  if (e->divisor < 1) bug(pass, "node %%%d: an index with divisor %lld", n->id, (long long)e->divisor);
  for (int i = 0; i < e->n; i++) {
    const Term *t = &e->terms[i];
    if (t->coef == 0) bug(pass, "node %%%d: an index term with coefficient 0", n->id);
    if (t->gather) {
      if (t->gather->node->id >= n->id) bug(pass, "node %%%d gathers from a later node", n->id);
      for (int k = 0; k < t->gather->node->naxes; k++) verify_index(n, t->gather->index[k], pass);
    } else if (t->var < 0 || t->var >= n->naxes + n->nreduce) {
      bug(pass, "node %%%d: an index uses variable %d, the node has %d axes", n->id, t->var, n->naxes + n->nreduce);
    }
  }
}

static void verify_read(const Node *n, const Read *r, const char *pass) {
  if (r->node->id >= n->id) bug(pass, "node %%%d reads the later node %%%d", n->id, r->node->id);
  for (int k = 0; k < r->node->naxes; k++) {
    verify_index(n, r->index[k], pass);
    int v;
    bool batch = r->node->axes[k].kind != AXIS_PLAIN;
    if (batch && (!index_is_var(r->index[k], &v) || n->axes[v].kind != r->node->axes[k].kind))
      bug(pass, "node %%%d reads the batch axis of %%%d at something else than an example", n->id, r->node->id);
    double lo, hi;
    if (!batch && n->nguards == 0 &&
        (!index_range(NULL, r->index[k], n->axes, &lo, &hi) || lo < 0 || hi > (double)r->node->axes[k].extent - 1 ||
         (r->index[k]->divisor != 1 && !(lo == hi && lo == floor(lo))))) /* i/2 where i runs over one place is whole */
      bug(pass, "node %%%d may read %%%d out of its axis %d", n->id, r->node->id, k);
  }
}

static void verify_map(const Node *n, const char *pass) {
  int arity = op_rows[n->op].arity;
  if (arity >= 0 && n->nreads != arity)
    bug(pass, "node %%%d: %s with %d operands", n->id, op_rows[n->op].name, n->nreads);
  if (n->op != OP_PRODUCT && (n->nguards || n->reduction))
    bug(pass, "node %%%d: guards or a reduction on %s", n->id, op_rows[n->op].name);
  if ((n->op == OP_INDEX) != (n->value != NULL)) bug(pass, "node %%%d: an index value where none belongs", n->id);
  if ((n->nreduce > 0) != (n->reduction != RED_NONE))
    bug(pass, "node %%%d: a reduction over %d axes", n->id, n->nreduce);
  if (n->reduction > RED_SUM && (n->nreads != 1 || n->nguards || n->scale != 1))
    bug(pass, "node %%%d: a reduction of a product", n->id);
  for (int k = 0; k < n->nguards; k++) verify_index(n, n->guards[k].e, pass);
  if (n->value) verify_index(n, n->value, pass);
}

static void verify_pieces(const Node *n, const char *pass) {
  for (int p = 0; p < n->nreads; p++)
    for (int k = 0; k < n->naxes; k++) {
      int64_t offset = n->offsets[p * n->naxes + k];
      bool inside = offset >= 0 && offset + n->reads[p]->node->axes[k].extent <= n->axes[k].extent;
      if (n->axes[k].kind == AXIS_PLAIN && !inside) bug(pass, "node %%%d: piece %d leaves axis %d", n->id, p, k);
    }
}

void graph_verify(const Graph *g, Node *const *roots, int nroots, const char *pass) {
  NodeList list = graph_order(g->cx, roots, nroots);
  for (int i = 0; i < list.n; i++) {
    const Node *n = list.at[i];
    if (n->naxes + n->nreduce > MAX_AXES) bug(pass, "node %%%d has %d axes", n->id, n->naxes + n->nreduce);
    if (n->kind == NODE_MAP) verify_map(n, pass);
    if (n->kind == NODE_PIECES) verify_pieces(n, pass);
    if (n->kind == NODE_PIECES || n->kind == NODE_RESHAPE || n->kind == NODE_RESULT) continue;
    for (int k = 0; k < n->nreads; k++) verify_read(n, n->reads[k], pass);
  }
}
