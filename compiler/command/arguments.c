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
  "  nnc model.nn -o model          a program: train, test, predict, grad, info\n"
  "  nnc check model.nn             prove or refute the model's `check` lines, and hold every gradient\n"
  "                                 against difference quotients; exit status 1 if anything is wrong\n"
  "  nnc show model.nn              shapes, parameters, work and memory\n"
  "  nnc --prelude                  print the prelude: layers, losses, optimizers, in the language itself\n"
  "\n"
  "options\n"
  "  -o FILE              where to write (default: NAME.c)\n"
  "  -D NAME=NUMBER       the value of a `const` of the model\n"
  "  --prelude FILE       use FILE in place of the built-in prelude\n"
  "  --emit=STAGE         print one stage: ast, graph, adjoint, plan, c\n"
  "  --format FORMAT      of show: text or dot\n"
  "  --explain            say which rule rewrote what\n"
  "  --max-memory SIZE    refuse a trainer larger than this (default 16G)\n"
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

static int read_define(Context *cx, const char *s, Options *o) {
  const char *eq = strchr(s, '=');
  char *end;
  double x = eq ? strtod(eq + 1, &end) : 0;
  if (!eq || eq == s || end == eq + 1 || *end) return usage("nnc: -D needs NAME=NUMBER, found '%s'", s);
  void *bigger = arena_alloc(cx, sizeof *o->defines * (size_t)(o->ndefines + 1));
  if (o->ndefines) memcpy(bigger, o->defines, sizeof *o->defines * (size_t)o->ndefines);
  o->defines = bigger;
  o->defines[o->ndefines].name = intern_n(cx, s, (size_t)(eq - s));
  o->defines[o->ndefines++].value = x;
  return -1;
}

static int read_stage(Context *cx, const char *s, Command *c) {
  static const char *const names[] = {"ast", "graph", "adjoint", "plan", "c"};
  for (int k = 0; k < 5; k++)
    if (strcmp(s, names[k]) == 0) {
      c->emit = (EmitStage)(EMIT_AST + k);
      return -1;
    }
  const char *near = nearest_name(cx, s, names, 5);
  if (near) fprintf(stderr, "nnc: no stage '%s'; did you mean '%s'?\n", s, near);
  else fprintf(stderr, "nnc: no stage '%s'; there are ast, graph, adjoint, plan, c\n", s);
  return 2;
}

static int read_format(const char *s, Command *c) {
  if (strcmp(s, "svg") == 0)
    return usage("nnc: format '%s' is not supported yet; --format dot | dot -Tsvg draws it", s);
  if (strcmp(s, "text") != 0 && strcmp(s, "dot") != 0) return usage("nnc: no format '%s'; there are text and dot", s);
  c->format = s;
  return -1;
}

/* An option with a value, `--name value` or `--name=value`; NULL where argv[*k] is not it. */
static const char *value_of(const char *name, int argc, char **argv, int *k, bool *missing) {
  size_t n = strlen(name);
  if (strncmp(argv[*k], name, n) != 0) return NULL;
  if (argv[*k][n] == '=' && n > 2) return argv[*k] + n + 1;
  if (argv[*k][n] && n == 2 && name[1] != '-') return argv[*k] + n;
  if (argv[*k][n]) return NULL;
  if (*k + 1 < argc) return argv[++*k];
  *missing = true;
  return "";
}

static int read_option(Context *cx, int argc, char **argv, int *k, Command *c, Options *o) {
  const char *a = argv[*k], *v;
  bool missing = false;
  if (strcmp(a, "--help") == 0 || strcmp(a, "-h") == 0) return fputs(help_text, stdout) < 0 ? 2 : 0;
  if (strcmp(a, "--version") == 0) return puts("nnc " NNC_VERSION) < 0 ? 2 : 0;
  if (strcmp(a, "--explain") == 0) return o->explain = true, -1;
  if (strcmp(a, "--no-reuse") == 0) return o->no_reuse = true, -1;
  if (strcmp(a, "--no-fuse") == 0) return o->no_fuse = true, -1;
  if (strcmp(a, "--prelude") == 0 && *k + 1 == argc && !c->model) return c->verb = VERB_PRELUDE, -1;
  int status = -2;
  if ((v = value_of("--prelude", argc, argv, k, &missing))) c->prelude = v, status = -1;
  else if ((v = value_of("--emit", argc, argv, k, &missing))) status = missing ? -1 : read_stage(cx, v, c);
  else if ((v = value_of("--format", argc, argv, k, &missing))) status = missing ? -1 : read_format(v, c);
  else if ((v = value_of("--max-memory", argc, argv, k, &missing)))
    status = missing || read_size(v, &o->max_memory)
               ? -1
               : usage("nnc: --max-memory needs a size such as 500M or 16G, found '%s'", v);
  else if ((v = value_of("-o", argc, argv, k, &missing))) c->output = v, status = -1;
  else if ((v = value_of("-D", argc, argv, k, &missing))) status = missing ? -1 : read_define(cx, v, o);
  if (missing) return usage("nnc: option '%s' needs a value", a);
  if (status != -2) return status;
  static const char *const names[] = {"--help", "--version", "--explain",    "--no-reuse", "--no-fuse", "--prelude",
                                      "--emit", "--format",  "--max-memory", "-o",         "-D"};
  const char *near = nearest_name(cx, a, names, 11);
  fprintf(stderr, "nnc: unknown option '%s'%s%s%s\n", a, near ? "; did you mean '" : "", near ? near : "",
          near ? "'?" : "");
  return 2;
}

int command_read(Context *cx, int argc, char **argv, Command *c, Options *o) {
  bool verb = false;
  for (int k = 1; k < argc; k++) {
    const char *a = argv[k];
    if (a[0] == '-' && a[1]) {
      int status = read_option(cx, argc, argv, &k, c, o);
      if (status >= 0) return status;
    } else if (!verb && !c->model && strcmp(a, "check") == 0) {
      c->verb = VERB_CHECK, verb = true;
    } else if (!verb && !c->model && strcmp(a, "show") == 0) {
      c->verb = VERB_SHOW, verb = true;
    } else if (!verb && !c->model && strcmp(a, "derive") == 0) {
      fprintf(stderr,
              "nnc: `derive` is not supported yet; `nnc --emit=adjoint model.nn` prints the gradient as a graph\n");
      return 2;
    } else if (c->model) {
      static const char *const verbs[] = {"check", "show", "derive"};
      const char *near = verb ? NULL : nearest_name(cx, c->model, verbs, 3);
      if (near) fprintf(stderr, "nnc: no command '%s'; did you mean '%s'?\n", c->model, near);
      return near ? 2 : usage("nnc: one model at a time; found '%s' too", a);
    } else {
      c->model = a;
    }
  }
  if (c->verb == VERB_PRELUDE && !c->model) return -1;
  if (!c->model) return usage("nnc: no model given%s", argc > 1 ? "" : ": nnc model.nn -o model");
  if (c->output && strcmp(c->output, c->model) == 0) return usage("nnc: -o '%s' would overwrite the model", c->output);
  if (!*c->model || (c->output && !*c->output)) return usage("nnc: %s", "an empty file name");
  return -1;
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
