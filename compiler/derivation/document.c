/* document.c: a derivation in the format that was asked for. */
#include "derivation/page.h"

DerivationFormat derivation_format(const char *name) {
  return strcmp(name, "latex") == 0 ? DERIVATION_LATEX : strcmp(name, "html") == 0 ? DERIVATION_HTML : DERIVATION_TEXT;
}

void derivation_write(Program *p, const DerivationAsked *asked, Text *out) {
  Page *page = page_of(p, asked);
  if (error_count(p->cx)) return;
  if (asked->format == DERIVATION_LATEX) latex_page(page, out);
  else if (asked->format == DERIVATION_HTML) html_page(page, out);
  else text_page(page, out);
}
