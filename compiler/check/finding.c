/* finding.c: findings counted, and sent from one process to another: the struct, then its texts, each after its length.
 */
#include "check/finding.h"

#include <string.h>
#include <unistd.h>

const char *const verdict_names[] = {
#define X(id, name) name,
  VERDICTS(X)
#undef X
};

Tally finding_tally(const Findings *all) {
  Tally t = {0};
  for (int k = 0; k < all->n; k++) t.of[all->at[k].verdict]++;
  return t;
}

/* ---- through a pipe ---- */

bool finding_write(int to, const void *data, size_t size) {
  const char *at = data;
  for (ssize_t n; size; at += n, size -= (size_t)n)
    if ((n = write(to, at, size)) <= 0) return false;
  return true;
}

bool finding_read(int from, void *data, size_t size) {
  char *at = data;
  for (ssize_t n; size; at += n, size -= (size_t)n)
    if ((n = read(from, at, size)) <= 0) return false;
  return true;
}

enum { TEXTS = 14 + MAX_AXES };

/* The places of all texts of a finding. */
static void texts_of(Finding *f, const char **texts[TEXTS]) {
  const char **own[] = {&f->reason,     &f->file,       &f->formula,         &f->left,
                        &f->right,      &f->loss,       &f->array,           &f->explanation,
                        &f->cause.kind, &f->cause.text, &f->cause.corrected, &f->cause.verdict,
                        &f->pattern,    &f->whole};
  memcpy(texts, own, sizeof own);
  for (int k = 0; k < MAX_AXES; k++) texts[TEXTS - MAX_AXES + k] = &f->spot.names[k];
}

bool finding_send(Context *cx, int to, const Finding *f) {
  Finding copy = *f;
  Text message = {.cx = cx};
  const char **texts[TEXTS];
  texts_of(&copy, texts);
  text_add_n(&message, (const char *)f, sizeof *f);
  for (int k = 0; k < TEXTS; k++) {
    size_t size = *texts[k] ? strlen(*texts[k]) + 1 : 0; /* with its NUL; 0: no text */
    text_add_n(&message, (const char *)&size, sizeof size);
    if (size) text_add_n(&message, *texts[k], size);
  }
  return finding_write(to, message.data, message.length);
}

bool finding_receive(Context *cx, int from, Finding *f) {
  const char **texts[TEXTS];
  if (!finding_read(from, f, sizeof *f)) return false;
  texts_of(f, texts);
  for (int k = 0; k < TEXTS; k++) {
    size_t size;
    if (!finding_read(from, &size, sizeof size)) return false;
    char *text = size ? arena_alloc(cx, size) : NULL;
    if (size && !finding_read(from, text, size)) return false;
    *texts[k] = text;
  }
  return true;
}
