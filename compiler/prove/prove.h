/* prove.h: are two values equal for every input and parameter?
 *
 * In: two open reads. Out: how a proof was found, if one was. Kept: nothing but the nodes and variables that it took.
 *
 * Two provers are asked in turn, each with more and more of what the sides share taken apart: expand.c brings both to
 * the normal form of normal.h, sums of monomials; extents may be large, and sums stay sums. cases.c takes one element
 * at a time, as numbers modulo primes (field.h); formulas may be long.
 *
 * Its files, each of which calls those before it only:
 *     defined.c                                      which values are a number, whatever the inputs are
 *     field_degree.c                                 of what degree a formula is
 *     field_number.c                                 constants, leaves and arithmetic modulo primes
 *     field_sign.c, field_function.c, field_apply.c  signs, functions, every operation
 *     place.c, element.c, carried.c                  one element of a node
 *     cases.c                                        the prover of one element at a time, in all cases
 *     coefficient.c                                  numbers of normal forms, without rounding
 *     same.c                                         are two normal forms the same?
 *     polynomial.c, function.c, truth.c, rewrite.c   sums and products, functions, steps, rules
 *     expand.c                                       the prover of normal forms
 *     prove.c                                        which prover is asked when
 *
 * Those of the normal form are a circle: normal.h says why; so are those of an element: walk.h does. */
#ifndef NNC_PROVE_H
#define NNC_PROVE_H

#include "graph/graph.h"

/* Two open reads in the same free variables. A proof: they are equal as real numbers wherever both are defined. None:
 * none was found (they may be equal all the same). Bounded in time and memory, those of all proofs of a graph too. */
typedef enum {
  NO_PROOF,
  PROOF_DIRECT,
  PROOF_UNROLLED /* recurrences step by step */
} Proof;
Proof prove_equal(Graph *g, Read *a, Read *b);

#endif
