/* number.c: numbers as text and as bytes. SPDX-License-Identifier: 0BSD
 *
 * In: "1.5e-3", a double, or bytes of a file. Out: the number, correctly rounded, or its text. A number has a decimal
 * point, whatever the locale of the program that the runtime is part of. */
#include "common/common.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
int nn_number_parse(const char *begin, const char *end, double *value) {
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

int nn_number_parse_whole(const char *text, uint64_t most, uint64_t *value) {
  const char *at = text;
  for (*value = 0; *at >= '0' && *at <= '9'; at++) {
    uint64_t digit = (uint64_t)(*at - '0');
    if (digit > most || *value > (most - digit) / 10) return 0;
    *value = *value * 10 + digit;
  }
  return at > text && !*at;
}

void nn_number_print(char *out, size_t size, int digits, double value) {
  const char *point = localeconv()->decimal_point;
  snprintf(out, size, "%.*g", digits, value);
  char *place = strcmp(point, ".") ? strstr(out, point) : NULL;
  if (!place) return;
  *place = '.';
  memmove(place + 1, place + strlen(point), strlen(place + strlen(point)) + 1);
}

uint64_t nn_number_at(const unsigned char *bytes, int count) {
  uint64_t value = 0;
  for (int k = count - 1; k >= 0; k--) value = value << 8 | bytes[k];
  return value;
}
