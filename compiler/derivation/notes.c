/* notes.c: what the page says of its notation: of the signs that stand on it, no others. */
#include "derivation/page.h"

typedef struct Seen { /* on the page */
  bool product, holds, unit, list, shape, ones, copy, adjoint;
  const Typo *example; /* of a unit vector */
} Seen;

static void look(Seen *seen, const Typo *e) {
  for (int k = 0; k < e->n; k++) look(seen, e->at[k]);
  seen->product = seen->product || e->kind == TYPO_HADAMARD;
  seen->holds = seen->holds || e->kind == TYPO_HOLDS;
  seen->ones = seen->ones || typo_is(e, "𝟏");
  seen->list = seen->list || (e->kind == TYPO_CALL && strcmp(e->text, "vec") == 0);
  seen->shape = seen->shape || (e->kind == TYPO_CALL && strcmp(e->text, "reshape") == 0);
  if (e->kind != TYPO_NAME) return;
  seen->copy = seen->copy || e->name.copy;
  seen->adjoint = seen->adjoint || e->mark == MARK_ADJOINT;

  if (strcmp(e->name.base, "e") == 0 && e->n == 1 && e->name.unit) seen->unit = true, seen->example = e;
}

typedef struct Notes {
  Page *page;
  Line line;
  Text text;
} Notes;

static void add_note(Notes *n, const char *text, Typo *a, Typo *b) {
  if (n->text.length) text_add(&n->text, " ");
  text_add(&n->text, text);
  if (a) VEC_PUSH(n->page->cx, &n->line.sides, a);
  if (b) VEC_PUSH(n->page->cx, &n->line.sides, b);
}

static Typo *plain(Context *cx, const char *base, Mark mark) {
  return typo_named(cx, (Name){.base = base, .sub = ""}, mark, NULL, 0);
}

/* δv is ∂L/∂v. */
static void note_adjoints(Notes *n, const char *loss) {
  Context *cx = n->page->cx;
  Typo *over[2] = {plain(cx, loss, MARK_PARTIAL), plain(cx, "v", MARK_PARTIAL)};
  Typo *fraction = typo_new(cx, TYPO_FRACTION, over, 2);
  add_note(n, "Here % is %, for each value %.", plain(cx, "v", MARK_ADJOINT), fraction);
  VEC_PUSH(cx, &n->line.sides, plain(cx, "v", MARK_NONE));
}

void notes_add(Page *page, const char *loss) {
  Seen seen = {.product = false};
  Context *cx = page->cx;
  Notes n = {.page = page, .line = {.kind = LINE_PROSE}, .text = {.cx = cx}};
  for (int k = 0; k < page->lines.n; k++)
    for (int i = 0; i < page->lines.at[k].sides.n; i++) look(&seen, page->lines.at[k].sides.at[i]);
  if (seen.adjoint) note_adjoints(&n, loss);
  if (seen.product)
    add_note(&n, "The product %, quotients, powers and functions of arrays are taken element by element.",
             typo_text(cx, "⊙"), NULL);
  if (seen.unit)
    add_note(&n, "The vector % is 1 at place % and 0 elsewhere.", (Typo *)seen.example, seen.example->at[0]);
  if (seen.ones) add_note(&n, "The vector % is 1 everywhere.", typo_text(cx, "𝟏"), NULL);
  if (seen.holds) add_note(&n, "A condition in brackets is 1 where it holds and 0 elsewhere.", NULL, NULL);
  if (page->outside) add_note(&n, "An element outside of its array is 0.", NULL, NULL);
  if (seen.list) add_note(&n, "vec lists the elements of an array, row by row.", NULL, NULL);
  if (seen.shape) add_note(&n, "reshape gives a list the shape that the left side has.", NULL, NULL);
  if (seen.copy) add_note(&n, "A number in brackets above a name counts the uses of one layer.", NULL, NULL);
  n.line.text = n.text.data;
  if (!n.text.length) return;
  VEC_PUSH(cx, &page->lines, n.line);
  for (int k = page->lines.n - 1; k > 0; k--) page->lines.at[k] = page->lines.at[k - 1];
  page->lines.at[0] = n.line;
}
