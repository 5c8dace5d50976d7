/* name.c: users' names and numbers in C.
 *
 * h.W is member W of struct h; x.0.att is x.l0.att; λ is lambda. A word that C, C++ or the headers own gets an
 * underscore. */
#include "emit/emit_c.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
static const char *const reserved[] = {
  "auto", "break", "case", "char", "const", "continue", "default", "do", "double", "else", "enum", "extern", "float",
  "for", "goto", "if", "inline", "int", "long", "register", "restrict", "return", "short", "signed", "sizeof",
  "static", "struct", "switch", "typedef", "union", "unsigned", "void", "volatile", "while", "alignas", "alignof",
  "bool", "constexpr", "nullptr", "static_assert", "thread_local", "typeof", "typeof_unqual", "true", "false", "and",
  "and_eq", "asm", "bitand", "bitor", "catch", "char8_t", "char16_t", "char32_t", "class", "compl", "concept",
  "consteval", "constinit", "const_cast", "co_await", "co_return", "co_yield", "decltype", "delete", "dynamic_cast",
  "explicit", "export", "friend", "mutable", "namespace", "new", "noexcept", "not", "not_eq", "operator", "or",
  "or_eq", "private", "protected", "public", "reinterpret_cast", "requires", "static_cast", "template", "this",
  "throw", "try", "typeid", "typename", "using", "virtual", "wchar_t", "xor", "xor_eq", "I", "NAN", "INFINITY",
  "NULL", "EOF", "HUGE_VAL", "HUGE_VALF", "complex", "imaginary", "errno", "assert", "offsetof", "main", "linux",
  "unix", "i386", "near", "far", "min", "max", "isnan", "isinf", "isfinite", "signbit", "fpclassify", "isnormal",
  "stdin", "stdout", "stderr", "NDEBUG", "RAND_MAX", "BUFSIZ", "M_PI", "M_E"};
/* clang-format on */

/* What generated functions call their own things; loop variables and t1, p0 ... are found by their looks. */
static const char *const own_words[] = {
  "n",     "w",     "g",     "s",         "m",      "state",   "next",     "work",     "out",      "in",   "seed",
  "step",  "gnorm", "count", "q",         "sum",    "best",    "place",    "most",     "acc",      "part", "end",
  "start", "terms", "now",   "now2",      "now3",   "now4",    "now5",     "now6",     "now7",     "now8", "from",
  "to",    "param", "grad",  "ptrdiff_t", "size_t", "int32_t", "uint64_t", "uint32_t", "direction"};

static const struct {
  const char *letter, *name;
} greek[] = {{"α", "alpha"},   {"β", "beta"},    {"γ", "gamma"},   {"δ", "delta"},   {"ε", "epsilon"}, {"ζ", "zeta"},
             {"η", "eta"},     {"θ", "theta"},   {"ι", "iota"},    {"κ", "kappa"},   {"λ", "lambda"},  {"μ", "mu"},
             {"µ", "mu"},      {"ν", "nu"},      {"ξ", "xi"},      {"ο", "omicron"}, {"π", "pi"},      {"ρ", "rho"},
             {"ς", "sigma"},   {"σ", "sigma"},   {"τ", "tau"},     {"υ", "upsilon"}, {"φ", "phi"},     {"χ", "chi"},
             {"ψ", "psi"},     {"ω", "omega"},   {"ϵ", "epsilon"}, {"ϑ", "theta"},   {"ϕ", "phi"},     {"Α", "Alpha"},
             {"Β", "Beta"},    {"Γ", "Gamma"},   {"Δ", "Delta"},   {"Ε", "Epsilon"}, {"Ζ", "Zeta"},    {"Η", "Eta"},
             {"Θ", "Theta"},   {"Ι", "Iota"},    {"Κ", "Kappa"},   {"Λ", "Lambda"},  {"Μ", "Mu"},      {"Ν", "Nu"},
             {"Ξ", "Xi"},      {"Ο", "Omicron"}, {"Π", "Pi"},      {"Ρ", "Rho"},     {"Σ", "Sigma"},   {"Τ", "Tau"},
             {"Υ", "Upsilon"}, {"Φ", "Phi"},     {"Χ", "Chi"},     {"Ψ", "Psi"},     {"Ω", "Omega"},   {"∂", "d"}};

static bool contains(const char *const *words, size_t n, const char *word) {
  for (size_t k = 0; k < n; k++)
    if (strcmp(words[k], word) == 0) return true;
  return false;
}
#define COUNT(a) (sizeof(a) / sizeof *(a))

static bool plain_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static size_t add_letter(Text *t, const char *s) {
  if (plain_letter(*s)) {
    text_add_n(t, s, 1);
    return 1;
  }
  for (size_t k = 0; k < COUNT(greek); k++)
    if (strncmp(s, greek[k].letter, strlen(greek[k].letter)) == 0) {
      text_add(t, greek[k].name);
      return strlen(greek[k].letter);
    }
  text_printf(t, "u%02x", (unsigned)(unsigned char)*s);
  return 1;
}

static const char *spell(Context *cx, const char *name, size_t length) {
  Text t = {.cx = cx};
  if (length && name[0] >= '0' && name[0] <= '9') text_add(&t, "l");
  for (size_t k = 0; k < length;) k += add_letter(&t, name + k);
  return t.data ? t.data : "unnamed";
}

const char *c_name(Context *cx, const char *name, size_t length) {
  const char *s = spell(cx, name, length);
  bool taken =
    contains(reserved, COUNT(reserved), s) || s[0] == '_' || strncmp(s, "nn_", 3) == 0 || strncmp(s, "NN_", 3) == 0;
  return taken ? arena_printf(cx, s[0] == '_' ? "u%s" : "%s_", s) : s;
}

/* What the headers of C and of POSIX declare, which a program may include beside the model's. */
static const char library[] =
  " abort abs acos acosh asctime asin asinh assert atan atan2 atanh atexit atof atoi atol atoll bsearch cabs "
  " calloc cbrt ceil cexp clearerr clock close copysign cos cosh ctime difftime div environ erf erfc exit exp exp2 "
  " expm1 fabs fclose fdim feof ferror fflush fgetc fgetpos fgets floor fma fmax fmin fmod fopen fprintf fputc "
  " fputs fread free freopen frexp fscanf fseek fsetpos ftell fwrite gamma getc getchar getenv gets gmtime hypot "
  " ilogb index isalnum isalpha iscntrl isdigit isfinite isgraph isinf islower isnan isprint ispunct isspace "
  " isupper j0 j1 jn kill labs ldexp ldiv lgamma link llabs lldiv llrint llround localtime log log10 log1p log2 "
  " logb longjmp lrint lround main malloc mblen memchr memcmp memcpy memmove memset mktime modf nan nearbyint "
  " nextafter nexttoward offsetof open perror pipe pow printf putc putchar puts qsort raise rand read realloc "
  " remainder remove remquo rename rewind rindex rint round scalbln scalbn scanf select setbuf setjmp setvbuf "
  " signal signbit significand sin sinh sleep snprintf sprintf sqrt srand sscanf stat stderr stdin stdout strcat "
  " strchr strcmp strcpy strcspn strdup strerror strftime strlen strncat strncmp strncpy strpbrk strrchr strspn "
  " strstr strtod strtof strtok strtol strtold strtoul system tan tanh tgamma time tmpfile tmpnam tolower toupper "
  " trunc ungetc unlink vfprintf vprintf vsprintf wait write y0 y1 yn ";

static bool is_declared(Context *cx, const char *s) { return strstr(library, arena_printf(cx, " %s ", s)) != NULL; }

/* The prefix of all names of a model is the name of its struct too. */
const char *emit_prefix(Context *cx, const Program *program) {
  const char *s = spell(cx, program->name, strlen(program->name));
  bool taken = s[0] == '_' || strcmp(s, "nn") == 0 || strncmp(s, "nn_", 3) == 0 || is_declared(cx, s);
  return taken ? arena_printf(cx, "model_%s", s) : s;
}

const char *c_flat_name(Context *cx, const char *path) {
  Text t = {.cx = cx};
  for (const char *s = path; *s; s += *s == '.') {
    size_t length = strcspn(s, ".");
    text_printf(&t, "%s%s", s == path ? "" : "_", spell(cx, s, length));
    s += length;
  }
  return t.data ? c_name(cx, t.data, t.length) : "unnamed";
}

/* One letter and digits, or a letter that loops use. */
static bool looks_local(const char *s) {
  if (s[0] && s[1] && strspn(s + 1, "0123456789") == strlen(s + 1)) return true;
  return contains(loop_names, COUNT(loop_names), s);
}

const char *c_local_name(Context *cx, const char *path) {
  const char *s = c_flat_name(cx, path);
  return looks_local(s) || contains(own_words, COUNT(own_words), s) ? arena_printf(cx, "%s_", s) : s;
}

const char *c_upper(Context *cx, const char *name) {
  char *s = arena_printf(cx, "%s", name);
  for (char *p = s; *p; p++)
    if (*p >= 'a' && *p <= 'z') *p = (char)(*p - 'a' + 'A');
  return s;
}

static const char *constant(Context *cx, double v, bool exact, const char *suffix) {
  if (isnan(v)) return "NAN";
  if (isinf(v)) return v > 0 ? "INFINITY" : "-INFINITY";
  char *s = arena_printf(cx, "%.9g", v);
  for (int digits = 10; exact && strtod(s, NULL) != v; digits++) s = arena_printf(cx, "%.*g", digits, v);
  return arena_printf(cx, strpbrk(s, ".e") ? "%s%s" : "%s.0%s", s, suffix);
}

const char *c_float(Context *cx, double x) { return constant(cx, (double)(float)x, false, "f"); }

const char *c_real(const Emitter *em, double x) {
  return em->doubles ? constant(em->cx, x, true, "") : c_float(em->cx, x);
}

/* ---- layouts ---- */

typedef struct Member {
  const char *name;
  int leaf; /* -1: a struct */
  VEC(struct Member *) members;
} Member;

static Member *member_at(Context *cx, Member *parent, const char *name, bool is_struct) {
  bool clash = false;
  for (int k = 0; k < parent->members.n; k++) {
    Member *m = parent->members.at[k];
    if (strcmp(m->name, name) != 0) continue;
    if (is_struct && m->leaf < 0) return m;
    clash = true;
  }
  bool meets_struct = false; /* a name of an array and of a layer's arrays: x and x.0.W */
  for (int k = 0; k < parent->members.n; k++)
    meets_struct = meets_struct || (parent->members.at[k]->leaf < 0 && strcmp(parent->members.at[k]->name, name) == 0);
  if (clash && (is_struct || meets_struct)) return member_at(cx, parent, arena_printf(cx, "%s_", name), is_struct);
  Member *m = ARENA_NEW(cx, Member);
  *m = (Member){.name = name, .leaf = -1};
  VEC_PUSH(cx, &parent->members, m);
  return m;
}

static int find_access(const Layout *l, int leaf) {
  for (int k = 0; k < l->nleaves; k++)
    if (k != leaf && l->access[k] && strcmp(l->access[k], l->access[leaf]) == 0) return k;
  return -1;
}

static void add_leaf(Context *cx, Layout *l, Member *root, int leaf) {
  const char *path = l->leaves[leaf].path;
  Text access = {.cx = cx};
  Member *m = root;
  for (const char *s = path;;) {
    size_t length = strcspn(s, ".");
    bool last = s[length] == '\0';
    m = member_at(cx, m, c_name(cx, s, length), !last);
    text_printf(&access, "%s%s", s == path ? "" : ".", m->name);
    if (last) break;
    s += length + 1;
  }
  m->leaf = leaf;
  l->access[leaf] = access.data;
  int other = find_access(l, leaf);
  if (other < 0) return;
  error_at(cx, l->leaves[leaf].span, "'%s' and '%s' are both spelled '%s' in C; one needs another name", path,
           l->leaves[other].path, access.data);
  note_at(cx, l->leaves[other].span, "'%s' is declared here", l->leaves[other].path);
}

/* A state with a row for each example has as many as a batch may have. */
static int64_t leaf_extent(const Leaf *leaf, int k) {
  int64_t rest = 1;
  if (leaf->node->axes[k].kind != AXIS_BATCH) return leaf->node->axes[k].extent;
  for (int j = 1; j < leaf->node->naxes; j++) rest *= leaf->node->axes[j].extent;
  return leaf->count / rest;
}

static void print_leaf(Layout *l, const Member *m, Text *out) {
  const Node *n = l->leaves[m->leaf].node;
  text_add(out, m->name);
  for (int k = 0; k < n->naxes; k++) text_printf(out, "[%lld]", (long long)leaf_extent(&l->leaves[m->leaf], k));
  l->offset[m->leaf] = l->floats;
  l->order[l->norder++] = m->leaf;
  l->floats += l->leaves[m->leaf].count;
}

static void print_members(Layout *l, const Member *m, Text *out, int indent) {
  for (int k = 0; k < m->members.n;) {
    const Member *c = m->members.at[k];
    text_printf(out, "%*s", indent, "");
    if (c->leaf < 0) {
      text_add(out, "struct {\n");
      print_members(l, c, out, indent + 4);
      text_printf(out, "%*s} %s;\n", indent, "", c->name);
      k++;
      continue;
    }
    text_add(out, "float ");
    size_t start = out->length;
    for (; k < m->members.n && m->members.at[k]->leaf >= 0 && (out->length == start || out->length < start + 80); k++) {
      if (out->length > start) text_add(out, ", ");
      print_leaf(l, m->members.at[k], out);
    }
    text_add(out, ";\n");
  }
}

Layout *layout_make(Context *cx, const Leaf *leaves, int nleaves, const int *order, const bool *in, const char *type,
                    Text *out) {
  Layout *l = ARENA_NEW(cx, Layout);
  *l = (Layout){.leaves = leaves, .nleaves = nleaves, .type = type};
  l->access = ARENA_ARRAY(cx, const char *, nleaves + 1);
  l->offset = ARENA_ARRAY(cx, int64_t, nleaves + 1);
  l->order = ARENA_ARRAY(cx, int, nleaves + 1);
  Member root = {.leaf = -1};
  for (int k = 0; k < nleaves; k++)
    if (!in || in[order ? order[k] : k]) add_leaf(cx, l, &root, order ? order[k] : k);
  text_add(out, "typedef struct {\n");
  print_members(l, &root, out, 4);
  if (!l->norder) text_add(out, "    float none;\n");
  text_printf(out, "} %s;\n\n", type);
  return l;
}

const char *layout_pointer(Context *cx, const Layout *l, const char *pointer, int leaf, bool writable) {
  int rank = l->leaves[leaf].node->naxes;
  if (rank == 0) return arena_printf(cx, "&%s->%s", pointer, l->access[leaf]);
  if (rank == 1) return arena_printf(cx, "%s->%s", pointer, l->access[leaf]);
  return arena_printf(cx, "(%sfloat *)%s->%s", writable ? "" : "const ", pointer, l->access[leaf]);
}
