/* recurrence.c: scans in the graph: PREVs, RESULTs, and which RESULTs are one loop.
 *
 * A recurrence is a system of equations in which time is an axis, and a RESULT binds the PREVs in it, as a lambda
 * binds its variable (graph/node.h). All recurrences of a scan run as one loop, by the scan's number; so where two
 * can't, one of them takes another scan, as a bound variable takes another name. In: a body and carried values. Out: a
 * RESULT, of the carried values that it needs, in the scan where its loop is; for a list of nodes, its
 * loops. */
#include "graph/node.h"

#include <string.h>

int graph_scan(Graph *g, Scan scan) {
  if (g->nscans + 1 >= g->cap_scans) {
    int cap = g->cap_scans ? 2 * g->cap_scans : 16;
    Scan *bigger = ARENA_ARRAY(g->cx, Scan, cap);
    if (g->nscans) memcpy(bigger, g->scans, sizeof(Scan) * (size_t)(g->nscans + 1));
    g->scans = bigger;
    g->cap_scans = cap;
  }
  g->scans[++g->nscans] = scan;
  return g->nscans;
}

int node_time_axis(const Node *n, int scan) {
  for (int k = 0; k < n->naxes; k++)
    if (n->axes[k].scan == scan) return k;
  return -1;
}

Node *build_prev(Graph *g, int scan, int slot, int naxes, const Axis *axes, const char *label, bool integer, double lo,
                 double hi) {
  Node n = {.kind = NODE_PREV,
            .scale = 1,
            .item = slot,
            .scan = scan,
            .naxes = naxes,
            .label = label,
            .integer = integer,
            .lo = lo,
            .hi = hi};
  memcpy(n.axes, axes, sizeof(Axis) * (size_t)naxes);
  return graph_intern(g, &n);
}

/* ---- a recurrence in another scan ---- */

/* Two recurrences can't be one loop where one is inside of a loop which the other does not need, and where simplifying
 * a recurrence twice gives two different ones, and both are needed, by a loss and its derivative, say. */
typedef struct Renaming {
  Graph *g;
  int from, to; /* scans */
  Node **memo;  /* what stands for a node, by its id; NULL: itself */
  size_t size;
} Renaming;

static Node *renamed(const Renaming *m, Node *n) {
  return (size_t)n->id < m->size && m->memo[n->id] ? m->memo[n->id] : n;
}

static Index *renamed_index(const Renaming *m, Index *e);

static Read *renamed_read(const Renaming *m, const Read *r) {
  Index *index[MAX_AXES];
  for (int k = 0; k < r->node->naxes; k++) index[k] = renamed_index(m, r->index[k]);
  return read_make(m->g, renamed(m, r->node), index);
}

static Index *renamed_index(const Renaming *m, Index *e) {
  Graph *g = m->g;
  bool gathers = false;
  for (int k = 0; k < e->n; k++) gathers = gathers || e->terms[k].gather;
  if (!gathers) return e;
  Index *sum = index_constant(g, e->offset);
  for (int k = 0; k < e->n; k++) {
    const Term *t = &e->terms[k];
    sum =
      index_combine(g, 1, sum, t->coef, t->gather ? index_gather(g, renamed_read(m, t->gather)) : index_var(g, t->var));
  }
  return index_divide(g, sum, e->divisor);
}

static Node *renamed_copy(const Renaming *m, const Node *n) {
  Graph *g = m->g;
  Node copy = *n;
  copy.reads = n->nreads ? ARENA_ARRAY(g->cx, Read *, n->nreads) : NULL;
  copy.guards = n->nguards ? ARENA_ARRAY(g->cx, Guard, n->nguards) : NULL;
  copy.carries = n->ncarries ? ARENA_ARRAY(g->cx, Carry, n->ncarries) : NULL;
  for (int k = 0; k < n->naxes; k++)
    if (m->from && copy.axes[k].scan == m->from) copy.axes[k].scan = m->to;
  if (m->from && n->kind == NODE_PREV && n->scan == m->from) copy.scan = m->to;
  for (int k = 0; k < n->nreads; k++) copy.reads[k] = renamed_read(m, n->reads[k]);
  for (int k = 0; k < n->nguards; k++) copy.guards[k] = (Guard){renamed_index(m, n->guards[k].e), n->guards[k].n};
  if (n->value) copy.value = renamed_index(m, n->value);
  for (int k = 0; k < n->ncarries; k++) {
    const Carry *c = &n->carries[k];
    copy.carries[k] = (Carry){c->slot, renamed(m, c->prev), renamed(m, c->next), renamed(m, c->init)};
  }
  return graph_intern(g, &copy);
}

static Renaming renaming(Graph *g, int from, int to) {
  return (Renaming){g, from, to, ARENA_ARRAY(g->cx, Node *, g->nnodes), g->nnodes};
}

/* Copies what reads something that is renamed already, in an order in which operands come first. */
static void rename_users(const Renaming *m, const NodeList *list) {
  for (int i = 0; i < list->n; i++) {
    Node *n = list->at[i];
    NodeList operands = graph_operands(m->g->cx, n);
    bool reads = m->from && node_is_inside(n, m->from);
    for (int k = 0; k < operands.n; k++) reads = reads || renamed(m, operands.at[k]) != operands.at[k];
    if (!m->memo[n->id] && reads) m->memo[n->id] = renamed_copy(m, n);
  }
}

/* Carried values of loops inside of the loop may have its time as an axis: these are its PREVs too. */
static void rename_prevs(const Renaming *m, int ncarries, const Carry *carries) {
  for (int k = 0; k < ncarries; k++) {
    Node *prev = carries[k].prev;
    if (prev->scan == m->from || node_time_axis(prev, m->from) >= 0) m->memo[prev->id] = renamed_copy(m, prev);
  }
}

/* The recurrence over `carries` and what it ends in, in the scan m.to. */
static Carry *rename_recurrence(const Renaming *m, int ncarries, const Carry *carries, Node *const *bodies,
                                int nbodies) {
  Graph *g = m->g;
  NodeList ends = {0};
  for (int k = 0; k < ncarries; k++) VEC_PUSH(g->cx, &ends, carries[k].next);
  for (int k = 0; k < nbodies; k++) VEC_PUSH(g->cx, &ends, bodies[k]);
  NodeList inside = graph_order(g->cx, ends.at, ends.n);
  rename_prevs(m, ncarries, carries);
  for (int i = 0; i < inside.n; i++)
    if (inside.at[i]->kind == NODE_RESULT && node_is_inside(inside.at[i], m->from))
      rename_prevs(m, inside.at[i]->ncarries, inside.at[i]->carries);
  rename_users(m, &inside);
  Carry *made = ARENA_ARRAY(g->cx, Carry, ncarries);
  for (int k = 0; k < ncarries; k++) {
    const Carry *c = &carries[k];
    made[k] = (Carry){c->slot, renamed(m, c->prev), renamed(m, c->next), c->init};
  }
  return made;
}

/* ---- closing a recurrence ---- */

/* Marks the slots that n needs, through other carried values too. */
static void needed_slots(Graph *g, int scan, Node *n, int ncarries, const Carry *carries, bool *needed) {
  NodeList list = graph_order(g->cx, &n, 1);
  for (int i = 0; i < list.n; i++) {
    if (list.at[i]->kind != NODE_PREV || list.at[i]->scan != scan) continue;
    for (int k = 0; k < ncarries; k++) {
      if (carries[k].prev != list.at[i] || needed[k]) continue;
      needed[k] = true;
      needed_slots(g, scan, carries[k].next, ncarries, carries, needed);
    }
  }
}

/* Is what is needed inside of this loop? */
static bool needs_loop(int scan, const Node *body, int ncarries, const Carry *carries, const bool *needed) {
  if (node_is_inside(body, scan)) return true;
  for (int k = 0; k < ncarries; k++)
    if (needed[k] && (node_is_inside(carries[k].next, scan) || node_is_inside(carries[k].init, scan))) return true;
  return false;
}

/* Is another carried value inside of a loop that what is needed does not depend on? */
static bool others_are_deeper(int scan, const Node *body, int ncarries, const Carry *carries, const bool *needed) {
  for (int k = 0; k < 2 * ncarries; k++) {
    const Node *n = k % 2 ? carries[k / 2].next : carries[k / 2].init;
    for (int i = 0; n->inside && i < n->inside->n; i++)
      if (n->inside->scan[i] != scan && !needs_loop(n->inside->scan[i], body, ncarries, carries, needed)) return true;
  }
  return false;
}

/* Is the value inside of a loop that the recurrence does not depend on? */
static bool is_deeper(const Node *result) {
  Inside all = {0}, rest = {0};
  for (int k = 0; k < result->ncarries; k++)
    inside_join(&all, result->carries[k].next->inside), inside_join(&all, result->carries[k].init->inside);
  for (int k = 0; k < all.n; k++)
    if (all.scan[k] != result->scan) rest.scan[rest.n++] = all.scan[k];
  return !inside_equal(&rest, result->inside);
}

/* The scan for those of its recurrences that are inside of the loops `around`, and no others. */
static int scan_at_depth(Graph *g, int scan, const Inside *around) {
  for (int k = 0; k < g->depths.n; k++) {
    const ScanAtDepth *known = &g->depths.at[k];
    if ((known->scan == scan || known->own == scan) && inside_equal(known->inside, around)) return known->own;
  }
  ScanAtDepth made = {scan, graph_scan(g, g->scans[scan]), around};
  VEC_PUSH(g->cx, &g->depths, made);
  return made.own;
}

/* The RESULT of body, which needs all of these carried values. */
static Node *result_over(Graph *g, int scan, Node *body, int ncarries, Carry *carries) {
  Node n = {.kind = NODE_RESULT,
            .scale = 1,
            .scan = scan,
            .naxes = body->naxes,
            .nreads = 1,
            .ncarries = ncarries,
            .carries = carries,
            .label = body->label,
            .integer = body->integer,
            .lo = body->lo,
            .hi = body->hi,
            .span = body->span};
  Index *index[MAX_AXES];
  for (int k = 0; k < body->naxes; k++) {
    n.axes[k] = body->axes[k];
    if (n.axes[k].scan == scan) n.axes[k].scan = 0;
    index[k] = index_var(g, k);
  }
  Read *r = read_make(g, body, index);
  n.reads = arena_copy(g->cx, &r, sizeof(Read *));
  return graph_intern(g, &n);
}

Node *build_result(Graph *g, int scan, Node *body, int ncarries, const Carry *carries) {
  if (!node_is_inside(body, scan)) return body;
  bool *needed = ARENA_ARRAY(g->cx, bool, ncarries + 1);
  Carry *kept = ARENA_ARRAY(g->cx, Carry, ncarries + 1);
  int nkept = 0;
  needed_slots(g, scan, body, ncarries, carries, needed);
  for (int k = 0; k < ncarries; k++)
    if (needed[k]) kept[nkept++] = carries[k];
  if (!nkept) bug("graph", "a value in a scan depends on a carried value that the scan does not have");
  Node *result = result_over(g, scan, body, nkept, kept);
  if (!others_are_deeper(scan, body, ncarries, carries, needed) && !is_deeper(result)) return result;
  Renaming m = renaming(g, scan, scan_at_depth(g, scan, result->inside));
  if (m.to == scan) return result;
  Carry *own = rename_recurrence(&m, nkept, kept, &body, 1);
  return build_result(g, m.to, renamed(&m, body), nkept, own);
}

/* ---- different loops of one scan ---- */

/* Gives the loop a scan of its own, in the roots. */
static void part_group(Graph *g, const NodeList *list, const ScanGroup *group, Node **roots, int nroots) {
  int scan = graph_scan(g, g->scans[group->scan]);
  Renaming inside = renaming(g, group->scan, scan), outside = renaming(g, 0, 0);
  Node **bodies = ARENA_ARRAY(g->cx, Node *, group->results.n);
  for (int k = 0; k < group->results.n; k++) bodies[k] = group->results.at[k]->reads[0]->node;
  Carry *carries = rename_recurrence(&inside, group->ncarries, group->carries, bodies, group->results.n);
  for (int k = 0; k < group->results.n; k++)
    outside.memo[group->results.at[k]->id] =
      build_result(g, scan, renamed(&inside, bodies[k]), group->ncarries, carries);
  rename_users(&outside, list);
  for (int k = 0; k < nroots; k++) roots[k] = renamed(&outside, roots[k]);
}

/* Would values of one be taken for values of the other? */
static bool collide(const ScanGroup *a, const ScanGroup *b) {
  if (a->scan != b->scan) return false;
  if (!inside_equal(a->results.at[0]->inside, b->results.at[0]->inside)) return true;
  for (int k = 0; k < a->ncarries; k++)
    for (int j = 0; j < b->ncarries; j++)
      if (a->carries[k].prev == b->carries[j].prev) return true;
  return false;
}

void graph_part_scans(Graph *g, Node **roots, int nroots) {
  for (bool again = nroots > 0; again;) {
    NodeList list = graph_order(g->cx, roots, nroots);
    ScanGroups groups = graph_groups(g->cx, &list);
    again = false;
    for (int k = 1; k < groups.n && !again; k++)
      for (int j = 0; j < k && !again; j++)
        if (collide(&groups.at[j], &groups.at[k])) {
          part_group(g, &list, &groups.at[k], roots, nroots);
          again = true;
        }
  }
}
