/* model_file.h: a model for a test program that is linked with the compiler.
 *
 * In: MODEL.nn, and a prelude in the place of nnc's own (or NULL). Out: its program, simplified. Where a file cannot be
 * read or the model has errors, the test ends. */
#ifndef TESTS_MODEL_FILE_H
#define TESTS_MODEL_FILE_H

#include <stdio.h>
#include <stdlib.h>

#include "model/model.h"
#include "derive/derive.h"
#include "simplify/simplify.h"

extern const char prelude_text[];
extern const unsigned prelude_length;

static Program *read_program(Context *cx, const char *path, const char *other_prelude) {
  Source *prelude =
    other_prelude ? source_read(cx, other_prelude) : source_from_text(cx, "<prelude>", prelude_text, prelude_length);
  Source *model = source_read(cx, path);
  if (!model || !prelude) {
    perror(model ? other_prelude : path);
    exit(2);
  }
  Options options = {.max_memory = 16.0 * (1 << 30)};
  reduction_mark_names(cx);
  Block a = parse(cx, prelude), b = parse(cx, model);
  Program *p = error_count(cx) ? NULL : model_program(cx, &a, &b, path, &options);
  if (!p || error_count(cx)) {
    printf("not ok %s: it has errors\n", path);
    exit(1);
  }
  simplify_values(p, &options);
  derive_gradients(p, &options);
  simplify_gradients(p, &options);
  derive_products(p, &options);
  simplify_products(p, &options);
  return p;
}

#endif
