/* step.h: the steps of a plan as blocks of C; private to emit/. */
#ifndef NNC_EMIT_STEP_H
#define NNC_EMIT_STEP_H

#include "emit/code.h"

/* ---- emit/step.c ---- */

/* All steps of b->plan but copies to roots of the kinds in `without`. */
void emit_steps(Body *b, uint32_t without);
void emit_root_copies(Body *b, DestKind dest);
/* emit/map.c, emit/reduce_loops.c: the steps by kind. */
void emit_map(Body *b, const Step *step);
void emit_scalars(Body *b, const Step *step); /* nodes without axes: constants of the function */
void emit_flat(Body *b);
void emit_reduce(Body *b, const Node *n);
void emit_copy(Body *b, Node *n, const char *to, bool integer);
void emit_pieces(Body *b, const Node *n);
/* A carried value at the first step; at the next one. */
void emit_carry(Body *b, const Carry *carry, int loop, bool start);
void emit_pack(Body *b, const Node *n, const Pack *pack);

/* ---- emit/outline.c ---- */

typedef struct CodeBlock { /* a step as text */
  const char *comment;     /* of the same in a function of its own */
  Text text;               /* as it stands in the function: comment, declarations, loops */
  bool movable;            /* it may become part of a function of its own: */
  const char *body;        /* ... its loops, with operands a0, a1 ... */
  Operand *operands;
  int noperands;
  bool uses_count;
  int lines; /* of text */
} CodeBlock;
typedef VEC(CodeBlock) BlockList;

/* Writes the blocks; what occurs more than once, on other operands, becomes a function. */
void emit_blocks(Body *b, const BlockList *blocks);

#endif
