/* expression.c: an expression of C as a text with its type, its bounds and the looseness of its outermost operator:
 * parentheses, conversions, and `const float t3 = ...;` where it gets a name. */
#include "emit/expression.h"

#include <string.h>

const char *code_parens(Body *b, Code c, int level) {
  return c.level <= level ? c.text : arena_printf(b->cx, "(%s)", c.text);
}

const char *code_float(Body *b, Code c, int level) {
  return c.integer ? arena_printf(b->cx, "(float)%s", code_parens(b, c, 0)) : code_parens(b, c, level);
}

bool whole_fits_int(int64_t lo, int64_t hi) { return lo >= INT32_MIN && hi <= INT32_MAX; }

Code whole_code(const char *text, int level, int64_t lo, int64_t hi) {
  return (Code){.text = text, .level = level, .integer = true, .wide = !whole_fits_int(lo, hi), .lo = lo, .hi = hi};
}

const char *code_chooser(bool wide) { return wide ? "nn_choose_wide" : "nn_choose_int"; }

const char *code_type(Code c) {
  return !c.integer ? "float" : c.wide && !whole_fits_int(c.lo, c.hi) ? "int64_t" : "int";
}

const char *code_narrowed(Body *b, Code c, int level) {
  if (!c.integer || !c.wide || !whole_fits_int(c.lo, c.hi)) return code_parens(b, c, level);
  return arena_printf(b->cx, "(int)%s", code_parens(b, c, 0));
}

Code code_spill(Body *b, Code c) {
  if (c.level == 0 && strpbrk(c.text, "[(") == NULL) return c;
  const char *name = body_temp(b);
  body_line(b, "const %s %s = %s;", code_type(c), name, code_narrowed(b, c, 5));
  return c.integer ? whole_code(name, 0, c.lo, c.hi) : (Code){.text = name};
}

Code code_shorten(Body *b, Code c) { return strlen(c.text) > LONG_TEXT ? code_spill(b, c) : c; }

Code code_loaded(Body *b, Code c) { return strchr(c.text, '[') ? code_spill(b, c) : code_shorten(b, c); }
