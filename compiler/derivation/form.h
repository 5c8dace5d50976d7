/* form.h: formulas as trees, for the algebra of people: sums, products, powers, functions, sums over an index.
 *
 * A formula is written element by element; its indices are those of the graph, in free variables. Making one does what
 * nobody writes out: numbers are multiplied, x x is x², a factor that a sum does not run over stands before it. Nothing
 * is changed in place. */
#ifndef NNC_DERIVATION_FORM_H
#define NNC_DERIVATION_FORM_H

#include "derivation/quantity.h"

typedef enum {
  FORM_NUMBER,
  FORM_SYMBOL,  /* read: an element of a leaf */
  FORM_SUM,     /* at[0] + at[1] + ... */
  FORM_PRODUCT, /* at[0] at[1] ...; a number, where there is one, is the first */
  FORM_POWER,   /* at[0] ^ number */
  FORM_CALL,    /* op(at[0], ...), of what has no kind of its own */
  FORM_REDUCE,  /* reduction over vars of at[0] */
  FORM_HOLDS,   /* 1 where index is whole and in 0..extent-1, else 0 */
  FORM_INDEX,   /* the value of an index */
  FORM_SOFTMAX, /* exp(at[0])/sum(exp(at[0])) over vars[0], at place index */
  FORM_VIEW     /* read: an element of an array seen in another shape; at[0]: an element of that array, at vars */
} FormKind;

typedef struct Form Form;
struct Form {
  FormKind kind;
  double number;
  Op op;
  Reduction reduction;
  const Read *read;
  Index *index;
  int64_t extent;
  int nvars, vars[MAX_AXES];
  int n;
  Form **at;
};

typedef VEC(Form *) Forms;

/* ---- form.c ---- */

Form *form_new(Context *cx, FormKind kind);
Form *form_number(Context *cx, double x);
Form *form_sum(Context *cx, Form *const *terms, int n);
Form *form_product(Context *cx, Form *const *factors, int n);
Form *form_power(Context *cx, Form *base, double exponent);
Form *form_call(Context *cx, Op op, Form *const *at, int n);
Form *form_reduce(Graph *g, Reduction r, const int *vars, int n, Form *body);
Form *form_negative(Context *cx, Form *f);
bool form_is_number(const Form *f, double x);
double form_coefficient(const Form *f);      /* of a product: its number; of a number: itself; else 1 */
Form *form_rest(Context *cx, const Form *f); /* without that */
/* The factors of f without its number, f itself where it is no product. */
Forms form_factors(Context *cx, const Form *f);
/* f with other operands, made anew. */
Form *form_with(Graph *g, const Form *f, Form *const *at);
Form *form_substitute(Graph *g, const Form *f, const Subst *s);
bool form_uses(const Form *f, int var);
int form_vars(const Form *f, int *vars, int n); /* its free variables: adds them, as read_vars does */
bool form_equal(const Form *a,
                const Form *b); /* up to the names of bound variables and the order of factors and terms */
/* Does `pattern` with its variables `vars` replaced by some indices equal f? Then these are in `by`. */
bool form_match(const Form *pattern, const Form *f, int nvars, const int *vars, Index **by);
/* f, which is [v = e] for another variable, a whole value or a number e: then v and e. */
bool form_pins(Graph *g, const Form *f, int *v, Index **e);
int form_cost(const Form *f); /* how much there is to read */

/* ---- convert.c ---- */

Form *form_of_read(Graph *g, const Read *r);

/* ---- known.c ---- */

typedef struct Law { /* a function of the model that has a name: where it stands, the name may */
  Form *pattern;     /* exp(a[i]) */
  bool alone;        /* nothing else stands there */
  double exponent;   /* of the pattern as a power of what the law is of: 1, 0.5 of a root */
  Form *value;       /* p[i] / what else stands in the equation of p */
  int nvars, vars[MAX_AXES];
} Law;
typedef VEC(Law) LawList;

/* softmax where it stands written out. */
Form *known_functions(Graph *g, Form *f);
/* The laws of all equations of d. */
LawList known_laws(const Derivation *d);
/* f with values of the model in place of the functions that they are; `alone`: only where an equation has nothing else
 * than the function. */
Form *known_values(Graph *g, const LawList *laws, bool alone, Form *f);

/* ---- verify.c ---- */

typedef struct Verified { /* comparisons at points */
  int same, different, unknown;
  const Form *first; /* that differs */
} Verified;
Apart *verify_values(const Derivation *d);
/* Is f what r is? Added to `found`. */
/* Do the steps lead to the gradients of the whole loss? */
void verify_gradients(Derivation *d, Verified *found);
void verify_form(const Derivation *d, Apart *values, const Form *f, const Read *r, Verified *found);

/* ---- algebra.c ---- */

/* The same value, as short as it gets by expanding, by common denominators and by what all terms share. */
Form *algebra_shorten(Graph *g, Form *f);

#endif
