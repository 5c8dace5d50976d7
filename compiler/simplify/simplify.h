/* simplify.h: from the program as the user wrote it to the program that is planned.
 *
 * In: the roots of a Program as model/ made them. Out: the same roots as simplified nodes without NAME and GRAD, and
 * the gradients that training asks for; then, in a second pass, as single precision wants them. Kept: every value.
 *
 * Its files, each of which calls those before it only:
 *     explain.c              rules that applied
 *     limits.c               what is refused
 *     padding.c              what stands beyond an example's extents
 *     rule.c                 the left sides of rules
 *     simplifier.c           simplified nodes
 *     float.c                single precision
 *     uses.c                 who needs what
 *     terms.c                sums of products
 *     collect.c              derivatives in fewer operations
 *     gradient.c, rebuild.c  one node
 *     program.c              all roots
 *     unused.c               reports of what nothing depends on
 *
 * gradient.c, collect.c and rebuild.c call each other: a derivative is taken of simplified nodes, and is simplified; a
 * shorter form may read a value that the node did not, and that is rebuilt first. */
#ifndef NNC_SIMPLIFY_H
#define NNC_SIMPLIFY_H

#include "graph/graph.h"

/* Replaces every root of the program by a simplified one without NAME and GRAD. */
void simplify_values(Program *p, const Options *options);
/* The same for what derive_gradients has added, and for what derive_products has; explains rules where asked to. */
void simplify_gradients(Program *p, const Options *options);
void simplify_products(Program *p, const Options *options);
/* Derivatives in fewer operations, when all are taken: like terms joined, common factors outside. */
void simplify_forms(Program *p, const Options *options);
/* The same values, computed so that single precision suffices: before a plan is made, after everything else. */
void simplify_to_float(Program *p, const Options *options);
/* The same, and what stands beyond an example's extents is not read. After simplify_to_float. */
void simplify_padding(Program *p, const Options *options);
/* The two sides of check k, simplified. */
void simplify_check(Program *p, int k, Read **a, Read **b);

/* Of many values, one after the other, which share most of what they need. */
typedef struct Simplifier Simplifier;
enum { MOST_STOPPED = 4 };
Simplifier *simplify_begin(Program *p);
/* The same, as if these nodes of the naive graph stood under `stop`; and as if none did. */
Simplifier *simplify_begin_stopped(Program *p, Node *const *nodes, int n);
Simplifier *simplify_begin_unstopped(Program *p);
Read *simplify_read(Simplifier *s, Read *r);

/* What a model declares and nothing depends on: these report, and change nothing. */
/* Inputs that no loss, output, metric, check or state looks at: warnings. Needs a program as elaborated. */
void unused_inputs(Program *p, const Options *options);
/* A `minimize` whose loss does not change with its parameters: errors; parameters that no such loss depends on:
 * warnings. Needs a simplified program. */
void unused_objectives(Program *p, const Options *options);

#endif
