/* scan.h: a scan that is being elaborated: what statements of its body need to know of it. */
#ifndef NNC_ELABORATE_SCAN_H
#define NNC_ELABORATE_SCAN_H

#include "elaborate/value.h"

enum { MOST_CARRIES = 64, MOST_SEQUENCES = 128 };

typedef struct Carried { /* h: what is known of it so far */
  const Decl *decl;
  Value *init;
  int context[MAX_AXES], ncontext; /* variables that it depends on, time among them, in order */
  int rank, own[MAX_AXES];         /* its own axes */
  bool integer;
  double lo, hi;
  Node *prev;
} Carried;

struct ScanScope { /* what statements of the body need to know */
  Elaborator *el;
  const Stmt *stmt;
  int scan, time; /* the variable */
  const char *name;
  Carried carried[MOST_CARRIES];
  int ncarried;
  struct Sequence {
    const char *name;
    Span span;
    Value *value;
  } sequences[MOST_SEQUENCES];
  int nsequences;
};

#endif
