/* page.h: a derivation as a list of lines, between the chain rule and the writers. */
#ifndef NNC_DERIVATION_PAGE_H
#define NNC_DERIVATION_PAGE_H

#include "derivation/typo.h"

typedef enum { LINE_HEADING, LINE_PROSE, LINE_EQUATION } LineKind;

typedef struct Line {
  LineKind kind;
  const char *text; /* of a heading or a paragraph; of an equation: what stands at its end */
  Typos sides;      /* of an equation: left = next = ... */
  int number;       /* 0: none */
  VEC(int) from;    /* the equations that it follows from */
} Line;

typedef struct Page {
  Context *cx;
  const Program *program;
  VEC(Line) lines;
  VEC(const Derivation *) parts; /* one for each loss */
} Page;

/* page.c: the lines of all losses. */
Page *page_of(Program *p, const DerivationAsked *asked);

/* text.c */
void text_page(const Page *page, Text *out);

#endif
