/* body.c: the body of a C function as it is written: lines, the axes at hand, temporaries, the arrays of a step. */
#include "emit/body.h"
#include "emit/name.h"

#include <stdio.h>
#include <string.h>

enum { COMMENT_WIDTH = 150 };

/* ---- lines ---- */

static void vline(Body *b, const char *format, va_list args) {
  char buffer[4096];
  int n = vsnprintf(buffer, sizeof buffer, format, args);
  if (n < 0 || n >= (int)sizeof buffer) bug("emit", "a line of %d characters", n);
  text_printf(b->out, "%*s%s\n", 2 * b->indent, "", buffer);
}

void body_line(Body *b, const char *format, ...) {
  va_list args;
  va_start(args, format);
  vline(b, format, args);
  va_end(args);
}

void body_begin(Body *b, const char *format, ...) {
  va_list args;
  va_start(args, format);
  vline(b, format, args);
  va_end(args);
  b->indent++;
}

void body_end(Body *b) {
  b->indent--;
  body_line(b, "}");
}

void body_begin_guard(Body *b, const char *when) {
  body_begin(b, "if (%s) {", when);
  body_line(b, "NN_GUARDED");
}

void body_comment(Body *b, const char *text) {
  Text t = {.cx = b->cx};
  size_t column = 0;
  for (const char *s = text; *s; s++) {
    if (*s == '/' && s > text && s[-1] == '*') text_add(&t, " "), column++; /* would end the comment */
    if (*s == '\n' || (*s == ' ' && column > COMMENT_WIDTH)) {
      text_printf(&t, "\n%*s   ", 2 * b->indent, "");
      column = 0;
      continue;
    }
    text_add_n(&t, s, 1);
    column += (*s & 0xc0) != 0x80;
    if (column > COMMENT_WIDTH + 30 && (s[1] & 0xc0) != 0x80) {
      text_printf(&t, "\n%*s   ", 2 * b->indent, "");
      column = 0;
    }
  }
  text_printf(b->out, "%*s/* %s */\n", 2 * b->indent, "", t.data ? t.data : "");
}

/* ---- axes ---- */

void body_use_axes(Body *b, const Node *n) {
  int batches = 0, others = 0;
  b->axes = n->axes;
  for (int k = 0; k < n->naxes + n->nreduce; k++) {
    bool batch = n->axes[k].kind == AXIS_BATCH && batches < 2;
    b->vars[k] = batch ? loop_names[batches++] : loop_names[2 + others++];
    b->dropped[k] = n->axes[k].kind == AXIS_PLAIN && n->axes[k].extent == 1;
    b->last[k] = n->axes[k].kind == AXIS_PLAIN   ? n->axes[k].extent - 1
                 : n->axes[k].kind == AXIS_BATCH ? b->plan->batch - 1
                                                 : INT32_MAX;
    int loop = k < n->naxes ? plan_time(b->plan, b->loop, n->axes[k]) : -1;
    b->held[k] = loop >= 0;
    if (loop < 0) continue;
    b->vars[k] = b->plan->loops.at[loop].variable;
    b->dropped[k] = false;
  }
}

const char *body_element_type(bool integer, bool wide) { return wide ? "int64_t" : integer ? "int32_t" : "float"; }

/* ---- temporaries ---- */

const char *body_temp(Body *b) {
  if (b->direct) return arena_printf(b->cx, "r%d", ++b->nouter); /* lives as long as the function */
  return arena_printf(b->cx, "t%d", ++b->ntemps);
}

/* ---- operands ---- */

const char *body_scalar(Body *b, const Node *n) {
  for (int k = 0; k < b->scalars.n; k++)
    if (b->scalars.at[k].node == n) return b->scalars.at[k].name;
  const char *name = arena_printf(b->cx, "s%d", n->number);
  if (n->label) {
    const char *word = c_local_name(b->cx, n->label);
    bool taken = false;
    for (int k = 0; k < b->scalars.n; k++) taken = taken || strcmp(b->scalars.at[k].name, word) == 0;
    for (int k = 0; k < b->em->program->inputs.n; k++) taken = taken || strcmp(b->em->input_names[k], word) == 0;
    if (!taken) name = word;
  }
  VEC_PUSH(b->cx, &b->scalars, ((Operand){.node = n, .name = name}));
  return name;
}

static bool name_taken(const Body *b, const char *name, const char *origin) {
  for (int k = 0; k < b->operands.n; k++)
    if (strcmp(b->operands.at[k].name, name) == 0) return true;
  for (int k = 0; k < b->scalars.n; k++)
    if (strcmp(b->scalars.at[k].name, name) == 0) return true;
  for (int k = 0; k < b->em->program->inputs.n; k++)
    if (strcmp(b->em->input_names[k], name) == 0) return strcmp(origin, name) != 0;
  return false;
}

const char *body_label(Body *b, const Node *n) {
  const Storage *p = plan_storage(b->plan, n);
  if (p->kind == STORAGE_DEST) {
    const Root *r = &b->plan->roots[p->root];
    if (r->dest == DEST_GRAD)
      return arena_printf(b->cx, "d%s", c_flat_name(b->cx, b->em->program->params.at[r->item].path));
  }
  if (n->kind == NODE_PARAM) return c_flat_name(b->cx, b->em->program->params.at[n->item].path);
  if (n->kind == NODE_STATE) return c_flat_name(b->cx, b->em->program->states.at[n->item].path);
  return n->label ? c_flat_name(b->cx, n->label) : arena_printf(b->cx, "v%d", n->number);
}

static const char *origin_of(Body *b, const Node *n, const Pack *pack) {
  if (pack) return arena_printf(b->cx, "s->f + %lld", (long long)pack->offset);
  const Storage *p = plan_storage(b->plan, n);
  if (p->kind == STORAGE_SCALAR) return body_scalar(b, n);
  if (p->kind == STORAGE_WORK)
    return arena_printf(b->cx,
                        p->wide      ? "s->l + %lld"
                        : p->integer ? "s->i + %lld"
                                     : "s->f + %lld",
                        (long long)p->offset);
  return b->origin(b, n);
}

static bool is_word(const char *s) {
  return s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")] == '\0';
}

static const char *local_label(Body *b, const Node *n, const Pack *pack, const char *origin) {
  const char *label = pack ? pack->label : body_label(b, n);
  if (label[0] != 'v' || strspn(label + 1, "0123456789") + 1 != strlen(label)) label = c_local_name(b->cx, label);
  const char *name = label;
  for (int k = 2; name_taken(b, name, origin); k++)
    name = arena_printf(b->cx, "%s_%d", label, pack ? k : n->number + k - 2);
  return name;
}

Operand *body_operand(Body *b, const Node *n, const Pack *pack, bool written) {
  for (int k = 0; k < b->operands.n; k++) {
    Operand *o = &b->operands.at[k];
    if (o->node != n || o->pack != pack) continue;
    o->written = o->written || written;
    return o;
  }
  Operand o = {.node = n, .pack = pack, .written = written, .origin = origin_of(b, n, pack)};
  o.scalar = !pack && n->naxes == 0;
  o.integer = !pack && plan_storage(b->plan, n)->integer;
  o.wide = !pack && plan_storage(b->plan, n)->wide;
  if (b->abstract) {
    o.name = arena_printf(b->cx, "a%d", b->operands.n);
  } else if (o.scalar) {
    o.name = o.origin;
  } else if (b->direct) {
    o.name = arena_printf(b->cx, "(%s)", o.origin);
  } else {
    o.name = is_word(o.origin) ? o.origin : local_label(b, n, pack, o.origin);
  }
  VEC_PUSH(b->cx, &b->operands, o);
  return &b->operands.at[b->operands.n - 1];
}

/* `const float *z = s->f + 64, *h_W = ...;` */
static void declare_some(Body *b, const Operand *operands, int n, bool written, bool integer, bool wide) {
  Text t = {.cx = b->cx};
  size_t width = 0; /* without digits: lines do not break elsewhere because an offset is longer */
  for (int k = 0; k < n; k++) {
    const Operand *o = &operands[k];
    if (o->scalar || o->written != written || o->integer != integer || o->wide != wide ||
        strcmp(o->name, o->origin) == 0)
      continue;
    if (width > 80) {
      body_line(b, "%s;", t.data);
      t = (Text){.cx = b->cx};
      width = 0;
    }
    if (!t.length) text_printf(&t, "%s%s ", written ? "" : "const ", body_element_type(integer, wide));
    else text_add(&t, ", ");
    text_printf(&t, "*%s%s = %s", written ? "restrict " : "", o->name, o->origin);
    for (const char *c = o->origin; *c; c++) width += *c < '0' || *c > '9';
    width += strlen(o->name) + 14;
  }
  if (t.length) body_line(b, "%s;", t.data);
}

void body_declare(Body *b, const Operand *operands, int n) {
  for (int k = 0; k < 6; k++) declare_some(b, operands, n, k & 1, k >> 1 > 0, k >> 2);
}
