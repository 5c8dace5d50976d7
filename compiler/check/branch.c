/* branch.c: random points seldom reach some branches: where(x > 50, ...), relu below a large bias. A derivation may
 * be wrong in just these, and formulas that differ only somewhere differ beside the edge of a comparison that one of
 * them makes, or on it. So for each comparison a < b of the two sides:
 *
 *     margin = a - b along a random line through a random point        + + + + - - -      its sign at growing distances
 *     a change of sign is halved, again and again                            + + | -
 *     from a point of whole numbers, one of them is solved for margin = 0         |        the edge itself
 *     where no line meets a change, one number after the other is doubled, halved, turned or moved by 1,
 *     whatever brings the margin nearer to 0 (a compass search; Hooke and Jeeves 1961): w*exp(-z^2) < 8 is
 *     false for a large w and a small z
 *
 * and the sides are judged at every point on the way, which come as near to the edge on both of its sides as can be
 * told from rounding. */
#include "check/sides.h"

#include <math.h>
#include <string.h>

#define MOST_EDGES 64
#define ELEMENTS   3 /* of one comparison */
#define LINES      7 /* tried for one element */
#define HALVINGS   24
#define SOLVED     6  /* numbers of a point for which the margin is solved, */
#define SECANTS    8  /* in so many steps */
#define STARTS     3  /* of a compass search, */
#define ROUNDS     24 /* of so many rounds */
#define COMPASS    12 /* over so many numbers */

typedef struct Move { /* a leaf along the line: base + t * direction */
  Node *leaf;
  int64_t count;
  double *base, *direction;
  bool whole;
} Move;

typedef struct Search {
  Sides *s;
  double work; /* left, in terms to be summed */
  Node *edges[MOST_EDGES], *margins[MOST_EDGES];
  int nedges;
  VEC(Move) moves;
} Search;

typedef struct Dial { /* a number of the point that is turned, or (element -1) all of a leaf */
  Move *move;
  int64_t element;
} Dial;

/* ---- the comparisons ---- */

static bool is_movable(const Program *p, const Node *n) {
  if (n->kind == NODE_INPUT) return p->inputs.at[n->item].kind == INPUT_REAL || p->inputs.at[n->item].kind == INPUT_INT;
  if (n->kind == NODE_DRAW) return n->item % 2 == 1; /* a normal one; a uniform one stays between 0 and 1 */
  return n->kind == NODE_PARAM || n->kind == NODE_STATE;
}

static bool is_comparison(const Node *n) {
  if (n->kind != NODE_MAP) return false;
  return op_rows[n->op].compares;
}

/* The node of a - b, for |a| and sign(a) of a itself. A floor has an edge wherever it changes. */
static Node *margin_of(Graph *g, Node *comparison) {
  Node n = *comparison;
  if (n.op == OP_FLOOR) return comparison;
  n.op = op_rows[n.op].arity == 2 ? OP_SUB : OP_STOP;
  n.integer = false;
  n.lo = -INFINITY;
  n.hi = INFINITY;
  n.label = NULL;
  n.number = 0;
  n.chain = NULL;
  return graph_intern(g, &n);
}

static void find_edges(Search *q) {
  Sides *s = q->s;
  unsigned char *moves = ARENA_ARRAY(s->p->cx, unsigned char, s->p->graph->nnodes);
  for (int i = 0; i < s->needed.n; i++) {
    Node *n = s->needed.at[i];
    moves[n->id] = is_movable(s->p, n);
    for (int k = 0; k < n->nreads; k++) moves[n->id] |= moves[n->reads[k]->node->id];
    if (!moves[n->id] || !is_comparison(n) || q->nedges == MOST_EDGES) continue;
    q->edges[q->nedges] = n;
    q->margins[q->nedges++] = margin_of(s->p->graph, n);
  }
}

/* ---- the line ---- */

static void find_moves(Search *q) {
  Sides *s = q->s;
  for (int i = 0; i < s->needed.n; i++) {
    Node *n = s->needed.at[i];
    if (!is_movable(s->p, n)) continue;
    int64_t count = evaluation_count(s->e, n);
    Move m = {n, count, ARENA_ARRAY(s->p->cx, double, count), ARENA_ARRAY(s->p->cx, double, count), n->integer};
    VEC_PUSH(s->p->cx, &q->moves, m);
  }
}

/* Lines are of all leaves or of one alone; along some all elements of a leaf grow or all shrink: max(x) < -2 asks for
 * that. */
static const struct {
  double scale;
  PointKind point;
  bool alone, together;
} lines[LINES] = {{1, POINT_PLAIN, false, false}, {16, POINT_PLAIN, false, false}, {1, POINT_PLAIN, true, false},
                  {1, POINT_PLAIN, false, true},  {1, POINT_PLAIN, true, true},    {1, POINT_SPREAD, true, false},
                  {1, POINT_SPREAD, true, true}};

/* The point from which all moves go. */
static void draw_base(Search *q, uint64_t seed, PointKind point, double scale) {
  Sides *s = q->s;
  Manner manner = s->manner;
  manner.point = point;
  manner.scale = scale;
  point_draw(s->p, s->e, s->needed.at, s->needed.n, seed, &manner);
  for (int i = 0; i < q->moves.n; i++) {
    Move *m = &q->moves.at[i];
    memcpy(m->base, evaluate(s->e, m->leaf), sizeof(double) * (size_t)m->count);
  }
}

/* A random point, and a random direction. */
static void draw_line(Search *q, uint64_t seed, int line) {
  int alone = lines[line].alone ? (int)(point_uniform(seed, 91, 0) * q->moves.n) : -1;
  draw_base(q, seed, lines[line].point, lines[line].scale);
  for (int i = 0; i < q->moves.n; i++) {
    Move *m = &q->moves.at[i];
    double sign = point_uniform(seed, 91, 1 + (uint64_t)i) < 0.5 ? -1 : 1;
    for (int64_t k = 0; k < m->count; k++) {
      double d = alone < 0 || alone == i ? point_normal(seed, 92 + (uint64_t)i, (uint64_t)k) : 0;
      m->direction[k] = lines[line].together ? sign * fabs(d) : d;
    }
  }
}

static void move_to(Search *q, double t) {
  for (int i = 0; i < q->moves.n; i++) {
    Move *m = &q->moves.at[i];
    double *x = evaluation_writable(q->s->e, m->leaf);
    for (int64_t k = 0; k < m->count; k++) {
      x[k] = m->base[k] + t * m->direction[k];
      if (m->whole) x[k] = floor(x[k] + 0.5);
    }
  }
}

static double margin_here(Search *q, int edge, int64_t element) {
  q->work -= q->s->cost;
  return evaluate(q->s->e, q->margins[edge])[element];
}

static double margin_at(Search *q, int edge, int64_t element, double t) {
  move_to(q, t);
  return margin_here(q, edge, element);
}

static bool judge(Search *q, Point *pt) {
  q->work -= q->s->cost;
  PointVerdict v = sides_judge(q->s, pt);
  if (v == POINT_REFUTES) return sides_decided(q->s, v, pt) && sides_differ_beyond_ties(q->s, pt);
  return v == POINT_UNDEFINED && sides_divide_by_condition(q->s, pt);
}

/* ---- the search ---- */

static const double distances[] = {-4096, -1024, -256, -64, -16, -4, -1, -0.25, 0, 0.25, 1, 4, 16, 64, 256, 1024, 4096};
#define DISTANCES (int)(sizeof distances / sizeof *distances)

/* Is there an edge between two places with these margins? */
static bool opposite(const Search *q, int edge, double a, double b) {
  if (q->edges[edge]->op == OP_FLOOR) return a < b || a > b;
  return (a > 0 && b <= 0) || (a <= 0 && b > 0);
}

/* The change of sign that is nearest to the point, which most of what is compared is made for. */
static bool find_change(Search *q, int edge, int64_t element, double *from, double *to) {
  double best = INFINITY, before = NAN;
  for (int k = 0; k < DISTANCES; k++) {
    double margin = margin_at(q, edge, element, distances[k]),
           far = fabs(distances[k]) + (k ? fabs(distances[k - 1]) : 0);
    if (opposite(q, edge, before, margin) && far < best) best = far, *from = distances[k - 1], *to = distances[k];
    before = margin;
  }
  return best < INFINITY;
}

/* True where the sides differ somewhere on the way to the edge between from and to. */
static bool approach(Search *q, int edge, int64_t element, double from, double to, Point *pt) {
  double sign = margin_at(q, edge, element, from);
  if (judge(q, pt)) return true;
  margin_at(q, edge, element, to);
  if (judge(q, pt)) return true;
  for (int k = 0; k < HALVINGS && q->work > 0; k++) {
    double middle = (from + to) / 2, margin = margin_at(q, edge, element, middle);
    if (judge(q, pt)) return true;
    if (opposite(q, edge, sign, margin)) to = middle;
    else from = middle;
  }
  return false;
}

/* The first, the last, and others. */
static int64_t element_of(const Search *q, int edge, int k) {
  int64_t count = evaluation_count(q->s->e, q->margins[edge]);
  if (count <= ELEMENTS) return k < count ? k : -1;
  return k == 0 ? 0 : k == 1 ? count - 1 : (int64_t)(point_uniform((uint64_t)edge, 90, (uint64_t)k) * (double)count);
}

/* `met`: a line had an edge on it. */
static bool search_lines(Search *q, int edge, int64_t element, Point *pt, bool *met) {
  double from, to;
  for (int line = 0; line < LINES && q->work > 0; line++) {
    draw_line(q, (uint64_t)(1000 * edge + 10 * element + line + 1), line);
    if (!find_change(q, edge, element, &from, &to)) continue;
    *met = true;
    if (approach(q, edge, element, from, to, pt)) return true;
  }
  return false;
}

/* ---- the edge itself ---- */

static Dial draw_dial(const Search *q, uint64_t seed, bool whole_leaves) {
  Move *m = &q->moves.at[(int)(point_uniform(seed, 93, 0) * q->moves.n)];
  if (whole_leaves && point_uniform(seed, 93, 1) < 0.3) return (Dial){m, -1};
  return (Dial){m, (int64_t)(point_uniform(seed, 93, 2) * (double)m->count)};
}

static void turn(Search *q, const Dial *d, double x) {
  evaluation_set_one(q->s->e, d->move->leaf, d->element, d->move->whole ? floor(x + 0.5) : x);
}

/* Points at which the margin is exactly 0: ties that are none of rounding. */
static bool solve_edge(Search *q, int edge, int64_t element, Point *pt) {
  uint64_t seed = (uint64_t)(1000 * edge + 10 * element + 1);
  draw_base(q, seed, POINT_SMALL, 1);
  double start = margin_here(q, edge, element);
  for (int k = 0; k < SOLVED && q->work > 0; k++) {
    Dial d = draw_dial(q, 100 * seed + (uint64_t)k, false);
    double x0 = d.move->base[d.element], m0 = start, x = x0 + 1;
    turn(q, &d, x);
    for (int step = 0; step <= SECANTS; step++) {
      double m = margin_here(q, edge, element), next = x - m * (x - x0) / (m - m0);
      bool there = m == 0 || fabs(next - x) <= 1e-14 * fabs(x);
      if (m == 0 && judge(q, pt)) return true;
      if (there && !d.move->whole && !sides_choose_unseen(q->s) &&
          sides_differ_at_tie(q->s, d.move->leaf, d.element, pt))
        return true;
      if (there || m == m0 || !isfinite(next)) break;
      x0 = x, m0 = m, x = next;
      turn(q, &d, x);
    }
    evaluation_set_one(q->s->e, d.move->leaf, d.element, d.move->base[d.element]);
  }
  return false;
}

/* ---- where no line meets an edge ---- */

static const struct { double times, plus; } turns[] = {{2, 0}, {0.5, 0}, {-1, 0}, {1, 1}, {1, -1}};
#define TURNS (int)(sizeof turns / sizeof *turns)

/* The dial turned from the base, the base as it is. */
static void turn_from_base(Search *q, const Dial *d, int way) {
  double *x = evaluation_writable(q->s->e, d->move->leaf);
  memcpy(x, d->move->base, sizeof(double) * (size_t)d->move->count);
  for (int64_t k = d->element < 0 ? 0 : d->element; k < d->move->count; k++) {
    x[k] = turns[way].times * x[k] + turns[way].plus;
    if (d->move->whole) x[k] = floor(x[k] + 0.5);
    if (d->element >= 0) break;
  }
}

/* The way to turn this dial that brings the margin nearest to 0, or beyond it; -1: none does. */
static int best_turn(Search *q, int edge, int64_t element, const Dial *d, double *margin) {
  int best = -1;
  double start = *margin;
  for (int way = 0; way < TURNS; way++) {
    turn_from_base(q, d, way);
    double m = margin_here(q, edge, element);
    bool better = opposite(q, edge, start, m) || fabs(m) < fabs(*margin);
    if (!isfinite(m) || !better) continue;
    *margin = m, best = way;
    if (opposite(q, edge, start, m)) break;
  }
  if (best < 0) evaluation_set(q->s->e, d->move->leaf, d->move->base);
  else turn_from_base(q, d, best);
  return best;
}

/* From the base to where a dial has been turned: halved as a change on a line is. */
static bool approach_turned(Search *q, int edge, int64_t element, const Dial *d, Point *pt) {
  for (int i = 0; i < q->moves.n; i++)
    memset(q->moves.at[i].direction, 0, sizeof(double) * (size_t)q->moves.at[i].count);
  const double *x = evaluate(q->s->e, d->move->leaf);
  for (int64_t k = 0; k < d->move->count; k++) d->move->direction[k] = x[k] - d->move->base[k];
  return approach(q, edge, element, 0, 1, pt);
}

static bool compass(Search *q, int edge, int64_t element, uint64_t seed, Point *pt) {
  draw_base(q, seed, POINT_SPREAD, 1);
  double margin = margin_here(q, edge, element), start = margin;
  bool better = isfinite(margin);
  for (int round = 0; round < ROUNDS && better; round++) {
    better = false;
    for (int k = 0; k < COMPASS && q->work > 0; k++) {
      Dial d = draw_dial(q, 100 * seed + (uint64_t)k, true);
      if (best_turn(q, edge, element, &d, &margin) < 0) continue;
      if (opposite(q, edge, start, margin)) return approach_turned(q, edge, element, &d, pt);
      memcpy(d.move->base, evaluate(q->s->e, d.move->leaf), sizeof(double) * (size_t)d.move->count);
      better = true;
    }
  }
  return false;
}

static bool search_edge(Search *q, int edge, int64_t element, Point *pt) {
  bool met = false;
  if (solve_edge(q, edge, element, pt) || search_lines(q, edge, element, pt, &met)) return true;
  for (int start = 0; start < STARTS && !met && q->work > 0; start++)
    if (compass(q, edge, element, (uint64_t)(1000 * edge + 10 * element + 7 + start), pt)) return true;
  return false;
}

bool sides_branches(Sides *s, double work, Point *pt, const Node **edge) {
  Search q = {.s = s, .work = work};
  find_edges(&q);
  find_moves(&q);
  if (!q.moves.n) return false;
  for (int k = 0; k < ELEMENTS; k++)
    for (int i = 0; i < q.nedges && q.work > 0; i++) {
      int64_t element = element_of(&q, i, k);
      if (element < 0 || !search_edge(&q, i, element, pt)) continue;
      *edge = q.edges[i];
      return true;
    }
  return false;
}
