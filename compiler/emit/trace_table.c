/* trace_table.c: what is said of the values of a function where one is not finite: names, formulas, places in the
 * model, shapes, the order in which they are computed; and which of them a summary of ranges shows. */
#include "emit/name.h"
#include "emit/trace.h"

#include <string.h>

const char *emit_trace_name(Emitter *em, int k) { return arena_printf(em->cx, "%s_traced%d", em->prefix, k + 1); }

/* ---- which values ---- */

static bool is_site(const Plan *plan, const Node *n) {
  switch (plan_storage(plan, n)->kind) {
  case STORAGE_SCALAR:
  case STORAGE_WORK:
  case STORAGE_DEST: return true;
  case STORAGE_LEAF:
    return n->kind == NODE_INPUT || n->kind == NODE_PARAM || n->kind == NODE_STATE || n->kind == NODE_CONST;
  default: return false;
  }
}

TraceSites emit_trace_sites(Emitter *em, const Plan *plan) {
  TraceSites s = {.number = ARENA_ARRAY(em->cx, int, em->program->graph->nnodes + 1)};
  for (size_t k = 0; k <= em->program->graph->nnodes; k++) s.number[k] = -1;
  for (int k = 0; k < plan->order.n; k++) {
    Node *n = plan->order.at[k];
    if (!is_site(plan, n)) continue;
    s.number[n->id] = s.list.n;
    VEC_PUSH(em->cx, &s.list, n);
    s.elements += plan_storage(plan, n)->count;
  }
  if (s.elements > 2000000000 && !error_count(em->cx)) {
    error_at(em->cx, (Span){0}, "--trace-nan keeps every value: %lld numbers; 2000000000 are the most",
             (long long)s.elements);
    help(em->cx, "'train { batch = ... }' sets how many examples there are in a batch; it is %lld",
         (long long)plan->batch);
  }
  return s;
}

static bool is_adjoint(const Node *n) { return strncmp(n->label, "δ", strlen("δ")) == 0; }
static const char *bare_name(const Node *n) { return n->label + (is_adjoint(n) ? strlen("δ") : 0); }

/* Values of the model and their adjoints, by their names; what a loop carries is another name of the same. */
bool emit_trace_is_watched(Body *b, const Node *n) {
  const Storage *p = plan_storage(b->plan, n);
  int batches = 0;
  for (int k = 0; k < n->naxes; k++) batches += n->axes[k].kind == AXIS_BATCH;
  bool leaf = p->kind == STORAGE_LEAF || n->kind == NODE_PREV || n->kind == NODE_DRAW;
  if (!n->label || p->integer || leaf || batches > 1 || strstr(n->label, ".prev") || strstr(n->label, ".later"))
    return false;
  if (p->kind == STORAGE_DEST && b->plan->roots[p->root].dest == DEST_GRAD) return false;
  for (int k = 0; k < b->em->program->params.n && is_adjoint(n); k++) /* gradients have rows of their own */
    if (strcmp(b->em->program->params.at[k].path, bare_name(n)) == 0) return false;
  return true;
}

/* ---- texts ---- */

static size_t letters(const char *s, size_t n) {
  size_t count = 0;
  for (size_t k = 0; k < n; k++) count += (s[k] & 0xc0) != 0x80;
  return count;
}

const char *emit_trace_source(Context *cx, Span span) {
  if (!span.source) return "{\"\", 0, 0, 0, \"\"}";
  int line, column;
  span_position(span, &line, &column);
  const char *text = span.source->text, *path = span.source->path, *slash = strrchr(path, '/');
  size_t start = span.start, end = span.start;
  while (start > 0 && text[start - 1] != '\n') start--;
  while (end < span.source->length && text[end] != '\n' && text[end] != '\r') end++;
  size_t last = span.end < end ? span.end : end;
  int width = last > span.start ? (int)letters(text + span.start, last - span.start) : 1;
  return arena_printf(cx, "{%s, %d, %d, %d, %s}", emit_quoted(cx, slash ? slash + 1 : path), line, column, width,
                      emit_quoted(cx, intern_n(cx, text + start, end - start)));
}

typedef struct Speller {
  NodeNames names; /* first: handed on as such */
  Body *b;
} Speller;

static const char *spelled(const NodeNames *names, const Node *read) {
  Body *b = ((const Speller *)names)->b;
  const Node *n = plan_seen((Node *)read);
  if (n->label) return n->label;
  if (n->kind == NODE_BATCH) return "n";
  if (n->kind == NODE_CONST) return "constant";
  return n->naxes ? arena_printf(b->cx, "v%d", n->number) : arena_printf(b->cx, "s%d", n->number);
}

/* The formula, with the number that it has in the derivation. */
static const char *formula_of(Body *b, const Node *n) {
  Speller s = {{spelled}, b};
  Text t = {.cx = b->cx};
  if (n->equation) text_printf(&t, "(%d) ", n->equation);
  node_formula(&t, n, &s.names);
  return t.data;
}

static const char *operation_of(const Node *n) {
  if (n->kind == NODE_PREV) return "carried";
  if (n->kind != NODE_MAP) return "";
  if (n->nreduce) return reduction_rows[n->reduction].name;
  return n->op == OP_PRODUCT ? (n->nreads > 1 ? "*" : "") : op_rows[n->op].name;
}

static const char *rule_of(const Node *n) {
  if (n->kind != NODE_MAP) return "NN_TRACE_ALL";
  return n->op == OP_WHERE    ? "NN_TRACE_WHERE"
         : n->op == OP_SELECT ? "NN_TRACE_SELECT"
         : n->op == OP_KEEP   ? "NN_TRACE_KEEP"
                              : "NN_TRACE_ALL";
}

static const char *kind_of(const Node *n) {
  return n->kind == NODE_INPUT   ? "NN_TRACE_INPUT"
         : n->kind == NODE_PARAM ? "NN_TRACE_PARAM"
         : n->kind == NODE_STATE ? "NN_TRACE_STATE"
         : n->kind == NODE_CONST ? "NN_TRACE_CONSTANT"
                                 : "NN_TRACE_VALUE";
}

/* ---- rows ---- */

typedef struct Tables {
  Text axes, loops, sites, watched;
  int naxes, nloops, nwatched, times;
  int64_t elements;
} Tables;

static bool is_time(const Plan *plan, const Node *n, int k) {
  return plan_time(plan, plan_storage(plan, n)->loop, n->axes[k]) >= 0;
}

static void add_axes(const Plan *plan, const Node *n, Tables *t) {
  int64_t strides[MAX_AXES];
  bool outermost = true;
  plan_strides(plan, n, strides);
  for (int k = 0; k < n->naxes; k++, t->naxes++) {
    bool batch = n->axes[k].kind == AXIS_BATCH;
    int64_t extent = !batch ? n->axes[k].extent : outermost ? 0 : plan->batch;
    const char *kind = batch && outermost          ? "NN_TRACE_EXAMPLE"
                       : n->axes[k].scan && !batch ? "NN_TRACE_TIME"
                                                   : "NN_TRACE_PLAIN";
    if (batch) outermost = false;
    text_printf(&t->axes, "    {%s, %lld, %lld},\n", kind, (long long)(strides[k] ? strides[k] : 1), (long long)extent);
  }
}

static int add_loops(const Plan *plan, const Node *n, int loop, Tables *t) {
  if (loop < 0) return 0;
  int count = add_loops(plan, n, plan->loops.at[loop].around, t);
  int axis = node_time_axis(n, plan->loops.at[loop].group->scan);
  if (axis < 0) return count;
  text_printf(&t->loops, "    {%d, %d, %d},\n", plan->loops.at[loop].begin, axis,
              plan->program->graph->scans[plan->loops.at[loop].group->scan].backwards);
  t->nloops++;
  return count + 1;
}

static void add_site(Body *b, const Node *n, Tables *t) {
  const Plan *plan = b->plan;
  const Storage *p = plan_storage(plan, n);
  int axes = t->naxes, loops = t->nloops, count;
  add_axes(plan, n, t);
  count = add_loops(plan, n, p->loop, t);
  const char *name = spelled(&(Speller){{spelled}, b}.names, n), *formula = formula_of(b, n);
  Text *out = &t->sites;
  text_printf(out, "    {%s, %s", emit_quoted(b->cx, name), emit_quoted(b->cx, formula));
  const char *operation = operation_of(n);
  text_printf(out, ", \"%s\", %s, %s,\n     %s,\n     %d, %lld, %lld, %d, %d, %d, %d, %d},\n", operation, kind_of(n),
              rule_of(n), emit_trace_source(b->cx, n->span), n->item, (long long)t->elements, (long long)p->count, axes,
              n->naxes, loops, count, p->kind == STORAGE_LEAF ? -1 : p->step);
  t->elements += p->count;
}

static bool is_word_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || (c & 0x80);
}

/* A name that the line does not have is one of a function of the prelude that it calls: of `c1 = conv2d(x, 16, 5)`,
 * "c1: y". */
static const char *watched_name(Context *cx, const Node *n) {
  const char *bare = bare_name(n), *text;
  size_t length = strlen(bare), start = n->span.start, end, word;
  if (!n->span.source) return n->label;
  text = n->span.source->text;
  while (start > 0 && text[start - 1] != '\n') start--;
  for (end = start; end < n->span.source->length && text[end] != '\n'; end++)
    if (strncmp(text + end, bare, length) == 0 && (end == start || !is_word_letter(text[end - 1])) &&
        !is_word_letter(text[end + length]))
      return n->label;
  while (start < end && text[start] == ' ') start++;
  for (word = start; word < end && is_word_letter(text[word]);) word++;
  bool named = word > start && strncmp(text + start, "return ", 7) != 0;
  return named ? arena_printf(cx, "%.*s: %s", (int)(word - start), text + start, n->label) : n->label;
}

static void add_watched_site(Body *b, const TraceSites *sites, int site, Tables *t) {
  const Node *n = sites->list.at[site];
  int axis = -1, times = 0;
  for (int k = 0; k < n->naxes && axis < 0; k++)
    if (is_time(b->plan, n, k)) axis = k, times = (int)n->axes[k].extent;
  text_printf(&t->watched, "    {%s", emit_quoted(b->cx, watched_name(b->cx, n)));
  text_printf(&t->watched, ", %d, %d, -1, %d, %d, %d},\n", is_adjoint(n), site, axis, times, t->times);
  t->times += times;
  t->nwatched++;
}

static void add_watched_gradients(Body *b, Tables *t) {
  for (int k = 0; k < b->plan->nroots; k++) {
    const Root *root = &b->plan->roots[k];
    if (root->dest != DEST_GRAD) continue;
    const char *path = b->em->program->params.at[root->item].path;
    text_printf(&t->watched, "    {%s", emit_quoted(b->cx, path));
    text_printf(&t->watched, ", 2, -1, %d, -1, 0, %d},\n", root->item, t->times);
    t->nwatched++;
  }
}

static void put_rows(const char *type, const char *name, const char *rows, const Text *body, Text *out) {
  if (body->length) text_printf(out, "static const %s %s_%s[] = {\n%s};\n", type, name, rows, body->data);
}

void emit_trace_table(Body *b, const TraceSites *sites, const char *name, const char *function, Text *out) {
  Context *cx = b->cx;
  Tables t = {.axes = {.cx = cx}, .loops = {.cx = cx}, .sites = {.cx = cx}, .watched = {.cx = cx}};
  for (int k = 0; k < sites->list.n; k++) add_site(b, sites->list.at[k], &t);
  for (int k = 0; k < sites->list.n; k++)
    if (emit_trace_is_watched(b, sites->list.at[k])) add_watched_site(b, sites, k, &t);
  add_watched_gradients(b, &t);
  put_rows("nn_trace_axis", name, "axes", &t.axes, out);
  put_rows("nn_trace_loop", name, "loops", &t.loops, out);
  put_rows("nn_trace_site", name, "sites", &t.sites, out);
  put_rows("nn_trace_watched", name, "watched", &t.watched, out);
  text_printf(out, "static const nn_trace_table %s = {\n    \"%s\", %s, %d, %s, %s, %s, %d, %d};\n\n", name, function,
              t.sites.length ? arena_printf(cx, "%s_sites", name) : "NULL", sites->list.n,
              t.axes.length ? arena_printf(cx, "%s_axes", name) : "NULL",
              t.loops.length ? arena_printf(cx, "%s_loops", name) : "NULL",
              t.watched.length ? arena_printf(cx, "%s_watched", name) : "NULL", t.nwatched, t.times);
}
