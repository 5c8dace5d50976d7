/* typo.h: formulas as they are set on a page, and the writers of pages.
 *
 * Between a Form, which is what is meant, and text: here W' d is a product of a transpose and a name, without indices
 * where matrix notation does without them. */
#ifndef NNC_DERIVATION_TYPO_H
#define NNC_DERIVATION_TYPO_H

#include "derivation/form.h"

typedef enum {
  TYPO_TEXT,      /* text, as it is: a number, an index */
  TYPO_NAME,      /* name, and at[] as its indices */
  TYPO_SUM,       /* at[0] + at[1] + ..., of which a NEGATIVE is subtracted */
  TYPO_NEGATIVE,  /* -at[0] */
  TYPO_PRODUCT,   /* at[0] at[1] ... */
  TYPO_HADAMARD,  /* at[0] ⊙ at[1] ⊙ ... */
  TYPO_FRACTION,  /* at[0] / at[1] */
  TYPO_POWER,     /* at[0] ^ at[1] */
  TYPO_ROOT,      /* √at[0] */
  TYPO_TRANSPOSE, /* at[0]ᵀ */
  TYPO_CALL,      /* text(at[0], ...) */
  TYPO_BIG,       /* text, below it at[1] ..., of at[0] */
  TYPO_CASES,     /* at[0] where at[1], at[2] else */
  TYPO_HOLDS,     /* [at[0]]: 1 where it is so, else 0 */
  TYPO_RELATION,  /* at[0] text at[1] */
  TYPO_NORM,      /* ‖at[0]‖ */
  TYPO_SCRIPT     /* (at[0]) with the indices at[1] ... */
} TypoKind;

typedef enum { MARK_NONE, MARK_ADJOINT, MARK_MULTIPLIER, MARK_PARTIAL, MARK_SECOND } Mark;

typedef struct Name { /* δ of W with the subscript h1, the second of that name */
  const char *base, *sub;
  int copy;
  bool unit; /* of e_t */
} Name;

typedef struct Typo Typo;
struct Typo {
  TypoKind kind;
  const char *text;
  Name name;
  Mark mark;
  int n;
  Typo **at;
};

typedef VEC(Typo *) Typos;

/* ---- typo.c ---- */

Typo *typo_new(Context *cx, TypoKind kind, Typo *const *at, int n);
Typo *typo_text(Context *cx, const char *text);
Typo *typo_named(Context *cx, Name name, Mark mark, Typo *const *indices, int n);
Typo *typo_call(Context *cx, const char *name, Typo *const *at, int n);
Typo *typo_relation(Context *cx, const char *sign, Typo *a, Typo *b);
Typo *typo_negative(Context *cx, Typo *t);
Typo *typo_product(Context *cx, TypoKind kind, const Typos *factors); /* the factor itself where it is one */
Typo *typo_number(Context *cx, double x);                             /* ½ as 1/2, 2.5066 as √(2π) */
bool typo_is(const Typo *t, const char *text);
/* number * above / below, each of these a product of the given kind; NULL: 1. */
Typo *typo_quotient(Context *cx, double number, Typo *above, Typo *below);

/* How tightly the parts of a formula hang together: what is looser than its place gets brackets. */
enum { LOOSE, SUMS, BIGS, HADAMARDS, PRODUCTS, TIGHT, ATOMS };
int typo_level(const Typo *e, bool drawn); /* drawn: a fraction has a line of its own */
bool typo_indices_below(const Typo *e);    /* of a name: as subscripts, or in brackets? */
bool typo_is_tall(const Typo *e);          /* higher than a line of text? */

/* ---- symbol.c: names ---- */

typedef struct Setting { /* of one equation */
  const Derivation *d;
  Context *cx;
  Graph *g;
  bool lagrangian;                 /* adjoints are multipliers */
  bool outside;                    /* is an element read that may be outside of its array? */
  bool examples;                   /* does an index say which example is meant? */
  int ntimes, times[4 * MAX_AXES]; /* variables that are times, or other examples */
  int nletters, lettered[8 * MAX_AXES];
  const char *letters[8 * MAX_AXES];
} Setting;

void setting_begin(Setting *s, const Form *const *forms, int n);
bool setting_is_time(const Setting *s, int var);
void setting_name(Setting *s, int var, const char *letter); /* from now on the variable is called so */
Name symbol_name(const Setting *s, const Quantity *q);
/* The name of a quantity or its adjoint, without indices. */
Typo *symbol_bare(const Setting *s, const Quantity *q, bool adjoint);
Typo *symbol_letter(Setting *s, int var);
Typo *symbol_index(Setting *s, const Index *e);
/* An element of a leaf: all of its indices, or where nout >= 0 those that are none of `out`. */
Typo *symbol_of(Setting *s, const Read *r, int nout, const int *out);
/* Which axes of r's node are indices of a reader's: the example is none. */
bool symbol_shows(const Setting *s, const Read *r, int axis);

/* ---- index.c, net.c, matrix.c ---- */

Typo *index_notation(Setting *s, const Form *f);
/* Of operands that are set already: op(x), base^exponent, a reduction; and of 1 where an index is so. */
Typo *index_call(Context *cx, Op op, Typo **x, int n);
Typo *index_power(Context *cx, Typo *base, double exponent);
Typo *index_reduction(Setting *s, Reduction r, Typo *body, int nvars, const int *vars);
Typo *index_holds(Setting *s, const Form *f);
/* As an array with the axes `out`, without indices; NULL where it cannot be written so. */
Typo *matrix_notation(Setting *s, const Form *f, int nout, const int *out);

/* number times the product of the factors, summed over `bound`. */
Typo *net_typo(Setting *s, double number, Form *const *factors, int n, int nbound, const int *bound, int nout,
               const int *out);
Typo *net_scalar_factor(Setting *s, const Form *f); /* NULL where f is no single number */
Typo *net_transposed(Context *cx, Typo *t);

/* ---- writers ---- */

void text_typo(Text *t, const Typo *e);

#endif
