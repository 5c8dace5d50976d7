/* coefficient.c: arithmetic of the numbers in normal forms: without rounding, or the proof fails; see graph/number.c.
 *
 *     1/3 * 3 = 1         1e16 + 1 fails         sqrt(12) = 2 * 3^(1/2) */
#include "prove/normal.h"

#include <math.h>

enum { MOST_PRIME = 1000 };

static double settled(Prover *p, bool known, double x) {
  if (!known) p->failed = true;
  return x;
}

double coefficient_times(Prover *p, double a, double b) {
  double x;
  bool known = number_product(a, b, &x);
  return settled(p, known, x);
}

double coefficient_over(Prover *p, double a, double b) {
  double x;
  bool known = b != 0 && number_quotient(a, b, &x);
  return settled(p, known, known ? x : 0);
}

double coefficient_plus(Prover *p, double a, double b) {
  double x;
  bool known = number_sum(a, b, &x);
  return settled(p, known, x);
}

/* The least prime factor of *whole, by which it is divided; what has none below MOST_PRIME is taken for one. */
static double take_prime(double *whole) {
  for (double d = 2; d * d <= *whole && d < MOST_PRIME; d++)
    if (fmod(*whole, d) == 0) {
      *whole /= d;
      return d;
    }
  double rest = *whole;
  *whole = 1;
  return rest;
}

/* whole^power, by its prime factors, each an atom. */
static Poly *root_of_whole(Prover *p, double whole, double power) {
  Poly *product = poly_number(p, 1);
  while (whole > 1 && !p->failed) {
    Poly *prime = poly_number(p, take_prime(&whole));
    Atom a = {.kind = ATOM_SUM, .op = OP_POW, .nargs = 1, .args = {prime}};
    product = poly_times(p, product, poly_atom(p, arena_copy(p->cx, &a, sizeof a), power));
  }
  return product;
}

Poly *poly_number_power(Prover *p, double c, double power) {
  double x, top, bottom;
  bool whole = power == floor(power);
  int twos;
  if (c == 1) return poly_number(p, 1);
  if (frexp(c, &twos) == 0.5 && (twos - 1) * power == floor((twos - 1) * power))
    return poly_number(p, ldexp(1, (int)((twos - 1) * power)));
  if (whole && fabs(power) <= 62 && number_power(c, (int)power, &x)) return poly_number(p, x);
  if (whole || c <= 0 || !number_terms(c, &top, &bottom)) return p->failed = true, poly_new(p);
  return poly_times(p, root_of_whole(p, top, power), root_of_whole(p, bottom, -power));
}
