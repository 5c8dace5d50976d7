/* allowed.c: a tree in, the same tree without the statements that may not stand where they stand.
 *
 * The grammar takes every statement everywhere, so that the message can say where one belongs. A row of the table
 * tells, for each kind of statement, the bodies that may hold it; `for` and `if` hold what the body around them does.
 */
#include "syntax/parse.h"

#include <string.h>

/* HAND: a derivation in a file of its own */
enum { TOP = 1, FN = 2, LAYER = 4, OPTIMIZER = 8, SCAN = 16, NESTED = 32 /* within for or if */, HAND = 64 };
enum { ANYWHERE = TOP | HAND | FN | LAYER | OPTIMIZER | SCAN | NESTED, DECLARES = TOP | NESTED };

typedef struct Rule {
  int contexts;
  const char *belongs; /* after "'input' cannot stand in a layer; " */
} Rule;

static const Rule rules[] = {
  [STMT_MODEL] = {TOP, "a model is named at the top"},
  [STMT_IMPORT] = {TOP, "files are imported at the top"},
  [STMT_CONST] = {ANYWHERE, ""},
  [STMT_DIM] = {TOP, "an extent belongs to the model"},
  [STMT_INPUT] = {DECLARES, "an input belongs to the model; a function gets its data by its formals"},
  [STMT_PARAM] = {DECLARES | LAYER, "parameters belong to the model or to a layer"},
  [STMT_STATE] = {DECLARES | LAYER | OPTIMIZER, "states belong to the model, a layer or an optimizer"},
  [STMT_UPDATE] = {DECLARES | LAYER | OPTIMIZER, "a state is updated where it is declared"},
  [STMT_DEFINE] = {ANYWHERE, ""},
  [STMT_DRAW] = {DECLARES | FN | LAYER | SCAN | OPTIMIZER,
                 "draws belong to a model, a function, a layer or an optimizer"},
  [STMT_LOSS] = {DECLARES, "a loss belongs to the model"},
  [STMT_OUTPUT] = {DECLARES, "an output belongs to the model; a function gives its results with 'return'"},
  [STMT_METRIC] = {DECLARES, "a metric belongs to the model"},
  [STMT_MINIMIZE] = {DECLARES, "how to train belongs to the model"},
  [STMT_CHECK] = {DECLARES | HAND, "a check belongs to the model"},
  [STMT_ASKED] = {TOP, "what is asked for belongs to the model"},
  [STMT_TRAIN] = {TOP, "it belongs to the model"},
  [STMT_FN] = {TOP | HAND, "functions are defined at the top"},
  [STMT_LAYER] = {TOP, "layers are defined at the top"},
  [STMT_OPTIMIZER] = {TOP, "optimizers are defined at the top"},
  [STMT_DERIVATIVE] = {TOP, "derivatives are defined at the top"},
  [STMT_RULE] = {TOP, "rules are defined at the top"},
  [STMT_SCAN] = {DECLARES | HAND | FN | LAYER | SCAN, "a recurrence belongs to a model, a function or a layer"},
  [STMT_INIT] = {SCAN | NESTED, "'init' gives a carried value of a 'scan' its start"},
  [STMT_FOR] = {ANYWHERE, ""},
  [STMT_IF] = {ANYWHERE, ""},
  [STMT_RETURN] = {FN | LAYER | NESTED, "only a function or a layer returns something"},
};

static const char *context_name(int context) {
  if (context & NESTED) return "inside of a 'for' or 'if'";
  if (context & HAND) return "in a file of derivations";
  if (context & TOP) return "outside of a body";
  if (context & FN) return "in a function";
  if (context & LAYER) return "in a layer";
  return context & SCAN ? "in a 'scan'" : "in an optimizer";
}

/* The statement's first word; for those that begin with a name, the whole. */
static Span first_word(const Stmt *st) {
  Span s = st->span;
  uint32_t end = s.start;
  while (end < s.end && s.source->text[end] >= 'a' && s.source->text[end] <= 'z') end++;
  if (st->kind != STMT_UPDATE && st->kind != STMT_DRAW && end > s.start) s.end = end;
  return s;
}

static bool may_stand(Parser *p, const Stmt *st, int context) {
  int allowed = rules[st->kind].contexts;
  bool nested = context & NESTED;
  if ((allowed & context & ~NESTED) && (!nested || allowed & NESTED)) return true;
  Span word = first_word(st);
  int shown = allowed & context & ~NESTED ? context : context & ~NESTED;
  if (st->kind == STMT_UPDATE || st->kind == STMT_DRAW)
    error_at(p->cx, word, "this cannot stand %s; %s", context_name(shown), rules[st->kind].belongs);
  else
    error_at(p->cx, word, "'%.*s' cannot stand %s; %s", (int)(word.end - word.start), word.source->text + word.start,
             context_name(shown), rules[st->kind].belongs);
  return false;
}

static int context_within(const Stmt *st, int context) {
  switch (st->kind) {
  case STMT_FN: return FN;
  case STMT_LAYER: return LAYER;
  case STMT_OPTIMIZER: return OPTIMIZER;
  case STMT_SCAN: return SCAN;
  default: return context | NESTED;
  }
}

static void check_block(Parser *p, Block *block, int context) {
  int kept = 0;
  const Stmt *ended = NULL; /* the return after which nothing is reached */
  for (int k = 0; k < block->n; k++) {
    Stmt *st = block->at[k];
    if (!may_stand(p, st, context)) continue;
    if (ended) {
      error_at(p->cx, first_word(st), "nothing after a 'return' is reached");
      note_at(p->cx, ended->span, "the function ends here");
      break;
    }
    if (st->kind == STMT_RETURN) ended = st;
    check_block(p, &st->body, context_within(st, context));
    check_block(p, &st->other, context_within(st, context));
    block->at[kept++] = st;
  }
  block->n = kept;
}

void allowed_check(Parser *p, Block *model, bool derivation) { check_block(p, model, derivation ? HAND : TOP); }
