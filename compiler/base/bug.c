/* bug.c: the end of nnc where it finds a mistake of its own. */
#include "base/base.h"

#include <stdio.h>
#include <stdlib.h>

void bug(const char *pass, const char *format, ...) {
  va_list args;
  fflush(stdout);
  fprintf(stderr, "nnc: internal error in %s: ", pass);
  va_start(args, format);
  vfprintf(stderr, format, args);
  va_end(args);
  fputs("\nnnc: this is a bug of nnc, not of the model; please report it with the model\n", stderr);
  abort();
}
