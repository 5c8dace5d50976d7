/* sweeps.h: what plan_roots is made of, in the order in which it calls it; private to plan/. */
#ifndef NNC_PLAN_SWEEPS_H
#define NNC_PLAN_SWEEPS_H

#include "plan/plan.h"

static inline bool plan_is_view(const Node *n) { return n->kind == NODE_RESHAPE || n->kind == NODE_RESULT; }
/* Elements that a loop over all axes of n, reduced ones too, comes by. */
double plan_space(const Plan *plan, const Node *n);

/* plan/loops.c: fills plan->groups, plan->loops, and of each Storage its loop and what is kept. */
void plan_loops(Plan *plan);
/* plan/mark.c: fills uses, user, wanted, integer and wide of each Storage, and finds the matrix products. */
void plan_mark(Plan *plan);
/* plan/gemm.c: the matrix product that n is, or NULL. */
Gemm *plan_gemm(const Plan *plan, const Node *n);
/* plan/sum.c: where a long scatter keeps what rounding takes from it (Kahan 1965); NULL where it is short. */
Pack *plan_lost(const Plan *plan, const Node *n);
/* Scratch of so many floats. */
Pack *plan_scratch(const Plan *plan, const char *label, int64_t count);
/* plan/lives.c: fills last and shared of each Storage; a stored one that only its own loop reads becomes a TEMP. */
void plan_lives(Plan *plan);
/* plan/memory.c: offsets by lifetime. */
void plan_memory(Plan *plan);

/* plan/leaves.c: plan_read_leaves for what the body of n reads, in n's axes; and for n as a whole. */
void plan_body_leaves(const Plan *plan, const Node *n, LeafList *out);
void plan_whole_leaves(const Plan *plan, Node *n, LeafList *out);

#endif
