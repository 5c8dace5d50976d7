/* line.c: what all formats take from a line alike. */
#include "derivation/page.h"

static const char *in_text(Context *cx, const Typo *e) {
  Text t = {.cx = cx};
  text_typo(&t, e);
  return t.length ? t.data : "";
}

Typos page_sides(Context *cx, const Line *line) {
  Typos sides = {0};
  for (int k = 0; k < line->sides.n; k++) {
    bool again = false;
    for (int j = 1; j < sides.n; j++)
      again = again || strcmp(in_text(cx, sides.at[j]), in_text(cx, line->sides.at[k])) == 0;
    if (!again) VEC_PUSH(cx, &sides, line->sides.at[k]);
  }
  return sides;
}

const char *page_from(Context *cx, const Line *line) {
  Text t = {.cx = cx};
  for (int k = 0; k < line->from.n; k++) {
    bool again = false;
    for (int j = 0; j < k; j++) again = again || line->from.at[j] == line->from.at[k];
    if (!again) text_printf(&t, "%s(%d)", k ? ", " : "from ", line->from.at[k]);
  }
  return t.length ? t.data : "";
}
