/* comment.c: formulas above the code that computes them, in names that a reader finds again.
 *
 *     %7[b,i] = sigmoid(z[b,i])  [n,20]
 *     v9[b,i] = z[b,i] %7[b,i]  [n,20]
 *
 * A stored value is called as in the block: by its name in the model where the block calls it by that, too (h.W is
 * h_W in C), else as the block does: v9, s5. What has no storage of its own is %7, or has its name in the model, and
 * its formula stands above the first that reads it. A block that stands for several, in a function of its own, has a0,
 * a1, and so on, for the values of each.
 *
 * What is an equation of the derivation (nnc derive) has its number in front: (3) a2[b] = ... Of an adjoint that is the
 * derivative of the mean over the batch. */
#include "emit/comment.h"
#include "emit/name.h"

#include <string.h>

typedef struct Given { /* a name that this comment has given */
  const Node *node;
  const char *name;
} Given;

typedef struct Speller {
  NodeNames names; /* first: a Speller is handed on as its NodeNames */
  Body *b;
  bool part;
  VEC(Given) given;
  NodeList listed;
} Speller;

/* ---- names ---- */

static const Operand *find_operand(const Body *b, const Node *n) {
  for (int k = 0; k < b->operands.n; k++)
    if (b->operands.at[k].node == n && !b->operands.at[k].pack) return &b->operands.at[k];
  for (int k = 0; k < b->scalars.n; k++)
    if (b->scalars.at[k].node == n) return &b->scalars.at[k];
  return NULL;
}

/* Is `word`, a word of C, what the name of the model is there? */
static bool is_spelling(const Body *b, const char *label, const char *word) {
  return strcmp(c_local_name(b->cx, label), word) == 0 || strcmp(c_flat_name(b->cx, label), word) == 0;
}

/* Has nothing else in this function the name that n has in the model? */
static bool is_unique(const Body *b, const Node *n) {
  for (int k = 0; k < b->plan->order.n; k++) {
    const Node *m = b->plan->order.at[k];
    if (m != n && m->kind != NODE_RESULT && m->label && strcmp(m->label, n->label) == 0) return false;
  }
  for (int k = 0; k < b->em->program->inputs.n; k++)
    if (b->em->program->inputs.at[k].node != n && strcmp(b->em->program->inputs.at[k].name, n->label) == 0)
      return false;
  return true;
}

static const char *choose_name(const Speller *s, const Node *n) {
  Body *b = s->b;
  const Operand *o = find_operand(b, n);
  bool leaf = plan_storage(b->plan, n)->kind == STORAGE_LEAF;
  if (s->part && o) return o->name;
  if (n->label && !s->part) {
    if (o && is_spelling(b, n->label, o->name)) return n->label;
    if (leaf || ((!o || b->direct) && is_unique(b, n))) return n->label;
  }
  return o ? o->name : arena_printf(b->cx, "%%%d", n->number);
}

static const char *spelled(const NodeNames *names, const Node *read) {
  Speller *s = (Speller *)names;
  const Node *n = plan_seen((Node *)read);
  for (int k = 0; k < s->given.n; k++)
    if (s->given.at[k].node == n) return s->given.at[k].name;
  const char *name = choose_name(s, n);
  VEC_PUSH(s->b->cx, &s->given, ((Given){n, name}));
  return name;
}

/* ---- formulas ---- */

static void add_shape(Text *t, const Node *n) {
  text_add(t, "[");
  for (int k = 0; k < n->naxes; k++) {
    if (n->axes[k].kind == AXIS_PLAIN) text_printf(t, "%s%lld", k ? "," : "", (long long)n->axes[k].extent);
    else text_printf(t, "%s%s", k ? "," : "", n->axes[k].kind == AXIS_BATCH ? "n" : "count");
  }
  text_add(t, "]");
}

static void add_formula(Speller *s, const Node *n, Text *t) {
  if (t->length) text_add(t, "\n");
  if (n->equation && !s->part) text_printf(t, "(%d) ", n->equation);
  node_formula(t, n, &s->names);
  text_add(t, "  ");
  add_shape(t, n);
}

static void add_formulas(Speller *s, Node *const *nodes, int n, Text *t) {
  for (int k = 0; k < n; k++) {
    int first = s->listed.n;
    plan_written_out(s->b->plan, nodes[k], &s->listed);
    for (int i = first; i < s->listed.n; i++) add_formula(s, s->listed.at[i], t);
    add_formula(s, nodes[k], t);
  }
}

static Speller speller_of(Body *b, bool part) { return (Speller){.names = {spelled}, .b = b, .part = part}; }

const char *comment_formulas(Body *b, Node *const *nodes, int n, bool part) {
  Speller s = speller_of(b, part);
  Text t = {.cx = b->cx};
  add_formulas(&s, nodes, n, &t);
  return t.data;
}

const char *comment_run(Body *b, const char *const *names) {
  Speller s = speller_of(b, false);
  Text t = {.cx = b->cx};
  for (int k = 0; k < b->plan->steps.n; k++)
    add_formulas(&s, b->plan->steps.at[k].nodes.at, b->plan->steps.at[k].nodes.n, &t);
  for (int k = 0; k < b->plan->nroots; k++) {
    Node *root = b->plan->roots[k].node;
    int first = s.listed.n;
    plan_written_out_itself(b->plan, root, &s.listed);
    for (int i = first; i < s.listed.n; i++) add_formula(&s, s.listed.at[i], &t);
    text_printf(&t, "%s%s <- %s", t.length ? "\n" : "", names[k], spelled(&s.names, root));
  }
  return t.data ? t.data : "";
}

/* ---- calls ---- */

/* What has no name at all is called as it is handed over. */
static const char *name_of_argument(Body *b, const Operand *o) {
  if (o->pack) return o->pack->label;
  if (plan_storage(b->plan, o->node)->kind != STORAGE_DEST && o->node->label) return o->node->label;
  return !o->scalar && (o->node->label || o->node->number) ? body_label(b, o->node) : o->origin;
}

const char *comment_call(Body *b, const Operand *const *operands, const bool *written, int n) {
  Text t = {.cx = b->cx};
  for (int out = 1; out >= 0; out--) {
    const char *between = out || !t.length ? "" : " from ";
    for (int k = 0; k < n; k++) {
      if (written[k] != out) continue;
      text_printf(&t, "%s%s", between, name_of_argument(b, operands[k]));
      if (out && operands[k]->node && !operands[k]->pack) add_shape(&t, operands[k]->node);
      between = ", ";
    }
  }
  return t.data ? t.data : "";
}

const char *comment_carried(Body *b, const Node *prev) {
  return prev->label ? prev->label : body_operand(b, prev, NULL, true)->origin;
}
