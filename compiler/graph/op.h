/* op.h: the scalar operations, one row each: all that the stages know of an operation by its name.
 *
 * A function of one real number is a row of FUNCTIONS, a line `derivative f(x) = ...` of the prelude and, where C has
 * no such function in float, a kernel in runtime/kernels/nn_math.h:
 *
 *     id, name, its value in double, how C calls it in float and in double, slope, parity,
 *     the domain from..to, its limits at the two ends of the domain, and what else is so of it
 *
 * OPERATORS are the others: arithmetic, comparisons, choices and what only the graph has. What such a row does not say,
 * because it depends on the operands (the bounds of a sum, what a choice takes), stands in a switch of the stage that
 * asks. What is set to no value in a row is 0: no, none, nothing. */
#ifndef NNC_OP_H
#define NNC_OP_H

#include <math.h>
#include <stdbool.h>

/* clang-format off */
#define OPERATORS(X)                                                                                                   \
  X(PRODUCT,  .name = "product", .arity = -1)                                                                          \
  X(ADD,      .name = "+", .arity = 2, .form = SPELL_INFIX, .c = "+", .level = 3)                                      \
  X(SUB,      .name = "-", .arity = 2, .form = SPELL_INFIX, .c = "-", .level = 3)                                      \
  X(DIV,      .name = "/", .arity = 2, .form = SPELL_INFIX, .c = "/", .level = 2)                                      \
  X(POW,      .name = "^", .arity = 2, .form = SPELL_CALL, .c = "nn_powf", .in_double = "nn_pow")                      \
  X(MOD,      .name = "mod", .arity = 2, .form = SPELL_CALL, .c = "nn_modf", .in_double = "nn_mod", .jumps = true)     \
  X(MAX,      .name = "max", .arity = 2, .form = SPELL_CALL, .c = "nn_maxf", .in_double = "nn_max", .compares = true,  \
              .picks = true)                                                                                           \
  X(MIN,      .name = "min", .arity = 2, .form = SPELL_CALL, .c = "nn_minf", .in_double = "nn_min", .compares = true,  \
              .picks = true)                                                                                           \
  X(LT,       .name = "<", .arity = 2, .integer = true, .flat = true, .form = SPELL_TEST, .c = "<", .level = 4,        \
              .truth = true, .compares = true, .jumps = true)                                                          \
  X(LE,       .name = "<=", .arity = 2, .integer = true, .flat = true, .form = SPELL_TEST, .c = "<=", .level = 4,      \
              .truth = true, .compares = true, .jumps = true)                                                          \
  X(EQ,       .name = "==", .arity = 2, .integer = true, .flat = true, .form = SPELL_TEST, .c = "==", .level = 4,      \
              .truth = true, .jumps = true)                                                                            \
  X(NE,       .name = "!=", .arity = 2, .integer = true, .flat = true, .form = SPELL_TEST, .c = "!=", .level = 4,      \
              .truth = true, .jumps = true)                                                                            \
  X(AND,      .name = "and", .arity = 2, .integer = true, .flat = true, .form = SPELL_LOGIC, .c = "&" , .level = 4,    \
              .truth = true)                                                                                           \
  X(OR,       .name = "or", .arity = 2, .integer = true, .flat = true, .form = SPELL_LOGIC, .c = "|" , .level = 4,     \
              .truth = true)                                                                                           \
  X(NOT,      .name = "not", .arity = 1, .integer = true, .flat = true, .truth = true)                                 \
  X(WHERE,    .name = "where", .arity = 3, .picks = true)                                                              \
  /* a * b, but 0 where a is 0, whatever b is: an adjoint times an unbounded derivative */                             \
  X(SELECT,   .name = "select", .arity = 2)                                                                            \
  /* a, but 0 where b is 0: in a product that is 0 there, whatever a is */                                             \
  X(KEEP,     .name = "keep", .arity = 2)                                                                              \
  /* a - b, but -inf where one is: the logarithm of exp(a)/exp(b), 0/0 = 0 */                                          \
  X(LOGRATIO, .name = "logratio", .arity = 2)                                                                          \
  /* a, with no derivative */                                                                                          \
  X(STOP,     .name = "stop", .arity = 1, .flat = true, .picks = true)                                                 \
  /* a, which was drawn: no gradient goes through it unseen */                                                         \
  X(DRAWN,    .name = "drawn", .arity = 1, .integer = true, .flat = true, .picks = true)                               \
  /* the value of an index expression (Node.value) */                                                                  \
  X(INDEX,    .name = "index", .integer = true, .flat = true)                                                          \
  /* floor(a / b) of whole values */                                                                                   \
  X(QUOTIENT, .name = "quotient", .arity = 2, .flat = true, .jumps = true, .form = SPELL_QUOTIENT, .c = "/")           \
  /* sigmoid(a) - b; simplify/float.c makes it */                                                                      \
  X(SIGMOID_MINUS, .name = "sigmoid_minus", .arity = 2, .form = SPELL_CALL, .c = "nn_sigmoid_minusf",                  \
              .in_double = "nn_sigmoid_minus")

#define INF INFINITY
#define FUNCTIONS(X)                                                                                                   \
  /*id       name        value        in float        in double     slope parity  from   to  low, high there */        \
  X(EXP,      "exp",      exp,         "nn_expf",      "nn_exp",       1, NEITHER, -INF, INF, 0,    INF,               \
    .overflows = true)                                                                                                 \
  X(LOG,      "log",      log,         "nn_logf",      "nn_log",       1, NEITHER, 0,    INF, -INF, INF,               \
    .exact = 1)                                                                                                        \
  X(LOG1P,    "log1p",    log1p,       "nn_log1pf",    "nn_log1p",     1, NEITHER, -1,   INF, -INF, INF)               \
  X(EXPM1,    "expm1",    expm1,       "nn_expm1f",    "nn_expm1",     1, NEITHER, -INF, INF, -1,   INF,               \
    .overflows = true)                                                                                                 \
  X(SIN,      "sin",      sin,         "nn_sinf",      "nn_sin",       0, ODD,     -INF, INF, -1,   1,                 \
    .periodic = true)                                                                                                  \
  X(COS,      "cos",      cos,         "nn_cosf",      "nn_cos",       0, EVEN,    -INF, INF, -1,   1,                 \
    .periodic = true)                                                                                                  \
  X(TAN,      "tan",      tan,         "nn_tanf",      "nn_tan",       0, ODD,     -INF, INF, -INF, INF,               \
    .periodic = true)                                                                                                  \
  X(ATAN,     "atan",     atan,        "nn_atanf",     "nn_atan",      1, ODD,     -INF, INF, -1.6, 1.6)               \
  X(ASIN,     "asin",     asin,        "nn_asinf",     "asin",         1, ODD,     -1,   1,   -1.6, 1.6)               \
  X(ACOS,     "acos",     acos,        "nn_acosf",     "acos",        -1, NEITHER, -1,   1,   3.2,  0)                 \
  X(TANH,     "tanh",     tanh,        "nn_tanhf",     "nn_tanh",      1, ODD,     -INF, INF, -1,   1)                 \
  X(SINH,     "sinh",     sinh,        "nn_sinhf",     "sinh",         1, ODD,     -INF, INF, -INF, INF,               \
    .overflows = true)                                                                                                 \
  X(COSH,     "cosh",     cosh,        "nn_coshf",     "cosh",         1, EVEN,    -INF, INF, 1,    INF,               \
    .overflows = true)                                                                                                 \
  X(ASINH,    "asinh",    asinh,       "nn_asinhf",    "asinh",        1, ODD,     -INF, INF, -INF, INF)               \
  X(ACOSH,    "acosh",    acosh,       "nn_acoshf",    "acosh",        1, NEITHER, 1,    INF, 0,    INF)               \
  X(ATANH,    "atanh",    atanh,       "nn_atanhf",    "atanh",        1, ODD,     -1,   1,   -INF, INF)               \
  X(SIGMOID,  "sigmoid",  op_sigmoid,  "nn_sigmoidf",  "nn_sigmoid",   1, NEITHER, -INF, INF, 0,    1)                 \
  X(SOFTPLUS, "softplus", op_softplus, "nn_softplusf", "nn_softplus",  1, NEITHER, -INF, INF, 0,    INF)               \
  X(SQRT,     "sqrt",     sqrt,        "nn_sqrtf",     "nn_sqrt",      1, NEITHER, 0,    INF, 0,    INF,               \
    .correct = true)                                                                                                   \
  X(ABS,      "abs",      fabs,        "nn_absf",      "nn_abs",       1, EVEN,    -INF, INF, 0,    INF,               \
    .correct = true, .compares = true, .picks = true)                                                                  \
  X(SIGN,     "sign",     op_sign,     "nn_signf",     "nn_sign",      1, ODD,     -INF, INF, -1,   1,                 \
    .correct = true, .integer = true, .flat = true, .compares = true, .jumps = true)                                   \
  X(FLOOR,    "floor",    floor,       "nn_floorf",    "nn_floor",     1, NEITHER, -INF, INF, -INF, INF,               \
    .correct = true, .integer = true, .flat = true, .compares = true, .jumps = true)                                   \
  X(ERF,      "erf",      erf,         "nn_erff",      "nn_erf",       1, ODD,     -INF, INF, -1,   1)                 \
  X(ERFC,     "erfc",     erfc,        "nn_erfcf",     "nn_erfc",     -1, NEITHER, -INF, INF, 2,    0)                 \
  X(LGAMMA,   "lgamma",   lgamma,      "nn_lgammaf",   "nn_lgamma",    0, NEITHER, 0,    INF, INF,  INF,               \
    .poles = true, .rough = true)                                                                                      \
  X(DIGAMMA,  "digamma",  op_digamma,  "nn_digammaf",  "nn_digamma",   0, NEITHER, 0,    INF, -INF, INF,               \
    .poles = true, .rough = true)                                                                                      \
  X(TRIGAMMA, "trigamma", op_trigamma, "nn_trigammaf", "nn_trigamma",  0, NEITHER, 0,    INF, INF,  0,                 \
    .poles = true, .rough = true)
/* clang-format on */

typedef enum {
#define X(id, ...) OP_##id,
  OPERATORS(X) FUNCTIONS(X)
#undef X
    OP_COUNT
} Op;

typedef enum { NEITHER, ODD, EVEN } Parity;
typedef enum {
  SPELL_NONE,
  SPELL_INFIX,
  SPELL_CALL,
  SPELL_TEST,
  SPELL_LOGIC,
  SPELL_QUOTIENT
} Spelling; /* of an expression in C */

typedef struct OpRow {
  const char *name;        /* in formulas; of a function: in the language too */
  int arity;               /* -1: any */
  double (*value)(double); /* of a function */
  bool integer;            /* is the result whole? (Where all operands are, others may be too: build/range.c) */
  /* how it is written in C */
  Spelling form;
  const char *c, *in_double; /* the operator, or the function for float and for double */
  int level;                 /* of precedence: 0 a name, 5 a choice */
  /* facts about a function */
  int slope;       /* 1: it grows on its domain, of an even function: from 0 on; -1: it falls; 0: neither */
  Parity parity;   /* f(-x) = -f(x), f(x) */
  double from, to; /* outside of these it is no number; infinite where its value at the end is */
  double low,
    high; /* its limits there; of an even function: its value at 0, and the limit; of a periodic one: its bounds */
  double exact; /* where its value is no rounded one, as at the ends of the domain, if it is whole, or half of that */
  bool periodic;
  bool overflows; /* it grows like an exponential: large finite x give infinity */
  bool poles;     /* it is infinite at places outside of the domain, where it goes on between them */
  bool correct;   /* rounded correctly, as IEEE 754 has it */
  bool rough;     /* a few digits less exact near its zeros */
  /* facts about any */
  bool flat;     /* no derivative goes through it */
  bool truth;    /* its result is 0 or 1 as something is so */
  bool compares; /* where its operands cross (its operand: 0, a whole number) it has an edge */
  bool jumps;    /* and a step there */
  bool picks;    /* its result is one of its operands, but for its sign: no digit is lost */
} OpRow;
extern const OpRow op_rows[OP_COUNT];

static inline bool op_is_function(Op op) { return op_rows[op].value != 0; }
Op op_named(const char *name); /* of rules and derivative lines; OP_COUNT where it is none */

/* The value of a scalar operation (neither PRODUCT nor INDEX) in double precision, with the language's conventions at
 * kinks. */
double op_apply(Op op, const double *x);
/* May what follows from y = op(x) depend on digits that y has lost? 1e16 + 1, or sigmoid(40), of which 1 is left. */
bool op_loses(Op op, const double *x, double y);

#endif
