/* document.c: a derivation in the format that was asked for. */
#include "derivation/page.h"

void derivation_write(Program *p, const DerivationAsked *asked, Text *out) {
  Page *page = page_of(p, asked);
  if (!error_count(p->cx)) text_page(page, out);
}
