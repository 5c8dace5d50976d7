/* sides.h: the making of a page, and both sides of its equations. */
#ifndef NNC_DERIVATION_SIDES_H
#define NNC_DERIVATION_SIDES_H

#include "derivation/page.h"

typedef struct Work {
  Page *page;
  Derivation *d;
  const DerivationAsked *asked;
  LawList laws;
  Verified *verified; /* every formula is verified, and counted here; NULL: none is */
  Apart *values;
  Setting s;
} Work;

/* ---- sides.c ---- */

void sides_heading(Page *page, const char *text);
void sides_prose(Page *page, const char *text);
/* The axes of q that it is written in: those but for the example and the time. */
int sides_axes(const Work *w, const Quantity *q, int *out);
/* An element of a leaf of q, at the variables of q. */
Read *sides_read(const Work *w, const Quantity *q, Node *leaf);
/* What a derivative is, in names of the model, as short as it gets. */
Form *sides_form(Work *w, const Read *r); /* of elements that are there: not of a later step at the last one */
/* The adjoint of q: the sum over all paths, those through the next step too. */
Form *sides_sum(Work *w, const Quantity *q);
/* q, or its adjoint, = step = forms: all forms in matrix notation, or all with indices. */
void sides_set(Work *w, Line *line, const Quantity *q, bool adjoint, Form *const *forms, int n, Typo *step);

/* ---- lagrangian.c, second.c ---- */

/* The Lagrangian, and where it is stationary. */
void lagrangian_lines(Work *w);
/* The second derivatives of the loss by all that is asked for; reports what cannot be written. */
void second_lines(Work *w, int *number);

#endif
