/* reduction.c: the table of reductions; see graph/reduction.h. */
#include "graph/reduction.h"

#include <string.h>

const ReductionRow reduction_rows[RED_COUNT] = {
#define X(id, name, printed, start, place, rule) {name, printed, start, place, rule},
  REDUCTIONS(X)
#undef X
};

static const char *const made[] = {
#define X(name) name,
  MADE_REDUCTIONS(X)
#undef X
};

Reduction reduction_named(const char *name) {
  for (int k = RED_NONE + 1; k < RED_COUNT; k++)
    if (strcmp(name, reduction_rows[k].name) == 0) return (Reduction)k;
  return RED_NONE;
}

void reduction_mark_names(Context *cx) {
  for (int k = RED_NONE + 1; k < RED_COUNT; k++) mark_name(cx, intern(cx, reduction_rows[k].name));
  for (size_t k = 0; k < sizeof made / sizeof *made; k++) mark_name(cx, intern(cx, made[k]));
}

bool is_reduction(const char *name) {
  for (size_t k = 0; k < sizeof made / sizeof *made; k++)
    if (strcmp(name, made[k]) == 0) return true;
  return reduction_named(name) != RED_NONE;
}
