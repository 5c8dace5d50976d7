/* probe.c: one directional derivative of a loss against difference quotients:
 *
 *     D(h) = (L(w + h*d) - L(w - h*d)) / 2h        central: the error is O(h^2)
 *     R(h) = (4*D(h/2) - D(h)) / 3                 Richardson: O(h^4)
 *
 * It agrees where one of these is within 1e-6 of the array's largest gradient. Where none does and two step sizes
 * disagree with each other, or the slopes on both sides do and the gradient lies between these, the point is at a kink;
 * where the loss moves as much under small errors in every value (evaluation_shake), its digits are lost. Where nothing
 * speaks against the quotient, the gradient is wrong. Signs count.
 *
 * At w > 0 max(w, stop(w)) has the slopes 0 and 1, and the gradient 1: a tie gives it to the first. The quotient 1/2 is
 * no evidence. But a gradient of 2 is wrong there too. */
#include "check/probe.h"
#include "check/point.h"

#include <float.h>
#include <math.h>

#define AGREE  1e-6
#define SHAKES 4 /* times that small errors are made, for the rounding of a loss */

/* The sign by which element k of array i moves, in units of that array's values where several move. */
static double direction_at(const Probe *q, int i, int64_t k) {
  return point_uniform(q->seed, 77 + (uint64_t)i, (uint64_t)k) < 0.5 ? -1 : 1;
}

/* The root mean square of the values, or a tenth. */
static double size_of(const Array *a) {
  double squares = 0;
  for (int64_t k = 0; k < a->count; k++) squares += a->base[k] * a->base[k];
  return fmax(0.1, sqrt(squares / (double)a->count));
}

/* How far an array moves for each unit of the step: where there are several, each by its size. */
static double unit_of(const Probe *q, const Array *a) { return q->n > 1 ? size_of(a) : 1; }

static double loss_at(const Loss *l, const Probe *q, double h) {
  for (int i = 0; i < q->n && q->element < 0; i++) {
    const Array *a = &q->arrays[i];
    double *x = evaluation_writable(l->e, a->leaf->node), unit = h * unit_of(q, a);
    for (int64_t k = 0; k < a->count; k++) x[k] = a->base[k] + unit * direction_at(q, i, k);
  }
  if (q->element >= 0) evaluation_set_one(l->e, q->arrays->leaf->node, q->element, q->arrays->base[q->element] + h);
  return evaluate(l->e, l->value)[0];
}

static void move_back(const Loss *l, const Probe *q) {
  for (int i = 0; i < q->n; i++) evaluation_set(l->e, q->arrays[i].leaf->node, q->arrays[i].base);
}

/* What rounding may make of the loss at the point: as far as it moves under small errors in every value. In
 * 1e30 + tanh(w) no digit of w is left, so the loss does not move with w, whatever its derivative is; but it moves with
 * the errors of 1e30. */
static double rounding_of(Loss *l, const Probe *q) {
  if (l->rounding >= 0) return l->rounding;
  move_back(l, q);
  double here = evaluate(l->e, l->value)[0];
  l->rounding = 0;
  for (uint64_t seed = 1; seed <= SHAKES; seed++) {
    evaluation_shake(l->e, l->needed.at, l->needed.n, (Shake){.seed = seed, .size = 1, .apart = true});
    double moved = fabs(evaluate(l->e, l->value)[0] - here);
    l->rounding = isfinite(moved) ? fmax(l->rounding, moved) : INFINITY;
  }
  evaluation_shake(l->e, l->needed.at, l->needed.n, (Shake){0});
  evaluate(l->e, l->value); /* what a `stop` holds is its value at the point again */
  return l->rounding;
}

/* `noise`: what rounding of the two losses alone may make of it. */
static double quotient(const Loss *l, const Probe *q, double h, double *noise) {
  double above = loss_at(l, q, h), below = loss_at(l, q, -h);
  *noise = 4 * DBL_EPSILON * fmax(fabs(above), fabs(below)) / h;
  return (above - below) / (2 * h);
}

/* From the step that nearly always does to those for very flat and very curved losses. */
static const double steps[] = {1e-5, 1e-6, 1e-4, 1e-3, 1e-2};

#define NSTEPS (int)(sizeof steps / sizeof *steps)

/* Is the point at a kink, and the gradient between the slopes on both sides? At a kink central quotients of all sizes
 * may agree on the mean of both. Where other kinks are near, the slopes depend on the step a little. Slopes that lie
 * apart by rounding alone show no kink. */
static bool between_slopes(Loss *l, const Probe *q, double analytic, double scale, double size) {
  double least = INFINITY, most = -INFINITY, noise = rounding_of(l, q) / (steps[0] * size), apart = 0;
  for (int k = 0; k < 2; k++) {
    double h = steps[k] * size, above = loss_at(l, q, h), here = loss_at(l, q, 0), below = loss_at(l, q, -h);
    double right = (above - here) / h, left = (here - below) / h;
    least = fmin(least, fmin(left, right));
    most = fmax(most, fmax(left, right));
    if (k == 0) apart = fabs(right - left);
  }
  double slack = 0.1 * (most - least) + AGREE * scale;
  return least - slack <= analytic && analytic <= most + slack && apart > 2 * noise;
}

/* Do errors of some 1e-15 in its values move the loss by a part of itself that is seen? sin(exp(100*w)) does: between
 * one number and the next there are many periods, and no step is small enough for a quotient. */
static bool is_chaotic(Loss *l, const Probe *q) {
  double rounding = rounding_of(l, q);
  return rounding > 1e-6 && rounding > 1e-3 * fabs(loss_at(l, q, 0));
}

typedef struct Doubt { /* by how much a quotient may be wrong */
  double all, digits;  /* digits: by rounding alone */
} Doubt;

/* What it means that no quotient agrees. */
static Outcome outcome_of(Loss *l, const Probe *q, const Result *r, Doubt doubt, double scale, double size) {
  double off = fabs(r->quotient - r->analytic);
  if (!isfinite(r->analytic)) return DIFFERS;
  if (between_slopes(l, q, r->analytic, scale, size)) return AT_KINK;
  if (is_chaotic(l, q)) return DIGITS_LOST;
  /* two step sizes agree far better with each other than with the gradient: no kink, no noise */
  if (doubt.all < off) return DIFFERS;
  return isinf(l->rounding) || doubt.digits >= off ? DIGITS_LOST : AT_KINK;
}

Result probe_run(Loss *l, const Probe *q, double analytic, double scale, double size) {
  Result r = {AT_KINK, analytic, NAN, INFINITY};
  double least_doubt = INFINITY, doubt_of_digits = 0, noise;
  for (int k = 0; k < NSTEPS; k++) {
    double h = steps[k] * size, coarse = quotient(l, q, h, &noise);
    if (fabs(coarse - analytic) > AGREE * scale || !isfinite(coarse)) {
      double fine = quotient(l, q, h / 2, &noise), refined = (4 * fine - coarse) / 3, spread = fabs(fine - coarse);
      noise = fmax(noise, rounding_of(l, q) / h);
      double doubt = fmax(10 * spread, noise);
      if (isfinite(refined) && doubt < least_doubt) least_doubt = doubt, doubt_of_digits = noise, r.quotient = refined;
      coarse = refined;
      if (1000 * fmax(spread, noise) < fabs(refined - analytic)) break; /* other steps would say the same */
    }
    if (fabs(coarse - analytic) <= AGREE * scale) {
      r = (Result){AGREES, analytic, coarse, scale > 0 ? fabs(coarse - analytic) / scale : 0};
      break;
    }
  }
  if (r.outcome != AGREES) {
    r.outcome = outcome_of(l, q, &r, (Doubt){least_doubt, doubt_of_digits}, scale, size);
    r.difference = fabs(r.quotient - analytic) / scale;
  }
  move_back(l, q);
  return r;
}

double probe_along(const Probe *q, double *scale, double *size) {
  double sum = 0, squares = 0, count = 0;
  *scale = 0;
  *size = q->n > 1 ? 1 : size_of(q->arrays);
  for (int i = 0; i < q->n; i++) {
    const Array *a = &q->arrays[i];
    double unit = unit_of(q, a);
    *scale = fmax(*scale, unit * (a->rounding ? 1e-3 : a->scale));
    if (q->element >= 0) return a->gradient[q->element];
    count += (double)a->count;
    for (int64_t k = 0; k < a->count; k++) {
      sum += unit * a->gradient[k] * direction_at(q, i, k);
      squares += unit * unit * a->gradient[k] * a->gradient[k];
    }
  }
  *scale = fmax(*scale, sqrt(squares));
  *size *= 10 / sqrt(count);
  return sum;
}
