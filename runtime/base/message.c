/* message.c: messages, numbers and names. SPDX-License-Identifier: 0BSD
 *
 * In: what the other files of the runtime want to say or read. Out: text in the caller's buffer. Numbers are read and
 * written with a decimal point whatever the locale of the program that the runtime is part of. */
#include "base/tools.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int nn_fail(nn_error *error, int status, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  error->status = status;
  vsnprintf(error->text, sizeof error->text, format, arguments);
  va_end(arguments);
  return -1;
}

int nn_out_of_memory(nn_error *error, size_t bytes) {
  return nn_fail(error, NN_BAD_USAGE, "not enough memory for %zu bytes", bytes);
}

int nn_room_for_blas(int threads) {
  const size_t each = (size_t)NN_BLAS_MIB << 20;
  if ((size_t)threads > SIZE_MAX / each) return 0;
  void *volatile room = malloc((size_t)threads * each); /* volatile: or compilers leave it out */
  free(room);
  return room != NULL;
}

/* ---- numbers ---- */

static int same_word(const char *begin, const char *end, const char *word) {
  size_t length = strlen(word);
  if ((size_t)(end - begin) != length) return 0;
  for (size_t k = 0; k < length; k++)
    if ((begin[k] | 32) != word[k]) return 0;
  return 1;
}

static int special_number(const char *begin, const char *end, double *value) {
  int negative = begin < end && *begin == '-';
  if (begin < end && (*begin == '-' || *begin == '+')) begin++;
  if (same_word(begin, end, "nan")) *value = NAN;
  else if (same_word(begin, end, "inf") || same_word(begin, end, "infinity")) *value = negative ? -INFINITY : INFINITY;
  else return 0;
  return 1;
}

/* The C library rounds correctly, but wants the locale's decimal point. */
static double library_number(const char *begin, const char *end) {
  const char *point = localeconv()->decimal_point;
  char local[64], *text = local;
  size_t needed = (size_t)(end - begin) + strlen(point) + 1, used = 0;
  if (needed > sizeof local && !(text = malloc(needed))) return NAN;
  for (; begin < end; begin++) {
    if (*begin != '.') text[used++] = *begin;
    else used += (size_t)sprintf(text + used, "%s", point);
  }
  text[used] = 0;
  double value = strtod(text, NULL);
  if (text != local) free(text);
  return value;
}

static int is_digit(char c) { return c >= '0' && c <= '9'; }

typedef struct decimal { /* digits * 10^exponent; exact where it says so */
  uint64_t digits;
  int exponent, count, exact;
} decimal;

static const char *scan_digits(const char *at, const char *end, decimal *number, int after_point) {
  for (; at < end && is_digit(*at); at++) {
    number->count++;
    if (number->digits < UINT64_C(100000000000000)) {
      number->digits = number->digits * 10 + (uint64_t)(*at - '0');
      number->exponent -= after_point;
    } else {
      number->exact = 0;
    }
  }
  return at;
}

/* "e-3", or nothing; NULL where it is neither. */
static const char *scan_exponent(const char *at, const char *end, decimal *number) {
  if (at == end || (*at | 32) != 'e') return at;
  int negative = ++at < end && *at == '-', exponent = 0;
  if (at < end && (*at == '-' || *at == '+')) at++;
  if (at == end || !is_digit(*at)) return NULL;
  for (; at < end && is_digit(*at); at++) exponent = exponent < 100000 ? exponent * 10 + (*at - '0') : exponent;
  number->exponent += negative ? -exponent : exponent;
  return at;
}

/* Up to 15 digits and 10^22 are exact in a double, so one division or product rounds correctly (Clinger 1990). */
int nn_parse_number(const char *begin, const char *end, double *value) {
  static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                  1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  decimal number = {0, 0, 0, 1};
  const char *at = begin;
  int negative = at < end && *at == '-';
  if (at < end && (*at == '-' || *at == '+')) at++;
  at = scan_digits(at, end, &number, 0);
  if (at < end && *at == '.') at = scan_digits(at + 1, end, &number, 1);
  if (!number.count) return special_number(begin, end, value);
  at = scan_exponent(at, end, &number);
  if (at != end) return 0;
  if (!number.exact || number.exponent > 22 || number.exponent < -22) {
    *value = library_number(begin, end);
    return 1;
  }
  double digits = (double)number.digits;
  digits = number.exponent < 0 ? digits / powers[-number.exponent] : digits * powers[number.exponent];
  *value = negative ? -digits : digits;
  return 1;
}

void nn_print_number(char *out, size_t size, int digits, double value) {
  const char *point = localeconv()->decimal_point;
  snprintf(out, size, "%.*g", digits, value);
  char *place = strcmp(point, ".") ? strstr(out, point) : NULL;
  if (!place) return;
  *place = '.';
  memmove(place + 1, place + strlen(point), strlen(place + strlen(point)) + 1);
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

int nn_find_input(const nn_model *model, const char *name, size_t length) {
  for (int k = 0; k < model->ninputs; k++)
    if (strlen(model->inputs[k].name) == length && !memcmp(model->inputs[k].name, name, length)) return k;
  return -1;
}
