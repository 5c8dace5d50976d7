/* table.c: a line for each file: who, the verdict, how many checks are proved, hold or are wrong, the first wrong line
 * and why.
 *
 *     who    verdict  proved  holds  wrong  line  cause
 *     ana    right         4      0      0
 *     ben    wrong         3      0      1     5  the right side is -1 times the left */
#include "grade/grade.h"

#include <string.h>

/* In characters. */
static int width_of(const char *text) {
  int width = 0;
  for (; *text; text++) width += ((unsigned char)*text & 0xC0) != 0x80;
  return width;
}

static void add_padded(Text *out, const char *text, int width) {
  text_printf(out, "%s%*s", text, width - width_of(text) > 0 ? width - width_of(text) : 0, "");
}

static void add_row(Context *cx, const Graded *g, int width, Text *out) {
  Tally t = finding_tally(&g->found);
  int wrong = 0;
  const Finding *first = grade_first_wrong(g);
  int line = first ? grade_line(g, first) : 0;
  for (int k = 0; k < g->found.n; k++) wrong += g->found.at[k].kind == FOUND_CHECK && grade_is_wrong(&g->found.at[k]);
  add_padded(out, g->who, width);
  text_printf(out, "  %-10s  %6d  %5d  %5d", grade_names[grade_of(g)], t.of[VERDICT_PROVED], t.of[VERDICT_HOLDS],
              wrong);
  if (first || grade_of(g) == GRADE_EMPTY)
    text_printf(out, "  %4s  %s", line ? arena_printf(cx, "%d", line) : "",
                first ? grade_cause(cx, first) : "it checks nothing");
  text_add(out, "\n");
}

static void add_summary(const Grades *all, Text *out) {
  int of[GRADE_COUNT] = {0};
  for (int k = 0; k < all->n; k++) of[grade_of(&all->at[k])]++;
  text_printf(out, "%d file%s", all->n, all->n == 1 ? "" : "s");
  for (int k = 0, n = 0; k < GRADE_COUNT; k++)
    if (of[k]) text_printf(out, "%s %d %s", n++ ? "," : ":", of[k], grade_names[k]);
  text_add(out, "\n");
}

void grade_table(const Grades *all, Text *out) {
  int width = 3;
  for (int k = 0; k < all->n; k++)
    if (width_of(all->at[k].who) > width) width = width_of(all->at[k].who);
  add_padded(out, "who", width);
  text_add(out, "  verdict     proved  holds  wrong  line  cause\n");
  for (int k = 0; k < all->n; k++) add_row(out->cx, &all->at[k], width, out);
  add_summary(all, out);
}
