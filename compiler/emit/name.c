/* name.c: users' names and numbers in C.
 *
 * h.W is member W of struct h; x.0.att is x.l0.att; λ is lambda. A word that C, C++ or the headers own gets an
 * underscore. */
#include "emit/name.h"
#include "emit/emit.h"

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

/* The first four as in formulas; the letters after them have other uses here. */
const char *const loop_names[MAX_AXES + 2] = {"b",  "b2", "i",  "j",  "k",  "l",  "mm", "oo", "pp",
                                              "qq", "rr", "ss", "tt", "uu", "vv", "ww", "xx", "yy",
                                              "zz", "aa", "cc", "dd", "ee", "ff", "gg", "hh"};

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
