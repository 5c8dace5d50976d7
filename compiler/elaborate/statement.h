/* statement.h: the statements that have files of their own. */
#ifndef NNC_ELABORATE_STATEMENT_H
#define NNC_ELABORATE_STATEMENT_H

#include "elaborate/elaborate.h"

/* ---- update.c: state <- e ---- */
void update_run(Elaborator *el, Scope *s, const Stmt *st);

/* ---- leaf.c ---- */
void leaf_declare_param(Elaborator *el, Scope *s, const Stmt *st, const Decl *d);
void leaf_declare_state(Elaborator *el, Scope *s, const Stmt *st, const Decl *d);

/* ---- draw.c: z ~ normal(0, 1) ---- */
void draw_run(Elaborator *el, Scope *s, const Stmt *st);

/* ---- instance.c: S[l] = dense(_, 64) ---- */
bool instance_defined_by(const Stmt *st);
/* Says what makes an instance, where a target with an index is given a function by name. */
bool instance_is_none(Elaborator *el, Scope *s, const Target *t, const Expr *e);
void instance_define(Elaborator *el, Scope *s, const Stmt *st);

/* ---- scan.c ---- */
void scan_run(Elaborator *el, Scope *s, const Stmt *st);
/* Is this target a sequence of the scan at hand: h[t], h[t, i]? */
bool scan_defines_step(const Scope *s, const Target *t);
void scan_define_step(Elaborator *el, Scope *s, const Target *t, Value *v);

#endif
