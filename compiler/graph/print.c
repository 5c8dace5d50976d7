/* print.c: nodes as text, in two ways: exact (--emit=graph, one line a node) and as a formula for a reader, in names
 * that he is given; `names` is NULL where it is exact. */
#include "graph/node.h"

#include <math.h>
#include <string.h>

static const char *const letters[] = {"i", "j", "k", "l", "m", "o", "p", "q", "r", "s", "t", "u", "v", "w", "x", "y"};

const char *axis_letter(int k) { return letters[k % 16]; }

/* The name of axis k of n: the batch is b, the others letters in order. */
static const char *axis_name(const Node *n, int var) {
  int letter = 0;
  if (var >= n->naxes + n->nreduce) return "?";
  if (n->axes[var].kind == AXIS_BATCH && var == 0) return "b";
  if (n->axes[var].kind == AXIS_BATCH) return "b'";
  for (int k = 0; k < var; k++) letter += n->axes[k].kind != AXIS_BATCH;
  return axis_letter(letter);
}

static void print_read(Text *t, const Node *n, const Read *r, const NodeNames *names);

static void print_index(Text *t, const Node *n, const Index *e, const NodeNames *names) {
  bool brackets = e->divisor != 1;
  if (brackets && (e->n > 1 || e->offset)) text_add(t, "(");
  for (int i = 0; i < e->n; i++) {
    const Term *term = &e->terms[i];
    int64_t c = term->coef;
    if (i || c < 0) text_add(t, c < 0 ? "-" : "+");
    if (c < 0) c = -c;
    if (c != 1) text_printf(t, "%lld", (long long)c);
    if (term->gather) print_read(t, n, term->gather, names);
    else if (!names && term->var >= FREE_VAR) text_printf(t, "v%d", term->var);
    else text_add(t, axis_name(n, term->var));
  }
  if (e->offset || !e->n) text_printf(t, e->n ? "%+lld" : "%lld", (long long)e->offset);
  if (brackets && (e->n > 1 || e->offset)) text_add(t, ")");
  if (brackets) text_printf(t, "/%lld", (long long)e->divisor);
}

static void print_name(Text *t, const Node *n, const NodeNames *names) {
  double c;
  Read r = {(Node *)n, NULL};
  if (!n->naxes && read_constant(&r, &c)) text_printf(t, "%.9g", c);
  else if (names) text_add(t, names->name(names, n));
  else text_printf(t, "%%%d", n->id);
}

static void print_read(Text *t, const Node *n, const Read *r, const NodeNames *names) {
  print_name(t, r->node, names);
  if (!r->node->naxes) return;
  text_add(t, "[");
  for (int k = 0; k < r->node->naxes; k++) {
    if (k) text_add(t, ",");
    print_index(t, n, r->index[k], names);
  }
  text_add(t, "]");
}

static void print_guards(Text *t, const Node *n, const NodeNames *names) {
  for (int k = 0; k < n->nguards; k++) {
    text_add(t, k ? ", " : " [");
    if (n->guards[k].n == 1) {
      print_index(t, n, n->guards[k].e, names);
      text_add(t, " = 0");
    } else {
      text_add(t, "0 <= ");
      print_index(t, n, n->guards[k].e, names);
      text_printf(t, " < %lld", (long long)n->guards[k].n);
    }
  }
  if (n->nguards) text_add(t, "]");
}

static void print_reduction(Text *t, const Node *n) {
  text_add(t, reduction_rows[n->reduction].printed);
  text_add(t, "_");
  for (int k = 0; k < n->nreduce; k++) text_printf(t, "%s%s", k ? "," : "", axis_name(n, n->naxes + k));
  text_add(t, " ");
}

static void print_product(Text *t, const Node *n, const NodeNames *names) {
  if (n->nreduce) print_reduction(t, n);
  bool shown = n->scale == -1 && n->nreads;
  if (shown) text_add(t, "-");
  else if (n->scale != 1 || !n->nreads) text_printf(t, "%.9g%s", n->scale, n->nreads ? " " : "");
  for (int k = 0; k < n->nreads; k++) {
    if (k) text_add(t, names ? " " : " * ");
    print_read(t, n, n->reads[k], names);
  }
  print_guards(t, n, names);
}

static void print_operation(Text *t, const Node *n, const NodeNames *names) {
  const char *name = op_rows[n->op].name;
  bool infix = op_rows[n->op].arity == 2 && !strchr("abcdefghijklmnopqrstuvwxyz", name[0]);
  if (n->op == OP_INDEX) {
    print_index(t, n, n->value, names);
  } else if (n->op == OP_QUOTIENT) {
    text_add(t, "floor(");
    print_read(t, n, n->reads[0], names);
    text_add(t, " / ");
    print_read(t, n, n->reads[1], names);
    text_add(t, ")");
  } else if (infix || n->op == OP_MOD || n->op == OP_AND || n->op == OP_OR) {
    print_read(t, n, n->reads[0], names);
    text_printf(t, " %s ", name);
    print_read(t, n, n->reads[1], names);
  } else {
    text_printf(t, "%s(", name);
    for (int k = 0; k < n->nreads; k++) {
      if (k) text_add(t, ", ");
      print_read(t, n, n->reads[k], names);
    }
    text_add(t, ")");
  }
}

static void print_value(Text *t, const Node *n, const NodeNames *names) {
  static const char *const leaves[] = {[NODE_INPUT] = "input",
                                       [NODE_PARAM] = "param",
                                       [NODE_STATE] = "state",
                                       [NODE_CONST] = "constant array",
                                       [NODE_BATCH] = "batch size",
                                       [NODE_DRAW] = "noise",
                                       [NODE_PREV] = "the step before",
                                       [NODE_WEIGHT] = "weight",
                                       [NODE_GRADIENT] = "gradient",
                                       [NODE_SLOT] = "slot",
                                       [NODE_DIRECTION] = "direction",
                                       [NODE_HYPER] = "hyper",
                                       [NODE_STEP] = "step",
                                       [NODE_GNORM] = "gnorm",
                                       [NODE_NAME] = "name",
                                       [NODE_GRAD] = "grad",
                                       [NODE_FORMAL] = "formal",
                                       [NODE_OPAQUE] = "opaque"};
  switch (n->kind) {
  case NODE_MAP:
    if (n->op == OP_PRODUCT) print_product(t, n, names);
    else print_operation(t, n, names);
    return;
  case NODE_RESHAPE:
    text_add(t, "reshape ");
    print_name(t, n->reads[0]->node, names);
    return;
  case NODE_PIECES:
    text_add(t, "pieces");
    for (int p = 0; p < n->nreads; p++) {
      text_add(t, p ? ", " : " ");
      print_name(t, n->reads[p]->node, names);
      text_add(t, " at [");
      for (int k = 0; k < n->naxes; k++)
        text_printf(t, "%s%lld", k ? "," : "", (long long)n->offsets[p * n->naxes + k]);
      text_add(t, "]");
    }
    return;
  case NODE_RESULT:
    text_printf(t, "at all times, %s ", names ? "in a loop:" : arena_printf(t->cx, "scan %d:", n->scan));
    print_name(t, n->reads[0]->node, names);
    for (int k = 0; k < n->ncarries && !names; k++)
      text_printf(t, "%s %%%d <- %%%d, from %%%d", k ? ";" : " with", n->carries[k].prev->id, n->carries[k].next->id,
                  n->carries[k].init->id);
    return;
  default:
    text_add(t, leaves[n->kind]);
    for (int k = 0; k < n->nreads; k++) {
      text_add(t, " ");
      print_read(t, n, n->reads[k], names);
    }
    if (n->target) text_printf(t, " of %%%d", n->target->id);
  }
}

static void print_shape(Text *t, const Node *n) {
  if (!n->naxes) return;
  text_add(t, "[");
  for (int k = 0; k < n->naxes; k++) {
    if (k) text_add(t, ",");
    if (n->axes[k].kind == AXIS_PLAIN) text_printf(t, "%lld", (long long)n->axes[k].extent);
    else text_add(t, n->axes[k].kind == AXIS_BATCH ? "n" : "run");
  }
  text_add(t, "]");
}

static void node_print(Text *out, const Node *n) {
  text_printf(out, "%%%d", n->id);
  if (n->label) text_printf(out, " %s", n->label);
  text_add(out, " ");
  print_shape(out, n);
  text_add(out, " = ");
  print_value(out, n, NULL);
}

void graph_print(Text *out, Context *cx, Node *const *roots, int nroots) {
  NodeList list = graph_order(cx, roots, nroots);
  for (int k = 0; k < list.n; k++) {
    node_print(out, list.at[k]);
    text_add(out, "\n");
  }
}

void node_formula(Text *out, const Node *n, const NodeNames *names) {
  print_name(out, n, names);
  if (n->naxes) text_add(out, "[");
  for (int k = 0; k < n->naxes; k++) text_printf(out, "%s%s", k ? "," : "", axis_name(n, k));
  if (n->naxes) text_add(out, "]");
  text_add(out, " = ");
  print_value(out, n, names);
}
