/* arguments.c: arguments of nnc as a table, with a suggestion for what is misspelt. */
#include "command/command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NNC_VERSION "0.1"

static const char help_text[] =
  "nnc compiles a neural network, written as a textbook writes it, to C that trains.\n"
  "\n"
  "  nnc model.nn -o model.c        C, and its header beside it\n"
  "  nnc model.nn -o model          a program: train, test, predict, grad, selftest, info\n"
  "  nnc check model.nn             prove or refute the model's `check` lines, and hold every gradient\n"
  "                                 against difference quotients; exit status 1 if anything is wrong\n"
  "  nnc check model.nn hand.nn ... the same of derivations in files of their own; of several, a table\n"
  "  nnc show model.nn              shapes, parameters, work and memory\n"
  "  nnc derive model.nn            the derivation of the gradients, as a textbook writes it\n"
  "  nnc --prelude                  print the prelude: layers, losses, optimizers, in the language itself\n"
  "\n"
  "options\n"
  "  -o FILE              where to write (default: NAME.c)\n"
  "  -D NAME=NUMBER       the value of a `const` of the model\n"
  "  --prelude FILE       use FILE in place of the built-in prelude\n"
  "  --emit=STAGE         print what one stage made: ast, graph, simple, derived,\n"
  "                       adjoint, product, second, book, float, padded,\n"
  "                       plan, c\n"
  "  --format FORMAT      of show: text or dot; of check: text or json; of derive: text,\n"
  "                       latex or html\n"
  "  --wrt NAME           of derive: the derivative with respect to this name only\n"
  "  --view lagrangian    of derive: the model as a constrained minimum, with multipliers\n"
  "  --order 2            of derive: second derivatives too\n"
  "  --junit FILE         of check: write what is found as JUnit's XML too\n"
  "  --time-limit SECONDS of check: of processor time for each file (default 30 for derivations)\n"
  "  --explain            say which rule rewrote what\n"
  "  --selftest           put a test of itself into the C: gradients against difference\n"
  "                       quotients, steps of training against stored numbers\n"
  "  --max-memory SIZE    refuse a trainer larger than this (default 16G)\n"
  "  --trace-nan          a program that stops where the first NaN or infinity is born, and says where;\n"
  "                       its `train --ranges FILE.svg` draws the ranges of values and gradients\n"
  "  --no-reuse           every value gets its own place in memory\n"
  "  --no-fuse            one plain loop for each value, no matrix products\n"
  "  --version, --help\n"
  "\n"
  "$CC and $CFLAGS choose the C compiler and its flags for `-o model`.\n";

static int usage(const char *text, const char *what) {
  fprintf(stderr, text, what);
  fprintf(stderr, "\nnnc: `nnc --help` lists the options\n");
  return 2;
}

static bool read_size(const char *s, double *out) {
  char *end;
  double x = strtod(s, &end);
  if (end == s || !(x > 0)) return false;
  if (*end == 'k' || *end == 'K') x *= 1024.0, end++;
  else if (*end == 'M') x *= 1024.0 * 1024, end++;
  else if (*end == 'G') x *= 1024.0 * 1024 * 1024, end++;
  if (*end == 'B') end++;
  *out = x;
  return *end == 0;
}

/* ---- options ---- */

enum { GO_ON = -1 }; /* else an exit status */

static int take_define(Context *cx, const char *s, Command *c, Options *o) {
  const char *eq = strchr(s, '=');
  char *end;
  double x = eq ? strtod(eq + 1, &end) : 0;
  (void)c;
  if (!eq || eq == s || end == eq + 1 || *end) return usage("nnc: -D needs NAME=NUMBER, found '%s'", s);
  void *bigger = arena_alloc(cx, sizeof *o->defines * (size_t)(o->ndefines + 1));
  if (o->ndefines) memcpy(bigger, o->defines, sizeof *o->defines * (size_t)o->ndefines);
  o->defines = bigger;
  o->defines[o->ndefines].name = intern_n(cx, s, (size_t)(eq - s));
  o->defines[o->ndefines++].value = x;
  return GO_ON;
}

static int take_stage(Context *cx, const char *s, Command *c, Options *o) {
  (void)o;
  for (int k = 0; k < c->nstages; k++)
    if (strcmp(s, c->stages[k]) == 0) {
      c->emit = c->stages[k];
      return GO_ON;
    }
  const char *near = nearest_name(cx, s, c->stages, c->nstages);
  if (near) fprintf(stderr, "nnc: no stage '%s'; did you mean '%s'?\n", s, near);
  else {
    fprintf(stderr, "nnc: no stage '%s'; there are", s);
    for (int k = 0; k < c->nstages; k++) fprintf(stderr, "%s %s", k ? "," : "", c->stages[k]);
    fputc('\n', stderr);
  }
  return 2;
}

static int take_format(Context *cx, const char *s, Command *c, Options *o) {
  (void)cx, (void)o;
  c->format = s;
  return GO_ON;
}

static int take_view(Context *cx, const char *s, Command *c, Options *o) {
  (void)cx, (void)o;
  if (strcmp(s, "lagrangian") != 0) return usage("nnc: no view '%s'; there is lagrangian", s);
  c->view = s;
  return GO_ON;
}

static int take_order(Context *cx, const char *s, Command *c, Options *o) {
  (void)cx, (void)o;
  if (strcmp(s, "1") != 0 && strcmp(s, "2") != 0) return usage("nnc: --order is 1 or 2, found '%s'", s);
  c->order = s[0] - '0';
  return GO_ON;
}

static int take_wrt(Context *cx, const char *s, Command *c, Options *o) {
  (void)o;
  c->wrt = intern(cx, s);
  return GO_ON;
}

static int take_max_memory(Context *cx, const char *s, Command *c, Options *o) {
  (void)cx, (void)c;
  if (read_size(s, &o->max_memory)) return GO_ON;
  return usage("nnc: --max-memory needs a size such as 500M or 16G, found '%s'", s);
}

static int take_junit(Context *cx, const char *s, Command *c, Options *o) {
  (void)cx, (void)o;
  c->junit = s;
  return GO_ON;
}

static int take_time_limit(Context *cx, const char *s, Command *c, Options *o) {
  (void)cx, (void)o;
  char *end;
  c->seconds = strtod(s, &end);
  if (end == s || *end || !(c->seconds > 0) || c->seconds > 1e6)
    return usage("nnc: --time-limit needs seconds, such as 30, found '%s'", s);
  return GO_ON;
}

static int take_prelude(Context *cx, const char *s, Command *c, Options *o) {
  (void)cx, (void)o;
  c->prelude = s;
  return GO_ON;
}

static int take_output(Context *cx, const char *s, Command *c, Options *o) {
  (void)cx, (void)o;
  c->output = s;
  return GO_ON;
}

static int print_help(Context *cx, const char *s, Command *c, Options *o) {
  (void)cx, (void)s, (void)c, (void)o;
  return fputs(help_text, stdout) < 0 ? 2 : 0;
}

static int print_version(Context *cx, const char *s, Command *c, Options *o) {
  (void)cx, (void)s, (void)c, (void)o;
  return puts("nnc " NNC_VERSION) < 0 ? 2 : 0;
}

static int set_explain(Context *cx, const char *s, Command *c, Options *o) {
  (void)cx, (void)s, (void)c;
  o->explain = true;
  return GO_ON;
}

static int set_selftest(Context *cx, const char *s, Command *c, Options *o) {
  (void)cx, (void)s, (void)c;
  o->selftest = true;
  return GO_ON;
}

static int set_no_reuse(Context *cx, const char *s, Command *c, Options *o) {
  (void)cx, (void)s, (void)c;
  o->no_reuse = true;
  return GO_ON;
}

static int set_no_fuse(Context *cx, const char *s, Command *c, Options *o) {
  (void)cx, (void)s, (void)c;
  o->no_fuse = true;
  return GO_ON;
}

static int set_trace(Context *cx, const char *s, Command *c, Options *o) {
  (void)cx, (void)s, (void)c;
  o->trace = true;
  return GO_ON;
}

typedef struct OptionRow {
  const char *name;
  bool valued;
  int (*take)(Context *cx, const char *value, Command *c, Options *o); /* GO_ON, or an exit status */
} OptionRow;

static const OptionRow rows[] = {{"--help", false, print_help},
                                 {"--version", false, print_version},
                                 {"--explain", false, set_explain},
                                 {"--no-reuse", false, set_no_reuse},
                                 {"--no-fuse", false, set_no_fuse},
                                 {"--prelude", true, take_prelude},
                                 {"--emit", true, take_stage},
                                 {"--format", true, take_format},
                                 {"--max-memory", true, take_max_memory},
                                 {"--selftest", false, set_selftest},
                                 {"--wrt", true, take_wrt},
                                 {"--view", true, take_view},
                                 {"--order", true, take_order},
                                 {"--trace-nan", false, set_trace},
                                 {"--junit", true, take_junit},
                                 {"--time-limit", true, take_time_limit},
                                 {"-o", true, take_output},
                                 {"-D", true, take_define},
                                 {"-h", false, print_help}};
enum { ROWS = sizeof rows / sizeof *rows };

/* The value of an option `--name value`, `--name=value` or `-nvalue` that argv[*k] is, NULL where it is missing; false
 * where argv[*k] is another option. */
static bool value_of(const char *name, int argc, char **argv, int *k, const char **value) {
  size_t n = strlen(name);
  const char *rest = argv[*k] + n;
  *value = NULL;
  if (strncmp(argv[*k], name, n) != 0) return false;
  if (*rest == '=' && n > 2) *value = rest + 1;
  else if (*rest && n == 2 && name[1] != '-') *value = rest;
  else if (*rest) return false;
  else if (*k + 1 < argc) *value = argv[++*k];
  return true;
}

static int unknown_option(Context *cx, const char *a) {
  const char *names[ROWS];
  for (int k = 0; k < ROWS; k++) names[k] = rows[k].name;
  const char *near = nearest_name(cx, a, names, ROWS);
  fprintf(stderr, "nnc: unknown option '%s'%s%s%s\n", a, near ? "; did you mean '" : "", near ? near : "",
          near ? "'?" : "");
  return 2;
}

static int read_option(Context *cx, int argc, char **argv, int *k, Command *c, Options *o) {
  const char *a = argv[*k], *value;
  if (strcmp(a, "--prelude") == 0 && *k + 1 == argc && !c->model) { /* without a value: print it */
    c->verb = VERB_PRELUDE;
    return GO_ON;
  }
  for (int i = 0; i < ROWS; i++) {
    if (!rows[i].valued && strcmp(a, rows[i].name) == 0) return rows[i].take(cx, NULL, c, o);
    if (!rows[i].valued || !value_of(rows[i].name, argc, argv, k, &value)) continue;
    return value ? rows[i].take(cx, value, c, o) : usage("nnc: option '%s' needs a value", a);
  }
  return unknown_option(cx, a);
}

/* ---- what belongs to a verb ---- */

static int check_format(const Command *c) {
  static const char *const of_show[] = {"text", "dot", NULL}, *const of_derive[] = {"text", "latex", "html", NULL},
                           *const of_check[] = {"text", "json", NULL};
  const char *const *known = c->verb == VERB_DERIVE ? of_derive : c->verb == VERB_CHECK ? of_check : of_show;
  if (!c->format) return GO_ON;
  if (c->verb != VERB_DERIVE && strcmp(c->format, "svg") == 0)
    return usage("nnc: format '%s' is not supported yet; --format dot | dot -Tsvg draws it", c->format);
  while (*known && strcmp(*known, c->format) != 0) known++;
  if (*known) return GO_ON;
  return usage(c->verb == VERB_DERIVE  ? "nnc: derive has no format '%s'; there are text, latex and html"
               : c->verb == VERB_CHECK ? "nnc: check has no format '%s'; there are text and json"
                                       : "nnc: no format '%s'; there are text and dot",
               c->format);
}

static int check_verb(const Command *c) {
  if (c->wrt && c->verb != VERB_DERIVE) return usage("nnc: --wrt %s: only derive takes it", c->wrt);
  if (c->view && c->verb != VERB_DERIVE) return usage("nnc: --view %s: only derive takes it", c->view);
  if (c->order == 2 && c->verb != VERB_DERIVE) return usage("nnc: --order %s: only derive takes it", "2");
  if (c->junit && c->verb != VERB_CHECK) return usage("nnc: --junit %s: only check takes it", c->junit);
  if (c->seconds && c->verb != VERB_CHECK) return usage("nnc: %s: only check takes it", "--time-limit");
  for (int k = 0; k < c->nhands; k++)
    if (!*c->hands[k]) return usage("nnc: %s", "an empty file name");
  return check_format(c);
}

/* ---- the command line ---- */

static bool is_read(const Command *c, const char *path) {
  bool found = path && strcmp(path, c->model) == 0;
  for (int k = 0; k < c->nhands && path; k++) found = found || strcmp(path, c->hands[k]) == 0;
  return found;
}

int command_read(Context *cx, int argc, char **argv, Command *c, Options *o) {
  bool verb = false;
  c->hands = ARENA_ARRAY(cx, const char *, argc);
  for (int k = 1; k < argc; k++) {
    const char *a = argv[k];
    if (a[0] == '-' && a[1]) {
      int status = read_option(cx, argc, argv, &k, c, o);
      if (status != GO_ON) return status;
    } else if (!verb && !c->model && strcmp(a, "check") == 0) {
      c->verb = VERB_CHECK, verb = true;
    } else if (!verb && !c->model && strcmp(a, "show") == 0) {
      c->verb = VERB_SHOW, verb = true;
    } else if (!verb && !c->model && strcmp(a, "derive") == 0) {
      c->verb = VERB_DERIVE, verb = true;
    } else if (c->model && c->verb == VERB_CHECK) {
      c->hands[c->nhands++] = a;
    } else if (c->model) {
      static const char *const verbs[] = {"check", "show", "derive"};
      const char *near = verb ? NULL : nearest_name(cx, c->model, verbs, 3);
      if (near) fprintf(stderr, "nnc: no command '%s'; did you mean '%s'?\n", c->model, near);
      return near ? 2 : usage("nnc: one model at a time; found '%s' too", a);
    } else {
      c->model = a;
    }
  }
  if (c->verb == VERB_PRELUDE && !c->model) return GO_ON;
  if (!c->model) return usage("nnc: no model given%s", argc > 1 ? "" : ": nnc model.nn -o model");
  if (!*c->model || (c->output && !*c->output)) return usage("nnc: %s", "an empty file name");
  if (c->output && strcmp(c->output, c->model) == 0) return usage("nnc: -o '%s' would overwrite the model", c->output);
  if (is_read(c, c->output)) return usage("nnc: -o '%s' would overwrite what is read", c->output);
  if (is_read(c, c->junit)) return usage("nnc: --junit '%s' would overwrite what is read", c->junit);
  return check_verb(c);
}

bool command_is_c_file(const char *path) {
  size_t n = strlen(path);
  return n > 2 && strcmp(path + n - 2, ".c") == 0;
}

const char *command_base(Context *cx, const char *path) {
  const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
  return intern_n(cx, base, strlen(base) - 2);
}

const char *command_header_path(Context *cx, const char *path) {
  return arena_printf(cx, "%.*sh", (int)strlen(path) - 1, path);
}
