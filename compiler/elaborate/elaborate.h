/* elaborate.h: what the files of elaboration share: values, scopes, the elaborator.
 *
 * A tensor value is an open read and the variables of its own axes: `\(i, j) W[i, j]`. What else is free in the read
 * (the batch, indices in scope, lifted axes) is the context that the value is used in. Numbers, lists, functions and
 * distributions exist at compile time only. */
#ifndef NNC_ELABORATE_H
#define NNC_ELABORATE_H

#include "graph/program.h"

typedef enum {
  VALUE_POISON,
  VALUE_NUMBER,
  VALUE_TENSOR,
  VALUE_LIST,
  VALUE_FUNCTION,
  VALUE_DISTRIBUTION,
  VALUE_TUPLE,
  VALUE_SEQUENCE /* inside of the scan that computes it */
} ValueKind;

typedef struct Value Value;
typedef struct Scope Scope;
typedef struct Elaborator Elaborator;
typedef struct Builtin Builtin;
typedef struct ScanScope ScanScope;

enum { MAX_DEPTH = 400 /* of calls in calls: some 10 kB of the stack each */ };

struct Value {
  ValueKind kind;
  Span span;        /* where it was made or declared, for notes */
  const char *name; /* the user's name for it, or NULL */
  double number;
  Read *read; /* TENSOR; NUMBER: what it follows from, where that says more than its digits (Graph.exact; a name that is
                 held), or NULL */
  int rank;
  int vars[MAX_AXES];
  Value **items; /* LIST, TUPLE */
  int nitems;
  bool grows;     /* LIST: the row S, which S[l] = dense(_, 64) adds to */
  Value *array;   /* LIST: the constant array that it was used as, or NULL */
  const Stmt *fn; /* FUNCTION: fn, layer or optimizer; or */
  const Builtin *builtin;
  const Expr *
    partial; /* FUNCTION of a call with `_`: that call, its parameters under `path`; what it gives for each argument, */
  struct Value **given; /* NULL for `_` */
  const char *path;
  Start start;     /* DISTRIBUTION, with constant arguments */
  ScanScope *scan; /* SEQUENCE: its values in this step and the one before; NULL where there is none (yet) */
  struct Value *now, *before;
};

typedef struct Binding {
  const char *name;
  Value *value;
  Span span;
  bool is_formal;
  struct Binding *next;
} Binding;

typedef enum { SCOPE_GLOBAL, SCOPE_MODEL, SCOPE_FUNCTION, SCOPE_BLOCK } ScopeKind;
struct Scope {
  ScopeKind kind;
  Scope *parent;
  Binding *first;
  const Stmt *fn;       /* of a FUNCTION scope */
  ScanScope *scan;      /* of the body of a scan */
  const char *prefix;   /* path of the layer instance, "" at the top */
  const char *suffix;   /* ".0.1" inside of `for` */
  bool may_redefine;    /* inside of `for` or `if` */
  bool reuse;           /* an instance that is called again: its parameters exist */
  int since;            /* how many values had names when the function was called */
  const Arg *overrides; /* parameters given by name in the call */
  Value **override_values;
  int noverrides;
};

typedef struct Update { /* of a state or, in an optimizer, of w, g and slots */
  const char *path;
  Value *value;
  Span span;
} Update;

typedef struct Named { /* a definition that grad may name */
  const char *path;
  Value *value;
  Span span;
  bool ambiguous; /* made by more than one call of an instance */
} Named;

typedef struct Asked { /* a name that a derivative is taken by */
  const Stmt *fn;      /* in this function; NULL: in the model */
  const char *name;    /* of h.y: y */
  bool dotted;
} Asked;

typedef struct Mixed { /* a product, element by element, of a matrix and a vector: W * x, where W @ x may be meant */
  const Node *node;
  Axis rows;
  Span span;
  const char *shapes, *meant;
} Mixed;

typedef struct Minimize {
  const Stmt *stmt;
  const char **over; /* the paths of what it names */
  int loss, every;
} Minimize;

struct Elaborator {
  Program *program;
  Context *cx;
  Graph *g;
  Options *options;
  Scope *globals; /* of the prelude, and the model's functions: they may take the place of the prelude's */
  Scope
    *own; /* within: what the prelude does not see, the model's constants and functions with names of built-in ones */
  Scope *model;
  double training; /* 1 in the first pass, 0 in the second */
  bool asked_training;
  bool second_pass; /* parameters and inputs exist */
  bool quiet;       /* a trial elaboration: report nothing */
  bool failed;      /* something was wrong in a trial */
  const Source *prelude;
  const char *builtin; /* the name of the built-in function that is being called, whatever the caller calls it */
  const Value *option; /* what was given to it by name, or NULL */
  Span option_span;
  Span user_call;                   /* the innermost call that stands in the user's own text */
  Span blamed;                      /* the last such call that was said to be wrong: once is enough */
  bool repeats;                     /* the last report was not shown for that */
  Span twice;                       /* the last call that made a parameter twice, reported */
  Block statements;                 /* of the model, imports spliced in */
  bool syntax_errors;               /* some statements could not be read */
  int depth;                        /* of calls */
  const Stmt *under_way[MAX_DEPTH]; /* the functions that are being called, outermost first */
  int turns;                        /* of `for`, and calls, so far; MOST_TURNS at most */
  VEC(int) context; /* variables that a draw is independent along: lifted axes, indices, times of scans */
  VEC(Named) named;
  VEC(Asked) asked;
  VEC(Named) unknown; /* names that were reported to mean nothing */
  VEC(Mixed) mixed;
  const Expr *left; /* what stands left of the sum or difference whose right side is at hand */
  bool unexplained; /* nothing was said of why the last of them does */
  VEC(Update) updates;
  const Stmt *derivatives[OP_COUNT];
  VEC(const Stmt *) rules;
  VEC(Minimize) pending;   /* of run_minimize, until all parameters are known */
  bool in_optimizer;       /* step and gnorm are visible */
  const Axis *weight_axes; /* there: of the parameter at hand, which its draws have too */
  int weight_rank;
  int stage_draw, stage_draws; /* the number of its next draw; of the first draw of the next optimizer */
  bool *uses_gnorm;
  /* naming of layer calls in the statement at hand */
  const Expr **calls;
  const char **call_paths;
  int ncalls;
};

enum { MOST_TURNS = 12000 };
bool take_turn(Elaborator *el, Span span); /* elaborate/call.c; false, and an error, where it is one too many */

/* values (elaborate/value.c) */
Value *value_new(Elaborator *el, ValueKind kind, Span span);
Value *value_number(Elaborator *el, double x, Span span);
Value *value_poison(Elaborator *el, Span span);
Value *value_tensor(Elaborator *el, Read *read, int rank, const int *vars, Span span);
/* The value as a tensor: numbers and lists of numbers become constants. NULL with an error where it cannot be one. */
Value *as_tensor(Elaborator *el, Value *v, Span span, const char *what);
bool is_poison(const Value *v);
/* Not several results, with an error, and not poison. */
bool one_value(Elaborator *el, const Value *v, Span span);
/* "the shapes do not fit for '@': 'W' [3, 4] and 'x' [3]", and where the two are declared. */
void report_shapes(Elaborator *el, const Value *x, const Value *y, Span span, const char *what);
/* v at the given indices of its first n axes; the rest stay its own, with fresh variables. */
Value *value_at(Elaborator *el, const Value *v, int n, Index *const *index);
Value *value_fresh(Elaborator *el, const Value *v);
Axis value_axis(const Elaborator *el, const Value *v, int k);
/* "[3, 4]", "a number", "a list of 3": for messages. */
const char *shape_text(Elaborator *el, const Value *v);
const char *describe(Elaborator *el, const Value *v);
bool same_extent(const Elaborator *el, const Value *a, int i, const Value *b, int j);
/* Elementwise with the suffix rule; reports both shapes by name where they do not fit. */
Value *elementwise(Elaborator *el, Op op, int n, Value *const *args, Span span, const char *what);
/* A whole number of at least `least`; reports otherwise and returns -1. */
int64_t whole_number(Elaborator *el, const Value *v, Span span, const char *what, int64_t least);
/* An extent: a number, or a `dim` with its bound; false with an error. */
bool extent_of(Elaborator *el, const Value *v, Span span, const char *what, Axis *axis);
/* The value under a user's name in s: a NAME node, so that grad can find it. */
Value *named_value(Elaborator *el, const Scope *s, const char *label, Value *v);
/* Does the value lead, through names alone, to a constant that derivatives are taken by? */
bool is_held(const Read *r);
/* All elements of a constant value, row by row; NULL where it is not constant. */
const double *constant_elements(Elaborator *el, const Value *v, int64_t *count);

void report(Elaborator *el, Span s, const char *format, ...) NNC_PRINTF(3, 4);
void remark(Elaborator *el, Span s, const char *format, ...) NNC_PRINTF(3, 4);
void advise(Elaborator *el, const char *format, ...) NNC_PRINTF(2, 3);

/* scopes (elaborate/scope.c) */
/* The global scope of the text that a definition stands in. */
Scope *scope_home(const Elaborator *el, Span definition);
Scope *scope_new(Elaborator *el, ScopeKind kind, Scope *parent);
Binding *scope_find(Scope *s, const char *name);
void scope_bind(Elaborator *el, Scope *s, const char *name, Value *v, Span span);
/* The value of a name, dotted ones too; reports an unknown one with a suggestion. */
Value *lookup(Elaborator *el, Scope *s, const char *name, Span span);
Value *lookup_quiet(Elaborator *el, Scope *s, const char *name);
/* What has this whole path, or NULL; an error where several calls have made one. */
Value *value_of_path(Elaborator *el, const Scope *s, const char *path, Span span);
/* Does the name mean something, special ones (π, inf) too? */
bool scope_known(Elaborator *el, Scope *s, const char *name);

/* expressions */
Value *expr(Elaborator *el, Scope *s, const Expr *e); /* elaborate/expr.c */
/* Where x, which has too many axes, has its first from a matrix that a vector was multiplied into by '*'. */
void remark_product(Elaborator *el, const Value *x);
bool expr_mentions(const Expr *e, const char *name);
Value *expr_index(Elaborator *el, Scope *s, const Expr *e); /* elaborate/index.c: x[...] */
/* Says that v cannot be an index into `extent` places, and how its input is declared as one that can. */
void report_not_whole(Elaborator *el, Span span, const Value *v, int64_t extent, const char *what);
Value *expr_reduce(Elaborator *el, Scope *s, const Expr *e); /* sum(j) ... */
Value *expr_call(Elaborator *el, Scope *s, const Expr *e);   /* elaborate/call.c */
Value *call_function(Elaborator *el, Scope *s, const Value *f, const Expr *call, int nargs, Value **args,
                     const char **names, const Span *spans);
/* elaborate/gradient.c */
Value *expr_gradient(Elaborator *el, Scope *s, const Expr *e, const Expr *of, const Expr *by, bool jacobian);
void ask_derivatives(Elaborator *el, const Stmt *fn,
                     const Block *b); /* fills el->asked from the text of fn, or of the model */
bool derivative_asked(const Elaborator *el, const Scope *s, const char *name);
/* Is e the name of a formal without brackets? */
bool plain_formal(const Scope *s, const Expr *e);
Value *reduce_value(Elaborator *el, const char *name, Value *v, int nvars, const int *vars, Span span);

/* Index variables for binders: extents written, or taken from where the index stands alone in `body` (other may be
 * NULL). Binds them in s; false with an error where an extent is not known. */
bool bind_indices(Elaborator *el, Scope *s, const Binder *binders, int n, const Expr *body, const Expr *other,
                  int *vars);
/* The names in e that stand alone in a place of an index and mean nothing in s: the free indices of a check. */
int free_indices(Elaborator *el, Scope *s, const Expr *e, Binder *out, int n, int most);

struct Builtin {
  const char *name;
  Value *(*call)(Elaborator *el, Scope *s, const Expr *e, int nargs, Value **args);
  int least, most;    /* arguments */
  const char *usage;  /* "where(c, a, b)" */
  Op op;              /* of an elementwise one: call is NULL */
  const char *option; /* what may be given by name: "axis", or NULL */
};
const Builtin *builtin_find(const char *name);
int builtin_names(const char **names, int most);

/* All free variables of the values together, without their own axes: the axes that a new array needs in front. */
int context_vars(int n, Value **v, int *vars);
/* A node whose first axes are those variables. */
Value *open_node(Elaborator *el, Node *node, int nfree, const int *vars, Span span);
/* elaborate/join.c */
Value *call_concat(Elaborator *el, Scope *s, const Expr *e, int n, Value **args);
Value *call_stack(Elaborator *el, Scope *s, const Expr *e, int n, Value **args);
Value *call_split(Elaborator *el, Scope *s, const Expr *e, int n, Value **args);

/* lines of the prelude (model/law.c) */
void declare_derivative(Elaborator *el, const Stmt *st);
void declare_rule(Elaborator *el, const Stmt *st);

/* statements (elaborate/statement.c) */
typedef enum { FLOW_ON, FLOW_RETURNED } Flow;
Flow run_block(Elaborator *el, Scope *s, const Block *b, Value **returned);
bool statement_in_body(Elaborator *el, Scope *s, const Stmt *st);
void name_layer_calls(Elaborator *el, Scope *s, const char *target, const Expr *e1, const Expr *e2);
void run_model(Elaborator *el, const Block *model);

void bind_result(Elaborator *el, Scope *s, const char *name, Value *v, Span span);
void context_push(Elaborator *el, int var);
void context_pop(Elaborator *el, int n);

/* Defines a target by its value, under its name; an error if it has one already. */
bool may_define(Elaborator *el, Scope *s, const char *name, Span span);
void define_value(Elaborator *el, Scope *s, const Target *t, Value *v);

/* rows of instances (elaborate/instance.c) */
bool is_hole(const Expr *e);           /* `_` */
bool defines_instance(const Stmt *st); /* S[l] = dense(_, 64) */
/* Says what makes an instance, where a target with an index is given a function by name. */
bool is_no_instance(Elaborator *el, Scope *s, const Target *t, const Expr *e);
bool is_row(const Value *v); /* a list of instances, however it was made */
void define_instance(Elaborator *el, Scope *s, const Stmt *st);
/* Says that `index`, of an entry of the row, is not known when compiling. */
void report_choice(Elaborator *el, Span span, const Value *row, const char *index);
Value *expr_part(Elaborator *el, Scope *s, const Expr *e); /* S[l].W */
/* The path of what has parameters: h, S[1], S[1].W; NULL with an error. */
const char *path_of_whole(Elaborator *el, Scope *s, const Expr *e);

/* extents of examples (elaborate/dim.c) */
void declare_dim(Elaborator *el, Scope *s, const Stmt *st);
bool is_dim(Elaborator *el, const Value *v);
Value *dim_extent(Elaborator *el, int dim, Span span); /* as a value */
const char *dim_text(Elaborator *el, int dim);
Read *dim_condition(Elaborator *el, int var);             /* the same of a variable, as 0 or 1 */
bool within_dim(Elaborator *el, int dim, const Index *e); /* always */

/* draws (elaborate/draw.c) */
void run_draw(Elaborator *el, Scope *s, const Stmt *st);
Value *call_distribution(Elaborator *el, Scope *s, const Expr *e, int n, Value **args);

/* scan (elaborate/scan.c) */
void run_scan(Elaborator *el, Scope *s, const Stmt *st);
/* Is this target a sequence of the scan at hand: h[t], h[t, i]? */
bool defines_step(const Scope *s, const Target *t);
void define_step(Elaborator *el, Scope *s, const Target *t, Value *v);
/* h[at], inside of the scan that computes h (at NULL: anything else than an index). */
Value *sequence_at(Elaborator *el, const Value *sequence, const Index *at, Span span);
ScanScope *scan_of(const Scope *s);

/* parameters, states (elaborate/leaf.c) */
void declare_param(Elaborator *el, Scope *s, const Stmt *st, const Decl *d);
void declare_state(Elaborator *el, Scope *s, const Stmt *st, const Decl *d);
void declare_input(Elaborator *el, Scope *s, const Decl *d);

/* minimize, train (model/minimize.c) */
void run_minimize(Elaborator *el, Scope *s, const Stmt *st);
void run_train(Elaborator *el, Scope *s, const Stmt *st);
void finish_objectives(Elaborator *el);

/* full-batch methods (model/full_batch.c) */
bool is_full_batch(Elaborator *el, const Expr *e);
/* Makes o minimized by e; el->updates are the model's own. False with an error where the model does not allow it. */
bool make_full_batch(Elaborator *el, Objective *o, const Minimize *m, const Expr *e);

#endif
