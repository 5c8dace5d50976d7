/* number.c: arithmetic of numbers without rounding, for proofs.
 *
 * A number is a double that stands for the simple fraction that is nearest to it, if there is one, and else for itself:
 * 0.1 is 1/10, and 0.1 + 0.2 is 3/10. In: two of them. Out: their sum, product or quotient where that is such a number
 * again; false where it is not.
 *
 *     1/3 * 3 = 1         1e16 + 1 is none         sqrt(9/4) = 3/2         sqrt(2) is none */
#include "graph/graph.h"

#include <math.h>
#include <stdlib.h>

typedef __int128 Wide;

typedef struct Rational {
  Wide top, bottom;
  bool known; /* both are below 2^62 */
} Rational;

#define MOST_TERM 4.6e18 /* 2^62 */
#define MOST_SIMPLE                                                                                                    \
  1e12 /* the product of the terms of a simple fraction: two of them are further apart than rounding */

bool number_as_fraction(double x, double *top, double *bottom) {
  double rest = fabs(x), a = 1, b = 0, c = 0, d = 1; /* a/b the convergent, c/d the one before */
  for (int k = 0; k < 30; k++) {
    double whole = floor(rest), na = whole * a + c, nb = whole * b + d;
    if (na * nb > MOST_SIMPLE && nb > 1 && na > 1) return false;
    c = a, d = b, a = na, b = nb;
    if (a / b == fabs(x)) {
      *top = x < 0 ? -a : a;
      *bottom = b;
      return b < 9e15 && a < 9e15;
    }
    if (rest == whole) return false;
    rest = 1 / (rest - whole);
  }
  return false;
}

/* Its own value, mantissa * 2^exponent. */
static Rational dyadic(double x) {
  int exponent;
  double mantissa = frexp(x, &exponent);
  while (mantissa != floor(mantissa)) mantissa *= 2, exponent--;
  Rational r = {(Wide)mantissa, 1, true};
  if (exponent < -61 || exponent > 61 || fabs(ldexp(mantissa, exponent > 0 ? exponent : 0)) >= MOST_TERM)
    return (Rational){0, 1, false};
  if (exponent > 0) r.top *= (Wide)1 << exponent;
  else r.bottom = (Wide)1 << -exponent;
  return r;
}

static Rational rational(double x) {
  double top, bottom;
  if (x == floor(x) && fabs(x) < MOST_TERM) return (Rational){(Wide)x, 1, true};
  if (number_as_fraction(x, &top, &bottom)) return (Rational){(Wide)top, (Wide)bottom, true};
  return dyadic(x);
}

static Wide greatest_divisor(Wide a, Wide b) {
  if (a < 0) a = -a;
  while (b) {
    Wide rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

/* The double that stands for it; false where none does. */
static bool as_number(Wide top, Wide bottom, double *x) {
  if (bottom < 0) top = -top, bottom = -bottom;
  Wide common = greatest_divisor(top, bottom);
  if (common > 1) top /= common, bottom /= common;
  *x = (double)top / (double)bottom;
  Rational back = rational(*x);
  return back.known && back.top == top && back.bottom == bottom;
}

/* Does it stand for itself? 0.5 and 2^-132, but not 0.1. */
static bool is_plain(double x) {
  double top, bottom;
  int twos;
  return x == floor(x) || !number_as_fraction(x, &top, &bottom) || frexp(bottom, &twos) == 0.5;
}

/* Of what is too large or small for a fraction: the double is the value where nothing is rounded. */
static bool plain_product(double a, double b, double x) {
  return is_plain(a) && is_plain(b) && is_plain(x) && fma(a, b, -x) == 0;
}

bool number_product(double a, double b, double *x) {
  *x = a * b;
  if (a == 0 || b == 0 || fabs(a) == 1 || fabs(b) == 1 || !isfinite(*x)) return true;
  if (a == floor(a) && b == floor(b) && fabs(*x) <= MOST_EXACT) return true;
  Rational ra = rational(a), rb = rational(b);
  if (!ra.known || !rb.known) return plain_product(a, b, *x);
  Wide one = greatest_divisor(ra.top, rb.bottom), other = greatest_divisor(rb.top, ra.bottom);
  return as_number(ra.top / one * (rb.top / other), ra.bottom / other * (rb.bottom / one), x);
}

bool number_quotient(double a, double b, double *x) {
  Rational r = rational(b);
  double inverse;
  *x = a / b;
  if (b == 0 || a == 0 || fabs(b) == 1 || !isfinite(*x)) return true;
  if (r.known && as_number(r.bottom, r.top, &inverse)) return number_product(a, inverse, x);
  return plain_product(*x, b, a);
}

bool number_sum(double a, double b, double *x) {
  *x = a + b;
  if (a == 0 || b == 0 || a == -b || !isfinite(*x)) return true;
  if (a == floor(a) && b == floor(b) && fabs(*x) <= MOST_EXACT) return true;
  Rational ra = rational(a), rb = rational(b);
  Wide bottom;
  if (!ra.known || !rb.known || __builtin_mul_overflow(ra.bottom, rb.bottom, &bottom)) return false;
  return as_number(ra.top * rb.bottom + rb.top * ra.bottom, bottom, x); /* two terms below 2^124 */
}

bool number_power(double c, int n, double *x) {
  Rational r = rational(c);
  Wide top = 1, bottom = 1;
  int twos;
  if (frexp(c, &twos) == 0.5) return *x = ldexp(1, (twos - 1) * n), isfinite(*x) && *x > 0; /* a power of two */
  if (!r.known || abs(n) > 62) return false;
  for (int k = 0; k < abs(n); k++) {
    top *= r.top, bottom *= r.bottom; /* below 2^124 */
    if (top > (Wide)MOST_TERM || top < -(Wide)MOST_TERM || bottom > (Wide)MOST_TERM) return false;
  }
  return n < 0 ? top != 0 && as_number(bottom, top, x) : as_number(top, bottom, x);
}

bool number_terms(double c, double *top, double *bottom) {
  Rational r = rational(c);
  if (!r.known || r.bottom > (Wide)MOST_EXACT || r.top > (Wide)MOST_EXACT || r.top < -(Wide)MOST_EXACT) return false;
  *top = (double)r.top;
  *bottom = (double)r.bottom;
  return true;
}

bool number_root(double c, double *x) {
  double top, bottom, square;
  *x = sqrt(c);
  if (!isfinite(*x) || c == 0) return true;
  if (!number_terms(c, &top, &bottom)) return false;
  return number_quotient(sqrt(top), sqrt(bottom), x) && number_product(*x, *x, &square) && square == c;
}
