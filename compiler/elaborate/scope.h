/* scope.h: names and what they mean, and the state of elaboration. */
#ifndef NNC_ELABORATE_SCOPE_H
#define NNC_ELABORATE_SCOPE_H

#include "elaborate/value.h"

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
  void (*run_other)(void *owner, const Stmt *st); /* of a MODEL scope: runs a statement that bodies may not hold */
  void *owner;
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

struct Builtin {
  const char *name;
  Value *(*call)(Elaborator *el, Scope *s, const Expr *e, int nargs, Value **args);
  int least, most;    /* arguments */
  const char *usage;  /* "where(c, a, b)" */
  Op op;              /* of an elementwise one: call is NULL */
  const char *option; /* what may be given by name: "axis", or NULL */
};

enum { MOST_TURNS = 12000, MAX_DEPTH = 400 /* of calls in calls: some 10 kB of the stack each */ };

struct Elaborator {
  Program *program;
  Context *cx;
  Graph *g;
  Scope *globals; /* of the prelude, and the model's functions: they may take the place of the prelude's */
  Scope
    *own; /* within: what the prelude does not see: the model's constants, its functions with names of built-in ones */
  Scope *model;
  Scope *hand; /* of functions and constants of a derivation in a file of its own, which the model does not see ... */
  const Source *hand_source; /* ... and that file; or NULL */
  const Builtin *builtins;   /* the table (builtin.c) */
  int nbuiltins;
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
  bool unexplained; /* nothing was said of why the last of `unknown` means nothing */
  VEC(Update) updates;
  bool in_optimizer;       /* step and gnorm are visible */
  const Axis *weight_axes; /* there: of the parameter at hand, which its draws have too */
  int weight_rank;
  int stage_draw; /* the number of its next draw */
  bool *uses_gnorm;
  /* naming of layer calls in the statement at hand */
  const Expr **calls;
  const char **call_paths;
  int ncalls;
};

/* ---- scopes (scope.c) ---- */

Scope *scope_new(Elaborator *el, ScopeKind kind, Scope *parent);
/* The global scope of the text that a definition stands in. */
Scope *scope_home(const Elaborator *el, Span definition);
Binding *scope_find(Scope *s, const char *name);
void scope_bind(Elaborator *el, Scope *s, const char *name, Value *v, Span span);
ScanScope *scope_scan(const Scope *s);
/* Is e the name of a formal without brackets? */
bool scope_plain_formal(const Scope *s, const Expr *e);
void scope_push_var(Elaborator *el, int var);
void scope_pop_vars(Elaborator *el, int n);
bool scope_take_turn(Elaborator *el, Span span); /* false, and an error, where it is one too many */
bool expr_mentions(const Expr *e, const char *name);
const Builtin *builtin_find(const Elaborator *el, const char *name);
int builtin_names(const Elaborator *el, const char **names, int most);

/* ---- names (lookup.c) ---- */

/* The value of a name, dotted ones too; reports an unknown one with a suggestion. */
Value *lookup(Elaborator *el, Scope *s, const char *name, Span span);
Value *lookup_quiet(Elaborator *el, Scope *s, const char *name);
/* What has this whole path, or NULL; an error where several calls have made one. */
Value *lookup_path(Elaborator *el, const Scope *s, const char *path, Span span);
/* Does the name mean something, special ones (π, inf) too? */
bool lookup_known(Elaborator *el, Scope *s, const char *name);

/* ---- names that derivatives are taken by (asked.c) ---- */

/* Fills el->asked from the text of fn, or of the model. */
void asked_collect(Elaborator *el, const Stmt *fn, const Block *b);
bool asked_by(const Elaborator *el, const Scope *s, const char *name);

/* ---- definitions (define.c) ---- */

/* Binds a name, and records its path for h.W and grad. */
void define_result(Elaborator *el, Scope *s, const char *name, Value *v, Span span);
bool define_allowed(Elaborator *el, Scope *s, const char *name, Span span);
/* Defines a target by its value, under its name; an error if it has one already. */
void define_value(Elaborator *el, Scope *s, const Target *t, Value *v);
/* Gives the NAME that v is the path by which the model calls it. */
void define_path(Elaborator *el, const Scope *s, const Value *v, const char *name);
void define_target(Elaborator *el, Scope *s, const Target *t, Value *v); /* where it has none */

/* ---- paths of layers (path.c) ---- */

/* Gives each layer call of a statement a path. */
void path_name_calls(Elaborator *el, Scope *s, const char *target, const Expr *e1, const Expr *e2);
const char *path_of_call(Elaborator *el, Scope *s, const Expr *call, const Stmt *layer);
bool path_is_hole(const Expr *e); /* `_` */

#endif
