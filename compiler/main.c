/* main.c: the nnc command: arguments in, the whole way through on one screen, files out.
 *
 *     text -> tree -> graph -> simplified -> with gradients -> simplified -> single precision -> plan -> C
 *
 * The way is the rows of `passes`, in their order. The driver runs them in order, verifies the graph after each that
 * changes it, and prints what the one made that --emit names.
 *
 * Output is made in memory and written at the end, so an error leaves no file. Exit status: 0 fine, 1 the model is
 * wrong, 2 usage or a file, abort for a bug of nnc. */
#include "check/check.h"
#include "command/command.h"
#include "derivation/derivation.h"
#include "derive/derive.h"
#include "emit/emit.h"
#include "grade/grade.h"
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

typedef struct Job {
  Context *cx;
  const Command *command;
  Block prelude, tree;
  Program *program;
  Options *options;
} Job;

/* ---- from the text to the graph ---- */

static int read_and_parse(Job *j) {
  const Command *c = j->command;
  Source *prelude =
    c->prelude ? source_read(j->cx, c->prelude) : source_from_text(j->cx, "<prelude>", prelude_text, prelude_length);
  if (!prelude) return fail_file("read", c->prelude);
  Source *model = source_read(j->cx, c->model);
  if (!model) return fail_file("read", c->model);
  reduction_mark_names(j->cx);
  j->prelude = parse(j->cx, prelude);
  j->tree = parse(j->cx, model);
  return 0; /* a tree with errors is elaborated too: more may be found */
}

static int elaborate_model(Job *j) {
  j->program = model_program(j->cx, &j->prelude, &j->tree, j->command->model, j->options);
  if (!error_count(j->cx) && j->command->verb != VERB_DERIVE) derivation_number(j->program);
  if (!error_count(j->cx) && !j->program->routines.n && !j->program->checks.n && !j->program->unanswered.n)
    error_at(j->cx, (Span){0}, "nothing to compile: '%s' has no loss, output, metric or check", j->command->model);
  return error_count(j->cx) ? 1 : 0;
}

/* ---- what a stage made, as text ---- */

static void print_tree(Job *j, Text *out) { ast_print(out, &j->tree); }

static void print_roots(Text *out, Context *cx, const Root *roots, int n) {
  Node **nodes = ARENA_ARRAY(cx, Node *, n + 1);
  for (int i = 0; i < n; i++) nodes[i] = roots[i].node;
  graph_print(out, cx, nodes, n);
}

static void print_graph(Job *j, Text *out) {
  Program *p = j->program;
  static const char *const kinds[] = {[ROUTINE_LOSS] = "loss",
                                      [ROUTINE_GRAD] = "training loss",
                                      [ROUTINE_OUTPUT] = "output",
                                      [ROUTINE_METRIC] = "metric"};
  for (int k = 0; k < p->routines.n; k++) {
    text_printf(out, "# %s %s\n", kinds[p->routines.at[k].kind], p->routines.at[k].name);
    print_roots(out, j->cx, p->routines.at[k].roots, p->routines.at[k].nroots);
  }
}

static void print_products(Job *j, Text *out) {
  Program *p = j->program;
  for (int k = 0; k < p->objectives.n; k++) {
    const FullBatch *full = p->objectives.at[k].full;
    if (!full || !full->product.nroots) continue;
    text_printf(out, "# the Hessian of %s times a direction u\n", full->product.name);
    print_roots(out, j->cx, full->product.roots, full->product.nroots);
  }
}

static void print_plan(Job *j, Text *out) { show_plan(j->program, j->options, out); }

static void print_c(Job *j, Text *out) {
  Text header = {.cx = j->cx};
  emit_c(j->program, j->options, &header, out);
}

/* ---- the passes, in their order ---- */

typedef struct Pass {
  const char *name; /* of what it makes: --emit=NAME prints it */
  const char *what;
  int (*begin)(Job *);                        /* from text; a status, 0 to go on ... */
  void (*change)(Program *, const Options *); /* ... or from a program to the program */
  void (*report)(Program *, const Options *); /* what the user is told then */
  void (*print)(Job *, Text *);
  bool single; /* a step towards single precision and C: no judge of derivations takes it */
} Pass;

static const Pass passes[] = {
  {"ast", "the text as a tree", .begin = read_and_parse, .print = print_tree},
  {"graph", "the tree as a graph", .begin = elaborate_model, .report = unused_inputs, .print = print_graph},
  {"simple", "each value as the rules make it", .change = simplify_values, .print = print_graph},
  {"derived", "gradients, by the chain rule", .change = derive_gradients, .print = print_graph},
  {"adjoint", "these as the rules make them", .change = simplify_gradients, .print = print_graph},
  {"product", "Hessians times a direction", .change = derive_products, .print = print_products},
  {"second", "these as the rules make them", .change = simplify_products, .report = unused_objectives,
   .print = print_products},
  {"book", "derivatives in the fewest operations", .change = simplify_forms, .print = print_graph},
  {"float", "all as single precision wants it", .change = simplify_to_float, .print = print_graph, .single = true},
  {"padded", "nothing beyond an example's extents", .change = simplify_padding, .print = print_graph, .single = true},
  {"plan", "steps and places", .print = print_plan, .single = true},
  {"c", "C", .print = print_c, .single = true},
};
enum { PASSES = sizeof passes / sizeof *passes };

static void verify_roots(Job *j, const Root *roots, int n, const char *pass) {
  for (int i = 0; i < n; i++) graph_verify(j->program->graph, &roots[i].node, 1, pass);
}

static void verify_optimizers(Job *j, const Objective *o, const char *pass) {
  for (int i = 0; i < o->ngroups; i++)
    for (int k = 0; k < o->groups[i].nstages; k++) {
      const Stage *stage = &o->groups[i].stages[k];
      verify_roots(j, stage->roots, stage->nroots * (stage->flat ? 1 : o->groups[i].nparams), pass);
    }
}

/* What every stage relies on. */
static void verify(Job *j, const Pass *pass) {
  Program *p = j->program;
  if (!pass->change || p->graph->overflowed) return;
  for (int k = 0; k < p->routines.n; k++)
    verify_roots(j, p->routines.at[k].roots, p->routines.at[k].nroots, pass->name);
  for (int k = 0; k < p->objectives.n; k++) {
    const FullBatch *full = p->objectives.at[k].full;
    if (full) verify_roots(j, full->product.roots, full->product.nroots, pass->name);
    verify_optimizers(j, &p->objectives.at[k], pass->name);
  }
}

/* ---- the ends of the way ---- */

#define SECONDS 30 /* of processor time for a derivation in a file of its own */
static bool wants_json(const Command *c) { return c->format && strcmp(c->format, "json") == 0; }
static double seconds_of(const Command *c) { return c->seconds ? c->seconds : SECONDS; }

static int print_stage(Job *j, const Pass *pass) {
  Text out = {.cx = j->cx};
  if (error_count(j->cx)) return 1;
  pass->print(j, &out);
  return error_count(j->cx) ? 1 : print_text(&out, j->command->output);
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

/* Of a derivation in a file of its own: the model is elaborated anew with it, and goes the same way. */
static bool judge_derivation(void *job, const char *path, Findings *out) {
  Job *j = job;
  Source *source = source_read(j->cx, path);
  if (!source) return false;
  Block hand = parse_derivation(j->cx, source);
  j->program = model_program_with(j->cx, &j->prelude, &j->tree, j->command->model, &hand, source, j->options);
  for (int k = 0; k < PASSES && !passes[k].single && !error_count(j->cx); k++) {
    if (passes[k].change) passes[k].change(j->program, j->options);
    if (!error_count(j->cx)) verify(j, &passes[k]);
  }
  if (error_count(j->cx)) return true;
  Findings found = check_derivation(j->program, seconds_of(j->command));
  for (int k = 0; k < found.n; k++) VEC_PUSH(j->cx, out, found.at[k]);
  return true;
}

/* What is found of the model, or of each derivation. */
static Grades grades_of(Job *j) {
  const Command *c = j->command;
  bool print = c->nhands == 1 && !wants_json(c);
  Grading g = {j->cx, seconds_of(c), print, judge_derivation, j};
  if (c->nhands) return grade_files(&g, c->model, c->hands, c->nhands);
  Grades all = {c->model, ARENA_NEW(j->cx, Graded), 1};
  all.at[0].path = c->model;
  all.at[0].found = check_program(j->program, c->seconds);
  return all;
}

static void print_grades(const Command *c, const Grades *all, Text *out) {
  const Findings *first = &all->at[0].found;
  bool told = c->nhands == 1 && finding_tally(first).of[VERDICT_ERROR]; /* on stderr, as for a model */
  if (wants_json(c)) grade_json(all, out);
  else if (c->nhands > 1) grade_table(all, out);
  else if (c->nhands && !told) print_derivation(first, out);
  else if (!c->nhands) print_findings(first, out);
}

static int run_check(Job *j) {
  const Command *c = j->command;
  Text out = {.cx = j->cx}, xml = {.cx = j->cx};
  Grades all = grades_of(j);
  if (error_count(j->cx)) return 1;
  print_grades(c, &all, &out);
  if (c->junit) grade_junit(&all, &xml);
  if (c->junit && write_file(c->junit, xml.data, xml.length)) return fail_file("write", c->junit);
  int status = out.length ? print_text(&out, c->output) : 0;
  return status ? status : c->nhands ? grade_status(&all) : check_status(&all.at[0].found);
}

static int run_show(Job *j) {
  Text out = {.cx = j->cx};
  if (j->command->format && strcmp(j->command->format, "dot") == 0) show_dot(j->program, &out);
  else show_summary(j->program, j->options, &out);
  if (error_count(j->cx)) return 1;
  return print_text(&out, j->command->output);
}

static int run_derive(Job *j) {
  Text out = {.cx = j->cx};
  const char *format = j->command->format;
  DerivationAsked asked = {.format = derivation_format(format ? format : "text"),
                           .wrt = j->command->wrt,
                           .order = j->command->order,
                           .lagrangian = j->command->view != NULL};
  derivation_write(j->program, &asked, &out);
  if (error_count(j->cx)) return 1;
  return print_text(&out, j->command->output);
}

/* ---- the way ---- */

static int run(Job *j) {
  Verb verb = j->command->verb;
  for (int k = 0; k < PASSES; k++) {
    const Pass *pass = &passes[k];
    if (pass->single && verb == VERB_CHECK) break;
    int status = pass->begin ? pass->begin(j) : 0;
    if (status) return status;
    if (pass->change) pass->change(j->program, j->options);
    if (j->program && error_count(j->cx)) return 1;
    verify(j, pass);
    if (pass->report) pass->report(j->program, j->options);
    if (j->program && error_count(j->cx)) return 1;
    if (j->command->emit == pass->name) return print_stage(j, pass);
    if (verb == VERB_DERIVE && pass->begin == elaborate_model) return run_derive(j);
  }
  return verb == VERB_CHECK ? run_check(j) : verb == VERB_SHOW ? run_show(j) : emit_files(j);
}

int main(int argc, char **argv) {
  Context *cx = context_new();
  Options options = {.max_memory = 16.0 * 1024 * 1024 * 1024};
  const char *stages[PASSES];
  for (int k = 0; k < PASSES; k++) stages[k] = passes[k].name;
  Command command = {.order = 1, .stages = stages, .nstages = PASSES};
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
