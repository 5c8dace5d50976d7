/* grade.h: derivations in files of their own, each judged against one model as if it were alone.
 *
 * In: paths, and a function that judges one. Out: what is found of each, as data; and that as a table, as JSON, as
 * JUnit's XML. Kept: whatever a file holds, it costs no other file its verdict, and it has an end.
 *
 * Its files, each of which calls those before it only:
 *     verdict.c  a file's verdict, the line that is wrong first, and why
 *     run.c      files in processes of their own
 *     table.c    a line a file, for people
 *     json.c     all of it
 *     junit.c    a testsuite a file */
#ifndef NNC_GRADE_H
#define NNC_GRADE_H

#include "check/check.h"

typedef struct Graded {
  const char *path, *who; /* "hand/ana.nn", "ana"; who is NULL where it is the model itself */
  Findings found;
  bool unreadable;
} Graded;

typedef struct Grades {
  const char *model; /* its path */
  Graded *at;
  int n;
} Grades;

typedef struct Grading {
  Context *cx;
  double seconds; /* of processor time for one file */
  bool print;     /* what is wrong in a file goes to stderr as for a model, too */
  /* Judges one file, in a process of its own; reports become findings. False with errno where it cannot be read. */
  bool (*judge)(void *state, const char *path, Findings *out);
  void *state;
} Grading;

Grades grade_files(const Grading *g, const char *model, const char *const *paths, int n);
/* As check_status, and 2 where a file could not be read. */
int grade_status(const Grades *all);

/* ---- verdict.c ---- */

typedef enum { GRADE_RIGHT, GRADE_WRONG, GRADE_EMPTY, GRADE_ERROR, GRADE_UNFINISHED, GRADE_FAULT, GRADE_COUNT } Grade;
extern const char *const grade_names[GRADE_COUNT]; /* those of JSON */
Grade grade_of(const Graded *g);
/* The finding that is wrong and whose line comes first; NULL where nothing is. */
const Finding *grade_first_wrong(const Graded *g);
bool grade_is_wrong(const Finding *f);
/* The line of the derivation's file that is wrong; 0 where there is none. */
int grade_line(const Graded *g, const Finding *f);
/* Why, in one line. */
const char *grade_cause(Context *cx, const Finding *f);

/* ---- for whom ---- */

void grade_table(const Grades *all, Text *out);
/* An array of reports where derivations were given, else one report; docs/language.md has its members. */
void grade_json(const Grades *all, Text *out);
void grade_junit(const Grades *all, Text *out);

#endif
