/* cause.h: why a check is refuted: the mistake in the user's own text that, corrected, makes it hold.
 *
 * In: a refuted check. Out: a Cause. A derivation is the formula of the check and the definitions that lead to it and
 * to nothing else; it is edited, one place at a time, read again, and evaluated at some stored points:
 *
 *     check ∂L/∂a == δ*h*(1 + h)      edit 1 + h to 1 - h      δ*h*(1 - h) agrees at all points, and is proved: the
 * cause
 *
 * What is said is only what was found to be so: an edit counts where the corrected check is proved or holds. */
#ifndef NNC_CHECK_CAUSE_H
#define NNC_CHECK_CAUSE_H

#include "check/finding.h"
#include "check/sides.h"
#include "model/model.h"
#include "simplify/simplify.h"

#include <time.h>

/* Rows: the kind of a cause and its name in reports for machines. */
#define CAUSE_KINDS(X)                                                                                                 \
  X(SIGN, "sign")                                                                                                      \
  X(FACTOR, "factor") /* a number or a constant too many, or missing */                                                \
  X(FACTOR_MISSING, "missing factor")                                                                                  \
  X(FACTOR_EXTRA, "extra factor")                                                                                      \
  X(DERIVATIVE, "derivative") /* f' missing, too many, for f, or at the wrong place */                                 \
  X(TERM_MISSING, "missing term")                                                                                      \
  X(TERM_EXTRA, "extra term")                                                                                          \
  X(TRANSPOSE, "transpose")                                                                                            \
  X(ORDER, "order") /* of operands or arguments */                                                                     \
  X(NAME, "other value")                                                                                               \
  X(TARGET, "other variable") /* a derivative with respect to another value */                                         \
  X(INDEX, "index")                                                                                                    \
  X(AXIS, "axis")                                                                                                      \
  X(MEAN, "mean or sum")                                                                                               \
  X(POWER, "power")                                                                                                    \
  X(NUMBER, "number")                                                                                                  \
  X(FUNCTION, "function")                                                                                              \
  X(CONDITION, "condition")                                                                                            \
  X(DELTA, "delta")                                                                                                    \
  X(PATH, "path")                                                                                                      \
  X(STOP, "stop")                                                                                                      \
  X(LINE, "line")
typedef enum {
#define X(id, name) CAUSE_##id,
  CAUSE_KINDS(X)
#undef X
} CauseKind;

/* The cause of a refuted check, whose leaves in s are those of the point that refutes. False where none was found. */
bool cause_find(Sides *s, Cause *out);
/* Does the formula hold a derivative? */
bool cause_derives(const Expr *e);

/* ---- pattern.c ---- */

/* How many points agree, and which elements differ; draws points. */
void pattern_find(Sides *s, Finding *f);
/* The whole numbers of an example where the leaves are now, "y = 2, T = 1"; NULL: none. */
const char *pattern_point(Sides *s, int example);

/* ---- edit.c: trees with one place replaced, and new ones ---- */

const Expr *edit_replaced(Context *cx, const Expr *root, const Expr *node, const Expr *by);
/* Every value or index of this name in root is `by` afterwards. */
const Expr *edit_renamed(Context *cx, const Expr *root, const char *name, const Expr *by);
int edit_count(const Expr *root, const char *name);
Expr *edit_copy(Context *cx, const Expr *e);
Expr *edit_number(Context *cx, double x);
Expr *edit_name(Context *cx, const char *name);
Expr *edit_binary(Context *cx, BinaryOp op, const Expr *a, const Expr *b);
Expr *edit_unary(Context *cx, ExprKind kind, const Expr *a);
Expr *edit_call(Context *cx, const char *callee, const Expr *a, const Expr *b);
Expr *edit_read(Context *cx, const Expr *array, const Target *t);    /* array[i, j] with the indices of y[i, j] = ... */
Expr *edit_partial(Context *cx, const Expr *loss, const char *name); /* ∂L/∂name */
Expr *edit_at(Context *cx, const Expr *array, const Expr *index);    /* array[index] */
Expr *edit_wrap(Expr *e);                                            /* in parentheses where it has an operator */
bool edit_same(const Expr *a, const Expr *b);
bool edit_is_number(const Expr *e, double x);
bool edit_calls(const Expr *e, const char *name); /* is e name(...)? */

/* ---- inquiry.c: does an edited derivation agree? ---- */

enum { MOST_CASES = 4, MOST_INDICES = 12 };

typedef struct Edit {
  CauseKind kind;
  int cost; /* the least is the most plausible */
  const char *format;
  const Expr *what, *other; /* of the two %s of format */
} Edit;

typedef struct Suspect { /* an edit that agrees at the stored points */
  Edit edit;
  const Expr *root;     /* the edited formula, or that of a definition */
  int line;             /* of the derivation, or -1 */
  const Known *adjoint; /* the value whose adjoint the edited definition is; or NULL */
  Read *value;
  bool later;  /* than a definition that is wrong as well */
  bool judged; /* and found wanting */
} Suspect;

typedef struct Inquiry {
  Program *p;
  Context *cx;
  const Check *check;
  Simplifier *simplifier;
  KnownList known;
  bool *aside;      /* of these: the loss does not need it */
  const Expr *loss; /* that the other side holds a derivative of; NULL: none is known */
  bool left;        /* the left side is edited, not the right one */
  const Expr *side; /* that is edited */
  Read *truth;      /* the other side */
  bool *right;      /* of these: it is the derivative of the loss by a named value */
  Block lines;      /* definitions that lead to the edited side and not to the loss, in their order */
  Evaluation *at[MOST_CASES];
  double *target[MOST_CASES], *given[MOST_CASES], scale[MOST_CASES]; /* values of truth and of the edited side */
  int ncases, nvars, vars[MAX_AXES + 1];
  int64_t count;
  double work; /* left, in terms to be summed */
  clock_t start;
  VEC(Suspect) suspects;
} Inquiry;

typedef struct Site { /* what is edited: the formula of a line, or the side (-1) */
  int line;
  const Expr *root;
  const char *indices[MOST_INDICES]; /* that may stand at the place at hand */
  int64_t extents[MOST_INDICES];     /* 0: not known */
  int nindices;
} Site;

bool inquiry_begin(Inquiry *q, Sides *s, bool left);
/* The edited derivation as a value; NULL where it makes no sense. */
Read *inquiry_read(Inquiry *q, int line, const Expr *root);
/* Does it agree with the truth at the stored points? */
bool inquiry_agrees(Inquiry *q, Read *value);
/* Is `by` in place of node a suspect? */
void inquiry_try(Inquiry *q, const Site *at, const Expr *node, const Expr *by, Edit edit);
void inquiry_try_root(Inquiry *q, const Site *at, const Expr *root, Edit edit);
/* The best suspect, of those that cost at most so much, of which the corrected check is proved, or else holds. */
bool inquiry_judge(Inquiry *q, int most, Cause *out);
bool inquiry_holds(Inquiry *q, Read *truth, Read *value, bool *proved);
const char *inquiry_kind(CauseKind kind);
/* Is it the name of a definition that leads to the side, and not known to be right? */
bool inquiry_is_wrong_line(const Inquiry *q, const char *name);
/* How far binder k of a reduction runs; 0: not known. */
int64_t inquiry_extent(const Inquiry *q, const Expr *e, int k);
const Known *inquiry_known(const Inquiry *q, const char *name);

/* ---- which edits there are ---- */

/* cause_line.c: the loss, and the definitions that lead to the side and not to the loss; makes edits in those that are
 * not right; a whole one */
void cause_lines(Inquiry *q);
void cause_settle(Inquiry *q); /* which of them are right */
void cause_in_lines(Inquiry *q, void (*edits)(Inquiry *q, Site *at));
void cause_of_line(Inquiry *q);
/* cause_pair.c: missing terms and factors that are made of two values */
void cause_pairs(Inquiry *q, Site *at);
/* cause_path.c: paths that are left out, and `stop`; true where that is the cause */
bool cause_paths(Inquiry *q, Cause *out);

void cause_local(Inquiry *q, Site *at);                            /* cause_local.c: of one operation or number */
void cause_names(Inquiry *q, Site *at);                            /* cause_name.c: other names and indices */
int cause_terms(Inquiry *q, Site *at, const Expr **out, int most); /* what may be a term there: their number */
void cause_insert(Inquiry *q, Site *at); /* cause_insert.c: factors and terms that are missing */

#endif
