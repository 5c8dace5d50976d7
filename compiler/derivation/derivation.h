/* derivation.h: the derivation of a loss, as a textbook writes it.
 *
 * In: a Program as elaborated, whose values have their names. Out: text, LaTeX or a page for a browser: the model's
 * equations, then an adjoint for each value in the order of the backward pass, then the gradients of the parameters,
 *
 *     a2 = w2' z1        (3)
 *     z2 = sigma(a2)     (4)
 *     da2 = dz2 z2 (1 - z2) = z2 - y     (7)   from (4)
 *
 * each with a number, which the comments of the generated C repeat. Kept: the program; nodes are added to its graph.
 *
 * Its files, each of which calls those before it only:
 *     apart.c      one value with all others as leaves
 *     whole.c      values written out, and found again
 *     system.c     the equations, in order
 *     adjoint.c    the chain rule, one by one
 *     form.c       formulas as trees
 *     convert.c    from nodes to formulas
 *     verify.c     is a formula what it was made of?
 *     known.c      values that a formula holds under other names
 *     algebra.c    shorter formulas
 *     typo.c       what is set on a page
 *     symbol.c     names and indices
 *     index.c      formulas in index notation
 *     net.c        products in matrix notation
 *     matrix.c     formulas in matrix notation
 *     text.c       formulas as text
 *     line.c       what all formats take from a line
 *     plain.c      pages as text
 *     latex.c      pages for LaTeX
 *     picture.c    the equations as a graph
 *     html.c       pages for browsers
 *     notes.c      what the signs on a page mean
 *     sides.c      both sides of an equation
 *     lagrangian.c  as a constrained minimum
 *     second.c     second derivatives
 *     page.c       the lines of a page
 *     document.c   the whole
 *
 * symbol.c, index.c, net.c and matrix.c call each other: an index may hold a value, a formula holds formulas, and what
 * cannot be written in one notation is written in the other. */
#ifndef NNC_DERIVATION_H
#define NNC_DERIVATION_H

#include "graph/graph.h"

typedef enum { DERIVATION_TEXT, DERIVATION_LATEX, DERIVATION_HTML } DerivationFormat;
DerivationFormat derivation_format(const char *name); /* "text", "latex", "html" */
typedef struct DerivationAsked {
  DerivationFormat format;
  const char *wrt; /* the derivative with respect to this name only; NULL: to all parameters */
  int order;       /* 1, or 2: the Hessian */
  bool lagrangian; /* as a constrained minimum */
  bool verify;     /* for derivation_verify */
} DerivationAsked;

/* Gives the values of a program as elaborated the numbers of their equations, and of those of their adjoints where
 * there is one loss: what derivation_write prints without `wrt`. */
void derivation_number(Program *p);
/* Compares each formula of the page with the derivative that it is of, at random points; adds what it found to the
 * text, and returns how many differ. For tests. */
int derivation_verify(Program *p, int order, Text *out);
/* Reports what cannot be written, with its place in the model. */
void derivation_write(Program *p, const DerivationAsked *asked, Text *out);

#endif
