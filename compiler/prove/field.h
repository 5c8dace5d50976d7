/* field.h: numbers modulo primes that stand for formulas: is one formula another?
 *
 * A rational function that is 0 at a random point of a large prime field is 0 (Schwartz 1980, Zippel 1979): it is wrong
 * with probability degree/prime. Each leaf is a random number modulo P, and a formula is what it comes to; LANES
 * independent points make the error less than 1e-12 for the degrees that are let through. So (a+b)^2 and a^2 + 2*a*b +
 * b^2 are the same numbers, with nothing expanded.
 *
 * exp(u) is G^u, where u is known modulo Q as well, the order of G modulo P (P = 2Q + 1): so exp(a)*exp(b) is exp(a+b)
 * (Wu et al. 2024 do so for programs on tensors). G is another one in each point, or exp(1) would be the fraction G.
 * sigmoid, tanh, softplus are rational in exp. log, roots and what else there is are random numbers that follow from
 * their operand, and a value remembers what of them it was made of, so that exp(log(u)) = u and sqrt(u)*sqrt(u) = u. A
 * constant is the simple fraction nearest to it, if one is within rounding.
 *
 * Equal numbers are equal formulas wherever both are defined; different ones may be equal all the same. */
#ifndef NNC_FIELD_H
#define NNC_FIELD_H

#include "graph/graph.h"

#define LANES      7
#define MOST_LOGS  8
#define MOST_BELOW 24
#define MOST_SMALL 64
#define DIGITS     8  /* of an exponent below 2^32, in base 16 */
#define FIELD_ROOT 12 /* roots are of this degree, or one that divides it */

enum { FIELD_UNKNOWN = 2 /* where a sign is said */ };

typedef struct FieldValue FieldValue;
typedef struct FieldTerm {
  FieldValue *of;
  double times;
} FieldTerm;
typedef struct FieldDivisor {
  const FieldValue *of;
  int times;
} FieldDivisor;
typedef enum { MADE_OTHERWISE, MADE_TIMES, MADE_OVER, MADE_POWER } Making;

struct FieldValue {
  uint32_t p[LANES], q[LANES]; /* modulo P and modulo Q */
  uint32_t inverse[2];         /* of the first ones of p, or 0: not asked for yet */
  double number;               /* what a constant comes to, NAN for others */
  int infinite;                /* -1, 1: that infinity, and no number */
  bool positive, nonnegative;
  bool truth;                /* 0 or 1 */
  double error;              /* of `number`, at most; 0: it is exact */
  double degree, top, apart; /* apart: of what it is divided by besides */
  int nbelow;                /* divided by these */
  const FieldDivisor *below;
  Making made; /* a*b, a/b, a^exponent */
  FieldValue *a, *b;
  double exponent;
  FieldValue *log;               /* where known */
  bool busy;                     /* its logarithm, or its sign, is being made of those of its parts */
  bool whole;                    /* an integer */
  Op image;                      /* increasing function of `of`; OP_PRODUCT: of nothing */
  FieldValue *of, *sign_of;      /* sign_of: a value of the same sign */
  int nlogs, nroots;             /* value = rest + sum of logs; value = coefficient * product of roots */
  const FieldTerm *logs, *roots; /* times the logarithm of; to the power of, 0 < times < 1 */
  FieldValue *coefficient;
  FieldValue *chain;
};

typedef struct Choice { /* of one run: which sign, which class */
  const void *key;
  int option, options;
  bool sign; /* the options are 1, -1, 0 */
} Choice;

typedef struct Field Field;
struct Field {
  Context *cx;
  FieldValue **table;
  size_t size, count;
  long work;    /* left */
  int depth;    /* of logarithms of parts of parts */
  bool failed;  /* out of work, or nothing can be said */
  bool atoms;   /* sigmoid(u) is a value of its own, and no fraction of exp(u) */
  bool vacuous; /* of one run: its choices contradict what is known, or a side divides by 0: it says nothing */
  uint32_t base[LANES][DIGITS][16];  /* powers of exp(1), by digits of the exponent */
  FieldValue *small[2 * MOST_SMALL]; /* whole numbers that were asked for */
  VEC(Choice) choices;
  VEC(FieldValue *) floors; /* values whose floor was asked for; each is the image of its floor */
  FieldValue *zero, *one, *minus_infinity, *pi;
};

/* prove/field_degree.c */
void field_degree_set(FieldValue *v, double top); /* the degree above what it is divided by */
void field_degree_of_sum(Field *f, FieldValue *v, const FieldValue *a, const FieldValue *b);
void field_degree_of_product(Field *f, FieldValue *v, const FieldValue *a, const FieldValue *b);
void field_degree_of_inverse(Field *f, FieldValue *v, const FieldValue *a);

/* prove/field_number.c */
Field *field_new(Context *cx, long work);
FieldValue *field_give_up(Field *f);
FieldValue *field_number(Field *f, double x); /* the simple fraction whose nearest number is x, or else x itself */
bool field_is_rational(const FieldValue *v);  /* a constant in which no function stands */
/* A value of its own for each (a, b). */
FieldValue *field_leaf(Field *f, uint64_t a, uint64_t b);
/* A random value that follows from a tag, a and b (or NULL). */
FieldValue *field_atom(Field *f, uint64_t tag, const FieldValue *a, const FieldValue *b);
FieldValue *field_add(Field *f, FieldValue *a, FieldValue *b);
FieldValue *field_minus(Field *f, FieldValue *a, FieldValue *b);
FieldValue *field_scale(Field *f, double by, FieldValue *a);
FieldValue *field_times(Field *f, FieldValue *a, FieldValue *b);
FieldValue *field_inverse(Field *f, FieldValue *a);
FieldValue *field_over(Field *f, FieldValue *a, FieldValue *b);
/* The sign of a/b, where that is a value that was met and whose sign is known; else 0. Nothing is made for it. */
int field_known_ratio(const Field *f, const FieldValue *a, FieldValue *b);
/* For prove/field_function.c: numbers that follow from a tag, a and b (or NULL); those of exp(x) modulo P; the value
 * that is coefficient times the roots of `like`; and what is kept of a value that was made. */
void field_draw(FieldValue *v, uint64_t tag, const uint32_t *a, const uint32_t *b);
void field_raise(const Field *f, const FieldValue *x, FieldValue *v);
FieldValue *field_rooted(Field *f, FieldValue *coefficient, const FieldTerm *roots, int nroots);
FieldValue *field_keep(Field *f, const FieldValue *v);

/* prove/field_sign.c */
/* -1, 0 or 1: decided where that is known, else chosen: each run of a formula takes other choices. */
int field_sign(Field *f, FieldValue *x);
/* Does the sign of x follow from what was chosen in this run? */
bool field_sign_follows(Field *f, FieldValue *x, int sign);
bool field_chosen_zero(Field *f, FieldValue *x); /* in this run */
/* Equal under the choices that were made. */
bool field_equal(Field *f, FieldValue *a, FieldValue *b);
int field_choose(Field *f, const void *key, int options);
/* The choices of the next run, but for the first `fixed`, which stay; false after the last. */
bool field_next(Field *f, int fixed);

/* prove/field_function.c */
/* A simple fraction of π where x has its digits; else as field_number has it. */
bool field_is_pi(double x, double *times); /* x = times*π, by its digits */
FieldValue *field_constant(Field *f, double x);
FieldValue *field_absolute(Field *f, FieldValue *a);
FieldValue *field_power(Field *f, FieldValue *a, FieldValue *exponent);
FieldValue *field_exp(Field *f, FieldValue *x);
FieldValue *field_log(Field *f, FieldValue *x);
FieldValue *field_sigmoid(Field *f, FieldValue *u);
FieldValue *field_tanh(Field *f, FieldValue *u);
FieldValue *field_softplus(Field *f, FieldValue *u);
FieldValue *field_floor(Field *f, FieldValue *x);
FieldValue *field_image(FieldValue *v, Op op, FieldValue *of); /* v, known to be op(of) */

/* prove/field_apply.c */
FieldValue *field_apply(Field *f, Op op, FieldValue *const *x);

#endif
