/* statement.h: the statements that have files of their own. */
#ifndef NNC_ELABORATE_STATEMENT_H
#define NNC_ELABORATE_STATEMENT_H

#include "elaborate/elaborate.h"

/* ---- update.c: state <- e ---- */
void run_update(Elaborator *el, Scope *s, const Stmt *st);

/* ---- leaf.c ---- */
void declare_param(Elaborator *el, Scope *s, const Stmt *st, const Decl *d);
void declare_state(Elaborator *el, Scope *s, const Stmt *st, const Decl *d);

/* ---- draw.c: z ~ normal(0, 1) ---- */
void run_draw(Elaborator *el, Scope *s, const Stmt *st);

/* ---- instance.c: S[l] = dense(_, 64) ---- */
bool defines_instance(const Stmt *st);
/* Says what makes an instance, where a target with an index is given a function by name. */
bool is_no_instance(Elaborator *el, Scope *s, const Target *t, const Expr *e);
void define_instance(Elaborator *el, Scope *s, const Stmt *st);

/* ---- scan.c ---- */
void run_scan(Elaborator *el, Scope *s, const Stmt *st);
/* Is this target a sequence of the scan at hand: h[t], h[t, i]? */
bool defines_step(const Scope *s, const Target *t);
void define_step(Elaborator *el, Scope *s, const Target *t, Value *v);

#endif
