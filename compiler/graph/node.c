/* node.c: nodes, of which equal ones are one: found by a hash of what they are made of. See graph/node.h for the idea.
 */
#include "graph/node.h"
#include "graph/hazard.h"

#include <math.h>
#include <string.h>

/* ---- scans ---- */

void inside_join(Inside *to, const Inside *from) {
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

static void inside_of_index(Inside *to, const Index *e);

static void inside_of_read(Inside *to, const Read *r) {
  inside_join(to, r->node->inside);
  for (int k = 0; k < r->node->naxes; k++) inside_of_index(to, r->index[k]);
}

static void inside_of_index(Inside *to, const Index *e) {
  for (int i = 0; i < e->n; i++)
    if (e->terms[i].gather) inside_of_read(to, e->terms[i].gather);
}

/* The scans that n is inside of. */
static const Inside *inside_of(Graph *g, const Node *n) {
  Inside inside = {0};
  if (n->kind == NODE_PREV) inside_join(&inside, &(Inside){1, {n->scan}});
  for (int k = 0; k < n->nreads; k++) inside_of_read(&inside, n->reads[k]);
  for (int k = 0; k < n->nguards; k++) inside_of_index(&inside, n->guards[k].e);
  if (n->value) inside_of_index(&inside, n->value);
  if (n->kind == NODE_GRAD || (n->kind == NODE_OPAQUE && n->item >= 0)) inside_join(&inside, n->target->inside);
  if (n->kind == NODE_RESULT) {
    for (int k = 0; k < n->ncarries; k++)
      inside_join(&inside, n->carries[k].next->inside), inside_join(&inside, n->carries[k].init->inside);
    int kept = 0;
    for (int k = 0; k < inside.n; k++)
      if (inside.scan[k] != n->scan) inside.scan[kept++] = inside.scan[k];
    inside.n = kept;
  }
  return inside.n ? arena_copy(g->cx, &inside, sizeof inside) : NULL;
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
  n->inside = inside_of(g, n);
  n->hazards = hazards_of(g, n);
  if (!n->span.source) n->span = g->span;
  n->chain = g->table[n->hash & (g->table_size - 1)];
  g->table[n->hash & (g->table_size - 1)] = n;
  return n;
}
