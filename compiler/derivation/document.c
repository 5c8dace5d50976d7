/* document.c: a derivation in the format that was asked for. */
#include "derivation/page.h"

DerivationFormat derivation_format(const char *name) {
  return strcmp(name, "latex") == 0 ? DERIVATION_LATEX : strcmp(name, "html") == 0 ? DERIVATION_HTML : DERIVATION_TEXT;
}

void derivation_number(Program *p) {
  int number = 0, losses = 0;
  for (int k = 0; k < p->routines.n; k++) losses += p->routines.at[k].kind == ROUTINE_GRAD;
  for (int k = 0; k < p->routines.n; k++) {
    if (p->routines.at[k].kind != ROUTINE_GRAD) continue;
    Derivation *d = system_of(p, &p->routines.at[k], NULL, &number);
    for (int i = 0; i < d->all.n && losses == 1; i++)
      if (d->all.at[i]->node) ((Node *)d->all.at[i]->node)->adjoint_equation = d->all.at[i]->adjoint_number;
  }
}

int derivation_verify(Program *p, int order, Text *out) {
  DerivationAsked asked = {.order = order, .verify = true};
  const Page *page = page_of(p, &asked);
  const Verified *v = &page->verified;
  text_printf(out, "%d agree, %d differ, %d unknown\n", v->same, v->different, v->unknown);
  if (v->first) {
    Setting s = {.d = page->parts.at[0], .cx = p->cx, .g = p->graph};
    setting_begin(&s, &v->first, 1);
    text_add(out, "the first that differs: ");
    text_typo(out, index_notation(&s, v->first));
    text_add(out, "\n");
  }
  return v->different;
}

void derivation_write(Program *p, const DerivationAsked *asked, Text *out) {
  Page *page = page_of(p, asked);
  if (error_count(p->cx)) return;
  if (asked->format == DERIVATION_LATEX) latex_page(page, out);
  else if (asked->format == DERIVATION_HTML) html_page(page, out);
  else text_page(page, out);
}
