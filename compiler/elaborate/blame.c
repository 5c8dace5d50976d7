/* blame.c: what elaboration says is wrong. Within the prelude the user's own call is meant, and is blamed once. */
#include "elaborate/scope.h"

#include <stdio.h>

void elaborate_report(Elaborator *el, Span s, const char *format, ...) {
  el->failed = true;
  if (el->quiet) return;
  va_list ap;
  char text[4096];
  va_start(ap, format);
  vsnprintf(text, sizeof text, format, ap);
  va_end(ap);
  bool inside = s.source && s.source == el->prelude && el->user_call.source;
  el->repeats = inside && el->user_call.source == el->blamed.source && el->user_call.start == el->blamed.start;
  if (el->repeats) return;
  if (inside) el->blamed = el->user_call;
  error_at(el->cx, inside ? el->user_call : s, "%s", text);
  if (inside) note_at(el->cx, s, "in this line of the prelude");
}

void elaborate_remark(Elaborator *el, Span s, const char *format, ...) {
  if (el->quiet || el->repeats || !s.source) return;
  va_list ap;
  char text[4096];
  va_start(ap, format);
  vsnprintf(text, sizeof text, format, ap);
  va_end(ap);
  note_at(el->cx, s, "%s", text);
}

void elaborate_advise(Elaborator *el, const char *format, ...) {
  if (el->quiet || el->repeats) return;
  va_list ap;
  char text[4096];
  va_start(ap, format);
  vsnprintf(text, sizeof text, format, ap);
  va_end(ap);
  help(el->cx, "%s", text);
}
