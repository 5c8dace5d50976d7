/* terms.h: a value as a sum of terms, each a number times factors where guards hold.
 *
 * Factors are open reads of the graph as it stands; the sum is built again in as few operations as its terms show. */
#ifndef NNC_SIMPLIFY_TERMS_H
#define NNC_SIMPLIFY_TERMS_H

#include "graph/graph.h"

enum { MOST_TERMS = 16, MOST_ATOMS = 8, MOST_TERM_GUARDS = 4 };

typedef struct Monomial {
  double scale;
  int natoms, nguards;
  Read *atoms[MOST_ATOMS]; /* a factor that stands there twice is there twice */
  Guard guards[MOST_TERM_GUARDS];
} Monomial;

typedef struct Terms {
  int n;
  Monomial at[MOST_TERMS];
} Terms;

/* All three: false where there are more terms, factors or guards than fit. */
bool terms_add(Terms *sum, const Terms *more, double scale);
bool terms_multiply(Terms *product, const Terms *by);
bool terms_add_guard(Terms *t, Guard q);
Terms terms_of_atom(Read *atom); /* once it, with no guard */
Terms terms_of_constant(double value);

/* What a factor and an index are read as in what is built: themselves, where `of` is NULL. */
typedef struct TermMap {
  void *of;
  Read *(*read)(void *of, Read *atom);
  Index *(*index)(void *of, Index *e);
} TermMap;

/* The sum, built: common factors stand outside, then the factor that most terms share, and so on within. */
Read *terms_build(Graph *g, const Terms *sum, const TermMap *map);

#endif
