/* name.h: names and numbers in C (emit/name.c); private to emit/. */
#ifndef NNC_EMIT_NAME_H
#define NNC_EMIT_NAME_H

#include "emit/emitter.h"

/* One component of a user's name as a C identifier: Greek letters spelled out, "3" becomes l3, reserved words get an
 * underscore. */
const char *c_name(Context *cx, const char *name, size_t length);
/* A dotted path as one identifier: h.W becomes h_W. */
const char *c_flat_name(Context *cx, const char *path);
/* The same for a local variable or a parameter of a function: also clear of the names that generated code itself uses.
 */
const char *c_local_name(Context *cx, const char *path);
const char *c_upper(Context *cx, const char *name);
/* A number as a float constant of C: "0.5f", "-INFINITY". */
const char *c_float(Context *cx, double x);

/* A number in a function's body: a float constant, or "0.5" where the function computes in double precision. */
const char *c_real(const Emitter *em, double x);
/* What loops call their variables. */
extern const char *const loop_names[MAX_AXES + 2];

#endif
