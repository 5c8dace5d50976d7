/* show_digits: prints drawings of digits in the terminal, with what a network takes them for.
 *
 * In: images and labels as idx files, and a CSV file with a row for each drawing and a probability for each digit in
 * its last ten columns. Out: the first few drawings, then the first few that the network gets wrong. A character shows
 * 2x2 pixels: quarter blocks where the locale is UTF-8, else a shade. Exit status 1 where a file is not what it should
 * be.
 * SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 28, PIXELS = SIDE * SIDE, IN_A_ROW = 5, WIDTH = SIDE / 2, DIGITS = 10, MAX_COLUMNS = 64, INK = 110 };

typedef struct Drawing {
  unsigned char pixels[PIXELS];
  int label, guess;
  double probability;
} Drawing;

static uint32_t read_big_endian(FILE *f) {
  unsigned char b[4] = {0};
  if (fread(b, 1, 4, f) != 4) return 0;
  return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static void fail(const char *path, const char *expected) {
  fprintf(stderr, "show_digits: %s: expected %s\n", path, expected);
  exit(1);
}

static FILE *open_idx(const char *path, uint32_t magic, uint32_t *count) {
  FILE *f = fopen(path, "rb");
  if (!f || read_big_endian(f) != magic) fail(path, magic == 0x803 ? "an idx file of images" : "an idx file of labels");
  *count = read_big_endian(f);
  if (magic == 0x803 && (read_big_endian(f) != SIDE || read_big_endian(f) != SIDE)) fail(path, "images of 28x28");
  return f;
}

/* The numbers of a line of CSV; 0 where it is a header. */
static int read_row(char *line, double values[MAX_COLUMNS]) {
  int n = 0;
  for (char *cell = strtok(line, ",\r\n"); cell && n < MAX_COLUMNS; cell = strtok(NULL, ",\r\n")) {
    char *end;
    values[n] = strtod(cell, &end);
    if (end == cell) return 0;
    n++;
  }
  return n;
}

/* The next row of probabilities into a drawing's guess. */
static void read_guess(FILE *f, const char *path, Drawing *d) {
  char line[8192];
  double values[MAX_COLUMNS];
  int n = 0;
  while (n == 0 && fgets(line, sizeof line, f)) n = read_row(line, values);
  if (n < DIGITS) fail(path, "ten probabilities in each row, and a row for each drawing");
  const double *p = values + n - DIGITS;
  d->guess = 0;
  for (int k = 1; k < DIGITS; k++) {
    if (p[k] > p[d->guess]) d->guess = k;
  }
  d->probability = p[d->guess];
}

/* ---- pictures ---- */

static int utf8_locale(void) {
  const char *names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
  for (int i = 0; i < 3; i++) {
    const char *value = getenv(names[i]);
    if (value && *value) return strstr(value, "UTF-8") || strstr(value, "utf8") || strstr(value, "utf-8");
  }
  return 0;
}

static void print_cell(const unsigned char *corner, int utf8) {
  /* By which quarters have ink: 1 upper left, 2 upper right, 4 lower left, 8 lower right. */
  static const char *const blocks[16] = {" ", "▘", "▝", "▀", "▖", "▌", "▞", "▛",
                                         "▗", "▚", "▐", "▜", "▄", "▙", "▟", "█"};
  int a = corner[0], b = corner[1], c = corner[SIDE], d = corner[SIDE + 1];
  if (utf8) fputs(blocks[(a > INK) | (b > INK) << 1 | (c > INK) << 2 | (d > INK) << 3], stdout);
  else putchar(" .:+*#@@"[(a + b + c + d) / 128]);
}

static void print_row(const Drawing *drawings, int n) {
  int utf8 = utf8_locale();
  for (int y = 0; y < SIDE; y += 2) {
    for (int i = 0; i < n; i++) {
      fputs("  ", stdout);
      for (int x = 0; x < SIDE; x += 2) print_cell(drawings[i].pixels + y * SIDE + x, utf8);
    }
    putchar('\n');
  }
  for (int i = 0; i < n; i++) {
    char text[64];
    if (drawings[i].guess == drawings[i].label)
      snprintf(text, sizeof text, "%d (%.0f%%)", drawings[i].guess, 100 * drawings[i].probability);
    else snprintf(text, sizeof text, "%d, is a %d", drawings[i].guess, drawings[i].label);
    int left = (WIDTH - (int)strlen(text)) / 2;
    printf("  %*s%-*s", left > 0 ? left : 0, "", WIDTH - (left > 0 ? left : 0), text);
  }
  fputs("\n\n", stdout);
}

static int next_drawing(FILE *images, FILE *labels, FILE *guesses, const char *path, Drawing *d) {
  if (fread(d->pixels, 1, PIXELS, images) != PIXELS) return 0;
  d->label = fgetc(labels);
  if (d->label == EOF) return 0;
  read_guess(guesses, path, d);
  return 1;
}

int main(int argc, char **argv) {
  if (argc != 4) {
    fprintf(stderr, "usage: show_digits IMAGES.idx LABELS.idx PROBABILITIES.csv\n");
    return 2;
  }
  uint32_t images_count, labels_count;
  FILE *images = open_idx(argv[1], 0x803, &images_count), *labels = open_idx(argv[2], 0x801, &labels_count);
  FILE *guesses = fopen(argv[3], "r");
  if (!guesses) fail(argv[3], "a CSV file");
  if (images_count != labels_count) fail(argv[2], "a label for each image");
  Drawing first[IN_A_ROW] = {0}, wrong[IN_A_ROW] = {0}, d = {0};
  uint32_t nfirst = 0, nwrong = 0, mistakes = 0;
  for (uint32_t i = 0; i < images_count && next_drawing(images, labels, guesses, argv[3], &d); i++) {
    if (nfirst < IN_A_ROW) first[nfirst++] = d;
    else if (d.guess != d.label && nwrong < IN_A_ROW) wrong[nwrong++] = d;
    mistakes += d.guess != d.label;
  }
  printf("The first of the drawings that it has not seen, and what it takes them for:\n\n");
  print_row(first, (int)nfirst);
  if (nwrong) printf("It is wrong about %u of %u. Some of those:\n\n", (unsigned)mistakes, (unsigned)images_count);
  if (nwrong) print_row(wrong, (int)nwrong);
  return 0;
}
