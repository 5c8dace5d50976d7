/* normal.h: the normal form of prove/expand.c: sums of monomials
 *
 *     coefficient * sum(bound variables : guards) atom^power * atom^power ...
 *
 * Atoms are leaves at indices, and functions that are no polynomials (exp, tanh, [0 < u], the inverse of a sum, a
 * maximum) of normal forms. Bound variables are free variables of the graph, made fresh, so their extents are known;
 * two monomials that differ only in their names are the same one. All values are immutable once they are made.
 *
 * polynomial.c (sums and products), function.c, truth.c (steps) and rewrite.c (rules) call each other, for a normal
 * form is normal all the way down: what a rule makes of a monomial is summed again, and what a substitution makes of
 * the operand of a function lets the function simplify.
 *
 * Every step costs fuel; where it is spent, or a number is not finite, `failed` is set and nothing that follows
 * counts. */
#ifndef NNC_NORMAL_H
#define NNC_NORMAL_H

#include "graph/graph.h"

typedef struct Poly Poly;
typedef struct Atom Atom;

typedef enum {
  ATOM_LEAF,  /* node[index...] */
  ATOM_INDEX, /* the value of the variable index[0] */
  ATOM_FUNC,  /* op(args): EXP of a monomial with coefficient 1; LT: 1 where 0 < args[0]; EQ: 1 where args[0] is 0 */
  ATOM_SUM,   /* args[0], under a power that is no natural number */
  ATOM_REDUCE /* reduction over bound variables of args[0] */
} AtomKind;

struct Atom {
  AtomKind kind;
  Node *node;
  Index **index;
  Op op;
  Reduction reduction;
  int nargs, nbound;
  Poly *args[3];
  const int *bound;
  bool nonzero; /* known never to be 0 */
};

typedef struct Factor {
  Atom *atom;
  double power;
} Factor;

typedef struct Mono {
  double coef;
  int nfactors, nbound, nguards;
  Factor *factors;
  int *bound;
  Guard *guards;
  uint64_t hash; /* the same under any names of its bound variables; the coefficient left out */
} Mono;

struct Poly {
  Mono *at;
  int n, cap;
};

typedef struct Prover Prover;
struct Prover {
  Graph *g;
  Context *cx;
  long fuel;
  bool failed;
  int depth;
  Poly **memo; /* of nodes, over variables of their own */
  int **memo_vars;
  const unsigned char *opaque; /* nodes that are taken as leaves */
  VEC(Atom *) divisors;        /* nonzero wherever both sides have a value: they divide by these */
  size_t nnodes;
  /* The value of an index expression, with what it gathers: prove/expand.c, which knows nodes. */
  Poly *(*index)(Prover *p, const Index *e);
};

/* False where the fuel is spent or something failed. */
static inline bool prover_burn(Prover *p, long cost) {
  p->fuel -= cost;
  if (p->fuel < 0) p->failed = true;
  return !p->failed;
}

/* prove/same.c */
uint64_t mono_hash(Prover *p, const Mono *m);
/* Alike whatever the names of all variables, so that a choice made by it does not depend on names. */
uint64_t mono_shape(Prover *p, const Mono *m);
bool same_atom(Prover *p, const Atom *a, const Atom *b);
bool same_poly(Prover *p, const Poly *a, const Poly *b);
bool same_mono(Prover *p, const Mono *a, const Mono *b);    /* coefficients left out */
int index_order(Prover *p, const Index *a, const Index *b); /* by shape, then by names */
bool atom_uses(const Atom *a, const int *vars, int n);
bool poly_uses(const Poly *a, const int *vars, int n);

/* prove/coefficient.c: without rounding, or the proof fails */
double coefficient_times(Prover *p, double a, double b);
double coefficient_plus(Prover *p, double a, double b);
double coefficient_over(Prover *p, double a, double b);
Poly *poly_number_power(Prover *p, double c, double power);

/* prove/polynomial.c: sums and products */
Poly *poly_new(Prover *p);
Poly *poly_number(Prover *p, double c);
Poly *poly_constant(Prover *p, double c); /* with π apart */
Poly *poly_atom(Prover *p, Atom *a, double power);
bool poly_is_number(const Poly *a, double *c);
void poly_add_to(Prover *p, Poly *sum, double k, const Poly *a); /* sum += k * a */
Poly *poly_scale(Prover *p, double k, const Poly *a);
Poly *poly_plus(Prover *p, double ka, const Poly *a, double kb, const Poly *b);
Poly *poly_times(Prover *p, const Poly *a, const Poly *b);
/* sum(bound : guards) of a; the bound variables are used nowhere else. */
Poly *poly_sum(Prover *p, const Poly *a, int nbound, const int *bound, int nguards, const Guard *guards);
/* The monomial in normal form, which may be several, added to sum. */
void mono_add(Prover *p, Poly *sum, const Mono *m);
Poly *poly_substitute(Prover *p, const Poly *a, const Subst *s);
/* mono without its factor k. */
Mono mono_without(Prover *p, const Mono *m, int k);
Poly *poly_of(Prover *p, const Mono *m);

/* prove/function.c: what is no polynomial */
Poly *poly_power(Prover *p, const Poly *a, double power);
/* Is it never 0 where both sides have a value? */
bool atom_nonzero(Prover *p, const Atom *a);
bool poly_nonzero(Prover *p, const Poly *a);
void poly_mark_nonzero(const Poly *a);         /* all factors of a monomial, whatever their variables become */
void poly_divides(Prover *p, const Poly *a);   /* from now on a is not 0 where both sides have a value */
bool poly_is_finite(Prover *p, const Poly *a); /* there: no division by what may be 0, no logarithm of it */
Poly *poly_function(Prover *p, Op op, Poly *const *args);
Poly *poly_reduce(Prover *p, Reduction reduction, const Poly *body, int nbound, const int *bound);
Poly *poly_call(Prover *p, Op op, Poly *u);             /* the atom op(u), as it is */
Poly *poly_repeat(Prover *p, const Poly *a, int times); /* a * a * ... */
/* The monomial by which signs and scales are chosen. */
int poly_lead(Prover *p, const Poly *a);
bool poly_lead_negative(Prover *p, const Poly *a);
bool power_is_natural(double x);
double mono_power_of(Prover *p, const Mono *m, const Atom *a); /* 0 where it is no factor */
#define MOST_POWER 6                                           /* that is multiplied out */

/* prove/truth.c */
Poly *poly_complement(Prover *p, const Poly *a); /* 1 - a */
Poly *poly_above_zero(Prover *p, const Poly *u);
Poly *poly_is_zero(Prover *p, const Poly *u);
Poly *poly_positive_part(Prover *p, const Poly *u);
Poly *poly_logic(Prover *p, Op op, Poly *const *args); /* AND, OR, NOT */
Poly *poly_where(Prover *p, Poly *condition, const Poly *a, const Poly *b);

/* prove/rewrite.c: the rules by which atoms of one monomial act on each other. True where one applied, and what the
 * monomial became was added to sum. */
bool mono_rewrite(Prover *p, Poly *sum, const Mono *m);
bool atom_is_call(const Atom *a, Op op);

#endif
