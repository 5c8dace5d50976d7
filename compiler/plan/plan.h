/* plan.h: how a routine is carried out: what is stored where, what is one loop, what is a matrix product, in which
 * order.
 *
 * Comes in: the roots of a routine (or of an optimizer) after simplification: MAP, RESHAPE, PIECES and leaves. Goes
 * out: a list of steps, and storage for every node. A step stores one node or several (a fused group of elementwise
 * ones); what has no storage of its own is written out where it is read. Needs and keeps: the graph is not changed.
 *
 * Its files, each of which calls those before it only:
 *     leaves.c   which arrays a body reads
 *     storage.c  strides, one flat index
 *     loops.c    scans as loops
 *     memory.c   where values lie in the work area
 *     lives.c    who reads what, and until when
 *     sum.c      which sums need memory to keep their digits
 *     gemm.c     which are matrix products
 *     mark.c     who needs a node as an array
 *     steps.c    from roots to steps and storage */
#ifndef NNC_PLAN_H
#define NNC_PLAN_H

#include "graph/graph.h"

typedef enum {
  STORAGE_NONE,   /* not needed */
  STORAGE_LEAF,   /* an input, a parameter, a constant array ... */
  STORAGE_INLINE, /* computed where it is read */
  STORAGE_TEMP,   /* a local variable inside the loop of its group */
  STORAGE_SCALAR, /* a local variable of the function */
  STORAGE_WORK,   /* an array in the work area */
  STORAGE_DEST,   /* an array of the caller's: roots[root] */
  STORAGE_VIEW    /* the storage of `base`, read with other axes */
} StorageKind;

typedef struct Gemm Gemm;
typedef struct Pack Pack;

/* Terms beyond which a float that they run through one by one loses digits: about 1e-8 of the sum for each (Higham
 * 1993, eq. 2.6, and what is measured of equal terms). */
enum { DEEP_SUM = 256 };

typedef struct Storage {
  StorageKind kind;
  bool integer; /* int32_t elements */
  bool wide;    /* int64_t elements: integers that 32 bits do not hold */
  bool wanted;  /* someone needs it as an array */
  bool shared;  /* read outside of its group */
  int uses;     /* different reads of it */
  Node *user;   /* the last node seen to read it */
  int depth;    /* of INLINE: how many are written into one another */
  Gemm *gemm;
  Pack *lost; /* of a long scatter: what rounding took from each element, or NULL */
  int loop;   /* the innermost of Plan.loops that computes it; -1: none */
  uint32_t
    kept;   /* axes that are times of loops around it, and stored all the same: what comes after the loop reads them */
  int step; /* which computes it; -1: there from the start */
  int last; /* the last step which reads it */
  int root; /* of DEST */
  int64_t offset; /* of WORK: in elements, from the start of the floats, of the integers or of the wide ones */
  int64_t count;  /* elements, with the batch at its bound */
  Node *base;     /* of VIEW */
} Storage;

/* A run of axes that collapses to one loop of a matrix product. */
typedef struct Extent {
  int64_t fixed; /* product of the extents known now */
  bool batch;    /* times the number of examples */
} Extent;

struct Pack { /* an operand copied into a matrix first: windows, guards, awkward strides; or (read NULL) scratch */
  const char *label;         /* in C */
  const Read *read;          /* in the axes of the product */
  int axes[MAX_AXES], naxes; /* row-major in this order */
  uint32_t guards;           /* those of the product that are seen to here: zeros where they fail */
  bool outside;              /* does not depend on the outer axes: packed once */
  int64_t offset;            /* in the floats of the work area */
  int64_t count;
};

struct Gemm {
  const Read *a, *b; /* the factors; op(a) is [m,k], op(b) is [k,n] */
  bool ta, tb;
  Extent m, n, k;
  int64_t lda, ldb, ldc;
  double alpha;
  int outer[MAX_AXES], nouter; /* own axes, one call for each place */
  int sum[MAX_AXES], nsum;     /* reduced axes, added up over calls */
  Pack *pack_a, *pack_b;       /* NULL: the operand is read where it is */
  Pack *part, *lost;           /* of many calls: the product of one, and what rounding took from C; else NULL */
};

/* A scan. Its steps stand between its LOOP and its END; values in it have no time axis, but where they are kept. */
typedef struct PlanLoop {
  const ScanGroup *group;
  int around;     /* the loop around it, or -1 */
  int begin, end; /* steps */
  const char *variable;
  bool made;
} PlanLoop;

typedef enum { STEP_MAP, STEP_REDUCE, STEP_GEMM, STEP_PIECES, STEP_COPY, STEP_DRAW, STEP_LOOP, STEP_END } StepKind;
typedef struct Step {
  StepKind kind;
  VEC(Node *) nodes; /* one, but for STEP_MAP */
  Gemm *gemm;
  int root; /* of STEP_COPY: the destination that nodes.at[0] is copied to */
  int loop; /* that it is in, or opens, or ends; -1: none */
} Step;

typedef struct Plan {
  Program *program;
  const Options *options;
  const Root *roots;
  int nroots;
  bool integer_out; /* DEST_OUT holds int32_t */
  bool flat;        /* everything in one loop over a run of parameters */
  int64_t batch;    /* the bound */
  NodeList order;
  Storage *storage; /* by node id */
  VEC(PlanLoop) loops;
  ScanGroups groups;
  VEC(Step) steps;
  int64_t floats, integers, wides; /* of the work area */
  uint32_t inputs;                 /* mask of the inputs read */
  bool uses_params, uses_states, draws, steps_read;
} Plan;

/* The plan of a set of roots. Errors (too large a value) are reported and the plan is returned as far as it goes. */
Plan *plan_roots(Program *program, const Options *options, const Root *roots, int nroots, bool integer_out, bool flat);
/* The bound of the batch. */
int64_t plan_batch(const Program *program);
static inline Storage *plan_storage(const Plan *plan, const Node *n) { return &plan->storage[n->id]; }
/* The node whose storage a read of n touches: looks through views. */
Node *plan_owner(const Plan *plan, Node *n);
typedef struct LeafRead {
  Read *read;
  bool gather; /* it is part of an index */
} LeafRead;
typedef VEC(LeafRead) LeafList;
/* The reads of arrays, scalars and temporaries that r comes down to, with inline nodes looked through. Gathers and
 * guards included. */
void plan_read_leaves(const Plan *plan, Read *r, LeafList *out);
/* Does an operand before the k-th read the same? y + y and y*y read y once: twice would be 2^20 times for twenty of
 * them one in another. */
bool plan_reads_again(const Node *n, int k);
/* n, or what the loop that n is a result of computes at each time: the same array. */
static inline Node *plan_seen(Node *n) {
  while (n->kind == NODE_RESULT) n = n->reads[0]->node;
  return n;
}
/* What has no storage of its own in what n reads, operands first: values that are written out, and views with other
 * axes. Numbers are none of them, and what is in out already is not added again. */
void plan_written_out(const Plan *plan, const Node *n, NodeList *out);
/* The same and n itself, where it has no storage. */
void plan_written_out_itself(const Plan *plan, Node *n, NodeList *out);
/* Strides of an array: row-major, but with batch axes outermost, wherever they stand; only the first of those has no
 * bound. */
void plan_strides(const Plan *plan, const Node *n, int64_t *strides);
/* Is n whole, and may it be beyond 2^24, where floats are no longer exact? Then it is stored as an integer. */
bool plan_beyond_floats(const Plan *plan, const Node *n);
/* The place in the array that a read touches, as one index. */
Index *plan_flat_index(const Plan *plan, const Read *r);
/* Elements with the batch at its bound, in double: it may be too large for anything else. */
double plan_elements(const Plan *plan, const Node *n);
/* The loop around (or the same as) `loop` whose time this axis is, or -1. */
int plan_time(const Plan *plan, int loop, Axis axis);
/* The extent of axis k of n, the batch at its bound; 1 for the time of a loop that computes n. */
int64_t plan_extent(const Plan *plan, const Node *n, int k);

/* Terms of each result of n. */
double plan_terms(const Plan *plan, const Node *n);
/* May guard q, an equality, be solved for own axis v of n? Then v is computed, not looped over: the sum is a scatter.
 */
bool plan_guard_fixes(const Node *n, const Guard *q, int v);

#endif
