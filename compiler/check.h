/* check.h: `nnc check model.nn`: every hand derivation is proved, found to hold at random points, or refuted; every
 * parameter array's gradient is compared with difference quotients. Takes a program whose roots are differentiated and
 * simplified. */
#ifndef NNC_CHECK_H
#define NNC_CHECK_H

#include "evaluate.h"
#include "program.h"

/* The report goes to out. Returns 1 where anything is refuted or fails, else 0. */
int check_program(Program *p, Text *out);

/* ---- below: between the files of check ---- */

typedef struct Tally {
  int proved, holds, refuted; /* of checks */
  int agree, fail;            /* of parameter arrays */
} Tally;

/* Draws that follow from (seed, stream, k) alone. */
double draw_uniform(uint64_t seed, uint64_t stream, uint64_t k); /* in (0, 1) */
double draw_normal(uint64_t seed, uint64_t stream, uint64_t k);

/* Ways to draw a point: a model may take the logarithm of an input or of a parameter. */
enum { MANNER_COUNT = 4, MANNER_WIDE = 4 }; /* WIDE: inputs four times as large, to reach the other branches */
/* Gives every parameter, input and state among `nodes` a random value; integers stay within their range. */
void point_draw(const Program *p, Evaluation *e, Node *const *nodes, int nnodes, uint64_t seed, int manner);
/* Multiplies every real value of the point by 1 + size * normal. */
void point_nudge(const Program *p, Evaluation *e, Node *const *nodes, int nnodes, uint64_t seed, double size);
bool all_finite(const double *x, int64_t count);

void check_gradients(Program *p, Text *out, Tally *tally);
/* "h.W[128,784]" */
void check_print_leaf(Text *out, const Leaf *leaf);

#endif
