/* symbol.c: what values and indices are called on the page.
 *
 * A quantity has the user's name; digits at its end are a subscript, and so is the layer that a parameter belongs to:
 * W1 is W₁, h.W is W of h. Greek names are letters: alpha is α. Indices are i, j, k, ..., the time of a recurrence t,
 * where the model has no such names. */
#include "derivation/typo.h"

#include <ctype.h>

/* ---- names ---- */

static const char *const greek[][2] = {
  {"alpha", "α"}, {"beta", "β"},  {"gamma", "γ"}, {"delta", "δ"}, {"epsilon", "ε"}, {"eps", "ε"},    {"zeta", "ζ"},
  {"eta", "η"},   {"theta", "θ"}, {"iota", "ι"},  {"kappa", "κ"}, {"lambda", "λ"},  {"mu", "μ"},     {"nu", "ν"},
  {"xi", "ξ"},    {"pi", "π"},    {"rho", "ρ"},   {"sigma", "σ"}, {"tau", "τ"},     {"phi", "φ"},    {"chi", "χ"},
  {"psi", "ψ"},   {"omega", "ω"}, {"Gamma", "Γ"}, {"Delta", "Δ"}, {"Theta", "Θ"},   {"Lambda", "Λ"}, {"Sigma", "Σ"},
  {"Phi", "Φ"},   {"Psi", "Ψ"},   {"Omega", "Ω"}};

static const char *as_greek(const char *name) {
  for (size_t k = 0; k < sizeof greek / sizeof *greek; k++)
    if (strcmp(greek[k][0], name) == 0) return greek[k][1];
  return name;
}

/* "W1": W and 1; "h_before": h and before. */
static Name split_name(Context *cx, const char *base, const char *prefix) {
  size_t n = strcspn(base, "_"), end = n; /* of the base; own: what of the name is written below it */
  while (n == strlen(base) && end > 0 && isdigit((unsigned char)base[end - 1])) end--;
  if (!end) end = n;
  bool letters = isalpha((unsigned char)base[0]) && islower((unsigned char)base[1]) && as_greek(base) == base;
  if (letters && n == 2 && !base[n]) end = 1; /* bf: b with f */
  const char *own = base + end + (base[end] == '_');
  if (end > 1 && base[end - 1] == '.') end--; /* h.1 of a loop */
  Name name = {.base = as_greek(intern_n(cx, base, end)), .sub = *own ? own : prefix};
  if (*own && *prefix) name.sub = arena_printf(cx, "%s,%s", own, prefix);
  return name;
}

/* As a subscript: h1, a_p. */
static const char *joined(Context *cx, Name name) {
  bool digit = !*name.sub || isdigit((unsigned char)*name.sub);
  return digit ? arena_printf(cx, "%s%s", name.base, name.sub) : arena_printf(cx, "%s_%s", name.base, name.sub);
}

Name symbol_name(const Setting *s, const Quantity *q) {
  if (q->kind == QUANTITY_PREVIOUS || q->kind == QUANTITY_START) return symbol_name(s, q->of);
  if (q->kind == QUANTITY_OPERAND) {
    Name of = symbol_name(s, q->of);
    bool plain = strcmp(of.base, "h") == 0 && isdigit((unsigned char)of.sub[0]);
    return (Name){.base = "a", .sub = plain ? of.sub : joined(s->cx, of), .copy = of.copy};
  }
  if (!q->path) return (Name){.base = q->node->kind == NODE_DRAW ? "ε" : "K", .sub = ""};
  const char *base = q->path + strlen(q->path);
  while (base > q->path && (base[-1] != '.' || isdigit((unsigned char)*base))) base--;
  const char *owner = q->owner ? q->owner : "";
  if (*owner && !strchr(owner, '.')) owner = joined(s->cx, split_name(s->cx, owner, ""));
  Name name = split_name(s->cx, base, owner);
  name.copy = q->copy;
  return name;
}

/* ---- indices ---- */

static bool is_taken(const Setting *s, const char *letter) {
  for (int k = 0; k < s->d->all.n; k++) {
    const char *path = s->d->all.at[k]->path;
    if (path && strcmp(path, letter) == 0) return true;
  }
  for (int k = 0; k < s->nletters; k++)
    if (strcmp(s->letters[k], letter) == 0) return true;
  return false;
}

static bool is_example(const Setting *s, int var) { return graph_var_axis(s->g, var).kind == AXIS_BATCH; }

void setting_name(Setting *s, int var, const char *letter) {
  if (s->nletters == 8 * MAX_AXES) return;
  s->lettered[s->nletters] = var;
  s->letters[s->nletters++] = letter;
}

Typo *symbol_letter(Setting *s, int var) {
  static const char *const plain[] = {"i", "j", "k", "l", "m", "q", "u", "v", "a", "c", "d", "e", "f", "g", NULL};
  static const char *const times[] = {"t", "s", "τ", "r", NULL};
  static const char *const examples[] = {"n", "m", "k", "l", NULL};
  for (int k = 0; k < s->nletters; k++)
    if (s->lettered[k] == var) return typo_text(s->cx, s->letters[k]);
  const char *const *letter = is_example(s, var) ? examples : setting_is_time(s, var) ? times : plain;
  while (*letter && is_taken(s, *letter)) letter++;
  const char *name = *letter ? *letter : arena_printf(s->cx, "i%d", s->nletters);
  setting_name(s, var, name);
  return typo_text(s->cx, name);
}

Typo *symbol_index(Setting *s, const Index *e) {
  Context *cx = s->cx;
  Typos terms = {0};
  for (int k = 0; k < e->n; k++) {
    const Term *t = &e->terms[k];
    Typo *x = t->gather ? index_notation(s, form_of_read(s->g, t->gather)) : symbol_letter(s, t->var);
    int64_t c = t->coef < 0 ? -t->coef : t->coef;
    if (c != 1) x = typo_new(cx, TYPO_PRODUCT, (Typo *[]){typo_text(cx, arena_printf(cx, "%lld", (long long)c)), x}, 2);
    if (t->coef < 0) x = typo_negative(cx, x);
    VEC_PUSH(cx, &terms, x);
  }
  if (e->offset || !e->n) {
    long long offset = e->offset < 0 ? -(long long)e->offset : (long long)e->offset;
    Typo *x = typo_text(cx, arena_printf(cx, "%lld", offset));
    VEC_PUSH(cx, &terms, e->offset < 0 ? typo_negative(cx, x) : x);
  }
  for (int k = 1; k < terms.n; k++) /* 1 - k, not -k + 1 */
    if (terms.at[0]->kind == TYPO_NEGATIVE && terms.at[k]->kind != TYPO_NEGATIVE) {
      Typo *first = terms.at[0];
      terms.at[0] = terms.at[k], terms.at[k] = first;
    }
  Typo *sum = terms.n == 1 ? terms.at[0] : typo_new(cx, TYPO_SUM, terms.at, terms.n);
  if (e->divisor == 1) return sum;
  Typo *by = typo_text(cx, arena_printf(cx, "%lld", (long long)e->divisor));
  return typo_new(cx, TYPO_FRACTION, (Typo *[]){sum, by}, 2);
}

/* ---- symbols ---- */

static Mark mark_of(const Setting *s, bool adjoint) {
  return !adjoint ? MARK_NONE : s->lagrangian ? MARK_MULTIPLIER : MARK_ADJOINT;
}

Typo *symbol_bare(const Setting *s, const Quantity *q, bool adjoint) {
  return typo_named(s->cx, symbol_name(s, q), mark_of(s, adjoint), NULL, 0);
}

bool symbol_shows(const Setting *s, const Read *r, int axis) {
  int v;
  if (r->node->axes[axis].kind != AXIS_BATCH) return true;
  return s->examples || !index_is_var(r->index[axis], &v) || v != s->g->batch_var;
}

static bool is_out(const Index *e, int n, const int *out) {
  int v;
  return index_is_var(e, &v) && vars_contain(out, n, v);
}

/* h[t] of the step before is h[t-1]; what it is at 0 is the start. */
static Index *time_index(const Setting *s, const Quantity *q, bool adjoint, const Read *r, int axis) {
  int time = q->time + (adjoint ? q->adjoint->naxes - q->naxes : 0);
  if (q->kind != QUANTITY_PREVIOUS || axis != time) return r->index[axis];
  return index_combine(s->g, 1, r->index[axis], -1, index_constant(s->g, 1));
}

static Typo *unnamed(const Setting *s, const Node *n) {
  Context *cx = s->cx;
  const char *text = n->kind == NODE_BATCH ? "N" : n->kind == NODE_STEP ? "step" : n->label ? n->label : "?";
  return typo_named(cx, (Name){.base = text, .sub = ""}, MARK_NONE, NULL, 0);
}

Typo *symbol_of(Setting *s, const Read *r, int nout, const int *out) {
  bool adjoint;
  const Quantity *q = quantity_of_leaf(s->d, r->node, &adjoint);
  Typos indices = {0};
  if (q && q->kind == QUANTITY_START) VEC_PUSH(s->cx, &indices, typo_negative(s->cx, typo_text(s->cx, "1")));
  for (int k = 0; k < r->node->naxes; k++) {
    if (!symbol_shows(s, r, k) || (nout >= 0 && is_out(r->index[k], nout, out))) continue;
    Index *e = q ? time_index(s, q, adjoint, r, k) : r->index[k];
    VEC_PUSH(s->cx, &indices, symbol_index(s, e));
  }
  Typo *name = q ? symbol_bare(s, q, adjoint) : unnamed(s, r->node);
  return typo_named(s->cx, name->name, name->mark, indices.at, indices.n);
}

/* ---- the times of an equation ---- */

bool setting_is_time(const Setting *s, int var) { return vars_contain(s->times, s->ntimes, var); }

static void find_times_in_index(Setting *s, const Index *e) {
  for (int k = 0; k < e->n; k++)
    if (!e->terms[k].gather && !setting_is_time(s, e->terms[k].var) && s->ntimes < 4 * MAX_AXES)
      s->times[s->ntimes++] = e->terms[k].var;
}

static void find_times(Setting *s, const Form *f) {
  bool adjoint;
  for (int k = 0; k < f->n; k++) find_times(s, f->at[k]);
  if (f->kind != FORM_SYMBOL) return;
  const Node *n = f->read->node;
  const Quantity *q = quantity_of_leaf(s->d, n, &adjoint);
  if (q && q->time >= 0) find_times_in_index(s, f->read->index[q->time + n->naxes - q->naxes]);
  for (int k = 0; k < n->naxes; k++) {
    int v;
    if (n->axes[k].kind != AXIS_BATCH) continue;
    bool other = !index_is_var(f->read->index[k], &v) || v != s->g->batch_var || k > 0;
    s->examples = s->examples || other;
    if (other) find_times_in_index(s, f->read->index[k]);
  }
}

void setting_begin(Setting *s, const Form *const *forms, int n) {
  s->ntimes = s->nletters = 0;
  s->examples = false;
  for (int k = 0; k < n; k++) find_times(s, forms[k]);
  if (s->examples && s->ntimes < 4 * MAX_AXES) s->times[s->ntimes++] = s->g->batch_var;
}
