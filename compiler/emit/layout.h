/* layout.h: structs of arrays (emit/layout.c); private to emit/. */
#ifndef NNC_EMIT_LAYOUT_H
#define NNC_EMIT_LAYOUT_H

#include "graph/graph.h"

typedef struct Layout { /* of all or some of the parameters, or of the states, as nested structs without padding */
  const Leaf *leaves;
  int nleaves;
  const char **access; /* by leaf: "h.W"; NULL where it is not in here */
  int64_t *offset;     /* by leaf, in floats */
  int *order;          /* leaves in the order of memory */
  int norder;
  int64_t floats;
  const char *type; /* "digits_params" */
} Layout;

/* `order`: of the leaves (NULL: as they stand); `in`: which of them (NULL: all). A typedef is added to `out`. Two names
 * alike in C are reported. */
Layout *layout_make(Context *cx, const Leaf *leaves, int nleaves, const int *order, const bool *in, const char *type,
                    Text *out);
/* Leaf k of `pointer` (a pointer to such a struct) as a pointer to its first float. */
const char *layout_pointer(Context *cx, const Layout *layout, const char *pointer, int leaf, bool writable);

#endif
