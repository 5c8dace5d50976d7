/* start.c: an elaborator of an empty program: what is built in is known, nothing else. */
#include "elaborate/builtin.h"

Elaborator *elaborator_new(Context *cx, Program *p, const Source *prelude) {
  Elaborator *el = ARENA_NEW(cx, Elaborator);
  el->cx = cx;
  el->program = p;
  el->g = p->graph;
  el->prelude = prelude;
  el->training = 1;
  el->builtins = builtin_rows;
  el->nbuiltins = builtin_count;
  el->globals = scope_new(el, SCOPE_GLOBAL, NULL);
  el->own = scope_new(el, SCOPE_GLOBAL, el->globals);
  return el;
}
