/* property.h: what can be known of a value before it is computed. Rough and safe: false means "not known". */
#ifndef NNC_PROPERTY_H
#define NNC_PROPERTY_H
#include "graph/graph.h"

bool read_positive(const Read *r);    /* > 0 everywhere (but for underflow) */
bool read_nonnegative(const Read *r); /* >= 0 everywhere */
/* A product, quotient or sum that holds an exp: its logarithm may be finite where the value overflows. */
bool read_exponential(const Read *r);

#endif
