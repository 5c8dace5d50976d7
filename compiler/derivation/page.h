/* page.h: a derivation as a list of lines, between the chain rule and the writers. */
#ifndef NNC_DERIVATION_PAGE_H
#define NNC_DERIVATION_PAGE_H

#include "derivation/typo.h"

typedef enum { LINE_HEADING, LINE_PROSE, LINE_EQUATION } LineKind;

typedef struct Line {
  LineKind kind;
  const char *text; /* of a heading; of a paragraph, with a % for each side; of an equation: what stands at its end */
  Typos sides;      /* of an equation: left = next = ... */
  int number;       /* 0: none */
  VEC(int) from;    /* the equations that it follows from */
} Line;

typedef struct Page {
  Context *cx;
  const Program *program;
  bool outside; /* is an element read that may be outside of its array? */
  Verified verified;
  VEC(Line) lines;
  VEC(const Derivation *) parts; /* one for each loss */
} Page;

/* page.c: the lines of all losses. */
Page *page_of(Program *p, const DerivationAsked *asked);

/* notes.c: in front of all lines, what their signs mean. */
void notes_add(Page *page, const char *loss);
/* line.c: sides that are written alike stand once. */
Typos page_sides(Context *cx, const Line *line);
/* "from (3), (4)", or "" */
const char *page_from(Context *cx, const Line *line);

/* picture.c: as SVG, without what is fetched from elsewhere */
void picture_write(const Derivation *d, Text *out);

/* plain.c, latex.c, html.c */
void text_page(const Page *page, Text *out);
void latex_page(const Page *page, Text *out);
void html_page(const Page *page, Text *out);

#endif
