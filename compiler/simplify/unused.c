/* unused.c: inputs that nothing looks at, and `minimize` statements that would move nothing.
 *
 * In: the program, once as elaborated and once simplified, when a gradient that is 0 everywhere has become the constant
 * 0. Out: reports. A mistake that is a slip of a name (`minimize LG over D`) trains without an error and learns
 * nothing; so does a loss that reaches its parameters only through whole numbers (`argmax`) or `stop`. */
#include "simplify/simplify.h"

#include <string.h>

enum { MOST_NAMES = 4 };

/* ---- inputs ---- */

void unused_inputs(Program *p, const Options *options) {
  (void)options;
  VEC(Node *) roots = {0};
  if (p->unanswered.n) return; /* what they depend on is not known */
  for (int k = 0; k < p->routines.n; k++)
    for (int r = 0; r < p->routines.at[k].nroots; r++) VEC_PUSH(p->cx, &roots, p->routines.at[k].roots[r].node);
  for (int k = 0; k < p->checks.n; k++) {
    VEC_PUSH(p->cx, &roots, p->checks.at[k].a->node);
    VEC_PUSH(p->cx, &roots, p->checks.at[k].b->node);
  }
  for (int k = 0; k < p->states.n; k++)
    if (p->states.at[k].next) VEC_PUSH(p->cx, &roots, p->states.at[k].next);
  NodeList used = graph_order(p->cx, roots.at, roots.n);
  for (int k = 0; k < p->inputs.n; k++) {
    bool found = p->train.standardize >> k & 1;
    for (int i = 0; i < used.n && !found; i++) found = used.at[i] == p->inputs.at[k].node;
    if (!found) warn_at(p->cx, p->inputs.at[k].span, "nothing depends on the input '%s'", p->inputs.at[k].name);
  }
}

/* ---- objectives ---- */

typedef struct Effect { /* what a loss does to each parameter */
  bool *moves;          /* its gradient is not 0 everywhere */
  bool *depends;        /* its value depends on it */
} Effect;

static Effect effect_of(Program *p, int loss) {
  Effect e = {ARENA_ARRAY(p->cx, bool, p->params.n), ARENA_ARRAY(p->cx, bool, p->params.n)};
  const Routine *r = NULL;
  for (int k = 0; k < p->routines.n && !r; k++)
    if (p->routines.at[k].kind == ROUTINE_GRAD && p->routines.at[k].loss == loss) r = &p->routines.at[k];
  for (int k = 0; r && k < r->nroots; k++) {
    const Node *n = r->roots[k].node;
    bool zero = n->kind == NODE_MAP && n->op == OP_PRODUCT && !n->nreads && n->scale == 0;
    if (r->roots[k].dest == DEST_GRAD) e.moves[r->roots[k].item] = !zero;
  }
  NodeList used = r ? graph_order(p->cx, &r->roots[0].node, 1) : (NodeList){0};
  for (int k = 0; k < p->params.n; k++)
    for (int i = 0; i < used.n; i++) e.depends[k] = e.depends[k] || used.at[i] == p->params.at[k].node;
  return e;
}

static bool within(const char *path, const char *name) { /* "h.W" is within "h" and "h.W" */
  size_t n = strlen(name);
  return strncmp(path, name, n) == 0 && (path[n] == 0 || path[n] == '.');
}

/* Reports that `loss` moves none of the group's parameters within `name` (of all, where NULL). */
static void check_named(Program *p, const Group *g, const Effect *e, const char *loss, const char *name, Span span) {
  const Leaf *first = NULL;
  bool moves = false, depends = false;
  Text names = {.cx = p->cx};
  int n = 0;
  for (int k = 0; k < g->nparams; k++) {
    const Leaf *leaf = &p->params.at[g->params[k]];
    if (name && !within(leaf->path, name)) continue;
    moves = moves || e->moves[g->params[k]];
    depends = depends || e->depends[g->params[k]];
    if (!first) first = leaf;
    if (++n <= MOST_NAMES) text_printf(&names, "%s'%s'", names.length ? ", " : "", leaf->path);
  }
  if (n > MOST_NAMES) text_printf(&names, " and %d more parameters", n - MOST_NAMES);
  if (moves || !first) return;
  if (depends) error_at(p->cx, span, "the derivative of '%s' with respect to %s is 0 everywhere", loss, names.data);
  else
    error_at(p->cx, span, "'%s' does not depend on %s, so there is nothing to %s", loss, names.data,
             g->stmt->maximize ? "maximize" : "minimize");
  note_at(p->cx, first->made.source ? first->made : first->span, "'%s' is declared here", first->path);
  if (depends) help(p->cx, "no derivative goes through whole numbers (argmax, comparisons, floor, sign) or 'stop'");
}

static void check_group(Program *p, const Group *g, const Effect *e, const char *loss) {
  const Stmt *st = g->stmt;
  for (int k = 0; k < st->nover; k++) check_named(p, g, e, loss, g->over[k], st->over[k]->span);
  if (!st->nover) check_named(p, g, e, loss, NULL, st->name_span);
}

void unused_objectives(Program *p, const Options *options) {
  (void)options;
  bool *moved = ARENA_ARRAY(p->cx, bool, p->params.n), *chosen = ARENA_ARRAY(p->cx, bool, p->params.n);
  for (int i = 0; i < p->objectives.n; i++) {
    const Objective *o = &p->objectives.at[i];
    Effect e = effect_of(p, o->loss);
    for (int j = 0; j < o->ngroups; j++) {
      check_group(p, &o->groups[j], &e, p->losses.at[o->loss]);
      for (int k = 0; k < o->groups[j].nparams; k++) {
        int param = o->groups[j].params[k];
        chosen[param] = true;
        moved[param] = moved[param] || e.depends[param];
      }
    }
  }
  if (error_count(p->cx)) return;
  for (int k = 0; k < p->params.n; k++) {
    const Leaf *leaf = &p->params.at[k];
    if (chosen[k] && !moved[k])
      warn_at(p->cx, leaf->made.source ? leaf->made : leaf->span,
              "no loss that is minimized or maximized depends on the parameter '%s'", leaf->path);
  }
}
