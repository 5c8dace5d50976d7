/* import.c: `import "path"`: the statements of another file in its place, each file once. */
#include "model/run.h"

#include <errno.h>
#include <string.h>

typedef struct Imports {
  VEC(Stmt *) out;
  VEC(const char *) seen;
} Imports;

static const char *beside(Context *cx, const char *path, const char *name) {
  const char *slash = strrchr(path, '/');
  if (name[0] == '/' || !slash) return intern(cx, name);
  return intern(cx, arena_printf(cx, "%.*s/%s", (int)(slash - path), path, name));
}

static void splice(Context *cx, const Block *b, Imports *im, int depth) {
  for (int k = 0; k < b->n; k++) {
    Stmt *st = b->at[k];
    if (st->kind != STMT_IMPORT) {
      VEC_PUSH(cx, &im->out, st);
      continue;
    }
    const char *path = beside(cx, st->span.source->path, st->path), *file = source_identity(cx, path);
    bool seen = false;
    if (file == source_identity(cx, st->span.source->path)) {
      error_at(cx, st->span, "'%s' imports itself", path);
      continue;
    }
    for (int j = 0; j < im->seen.n; j++) seen = seen || im->seen.at[j] == file;
    if (seen) continue;
    VEC_PUSH(cx, &im->seen, file);
    Source *source = depth < 50 ? source_read(cx, path) : NULL;
    if (!source) {
      error_at(cx, st->span, "cannot import '%s': %s", path,
               depth < 50 ? strerror(errno) : "imports are nested more than 50 deep");
      continue;
    }
    Block inner = parse(cx, source);
    splice(cx, &inner, im, depth + 1);
  }
}

Block import_all(Context *cx, const Block *b, const char *path) {
  Imports imports = {0};
  VEC_PUSH(cx, &imports.seen, source_identity(cx, path));
  splice(cx, b, &imports, 0);
  return (Block){imports.out.at, imports.out.n};
}
