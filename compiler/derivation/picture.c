/* picture.c: the equations as a graph, in SVG: a box for each value, an arrow from each that its equation uses.
 *
 * Values stand in layers from the top down, each below all that it uses; in a layer they stand near those. */
#include "derivation/page.h"

enum { BOX_HEIGHT = 30, GAP_X = 18, GAP_Y = 44, LETTER = 9, MARGIN = 8, MOST_USED = 64 };

typedef struct Box {
  const Quantity *q;
  const char *label;
  int layer, width;
  double x, wanted;
  int used[MOST_USED], nused; /* boxes */
} Box;

typedef struct Picture {
  const Derivation *d;
  VEC(Box) boxes;
  int layers;
} Picture;

static int find_box(const Picture *p, const Quantity *q) {
  for (int k = 0; k < p->boxes.n; k++)
    if (p->boxes.at[k].q == q) return k;
  return -1;
}

/* ---- boxes ---- */

static const char *label_of(const Derivation *d, const Quantity *q) {
  Setting s = {.d = d, .cx = d->cx, .g = d->g};
  Text t = {.cx = d->cx};
  Typo *name = symbol_bare(&s, q, false);
  text_typo(&t, name);
  if (q->kind == QUANTITY_START) text_add(&t, "₋₁");
  if (q->number) text_printf(&t, "  (%d)", q->number);
  return t.data;
}

static int columns(const char *text) {
  int n = 0;
  for (; *text; text++) n += ((unsigned char)*text & 0xC0) != 0x80;
  return n;
}

static void add_box(Picture *p, const Quantity *q) {
  Box b = {.q = q, .label = label_of(p->d, q)};
  b.width = columns(b.label) * LETTER + 2 * MARGIN;
  VEC_PUSH(p->d->cx, &p->boxes, b);
}

static void collect_used(Picture *p, int to, const Node *n, bool *seen) {
  bool adjoint;
  if (seen[n->id]) return;
  seen[n->id] = true;
  const Quantity *q = quantity_of_leaf(p->d, n, &adjoint);
  if (q && q->kind == QUANTITY_PREVIOUS) q = q->start; /* the arrow from the step before would run upwards */
  int from = q ? find_box(p, q) : -1;
  Box *b = &p->boxes.at[to];
  if (from >= 0 && from != to && b->nused < MOST_USED) b->used[b->nused++] = from;
  NodeList operands = graph_operands(p->d->cx, n);
  for (int k = 0; k < operands.n; k++) collect_used(p, to, operands.at[k], seen);
}

static void find_layers(Picture *p) {
  for (int k = 0; k < p->boxes.n; k++) {
    Box *b = &p->boxes.at[k];
    for (int i = 0; i < b->nused; i++)
      if (p->boxes.at[b->used[i]].layer >= b->layer) b->layer = p->boxes.at[b->used[i]].layer + 1;
    if (b->layer >= p->layers) p->layers = b->layer + 1;
  }
  for (int k = 0; k < p->boxes.n; k++) { /* a leaf stands just above the first that uses it */
    Box *b = &p->boxes.at[k];
    int least = p->layers;
    if (b->q->right) continue;
    for (int j = 0; j < p->boxes.n; j++)
      for (int i = 0; i < p->boxes.at[j].nused; i++)
        if (p->boxes.at[j].used[i] == k && p->boxes.at[j].layer < least) least = p->boxes.at[j].layer;
    if (least < p->layers) b->layer = least - 1;
  }
}

/* ---- places ---- */

static void wish_place(Picture *p, Box *b) {
  double sum = 0;
  for (int i = 0; i < b->nused; i++) sum += p->boxes.at[b->used[i]].x;
  b->wanted = b->nused ? sum / b->nused : b->x;
}

static void place_layer(Picture *p, int layer, double *width) {
  int order[512], n = 0;
  double at = 0;
  for (int k = 0; k < p->boxes.n && n < 512; k++)
    if (p->boxes.at[k].layer == layer) {
      wish_place(p, &p->boxes.at[k]);
      order[n++] = k;
    }
  for (int i = 1; i < n; i++)
    for (int j = i; j > 0 && p->boxes.at[order[j]].wanted < p->boxes.at[order[j - 1]].wanted; j--) {
      int t = order[j];
      order[j] = order[j - 1], order[j - 1] = t;
    }
  for (int i = 0; i < n; i++) {
    Box *b = &p->boxes.at[order[i]];
    double least = at + b->width / 2.0;
    b->x = b->wanted > least ? b->wanted : least;
    at = b->x + b->width / 2.0 + GAP_X;
  }
  if (at - GAP_X > *width) *width = at - GAP_X;
}

/* The middle of what uses a leaf is where it would stand; layers from below upwards first, then downwards. */
static void place_all(Picture *p, double *width) {
  for (int round = 0; round < 3; round++) {
    *width = 0;
    for (int layer = 0; layer < p->layers; layer++) place_layer(p, layer, width);
    for (int k = 0; k < p->boxes.n; k++) {
      Box *b = &p->boxes.at[k];
      double sum = 0;
      int n = 0;
      if (b->nused) continue;
      for (int j = 0; j < p->boxes.n; j++)
        for (int i = 0; i < p->boxes.at[j].nused; i++)
          if (p->boxes.at[j].used[i] == k) sum += p->boxes.at[j].x, n++;
      if (n) b->x = sum / n;
    }
  }
  *width = 0;
  for (int layer = 0; layer < p->layers; layer++) place_layer(p, layer, width);
}

/* ---- drawing ---- */

static int top_of(const Box *b) { return MARGIN + b->layer * (BOX_HEIGHT + GAP_Y); }

static void draw_arrow(Text *out, const Box *from, const Box *to) {
  int y0 = top_of(from) + BOX_HEIGHT, y1 = top_of(to) - 6, bend = GAP_Y / 2;
  double x0 = from->x + MARGIN, x1 = to->x + MARGIN;
  text_printf(out, "<path d=\"M%.0f %d C%.0f %d %.0f %d %.0f %d\"/>", x0, y0, x0, y0 + bend, x1, y1 - bend, x1, y1);
  text_printf(out, "<path class=\"head\" d=\"M%.0f %d l-3.5 -7 l7 0 z\"/>\n", x1, y1 + 6);
}

static void draw_box(Text *out, const Box *b) {
  double x = b->x + MARGIN - b->width / 2.0;
  text_printf(out, "<rect class=\"%s\" x=\"%.0f\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"%d\"/>",
              b->q->right ? "value" : "leaf", x, top_of(b), b->width, BOX_HEIGHT, b->q->right ? 6 : BOX_HEIGHT / 2);
  text_printf(out, "<text x=\"%.0f\" y=\"%d\" text-anchor=\"middle\">%s</text>\n", b->x + MARGIN,
              top_of(b) + BOX_HEIGHT / 2 + 5, b->label);
}

void picture_write(const Derivation *d, Text *out) {
  Picture p = {.d = d};
  double width = 0;
  for (int k = 0; k < d->all.n; k++)
    if (d->all.at[k]->kind != QUANTITY_PREVIOUS) add_box(&p, d->all.at[k]);
  for (int k = 0; k < p.boxes.n; k++) {
    bool *seen = ARENA_ARRAY(d->cx, bool, d->g->nnodes + 1);
    if (p.boxes.at[k].q->right) collect_used(&p, k, p.boxes.at[k].q->right->node, seen);
  }
  find_layers(&p);
  place_all(&p, &width);
  text_printf(out,
              "<svg role=\"img\" width=\"%.0f\" height=\"%d\" xmlns=\"http://www.w3.org/2000/svg\">\n<title>What each "
              "equation is made of</title>\n",
              width + 2 * MARGIN, 2 * MARGIN + p.layers * (BOX_HEIGHT + GAP_Y) - GAP_Y);
  for (int k = 0; k < p.boxes.n; k++)
    for (int i = 0; i < p.boxes.at[k].nused; i++) draw_arrow(out, &p.boxes.at[p.boxes.at[k].used[i]], &p.boxes.at[k]);
  for (int k = 0; k < p.boxes.n; k++) draw_box(out, &p.boxes.at[k]);
  text_add(out, "</svg>\n");
}
