/* step.c: the steps of a plan as blocks of C, each under the formulas that it computes. */
#include "emit/comment.h"
#include "emit/name.h"
#include "emit/nest.h"

#include <string.h>

/* ---- matrix products ---- */

static const char *offset(Body *b, const char *name, const char *at) {
  return strcmp(at, "0") == 0 ? name : arena_printf(b->cx, "%s + %s", name, at);
}

static const char *matrix(Body *b, const Node *n, const Read *r, const Pack *pack) {
  Operand *o = body_operand(b, pack ? n : plan_owner(b->plan, r->node), pack, false);
  const char *name = o->name;
  if (pack) return name;
  const char *at = code_index(b, plan_flat_index(b->plan, r)).text;
  return offset(b, name, at);
}

static void loops_around(Body *b, const Node *n, const int *vars, int count) {
  for (int k = 0; k < count; k++) {
    Axis a = n->axes[vars[k]];
    const char *v = b->vars[vars[k]];
    b->uses_count = b->uses_count || a.kind == AXIS_BATCH;
    const char *end = a.kind == AXIS_BATCH ? "n" : arena_printf(b->cx, "%lld", (long long)a.extent);
    body_begin(b, "for (int %s = 0; %s < %s; %s++) {", v, v, end, v);
  }
}

static void drop_but_loops(Body *b, const Node *n, const Gemm *gemm) {
  for (int v = 0; v < n->naxes + n->nreduce; v++) b->dropped[v] = !b->held[v];
  for (int k = 0; k < gemm->nouter; k++) b->dropped[gemm->outer[k]] = false;
  for (int k = 0; k < gemm->nsum; k++) b->dropped[gemm->sum[k]] = false;
}

static void emit_gemm(Body *b, const Node *n, const Gemm *gemm) {
  int indent = b->indent;
  Index *place[MAX_AXES];
  Read self = {(Node *)n, place};
  body_use_axes(b, n);
  for (int k = 0; k < n->naxes; k++) place[k] = index_var(b->g, k);
  const Pack *packs[2] = {gemm->pack_a, gemm->pack_b};
  for (int k = 0; k < 2; k++)
    if (packs[k] && packs[k]->outside) emit_pack(b, n, packs[k]);
  const char *c = body_operand(b, n, NULL, true)->name;
  const char *lost = gemm->lost ? body_operand(b, n, gemm->lost, true)->name : NULL;
  if (gemm->nsum) body_line(b, "for (int q = 0; q < %s; q++) %s[q] = 0.0f;", nest_elements(b, n), c);
  if (lost) body_line(b, "for (int q = 0; q < %s; q++) %s[q] = 0.0f;", nest_elements(b, n), lost);
  loops_around(b, n, gemm->outer, gemm->nouter);
  loops_around(b, n, gemm->sum, gemm->nsum);
  for (int k = 0; k < 2; k++)
    if (packs[k] && !packs[k]->outside) emit_pack(b, n, packs[k]);
  drop_but_loops(b, n, gemm);
  const char *to = code_index(b, plan_flat_index(b->plan, &self)).text;
  const char *target = offset(b, c, to);
  /* Named here, one after the other: the arguments of a call are computed in the order that a machine likes. */
  const char *right = matrix(b, n, gemm->b, gemm->pack_b), *left = matrix(b, n, gemm->a, gemm->pack_a);
  const char *rows = nest_extent(b, gemm->m), *columns = nest_extent(b, gemm->n),
             *ldc = arena_printf(b->cx, "%lld", (long long)gemm->ldc);
  const char *part = gemm->part ? body_operand(b, n, gemm->part, true)->name : NULL;
  body_line(b, "nn_gemm(%d, %d, %s, %s, %s, %s, %s, %lld, %s, %lld, %s, %s, %s);", gemm->ta, gemm->tb, rows, columns,
            nest_extent(b, gemm->k), c_real(b->em, gemm->alpha), left, (long long)gemm->lda, right,
            (long long)gemm->ldb, gemm->nsum && !part ? "1.0f" : "0.0f", part ? part : target, part ? columns : ldc);
  if (part)
    body_line(b, "nn_grow_matrixf(%s, %s, %s, %s, %s, %s);", rows, columns, part, target, offset(b, lost, to), ldc);
  while (b->indent > indent) body_end(b);
}

/* The k-th draw of the model at this step of the training: a stream of its own. Uniform numbers stay off 0 and 1. */
static void emit_draw(Body *b, const Node *n) {
  const char *to = body_operand(b, n, NULL, true)->name, *step = b->output ? "0" : "step";
  Extent all = {1, false};
  for (int k = 0; k < n->naxes; k++) {
    if (n->axes[k].kind == AXIS_BATCH) all.batch = true;
    else all.fixed *= n->axes[k].extent;
  }
  if (b->first) {
    body_line(b, "nn_noise(%s, %d, %s, %s, m->seed, NN_STREAM(%d, m->step));", to, n->item % 2, b->first,
              nest_extent(b, all), n->item / 2 + 1);
    return;
  }
  body_line(b, "nn_draw_%s(%s, (size_t)(%s), %s, 1.0f, seed, NN_STREAM(%d, %s));", n->item % 2 ? "normal" : "uniform",
            to, nest_extent(b, all), n->item % 2 ? "0.0f" : "0x1p-25f", n->item / 2 + 1, step);
}

/* ---- blocks ---- */

static void emit_step(Body *b, const Step *step) {
  switch (step->kind) {
  case STEP_MAP: emit_map(b, step); break;
  case STEP_REDUCE: emit_reduce(b, step->nodes.at[0]); break;
  case STEP_GEMM: emit_gemm(b, step->nodes.at[0], step->gemm); break;
  case STEP_PIECES: emit_pieces(b, step->nodes.at[0]); break;
  case STEP_DRAW: emit_draw(b, step->nodes.at[0]); break;
  case STEP_COPY:
  case STEP_LOOP:
  case STEP_END: break;
  }
  b->temps.n = 0;
}

static void begin_step(Body *b) {
  b->operands.n = 0;
  b->temps.n = 0;
  b->ntemps = 0;
}

static void emit_root_copy(Body *b, const Step *step) {
  const Root *r = &b->plan->roots[step->root];
  emit_copy(b, step->nodes.at[0], b->root_names[step->root], r->dest == DEST_OUT && b->plan->integer_out);
  b->temps.n = 0;
}

/* What is written between the two comes in braces, under declarations of the operands that it has asked for. */
static Text *begin_braced(Body *b) {
  Text *out = b->out, *body = ARENA_NEW(b->cx, Text);
  begin_step(b);
  body->cx = b->cx;
  b->out = body;
  b->indent++;
  return out;
}

static void end_braced(Body *b, Text *out) {
  Text *body = b->out;
  b->indent--;
  b->out = out;
  body_begin(b, "{");
  body_declare(b, b->operands.at, b->operands.n);
  text_add_n(b->out, body->data, body->length);
  body_end(b);
}

static void emit_braced(Body *b, const Step *step) {
  Text *out = begin_braced(b);
  if (step->kind == STEP_COPY) emit_root_copy(b, step);
  else emit_step(b, step);
  end_braced(b, out);
}

static void emit_scalar_step(Body *b, const Step *step) {
  begin_step(b);
  const Node *n = step->nodes.at[0];
  if (step->kind == STEP_MAP) {
    b->direct = true;
    emit_scalars(b, step);
    b->direct = false;
    return;
  }
  body_line(b, "%s %s;", body_element_type(plan_storage(b->plan, n)->integer, plan_storage(b->plan, n)->wide),
            body_scalar(b, n));
  emit_braced(b, step);
}

static int count_lines(const Text *t) {
  int lines = 0;
  for (size_t k = 0; k < t->length; k++) lines += t->data[k] == '\n';
  return lines;
}

/* The loops once more, with their operands called a0, a1 ...: equal texts are equal work. */
static void abstract_step(Body *b, const Step *step, CodeBlock *block) {
  Text *out = b->out, body = {.cx = b->cx};
  int indent = b->indent;
  bool uses_count = b->uses_count;
  begin_step(b);
  b->out = &body;
  b->indent = 2;
  b->abstract = true;
  b->uses_count = false;
  emit_step(b, step);
  block->uses_count = b->uses_count;
  b->uses_count = b->uses_count || uses_count;
  b->abstract = false;
  b->indent = indent;
  b->out = out;
  block->body = body.data;
  block->comment = comment_formulas(b, step->nodes.at, step->nodes.n, true);
  block->operands = arena_copy(b->cx, b->operands.at, sizeof(Operand) * (size_t)b->operands.n);
  block->noperands = b->operands.n;
  block->movable = true;
}

static void emit_braced_carry(Body *b, const Carry *carry, int loop, bool start) {
  Text *out = begin_braced(b);
  emit_carry(b, carry, loop, start);
  end_braced(b, out);
}

static void emit_loop(Body *b, int which) {
  const PlanLoop *l = &b->plan->loops.at[which];
  const Scan *scan = &b->g->scans[l->group->scan];
  const char *v = l->variable;
  Text names = {.cx = b->cx};
  for (int k = 0; k < l->group->ncarries; k++)
    text_printf(&names, "%s%s", k ? ", " : "", comment_carried(b, l->group->carries[k].prev));
  body_comment(b, arena_printf(b->cx, "a loop over %lld steps%s; carried: %s", (long long)scan->extent,
                               scan->backwards ? ", from the last to the first" : "", names.data ? names.data : ""));
  for (int k = 0; k < l->group->ncarries; k++) emit_braced_carry(b, &l->group->carries[k], which, true);
  if (scan->backwards) body_begin(b, "for (int %s = %lld; %s >= 0; %s--) {", v, (long long)scan->extent - 1, v, v);
  else body_begin(b, "for (int %s = 0; %s < %lld; %s++) {", v, v, (long long)scan->extent, v);
  b->loop = which;
}

static void emit_loop_end(Body *b, int which) {
  const PlanLoop *l = &b->plan->loops.at[which];
  body_comment(b, "carried on to the next step");
  for (int k = 0; k < l->group->ncarries; k++) emit_braced_carry(b, &l->group->carries[k], which, false);
  b->loop = l->around;
  body_end(b);
}

/* The formulas are written when the code is there, and its names with it. */
static void make_step(Body *b, const Step *step, CodeBlock *block) {
  Text code = {.cx = b->cx};
  bool scalar = step->nodes.at[0]->naxes == 0 && step->kind != STEP_COPY;
  b->out = &code;
  if (scalar) emit_scalar_step(b, step);
  else emit_braced(b, step);
  block->lines = count_lines(&code);
  b->out = &block->text;
  if (step->kind != STEP_COPY) {
    body_comment(b, comment_formulas(b, step->nodes.at, step->nodes.n, false));
    block->lines += step->nodes.n;
  }
  text_add_n(&block->text, code.data, code.length);
  if (!scalar && step->kind != STEP_COPY && step->kind != STEP_DRAW && step->loop < 0) abstract_step(b, step, block);
}

static CodeBlock make_block(Body *b, const Step *step) {
  Text *out = b->out;
  if (step->nodes.n) b->g->span = step->nodes.at[0]->span;
  CodeBlock block = {.text = {.cx = b->cx}};
  b->out = &block.text;
  if (step->kind == STEP_LOOP || step->kind == STEP_END) {
    if (step->kind == STEP_LOOP) emit_loop(b, step->loop);
    else emit_loop_end(b, step->loop);
    block.lines = count_lines(&block.text);
  } else {
    make_step(b, step, &block);
  }
  b->out = out;
  return block;
}

void emit_root_copies(Body *b, DestKind dest) {
  for (int k = 0; k < b->plan->steps.n; k++) {
    const Step *step = &b->plan->steps.at[k];
    if (step->kind == STEP_COPY && b->plan->roots[step->root].dest == dest) emit_braced(b, step);
  }
}

void emit_steps(Body *b, uint32_t without) {
  BlockList blocks = {0};
  for (int k = 0; k < b->plan->steps.n; k++) {
    const Step *step = &b->plan->steps.at[k];
    if (step->kind == STEP_COPY && without >> b->plan->roots[step->root].dest & 1) continue;
    CodeBlock block = make_block(b, step);
    VEC_PUSH(b->cx, &blocks, block);
  }
  emit_blocks(b, &blocks);
}
