/* spell.c: the name that was meant: the nearest of those that there are.
 *
 * By the number of letters to insert, leave out, change or swap with the next (Damerau 1964), in a row at a time. */
#include "base/base.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_LETTERS = 64 };

/* Edits (insert, delete, replace, swap of neighbours) that turn a into b, three rows of the usual table. */
static int edit_distance(const char *a, int na, const char *b, int nb) {
  int rows[3][MOST_LETTERS + 1];
  int *before = rows[0], *last = rows[1], *row = rows[2];
  for (int j = 0; j <= nb; j++) last[j] = j;
  for (int i = 1; i <= na; i++) {
    row[0] = i;
    for (int j = 1; j <= nb; j++) {
      int best = last[j - 1] + (a[i - 1] != b[j - 1]);
      if (last[j] + 1 < best) best = last[j] + 1;
      if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
      bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped && before[j - 2] + 1 < best) best = before[j - 2] + 1;
      row[j] = best;
    }
    int *free_row = before;
    before = last, last = row, row = free_row;
  }
  return last[nb];
}

static bool equal_but_for_case(const char *a, const char *b) {
  while (*a && tolower((unsigned char)*a) == tolower((unsigned char)*b)) a++, b++;
  return *a == *b;
}

const char *nearest_name(Context *cx, const char *name, const char *const *candidates, int n) {
  (void)cx;
  const char *best = NULL;
  size_t length = strlen(name);
  if (length > MOST_LETTERS) return NULL;
  int limit = (int)length / 3;
  for (int k = 0; k < n; k++) {
    size_t other = strlen(candidates[k]);
    if (other > MOST_LETTERS || strcmp(candidates[k], name) == 0) continue;
    if (equal_but_for_case(name, candidates[k])) return candidates[k];
    int d = edit_distance(name, (int)length, candidates[k], (int)other);
    if (d > limit || d >= (int)other) continue;
    best = candidates[k];
    limit = d - 1; /* from here on only a nearer one */
  }
  return best;
}
