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

#define LANES     7
#define MOST_LOGS 8

typedef struct Value Value;
typedef enum { MADE_OTHERWISE, MADE_TIMES, MADE_OVER, MADE_POWER } Making;

struct Value {
  uint32_t p[LANES], q[LANES]; /* modulo P and modulo Q */
  double number;               /* what a constant comes to, NAN for others */
  int infinite;                /* -1, 1: that infinity, and no number */
  bool positive, nonnegative, fraction;
  double error; /* of `number`, at most; 0: it is exact */
  double degree;
  Making made; /* a*b, a/b, a^exponent */
  Value *a, *b;
  double exponent;
  Value *log;          /* where known */
  bool opened;         /* its logarithm, or its sign, is being made of those of its parts */
  bool whole;          /* an integer */
  Op image;            /* increasing function of `of`; OP_PRODUCT: of nothing */
  Value *of, *sign_of; /* sign_of: a value of the same sign */
  int nlogs, nroots;   /* value = rest + sum of logs; value = coefficient * product of roots */
  struct {
    Value *of;
    double times;
  } logs[MOST_LOGS];
  struct {
    Value *of;
    double power;
  } roots[MOST_LOGS]; /* 0 < power < 1 */
  Value *coefficient;
  Value *chain;
};

typedef struct Choice { /* of one run: which sign, which class */
  const void *key;
  int option, options;
  bool sign; /* the options are 1, -1, 0 */
} Choice;

typedef struct Field {
  Context *cx;
  Value **table;
  size_t size, count;
  long work;            /* left */
  int depth;            /* of logarithms of parts of parts */
  bool failed;          /* out of work, or nothing can be said */
  bool vacuous;         /* of one run: its choices contradict what is known, or a side divides by 0: it says nothing */
  uint32_t base[LANES]; /* exp(1) */
  VEC(Choice) choices;
  VEC(Value *) floors; /* values whose floor was asked for; each is the image of its floor */
  Value *zero, *one, *minus_infinity, *pi;
} Field;

Field *field_new(Context *cx, long work);
Value *field_number(Field *f, double x);
/* A value of its own for each (a, b). */
Value *field_leaf(Field *f, uint64_t a, uint64_t b);
Value *field_add(Field *f, Value *a, Value *b);
Value *field_times(Field *f, Value *a, Value *b);
Value *field_apply(Field *f, Op op, Value *const *x);
Value *field_exp(Field *f, Value *x);
Value *field_log(Field *f, Value *x);
/* -1, 0 or 1: decided where that is known, else chosen: each run of a formula takes other choices. */
int field_sign(Field *f, Value *x);
/* The sign of a - b. */
int field_compare(Field *f, Value *a, Value *b);
/* Equal under the choices that were made. */
bool field_equal(Field *f, Value *a, Value *b);
/* Does the sign of x follow from what was chosen in this run? */
bool field_sign_follows(Field *f, Value *x, int sign);
bool field_chosen_zero(Field *f, Value *x); /* in this run */
int field_choose(Field *f, const void *key, int options);
/* The choices of the next run; false after the last. */
bool field_next(Field *f);

/* ---- below: between prove/field_number.c, prove/field_order.c and prove/field_sign.c ---- */

enum { FIELD_UNKNOWN = 2 /* where a sign is said */ };

Value *field_give_up(Field *f);
bool field_is_rational(const Value *v); /* a constant in which no function stands */
Value *field_scale(Field *f, double by, Value *a);
Value *field_minus(Field *f, Value *a, Value *b);
Value *field_inverse(Field *f, Value *a);
Value *field_over(Field *f, Value *a, Value *b);
/* The sign of a/b, where that is a value that was met and whose sign is known; else 0. Nothing is made for it. */
int field_known_ratio(const Field *f, const Value *a, const Value *b);
Value *field_absolute(Field *f, Value *a);
Value *field_power(Field *f, Value *a, Value *exponent);
Value *field_sigmoid(Field *f, Value *u);
Value *field_tanh_of(Field *f, Value *u);
/* A random value that follows from a tag, a and b (or NULL). */
Value *field_atom(Field *f, uint64_t tag, const Value *a, const Value *b);

/* prove/field_order.c */
int field_sign_of_parts(Field *f, Value *x);       /* FIELD_UNKNOWN where the parts do not say */
bool field_part_is_zero(Field *f, const Value *x); /* and x therefore; by what was chosen */
bool field_equal_squares(Field *f, Value *a, Value *b);
Value *field_image(Value *v, Op op, Value *of); /* v, known to be op(of) */
Value *field_softplus(Field *f, Value *u);
Value *field_floor(Field *f, Value *x);
/* x as a root of a simple fraction and a power of π; NULL where it is none. */
Value *field_number_with_root(Field *f, double x);

#endif
