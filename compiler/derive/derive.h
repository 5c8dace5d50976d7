/* derive.h: derivatives by one rule, from a scalar back to what it depends on.
 *
 * In: a scalar, by the read of its node, and target nodes. Out: the adjoint of each target, an open read. What is made
 * are nodes of the same graph; nothing else is kept, but for the scans of derivatives in Program.adjoint_scans.
 *
 * Its files, each of which calls those before it only:
 *     outside.c       values of a loop seen from outside of it
 *     sweep.c         which variables stand for the axes of a value
 *     contribution.c  what reaches a node, and its sum
 *     zero.c          where an adjoint of 0 wins
 *     step.c          the chain rule: from the adjoint of a node to its operands
 *     loop.c          the derivative of a loop
 *     visit.c         the sweep: every node after all that read it
 *     program.c       what a program asks for */
#ifndef NNC_DERIVE_H
#define NNC_DERIVE_H

#include "graph/graph.h"

/* The adjoints of `targets` (leaves) of the scalar that `root` reads: open reads in vars[t][axes of the target].
 * per_example: the batch variable of root stands for one example (grad in the language); else root has no batch. A
 * target that root does not depend on gets the constant 0. Expects simplified nodes: no NAME, no GRAD. */
void derive_adjoints(Program *p, Read *root, bool per_example, int ntargets, Node *const *targets, Read **adjoints,
                     int (*vars)[MAX_AXES]);

/* Passes. The gradients of each training loss become roots beside its value, and the next values of states; the
 * products of Hessians with directions, of the full-batch methods that ask for them. Need simplified roots; what they
 * add is not. */
void derive_gradients(Program *p, const Options *options);
void derive_products(Program *p, const Options *options);

#endif
