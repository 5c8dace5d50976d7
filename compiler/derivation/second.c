/* second.c: second derivatives, by blocks: that of the loss by a and by b, for each two of what is asked for.
 *
 * The gradient by a, written out as a whole, is differentiated by b; values of the model are found in what comes out
 * (whole.c). */
#include "build/build.h"
#include "derivation/sides.h"
#include "derive/derive.h"

enum { MOST_SIGNS = 900 /* that anyone reads in one formula */ };

typedef struct SecondBlock {
  Quantity *a, *b; /* copies, with variables of their own */
  Form *form;
} SecondBlock;

static Quantity *with_vars(Derivation *d, const Quantity *q, const int *vars) {
  Quantity *copy = arena_copy(d->cx, q, sizeof *q);
  memcpy(copy->vars, vars, sizeof(int) * (size_t)q->naxes);
  return copy;
}

static bool is_zero(const Read *r) {
  double c;
  return read_constant(r, &c) && c == 0;
}

/* ∂²L/∂a∂b; NULL where it is 0. */
static SecondBlock *block_of(Work *w, Read *gradient, const Quantity *a, const int *vars, const Quantity *b) {
  Derivation *d = w->d;
  int second[1][MAX_AXES];
  Node *leaf = (Node *)b->node;
  Read *adjoint;
  derive_adjoints(d->program, gradient, true, 1, &leaf, &adjoint, second);
  if (is_zero(adjoint)) return NULL;
  SecondBlock *block = ARENA_NEW(d->cx, SecondBlock);
  block->a = with_vars(d, a, vars);
  block->b = with_vars(d, b, second[0]);
  block->form = sides_form(w, whole_named(d, adjoint, d->loss));
  return block;
}

/* ---- lines ---- */

static Typo *marked(Context *cx, Typo *name, Mark mark) {
  Typo *t = arena_copy(cx, name, sizeof *t);
  t->mark = mark;
  return t;
}

/* ∂²L/(∂a ∂b), with or without indices. */
static Typo *left_side(Work *w, const SecondBlock *block, bool matrix, int na, const int *a, int nb, const int *b) {
  Context *cx = w->page->cx;
  Typo *one = symbol_of(&w->s, sides_read(w, block->a, block->a->leaf), matrix ? na : -1, a);
  Typo *two = symbol_of(&w->s, sides_read(w, block->b, block->b->leaf), matrix ? nb : -1, b);
  one = marked(cx, one, MARK_PARTIAL), two = marked(cx, two, MARK_PARTIAL);
  if (matrix && na == 1 && nb == 1) two = typo_new(cx, TYPO_TRANSPOSE, &two, 1);
  Typo *above = marked(cx, symbol_bare(&w->s, w->d->loss, false), MARK_SECOND);
  Typo *below = typo_new(cx, TYPO_PRODUCT, (Typo *[]){one, two}, 2);
  return typo_new(cx, TYPO_FRACTION, (Typo *[]){above, below}, 2);
}

static void write_block(Work *w, const SecondBlock *block, int number) {
  Line line = {.kind = LINE_EQUATION, .number = number};
  int a[MAX_AXES], b[MAX_AXES], out[2 * MAX_AXES];
  const Form *form = block->form;
  setting_begin(&w->s, &form, 1);
  int na = sides_axes(w, block->a, a), nb = sides_axes(w, block->b, b);
  memcpy(out, a, sizeof(int) * (size_t)na);
  memcpy(out + na, b, sizeof(int) * (size_t)nb);
  for (int k = 0; k < na + nb; k++) symbol_letter(&w->s, out[k]);
  Typo *right = na < 2 && nb < 2 ? matrix_notation(&w->s, form, na + nb, out) : NULL;
  VEC_PUSH(w->page->cx, &line.sides, left_side(w, block, right != NULL, na, a, nb, b));
  VEC_PUSH(w->page->cx, &line.sides, right ? right : index_notation(&w->s, form));
  VEC_PUSH(w->page->cx, &w->page->lines, line);
}

static void refuse(Work *w, const char *why, const char *a, const char *b) {
  Span span = w->d->loss->node->span;
  error_at(w->page->cx, span, "derive cannot yet write the second derivatives of '%s': %s", w->d->loss->path, why);
  if (a) help(w->page->cx, "it is that by %s and %s; --wrt NAME asks for one only", a, b);
}

void second_lines(Work *w, int *number) {
  Derivation *d = w->d;
  Quantity *asked[256];
  Node *leaves[256];
  Read *gradients[256];
  int vars[256][MAX_AXES], n = 0;
  Index *index[MAX_AXES];
  for (int k = 0; k < d->all.n && n < 256; k++)
    if (d->all.at[k]->kind == QUANTITY_LEAF && d->all.at[k]->adjoint_number)
      leaves[n] = (Node *)d->all.at[k]->node, asked[n++] = d->all.at[k];
  for (int k = 0; k < d->loss->naxes; k++) index[k] = index_var(d->g, d->loss->vars[k]);
  Read *loss = whole_read(d, read_make(d->g, (Node *)d->loss->node, index));
  if (!n) return refuse(w, "they are taken by parameters and inputs", NULL, NULL);
  if (!loss) return refuse(w, "it is made of a recurrence", NULL, NULL);
  sides_heading(w->page, "The second derivatives");
  derive_adjoints(d->program, loss, true, n, leaves, gradients, vars);
  for (int i = 0; i < n; i++)
    for (int j = i; j < n; j++) {
      const SecondBlock *block = block_of(w, gradients[i], asked[i], vars[i], asked[j]);
      if (!block) continue;
      if (form_cost(block->form) > MOST_SIGNS)
        return refuse(w, "one is too long to be read", asked[i]->path, asked[j]->path);
      write_block(w, block, ++*number);
    }
}
