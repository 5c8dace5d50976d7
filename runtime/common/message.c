/* message.c: what is said to people: errors, shapes, the nearest name. SPDX-License-Identifier: 0BSD
 *
 * In: a format, a shape, a word and the names that there are. Out: text in the caller's buffer or nn_error, cut off
 * where it does not fit. */
#include "common/common.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int nn_fail(nn_error *error, int status, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  error->status = status;
  vsnprintf(error->text, sizeof error->text, format, arguments);
  va_end(arguments);
  return -1;
}

void nn_print_shape(char *out, size_t size, int rank, const int32_t *shape) {
  size_t used = (size_t)snprintf(out, size, "[");
  for (int k = 0; k < rank && used < size; k++)
    used += (size_t)snprintf(out + used, size - used, "%s%d", k ? "," : "", (int)shape[k]);
  if (used < size) snprintf(out + used, size - used, "]");
}

/* ---- names ---- */

enum { LONGEST = 64 };

/* Letters to insert, delete or change (Levenshtein 1966). */
static int distance(const char *a, const char *b) {
  int row[LONGEST + 1], m = (int)strlen(a), n = (int)strlen(b);
  if (m > LONGEST || n > LONGEST) return LONGEST;
  for (int j = 0; j <= n; j++) row[j] = j;
  for (int i = 1; i <= m; i++) {
    int corner = row[0];
    row[0] = i;
    for (int j = 1; j <= n; j++) {
      int change = corner + (a[i - 1] != b[j - 1]);
      int other = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
      corner = row[j];
      row[j] = change < other ? change : other;
    }
  }
  return row[n];
}

const char *nn_nearest(const char *word, const char *const *names, int count) {
  const char *nearest = NULL;
  int least = (int)strlen(word) / 3 + 2;
  for (int k = 0; k < count; k++) {
    int d = distance(word, names[k]);
    int length = (int)strlen(names[k]);
    if (d < least && d < length + (length == 1)) least = d, nearest = names[k];
  }
  return nearest;
}

void nn_suggest(char *out, size_t size, const char *word, const char *const *names, int count) {
  const char *nearest = nn_nearest(word, names, count);
  size_t used = 0;
  out[0] = 0;
  if (nearest) used = (size_t)snprintf(out, size, "; did you mean '%s'?", nearest);
  for (int k = 0; k < count && used < size; k++)
    used += (size_t)snprintf(out + used, size - used, "%s%s", k ? ", " : " (there are: ", names[k]);
  if (count && used < size) snprintf(out + used, size - used, ")");
}
