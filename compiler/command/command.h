/* command.h: the command line of nnc, and the compiling and linking of `nnc model.nn -o model`.
 *
 * In: arguments; C as text. Out: a Command and Options; a program. Kept: nothing.
 *
 * Its files, each of which calls those before it only:
 *     arguments.c  arguments as a table, and the help
 *     link.c       C to a program, by $CC */
#ifndef NNC_COMMAND_H
#define NNC_COMMAND_H
#include "graph/graph.h"

typedef enum { VERB_COMPILE, VERB_CHECK, VERB_SHOW, VERB_DERIVE, VERB_PRELUDE } Verb;

typedef struct Command {
  Verb verb;
  const char *const *stages; /* that --emit may name; given */
  int nstages;
  const char *emit;                              /* one of them, or NULL */
  const char *model, *output, *prelude, *format; /* format: NULL where none was given */
  const char *wrt, *view;                        /* of derive: NULL where not given */
  int order;
  const char *junit;  /* of check, as these: a file to write */
  const char **hands; /* derivations in files of their own */
  int nhands;
  double seconds; /* of processor time for each of them; 0: the default */
} Command;

/* Reads the arguments. -1: go on; else the exit status (help was asked for, or something is wrong and was said). */
int command_read(Context *cx, int argc, char **argv, Command *c, Options *o);
bool command_is_c_file(const char *path);
/* "out/model.c": "model" and "out/model.h". */
const char *command_base(Context *cx, const char *path);
const char *command_header_path(Context *cx, const char *path);
/* Compiles header and source with $CC (default cc) and $CFLAGS, links libnn.a and a main; the exit status. */
int command_link(Context *cx, const Program *p, const char *path, const Text *header, const Text *source);

#endif
