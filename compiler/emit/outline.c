/* outline.c: what is repeated becomes a function.
 *
 * The blocks of a routine are a sequence; two runs of blocks are alike if their loops are the same text and their
 * operands are the same up to renaming. The run that saves most lines becomes `static void digits_part1(n, p0, p1,
 * ...)`, its places become calls, and so on until nothing worth it is left. So fifty equal layers are one function and
 * fifty calls. */
#include "emit/comment.h"
#include "emit/step.h"

#include <stdlib.h>
#include <string.h>

enum { LONGEST = 48, MOST_OPERANDS = 48, LEAST_SAVED = 6, ROUNDS = 100 };

typedef struct Run {
  uint64_t hash;
  int start;
} Run;

typedef struct Outliner {
  Body *b;
  const BlockList *blocks;
  uint64_t *hashes; /* of the run of length L + 1 from block k: [k * LONGEST + L]; 0: none */
  int *calls;       /* of each block: -1, or the call that it begins or is inside of */
  VEC(const char *) call_texts;
  bool *begins;
} Outliner;

/* ---- likeness ---- */

static uint64_t mix(uint64_t h, const void *data, size_t n) {
  const unsigned char *p = data;
  for (size_t k = 0; k < n; k++) h = (h ^ p[k]) * UINT64_C(0x100000001b3);
  return h;
}

typedef struct Numbering { /* operands of a run in the order in which they are met */
  const Operand *at[MOST_OPERANDS];
  bool written[MOST_OPERANDS];
  int n;
} Numbering;

/* The number of o, or -1 where there are too many. */
static int number(Numbering *m, const Operand *o) {
  for (int k = 0; k < m->n; k++)
    if (m->at[k]->node == o->node && m->at[k]->pack == o->pack) {
      m->written[k] = m->written[k] || o->written;
      return k;
    }
  if (m->n == MOST_OPERANDS) return -1;
  m->at[m->n] = o;
  m->written[m->n] = o->written;
  return m->n++;
}

static void hash_runs_from(Outliner *out, int start) {
  Numbering m = {.n = 0};
  uint64_t h = UINT64_C(0xcbf29ce484222325);
  for (int k = start; k < out->blocks->n && k < start + LONGEST; k++) {
    const CodeBlock *block = &out->blocks->at[k];
    if (!block->movable) return;
    h = mix(h, block->body, strlen(block->body));
    for (int i = 0; i < block->noperands; i++) {
      const Operand *o = &block->operands[i];
      int id = number(&m, o), flags = o->written + 2 * o->integer + 4 * o->scalar + 8 * o->wide;
      if (id < 0) return;
      h = mix(mix(h, &id, sizeof id), &flags, sizeof flags);
    }
    out->hashes[start * LONGEST + (k - start)] = h ? h : 1;
  }
}

/* ---- choosing ---- */

static int order_runs(const void *a, const void *b) {
  const Run *x = a, *y = b;
  if (x->hash != y->hash) return x->hash < y->hash ? -1 : 1;
  return x->start - y->start;
}

static bool is_free(const Outliner *out, int start, int length) {
  for (int k = start; k < start + length; k++)
    if (out->calls[k] >= 0) return false;
  return true;
}

static int lines_of(const Outliner *out, int start, int length) {
  int lines = 0;
  for (int k = start; k < start + length; k++) lines += out->blocks->at[k].lines;
  return lines;
}

typedef struct Choice {
  int start, length, saved;
  uint64_t hash;
} Choice;

static int collect(const Outliner *out, int length, Run *runs) {
  int n = 0;
  for (int k = 0; k + length <= out->blocks->n; k++) {
    uint64_t h = out->hashes[k * LONGEST + length - 1];
    if (h && is_free(out, k, length)) runs[n++] = (Run){h, k};
  }
  qsort(runs, (size_t)n, sizeof *runs, order_runs);
  return n;
}

static void choose_of_length(const Outliner *out, int length, Run *runs, Choice *best) {
  int n = collect(out, length, runs);
  for (int k = 0, next; k < n; k = next) {
    int places = 0, end = -1;
    for (next = k; next < n && runs[next].hash == runs[k].hash; next++)
      if (runs[next].start >= end) places++, end = runs[next].start + length;
    int saved = (places - 1) * lines_of(out, runs[k].start, length) - 3 * places - 3;
    if (places < 2 || saved < LEAST_SAVED || saved < best->saved) continue;
    if (saved == best->saved && runs[k].start > best->start) continue;
    *best = (Choice){runs[k].start, length, saved, runs[k].hash};
  }
}

/* Equal hashes are not yet equal runs. */
static bool same_run(const Outliner *out, int start, int other, int length) {
  Numbering m = {.n = 0}, q = {.n = 0};
  for (int k = 0; k < length; k++) {
    const CodeBlock *a = &out->blocks->at[start + k], *b = &out->blocks->at[other + k];
    if (a->noperands != b->noperands || strcmp(a->body, b->body) != 0) return false;
    for (int i = 0; i < a->noperands; i++) {
      const Operand *x = &a->operands[i], *y = &b->operands[i];
      if (number(&m, x) != number(&q, y) || x->written != y->written || x->integer != y->integer ||
          x->scalar != y->scalar)
        return false;
    }
  }
  return true;
}

/* ---- writing ---- */

static Numbering number_run(const Outliner *out, int start, int length) {
  Numbering m = {.n = 0};
  for (int k = start; k < start + length; k++)
    for (int i = 0; i < out->blocks->at[k].noperands; i++) number(&m, &out->blocks->at[k].operands[i]);
  return m;
}

static bool counts(const Outliner *out, int start, int length) {
  for (int k = start; k < start + length; k++)
    if (out->blocks->at[k].uses_count) return true;
  return false;
}

static const char *parameters(const Outliner *out, const Numbering *m, bool count) {
  Text t = {.cx = out->b->cx};
  text_add(&t, count ? "int n" : "");
  for (int k = 0; k < m->n; k++) {
    const Operand *o = m->at[k];
    const char *type = body_element_type(o->integer, o->wide);
    text_printf(&t, "%s%s%s %sp%d", t.length ? ", " : "", o->scalar || m->written[k] ? "" : "const ", type,
                o->scalar ? "" : "*", k);
  }
  return t.data ? t.data : "void";
}

static void write_block(Outliner *out, const CodeBlock *block, Numbering *m, Text *text) {
  Body b = *out->b;
  b.out = text;
  b.indent = 1;
  Operand *operands = arena_copy(b.cx, block->operands, sizeof(Operand) * (size_t)block->noperands);
  for (int i = 0; i < block->noperands; i++) operands[i].origin = arena_printf(b.cx, "p%d", number(m, &operands[i]));
  body_comment(&b, block->comment);
  body_begin(&b, "{");
  for (int i = 0; i < block->noperands; i++)
    if (operands[i].scalar)
      body_line(&b, "const %s %s = %s;", body_element_type(operands[i].integer, operands[i].wide), operands[i].name,
                operands[i].origin);
  body_declare(&b, operands, block->noperands);
  text_add(text, block->body);
  body_end(&b);
}

/* The function that a run becomes; the same text is not written twice. */
static const char *function_for(Outliner *out, int start, int length) {
  Emitter *em = out->b->em;
  Numbering m = number_run(out, start, length);
  Text text = {.cx = em->cx};
  emit_wrapped(&text, arena_printf(em->cx, "(%s) {\n", parameters(out, &m, counts(out, start, length))), 4);
  for (int k = start; k < start + length; k++) write_block(out, &out->blocks->at[k], &m, &text);
  text_add(&text, "}\n\n");
  for (int k = 0; k < em->outlines.n; k++)
    if (strcmp(em->outlines.at[k].text, text.data) == 0) return em->outlines.at[k].name;
  const char *name = arena_printf(em->cx, "%s_part%d", em->prefix, em->outlines.n + 1);
  text_printf(em->functions, "static void %s%s", name, text.data);
  VEC_PUSH(em->cx, &em->outlines, ((Outline){text.data, name}));
  return name;
}

static const char *call_text(Outliner *out, const char *name, int start, int length) {
  Body *b = out->b;
  Numbering m = number_run(out, start, length);
  Text call = {.cx = b->cx}, text = {.cx = b->cx};
  Body c = *b;
  c.out = &text;
  body_comment(&c, comment_call(b, m.at, m.written, m.n));
  text_printf(&call, "%*s%s(%s", 2 * b->indent, "", name, counts(out, start, length) ? "n" : "");
  for (int k = 0; k < m.n; k++)
    text_printf(&call, "%s%s", k || counts(out, start, length) ? ", " : "", m.at[k]->origin);
  text_add(&call, ");\n");
  emit_wrapped(&text, call.data, 2 * b->indent + 4);
  return text.data;
}

static void replace(Outliner *out, const Choice *c) {
  const char *name = function_for(out, c->start, c->length);
  for (int k = 0; k + c->length <= out->blocks->n; k++) {
    if (out->hashes[k * LONGEST + c->length - 1] != c->hash || !is_free(out, k, c->length)) continue;
    if (!same_run(out, c->start, k, c->length)) continue;
    for (int i = k; i < k + c->length; i++) out->calls[i] = out->call_texts.n;
    out->begins[k] = true;
    VEC_PUSH(out->b->cx, &out->call_texts, call_text(out, name, k, c->length));
  }
}

void emit_blocks(Body *b, const BlockList *blocks) {
  int n = blocks->n;
  Outliner out = {.b = b, .blocks = blocks};
  out.hashes = ARENA_ARRAY(b->cx, uint64_t, (size_t)n * LONGEST + 1);
  out.calls = ARENA_ARRAY(b->cx, int, n + 1);
  out.begins = ARENA_ARRAY(b->cx, bool, n + 1);
  Run *runs = ARENA_ARRAY(b->cx, Run, n + 1);
  for (int k = 0; k < n; k++) out.calls[k] = -1;
  for (int k = 0; k < n; k++) hash_runs_from(&out, k);
  for (int round = 0; round < ROUNDS; round++) {
    Choice best = {.saved = 0};
    for (int length = 1; length <= LONGEST && length <= n / 2; length++) choose_of_length(&out, length, runs, &best);
    if (!best.saved) break;
    replace(&out, &best);
  }
  for (int k = 0; k < n; k++) {
    if (out.calls[k] < 0) text_add_n(b->out, blocks->at[k].text.data, blocks->at[k].text.length);
    else if (out.begins[k]) text_add(b->out, out.call_texts.at[out.calls[k]]);
  }
}
