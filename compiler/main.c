/* main.c: the nnc command: arguments in, the whole way through on one screen, files out.
 *
 *     text -> tree -> graph -> simplified graph -> plan -> C
 *
 * Output is made in memory and written at the end, so an error leaves no file. Exit status: 0 fine, 1 the model is
 * wrong, 2 usage or a file, abort for a bug of nnc. */
#include "check/check.h"
#include "command/command.h"
#include "emit/emit.h"
#include "model/model.h"
#include "show/show.h"
#include "simplify/simplify.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const char prelude_text[];
extern const unsigned prelude_length;

static int fail_file(const char *what, const char *path) {
  fprintf(stderr, "nnc: cannot %s '%s': %s\n", what, path, strerror(errno));
  return 2;
}

static int print_text(const Text *t, const char *path) {
  const char *data = t->data ? t->data : "";
  if (path && strcmp(path, "-") != 0) return write_file(path, data, t->length) ? fail_file("write", path) : 0;
  size_t written = fwrite(data, 1, t->length, stdout);
  if (written != t->length || fflush(stdout)) return fail_file("write", "standard output");
  return 0;
}

/* ---- the ends of the way ---- */

typedef struct Job {
  Context *cx;
  const Command *command;
  Block tree;
  Program *program;
  Options *options;
} Job;

static void all_roots(Job *j, Text *out) {
  Program *p = j->program;
  static const char *const kinds[] = {[ROUTINE_LOSS] = "loss",
                                      [ROUTINE_GRAD] = "training loss",
                                      [ROUTINE_OUTPUT] = "output",
                                      [ROUTINE_METRIC] = "metric"};
  for (int k = 0; k < p->routines.n; k++) {
    const Routine *r = &p->routines.at[k];
    Node **roots = ARENA_ARRAY(j->cx, Node *, r->nroots);
    for (int i = 0; i < r->nroots; i++) roots[i] = r->roots[i].node;
    text_printf(out, "# %s %s\n", kinds[r->kind], r->name);
    graph_print(out, j->cx, roots, r->nroots);
  }
}

static int emit_stage(Job *j, EmitStage stage) {
  Text out = {.cx = j->cx}, header = {.cx = j->cx};
  if (stage == EMIT_AST) ast_print(&out, &j->tree);
  if (stage == EMIT_GRAPH || stage == EMIT_ADJOINT) all_roots(j, &out);
  if (stage == EMIT_PLAN) show_plan(j->program, j->options, &out);
  if (stage == EMIT_C) emit_c(j->program, j->options, &header, &out);
  if (error_count(j->cx)) return 1;
  return print_text(&out, j->command->output);
}

static int emit_files(Job *j) {
  Text header = {.cx = j->cx}, source = {.cx = j->cx};
  const char *path = j->command->output ? j->command->output : arena_printf(j->cx, "%s.c", j->program->name);
  bool to_c = command_is_c_file(path);
  j->program->header = to_c ? command_base(j->cx, path) : j->program->name;
  emit_c(j->program, j->options, &header, &source);
  if (error_count(j->cx)) return 1;
  if (!to_c) return command_link(j->cx, j->program, path, &header, &source);
  const char *beside = command_header_path(j->cx, path);
  if (write_file(beside, header.data, header.length)) return fail_file("write", beside);
  if (write_file(path, source.data, source.length)) return fail_file("write", path);
  return 0;
}

static int run_check(Job *j) {
  Text out = {.cx = j->cx};
  int refuted = check_program(j->program, &out);
  if (error_count(j->cx)) return 1;
  int status = print_text(&out, j->command->output);
  return status ? status : refuted;
}

static int run_show(Job *j) {
  Text out = {.cx = j->cx};
  if (strcmp(j->command->format, "dot") == 0) show_dot(j->program, &out);
  else show_summary(j->program, j->options, &out);
  if (error_count(j->cx)) return 1;
  return print_text(&out, j->command->output);
}

/* ---- the way ---- */

static int run(Job *j) {
  const Command *c = j->command;
  Source *prelude =
    c->prelude ? source_read(j->cx, c->prelude) : source_from_text(j->cx, "<prelude>", prelude_text, prelude_length);
  if (!prelude) return fail_file("read", c->prelude);
  Source *model = source_read(j->cx, c->model);
  if (!model) return fail_file("read", c->model);
  reduction_mark_names(j->cx);
  Block definitions = parse(j->cx, prelude);
  j->tree = parse(j->cx, model);
  if (c->emit == EMIT_AST) return error_count(j->cx) ? 1 : emit_stage(j, c->emit);
  j->program = model_program(j->cx, &definitions, &j->tree, c->model, j->options);
  if (error_count(j->cx)) return 1;
  if (!j->program->routines.n && !j->program->checks.n) {
    error_at(j->cx, (Span){0}, "nothing to compile: '%s' has no loss, output, metric or check", c->model);
    return 1;
  }
  unused_inputs(j->program);
  if (c->emit == EMIT_GRAPH) return emit_stage(j, c->emit);
  simplify_program(j->program, j->options);
  if (!error_count(j->cx)) unused_objectives(j->program);
  if (error_count(j->cx)) return 1;
  if (c->verb != VERB_CHECK && c->emit != EMIT_ADJOINT) {
    simplify_to_float(j->program, j->options);
    simplify_padding(j->program);
  }
  switch (c->verb) {
  case VERB_CHECK: return run_check(j);
  case VERB_SHOW: return run_show(j);
  default: return c->emit != EMIT_NONE ? emit_stage(j, c->emit) : emit_files(j);
  }
}

int main(int argc, char **argv) {
  Context *cx = context_new();
  Options options = {.max_memory = 16.0 * 1024 * 1024 * 1024};
  Command command = {.format = "text"};
  int status = command_read(cx, argc, argv, &command, &options);
  options.exact = command.verb == VERB_CHECK;
  if (status >= 0) return status;
  if (command.verb == VERB_PRELUDE) {
    Text t = {.cx = cx};
    text_add_n(&t, prelude_text, prelude_length);
    return print_text(&t, command.output);
  }
  Job job = {.cx = cx, .command = &command, .options = &options};
  status = run(&job);
  errors_finish(cx);
  return status;
}
