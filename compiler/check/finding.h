/* finding.h: what `nnc check` finds of one check or of one parameter array, as data.
 *
 * Made by verdict.c and gradient.c, sent from process to process by finding.c, printed by print.c. Texts are in the
 * arena, or NULL where there is nothing to say. */
#ifndef NNC_CHECK_FINDING_H
#define NNC_CHECK_FINDING_H

#include "graph/graph.h"

typedef enum { FOUND_CHECK, FOUND_GRADIENT, FOUND_FILE /* what is wrong with a file as a whole */ } FindingKind;

/* Rows: of a check; of a gradient; of a check that asks for a name: no file was given that defines it, or the file does
 * not; of any of them, or a file. The names are those of the JSON report. */
#define VERDICTS(X)                                                                                                    \
  X(PROVED, "proved")                                                                                                  \
  X(HOLDS, "holds")                                                                                                    \
  X(REFUTED, "refuted")                                                                                                \
  X(UNDECIDED, "undecided")                                                                                            \
  X(AGREES, "agrees")                                                                                                  \
  X(FAILS, "fails")                                                                                                    \
  X(UNRELATED, "unrelated")                                                                                            \
  X(ASKED, "asked")                                                                                                    \
  X(MISSING, "missing")                                                                                                \
  X(ERROR, "error")                                                                                                    \
  X(UNFINISHED, "unfinished")                                                                                          \
  X(FAULT, "fault")
typedef enum {
#define X(id, name) VERDICT_##id,
  VERDICTS(X)
#undef X
} Verdict;
extern const char *const verdict_names[]; /* by verdict: finding.c */

typedef struct Spot { /* an element of an array */
  int n;
  const char *names[MAX_AXES]; /* of a check's indices; NULL where it is a parameter's */
  int64_t at[MAX_AXES];
} Spot;

typedef struct Cause {             /* what a refuted check is refuted for; text is NULL where that is not known */
  const char *kind;                /* one word: "sign", "factor" */
  const char *text;                /* a line for the reader */
  const char *corrected, *verdict; /* the formula without the mistake, and whether it is proved or holds */
  int line;                        /* of the definition that is wrong, in the file of the derivation; 0: not known */
} Cause;

typedef struct Finding {
  FindingKind kind;
  Verdict verdict;
  const char *reason; /* without numbers to show: why it is refuted, fails or has no verdict */

  /* of a check */
  const char *file, *formula, *left, *right; /* the sides and both, as they stand there */
  int line, column;
  bool asked;                      /* it asks for names that a file of derivations defines ... */
  int answer_line;                 /* ... and there the first of them is defined; 0: nowhere */
  int points, tied, noisy, halves; /* points that agree; those that are not counted: ties but for rounding, lost digits,
                                      one side divides by 0 */
  bool unrolled;                   /* proved for so many steps of a recurrence as the model has, one by one */
  bool few;                        /* few points agree beside those that are not counted */
  bool zero;                       /* both sides are 0 at all of them */
  double worst;                    /* the largest difference at these points, relative to the largest value */
  int64_t count, differing;        /* elements; those that differ where it is refuted */
  int64_t unseen;                  /* elements that had no value at any point */
  bool sampled;                    /* `count` are random ones of many more */
  int example, examples;           /* 1-based, where it is one of several; else 0 */
  double left_value, right_value;  /* at the element */
  int agreeing, tried;             /* where it is refuted: points at which the sides agree, of so many */
  int derived;                     /* the side that alone holds a derivative: 1 the left, 2 the right; else 0 */
  const char *pattern, *whole;     /* which elements differ, "on the diagonal, i = j"; whole numbers there, "y = 2" */
  const char *explanation;         /* lines */
  Cause cause;

  Spot spot; /* of a refuted check or a gradient that fails: the element */

  /* of a gradient; the difference is `worst` */
  const char *loss, *array;        /* "L", "W[3,4]"; NULL: all arrays of the loss together */
  bool direction;                  /* it fails along a random direction */
  double gradient, quotient;       /* where it fails */
  int probes, kinks, lost;         /* probes that agree; points that were drawn again, at kinks or for lost digits */
  bool rounding, proved, together; /* it is 0 but for rounding; it is proved to be 0; it was probed with all others */
} Finding;

typedef VEC(Finding) Findings;

typedef struct Tally { /* how many findings there are of each verdict */
  int of[VERDICT_FAULT + 1];
} Tally;
Tally finding_tally(const Findings *all);

/* Through a pipe; false where it is closed. Received texts are in the arena. */
bool finding_write(int to, const void *data, size_t size);
bool finding_read(int from, void *data, size_t size);
bool finding_send(Context *cx, int to, const Finding *f);
bool finding_receive(Context *cx, int from, Finding *f);

/* check/print.c: for people. "model.nn:12: check a == b", and the whole. */
void print_name(const Finding *f, Text *out);
void print_finding(const Finding *f, Text *out);
void print_findings(const Findings *all, Text *out);
/* Of a derivation in a file of its own: there are no gradients. */
void print_derivation(const Findings *all, Text *out);

#endif
