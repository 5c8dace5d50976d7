/* product.h: a product that is being built: build/product.c has the order of steps, guard.c, radix.c and sum.c some of
 * them; private to build/. */
#ifndef NNC_PRODUCT_H
#define NNC_PRODUCT_H

#include "build/map.h"

typedef struct Product {
  Graph *g;
  double scale;
  VEC(Read *) factors;
  VEC(Guard) guards;
  VEC(int) summed;
} Product;

/* build/product.c */
Read *product_solve(Product *p);  /* all steps */
Read *product_finish(Product *p); /* those from `pull out` on */
void product_scale(Product *p, double by);
bool product_sums(const Product *p, int var);
void product_drop_summed(Product *p, int var);
void product_substitute(Product *p, const Subst *s); /* in all factors and guards */
double product_extent(const Graph *g, int var);      /* for costs */

/* build/guard.c */
void product_add_guard(Product *p, Index *e, int64_t n); /* once */
/* Drops guards that hold, and finds one that cannot: false then. */
bool product_drop_guards(Product *p);
void product_sort_guards(Product *p);
/* Adds the exposed variables of q to vars, and returns their new count. */
int guard_exposed(const Graph *g, const Guard *q, int *vars, int n); /* by the places from which q reads values */
bool guard_protects(const Guard *q, const int *exposed, int n);
/* Guards of the read's own, in the place of those that it has to leave behind; the same for what is gathered in e. */
void product_add_bounds(Product *p, const Read *r);
void product_add_gathers_bounds(Product *p, const Index *e);

/* build/radix.c: NULL where no equality is one of digits. */
Read *product_solve_radix(Product *p);

/* build/sum.c */
/* A summed variable that nothing depends on is a factor; one of extent 1 is 0. */
void product_drop_idle_summed(Product *p);
/* Splits off what does not depend on the summed variables; NULL where nothing does. */
Read *product_pull_out(Product *p);
/* Multiplies and sums factors two by two, until two are left. */
void product_contract(Product *p);

#endif
