/* emit_c.h: what the files that write C share: names, layouts of structs, the body of a function at hand. */
#ifndef NNC_EMIT_C_H
#define NNC_EMIT_C_H

#include "emit/emit.h"
#include "plan/plan.h"

/* ---- names (emit/name.c) ---- */

/* One component of a user's name as a C identifier: Greek letters spelled out, "3" becomes l3, reserved words get an
 * underscore. */
const char *c_name(Context *cx, const char *name, size_t length);
/* A dotted path as one identifier: h.W becomes h_W. */
const char *c_flat_name(Context *cx, const char *path);
/* The same for a local variable or a parameter of a function: also clear of the names that generated code itself uses.
 */
const char *c_local_name(Context *cx, const char *path);
const char *c_upper(Context *cx, const char *name);
/* A number as a float constant of C: "0.5f", "-INFINITY". */
const char *c_float(Context *cx, double x);

/* ---- structs of arrays ---- */

typedef struct Layout { /* of all or some of the parameters, or of the states, as nested structs without padding */
  const Leaf *leaves;
  int nleaves;
  const char **access; /* by leaf: "h.W"; NULL where it is not in here */
  int64_t *offset;     /* by leaf, in floats */
  int *order;          /* leaves in the order of memory */
  int norder;
  int64_t floats;
  const char *type; /* "digits_params" */
} Layout;

/* `order`: of the leaves (NULL: as they stand); `in`: which of them (NULL: all). A typedef is added to `out`. Two names
 * alike in C are reported. */
Layout *layout_make(Context *cx, const Leaf *leaves, int nleaves, const int *order, const bool *in, const char *type,
                    Text *out);
/* Leaf k of `pointer` (a pointer to such a struct) as a pointer to its first float. */
const char *layout_pointer(Context *cx, const Layout *layout, const char *pointer, int leaf, bool writable);

/* ---- the emitter ---- */

typedef struct Table { /* an array literal of the model */
  const Node *node;
  bool integer;
  const char *name;
} Table;

typedef struct StageCode { /* what an optimizer of a chain needs */
  Plan **plans;            /* flat: one; else one for each parameter of the group */
  Layout *layout;          /* of its slots */
} StageCode;

typedef struct Outline { /* a function made of repeated blocks */
  const char *text, *name;
} Outline;

typedef struct Emitter {
  Program *program;
  Context *cx;
  const Options *options;
  const char *prefix; /* "digits" */
  const char *type;   /* of the model struct: the same, but where that is a word of C */
  const char *file;   /* the header's name without .h */
  Layout *params, *states, *hypers;
  Leaf *hyper_leaves;
  int *hyper_index;      /* by hyper: its leaf, or -1 */
  StageCode ***stages;   /* by objective, group, stage */
  VEC(Layout *) subsets; /* layouts of some of the parameters */
  int64_t slot_floats;
  const char *first_slots; /* the first member that holds slots, or NULL */
  const char **input_names;
  const char **routine_names; /* by routine: "digits_L_grad" */
  Plan **plans;               /* by routine */
  uint32_t *masks;            /* by routine: the inputs of its C function */
  Plan *full_plans[2];        /* of a full-batch method: gradient, product */
  VEC(Table) tables;
  Text *tables_out; /* static const arrays */
  Text *functions;  /* outlined functions */
  VEC(Outline) outlines;
  int64_t floats, integers, wides; /* of the work area */
  bool draws;                      /* the model draws: its functions take a seed and the step */
  bool steps;                      /* it reads step: they take that, outputs too */
  bool doubles;                    /* the function at hand will compute in double precision (emit/full_batch.c) */
} Emitter;

/* A number in a function's body: a float constant, or "0.5" where the function computes in double precision. */
const char *c_real(const Emitter *em, double x);

/* ---- a function's body (emit/code.c) ---- */

typedef struct Code { /* an expression */
  const char *text;
  int level;      /* how loosely it binds: 0 a name or call, 1 unary, 2 product, 3 sum, 4 comparison, 5 ?: */
  bool integer;   /* of type int; else float */
  bool wide;      /* of type int64_t */
  int64_t lo, hi; /* bounds of an integer */
} Code;

typedef struct Operand { /* an array, or a number, that a step works on */
  const Node *node;      /* NULL: scratch */
  const Pack *pack;
  const char *name;   /* in the step */
  const char *origin; /* in the function: "s->f + 64" */
  bool integer, wide, written, scalar;
} Operand;

typedef struct TempName {
  Read *read;       /* an inline value ... */
  const Node *node; /* ... or a node of the group */
  Code value;       /* its name */
} TempName;

typedef struct Body {
  Emitter *em;
  Context *cx;
  Graph *g;
  const Plan *plan;
  Text *out;
  int indent;
  const Axis *axes;           /* of the variables at hand */
  const char *vars[MAX_AXES]; /* and their names */
  int64_t last[MAX_AXES];     /* and their largest values */
  bool dropped[MAX_AXES];     /* variables that are 0, or merged into the next */
  bool held[MAX_AXES];        /* variables of loops around: times of scans */
  int loop;                   /* of the plan, that is open; -1: none */
  VEC(TempName) temps;
  int ntemps, nouter;    /* counters of t1, t2 ... of a step and r1, r2 ... of the function */
  VEC(Operand) operands; /* of the step at hand */
  const char *when;      /* NULL, or what must hold for places to exist that are not always in range */
  bool abstract;         /* operands are called a0, a1 ...: to find equal steps */
  bool direct;           /* operands are written as the function reaches them */
  bool uses_count;
  bool output;                                          /* of an output: draws depend on the seed alone */
  VEC(Operand) scalars;                                 /* of the function: names of PLACE_SCALAR nodes */
  const char *(*origin)(struct Body *b, const Node *n); /* how this function reaches a leaf or a destination */
  const char **root_names;                              /* where each root goes that is copied */
  const char *first;       /* of an optimizer of whole arrays: the place of the first element among all parameters, the
                              counter of its draws */
  const char *slot_access; /* of an optimizer of whole arrays: the parameter in the struct of a slot */
} Body;

void line(Body *b, const char *format, ...) NNC_PRINTF(2, 3);
void open_brace(Body *b, const char *format, ...) NNC_PRINTF(2, 3);
void open_guard(Body *b, const char *when); /* if (when) {, around reads */
void close_brace(Body *b);
/* Takes the axes of n as the variables at hand: the batch is b, the others i, j, k, l, as in formulas. */
void use_axes(Body *b, const Node *n);
extern const char *const loop_names[MAX_AXES + 2];
Operand *operand(Body *b, const Node *n, const Pack *pack, bool written);
Code code_index(Body *b, const Index *e);
const char *code_place(Body *b, const Index *e);
Code code_read(Body *b, Read *r);
/* emit/there.c: has the array of r such an element, whether the guards hold or not? */
bool read_in_range(const Body *b, const Read *r);
/* Has every array that gives e a part such an element? */
bool code_gathers_there(Body *b, const Index *e);
/* Does every element that r comes down to exist, those in guards of inline values too? */
bool code_always_there(Body *b, Read *r);
/* Does a body with these reads take no place from an array? */
bool code_affine(Body *b, const Node *n, Read *const *reads, const Index *value);
/* The scalar value of n's body (without its reduction), its reads, guards and value given in the variables at hand. */
Code code_body(Body *b, const Node *n, Read *const *reads, const Guard *guards, int nguards, const Index *value);
const char *as_float(Body *b, Code c, int level);
/* "i + u >= 2 && ..."; NULL where it always holds. */
const char *code_guards(Body *b, const Guard *guards, int n);
/* Writes `const float NAME = text;` and returns NAME; a name or a number stays as it is. */
Code spill(Body *b, Code c);
Code shorten(Body *b, Code c);     /* where the text is long */
Code code_loaded(Body *b, Code c); /* one side of a choice: where it reads an array, it is read before */
const char *code_parens(Body *b, Code c, int level);

/* ---- whole numbers (emit/whole.c) ---- */

bool whole_fits_int(int64_t lo, int64_t hi);
Code whole_code(const char *text, int level, int64_t lo, int64_t hi);
Code whole_constant(Body *b, int64_t k);
Code whole_widened(Body *b, Code c); /* as an int64_t */
Code whole_times(Body *b, Code x, Code y);
Code whole_plus(Body *b, Code x, Code y, bool minus);
/* The value of n, which c is, as an integer: a float is taken to the nearest of n's bounds. */
Code whole_of(Body *b, Code c, const Node *n);
/* The product of n's operands x, or n's operation on them, in whole numbers; false where floats do as well. */
bool whole_product(Body *b, const Node *n, double scale, const Code *x, Code *out);
bool whole_operation(Body *b, const Node *n, const Code *x, Code *out);
bool range_times(int64_t a, int64_t b, int64_t c, int64_t d, int64_t *lo, int64_t *hi); /* false: beyond 64 bits */
void report_wide(Body *b, const char *text);
const char *element_type(bool integer, bool wide);     /* "int32_t" */
const char *code_type(Code c);                         /* of a variable that holds it: "int" */
const char *code_narrowed(Body *b, Code c, int level); /* as such a variable takes it */
/* c, a value of n, as an element of an array of that type. */
const char *as_element(Body *b, Code c, const Node *n, bool integer, bool wide, int level);

/* ---- blocks (emit/step.c, emit/outline.c) ---- */

typedef struct CodeBlock { /* a step as text */
  const char *comment;
  Text text;        /* as it stands in the function: comment, declarations, loops */
  bool movable;     /* it may become part of a function of its own: */
  const char *body; /* ... its loops, with operands a0, a1 ... */
  Operand *operands;
  int noperands;
  bool uses_count;
  int lines; /* of text */
} CodeBlock;
typedef VEC(CodeBlock) BlockList;

/* Writes the blocks; what occurs more than once, on other operands, becomes a function. */
void emit_blocks(Body *b, const BlockList *blocks);
void declare_operands(Body *b, const Operand *operands, int n);

/* ---- loops (emit/nest.c) ---- */

void emit_map(Body *b, const Step *step);
void emit_scalars(Body *b, const Step *step); /* nodes without axes: constants of the function */
void emit_flat(Body *b);
void emit_reduce(Body *b, const Node *n);
void emit_copy(Body *b, Node *n, const char *to, bool integer);
void emit_pieces(Body *b, const Node *n);
/* A carried value at the first step; at the next one. */
void emit_carry(Body *b, const Carry *carry, int loop, bool start);
void emit_pack(Body *b, const Node *n, const Pack *pack);

/* ---- steps and functions ---- */

/* emit/step.c: all steps of b->plan but copies to roots of the kinds in `without`. */
void emit_steps(Body *b, uint32_t without);
void emit_root_copies(Body *b, DestKind dest);
void emit_comment(Body *b, const char *text);
const char *scalar_name(Body *b, const Node *n);
const char *code_elements(Body *b, const Node *n); /* "n * 64" */
/* emit/routine.c: losses, gradients, outputs, metrics. Plans first: they tell the size of the work area. */
void plan_routines(Emitter *em);
void emit_routines(Emitter *em, Text *header, Text *source);
/* "const float *x, const int32_t *y": the inputs of a mask, with a comma before each; types or names only. */
const char *input_list(Emitter *em, uint32_t mask, bool types);
/* Adds s, broken at commas where it is long. */
void add_wrapped(Text *out, const char *s, int indent);
/* How a function reaches an array literal. */
const char *table_name(Emitter *em, const Node *n, bool integer, bool wide);
/* "seed, step" where functions of the model take them, with a comma in front. */
const char *draw_arguments(Emitter *em, const Routine *r, const char *seed, const char *step);
/* emit/check.c: the condition under which a function of these inputs refuses them; the functions that it calls. */
const char *check_of_inputs(Emitter *em, uint32_t mask);
void emit_first_bad(Emitter *em, Text *out);
void emit_bad_row(Emitter *em, Text *header, Text *source);
/* The input that says how many places of this axis of `in` an example has, or -1. */
int input_extent(const Program *p, const Input *in, int axis);
/* The mask, and the extents that say how much of its integers is checked. */
uint32_t extents_of_checked(const Program *p, uint32_t mask);
/* emit/update.c: members of the model struct; functions that update parameters. */
void plan_updates(Emitter *em, Text *typedefs, Text *members);
void emit_updates(Emitter *em, Text *header, Text *source);
/* Does the struct count the turns of a step? */
bool emit_counts_turns(const Emitter *em);
const char *objective_name(Emitter *em, int objective);    /* "LG": unique */
void emit_tables(Emitter *em, Text *header, Text *source); /* emit/table.c: init, the nn_model */
/* emit/full_batch.c: what a full-batch method needs; nothing where there is none. */
void plan_full(Emitter *em);
void emit_full(Emitter *em, Text *types, Text *header, Text *source);
const FullBatch *full_batch_of(const Program *p); /* or NULL */

/* The inputs that a whole step reads: those of the losses that are minimized. */
uint32_t step_inputs(const Emitter *em);

#endif
