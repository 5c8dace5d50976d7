/* drawings: draws handwritten-looking digits, so that the first example needs no data from elsewhere.
 *
 * In: a folder, and optionally how many drawings to make and a seed. Out, in that folder: train-images.idx,
 * train-labels.idx, test-images.idx, test-labels.idx, in the format of MNIST (28x28 bytes, 0 is paper, 255 is ink).
 *
 * The idea: each digit has a few styles, each a handful of pen strokes given by points of a 100x100 square. A drawing
 * moves every point a little, maps the square to the page by a random scale, slant, rotation and shift, draws the
 * strokes with a pen of random width and strength, and adds stains and grain. Everything is computed in integers and
 * every random number is a hash of (seed, drawing, how many were drawn before), so all machines draw the same bytes,
 * and drawing 7 is the same whether or not 0..6 are drawn. SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 28, PIXELS = SIDE * SIDE, ONE = 1024 /* a pixel, in fixed point */, MAX_POINTS = 24, CURVE_STEPS = 6 };
enum { MOST_STAINS = 3, STAIN = 5 /* pixels */, GRAIN = 50 /* of 255 */ };

/* Strokes: `~` opens a curve through the points that follow, `-` a line from point to point; "2590" is x = 25, y = 90
 * from the upper left corner. */
typedef struct Style {
  int digit;
  const char *strokes;
} Style;

static const Style styles[] = {
  {0, "~ 5008 2822 2250 2878 5092 7278 7850 7222 5008"},
  {0, "~ 5008 3525 3250 3575 5092 6575 6850 6525 5508 4012"},
  {0, "~ 6812 4510 2535 2568 4590 6885 7955 7528 5508"},
  {1, "- 5010 5090"},
  {1, "- 3530 5210 5290"},
  {1, "- 3528 5210 5290 - 3090 7290"},
  {2, "~ 2530 3514 5008 6814 7532 6250 4270 2590 - 2590 7890"},
  {2, "~ 2530 4010 6512 7035 5060 3085 2580 3574 5283 7890"},
  {2, "~ 2220 4510 7218 7042 - 7042 2288 8088"},
  {3, "~ 2520 4508 7018 7035 4548 ~ 4548 7558 7578 5092 2280"},
  {3, "- 2510 7210 4545 ~ 4545 7055 7578 5092 2280"},
  {3, "~ 2518 5008 7025 6042 4548 6552 7572 5092 2584"},
  {4, "- 3010 2555 7855 - 6035 6092"},
  {4, "- 6092 6008 2062 8062"},
  {4, "~ 3010 2638 3555 5056 7248 ~ 7015 6650 6092"},
  {5, "- 7210 3210 2845 ~ 2845 5038 7550 7575 5092 2482"},
  {5, "- 3010 3048 ~ 3048 5540 7560 6585 4592 2282 - 3010 7508"},
  {5, "~ 7212 4508 3025 4245 6555 7075 5092 2584"},
  {6, "~ 6810 4525 2855 3080 5092 7080 6860 4855 3068"},
  {6, "~ 4008 3030 2560 3282 5092 7278 6858 5050 3058"},
  {6, "~ 7018 5008 3025 2555 3082 5092 7282 7462 5550 3262"},
  {7, "- 2212 7812 4590"},
  {7, "- 2212 7812 4590 - 3550 7052"},
  {7, "- 2228 2212 ~ 2212 5015 7810 6035 4892"},
  {8, "~ 7022 5008 3020 3535 6560 7078 5092 3078 3560 6538 7022"},
  {8, "~ 5008 3225 5046 6825 5008 ~ 5046 2868 5092 7268 5046"},
  {8, "~ 7515 5008 3020 3838 6560 7075 5092 2878 3558 7515"},
  {9, "~ 7025 5008 2825 3248 5052 7030 ~ 7025 6960 6592"},
  {9, "~ 7020 5008 2828 4050 6845 7218 6860 4592"},
  {9, "~ 6828 5008 3025 4248 6830 - 6810 7092"},
};
enum { STYLES = sizeof styles / sizeof styles[0] };

/* ---- random numbers ---- */

typedef struct Random {
  uint64_t key, count;
} Random;

/* The finalizer of splitmix64 (Steele, Lea, Flood 2014). */
static uint64_t mix(uint64_t x) {
  x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
  return x ^ (x >> 31);
}

static Random random_of(uint64_t seed, uint64_t drawing) {
  return (Random){mix(mix(seed + UINT64_C(0x9e3779b97f4a7c15)) + drawing), 0};
}

/* A whole number in [low, high], all equally likely but for one part in 2^31. */
static int draw(Random *r, int low, int high) {
  uint64_t word = mix(r->key + UINT64_C(0x9e3779b97f4a7c15) * ++r->count);
  return low + (int)((word >> 33) % (uint64_t)(high - low + 1));
}

/* The mean of three draws: like writing, mostly near the middle of [-spread, spread], sometimes far out. */
static int wobble(Random *r, int spread) {
  int total = draw(r, -spread, spread) + draw(r, -spread, spread) + draw(r, -spread, spread);
  return total / 3;
}

/* ---- strokes on a page ---- */

typedef struct Point {
  int x, y; /* in pixels, times ONE */
} Point;

typedef struct Page {
  int ink[PIXELS]; /* 0..255 */
  int radius;      /* of the pen, times ONE */
  int strength;    /* 0..255 */
} Page;

typedef struct Placing { /* page = shift + matrix * (point of the square - its middle), all times ONE */
  int xx, xy, yx, yy, shift_x, shift_y;
  int unsteady; /* how far a point may move, in units of the square */
} Placing;

static int root(int64_t n) {
  int64_t low = 0, high = 1 << 20;
  while (low < high) {
    int64_t middle = (low + high + 1) / 2;
    if (middle * middle <= n) low = middle;
    else high = middle - 1;
  }
  return (int)low;
}

static int clamp(int v, int low, int high) { return v < low ? low : v > high ? high : v; }

/* Distance from p to the segment from a to b. */
static int distance(Point p, Point a, Point b) {
  int64_t dx = b.x - a.x, dy = b.y - a.y, length = dx * dx + dy * dy;
  int64_t along = length ? ((p.x - a.x) * dx + (p.y - a.y) * dy) : 0;
  if (along < 0) along = 0;
  if (along > length) along = length;
  int64_t x = p.x - a.x - (length ? along * dx / length : 0);
  int64_t y = p.y - a.y - (length ? along * dy / length : 0);
  return root(x * x + y * y);
}

/* Ink is full up to the pen's radius and fades over one pixel. */
static void draw_segment(Page *page, Point a, Point b) {
  int reach = page->radius + ONE;
  int left = clamp(((a.x < b.x ? a.x : b.x) - reach) / ONE, 0, SIDE - 1);
  int right = clamp(((a.x > b.x ? a.x : b.x) + reach) / ONE, 0, SIDE - 1);
  int top = clamp(((a.y < b.y ? a.y : b.y) - reach) / ONE, 0, SIDE - 1);
  int bottom = clamp(((a.y > b.y ? a.y : b.y) + reach) / ONE, 0, SIDE - 1);
  for (int y = top; y <= bottom; y++)
    for (int x = left; x <= right; x++) {
      Point middle = {x * ONE + ONE / 2, y * ONE + ONE / 2};
      int cover = clamp(page->radius + ONE / 2 - distance(middle, a, b), 0, ONE);
      int ink = cover * page->strength / ONE;
      if (ink > page->ink[y * SIDE + x]) page->ink[y * SIDE + x] = ink;
    }
}

/* Uniform Catmull-Rom spline (Catmull and Rom 1974) through b and c, s/CURVE_STEPS of the way. */
static int spline(int a, int b, int c, int d, int s) {
  int64_t n = CURVE_STEPS, t = s;
  int64_t cubic = (int64_t)(3 * b - a - 3 * c + d) * t * t * t;
  int64_t square = (int64_t)(2 * a - 5 * b + 4 * c - d) * t * t * n;
  int64_t linear = (int64_t)(c - a) * t * n * n;
  return b + (int)((cubic + square + linear) / (2 * n * n * n));
}

static void draw_stroke(Page *page, const Point *points, int n, int curved) {
  for (int i = 0; i + 1 < n; i++) {
    Point a = points[i > 0 ? i - 1 : 0], b = points[i], c = points[i + 1], d = points[i + 2 < n ? i + 2 : n - 1];
    Point from = b;
    for (int s = 1; curved && s < CURVE_STEPS; s++) {
      Point to = {spline(a.x, b.x, c.x, d.x, s), spline(a.y, b.y, c.y, d.y, s)};
      draw_segment(page, from, to);
      from = to;
    }
    draw_segment(page, from, c);
  }
}

/* ---- a drawing ---- */

/* Rotation by an angle in thousandths of a radian, slant, and a scale for each direction. Sine and cosine are the first
 * terms of their series: within a pixel's thousandth for the angles in use. */
static Placing draw_placing(Random *r) {
  int64_t angle = wobble(r, 400) * ONE / 1000;
  int64_t sine = angle - angle * angle * angle / (6 * ONE * ONE), cosine = ONE - angle * angle / (2 * ONE);
  int64_t slant = wobble(r, 420) * ONE / 1000;
  int64_t wide = draw(r, 165, 245), high = draw(r, 195, 255); /* pixels times ONE for five units of the square */
  Placing p = {0};
  p.xx = (int)(cosine * wide / ONE);
  p.xy = (int)((-sine - slant * cosine / ONE) * high / ONE);
  p.yx = (int)(sine * wide / ONE);
  p.yy = (int)((cosine - slant * sine / ONE) * high / ONE);
  p.shift_x = SIDE * ONE / 2 + wobble(r, 4 * ONE);
  p.shift_y = SIDE * ONE / 2 + wobble(r, 4 * ONE);
  p.unsteady = draw(r, 3, 9);
  return p;
}

static Point place(const Placing *p, Random *r, int code) {
  int x = code / 100 - 50 + wobble(r, p->unsteady), y = code % 100 - 50 + wobble(r, p->unsteady);
  return (Point){p->shift_x + p->xx * x + p->xy * y, p->shift_y + p->yx * x + p->yy * y};
}

/* The number at *text, which begins with a blank, and *text moved behind it. */
static int next_code(const char **text) {
  int code = 0;
  for (++*text; **text >= '0' && **text <= '9'; ++*text) code = 10 * code + (**text - '0');
  return code;
}

static void draw_strokes(Page *page, const char *strokes, Random *r) {
  Placing placing = draw_placing(r);
  while (*strokes) {
    Point points[MAX_POINTS];
    int n = 0, curved = *strokes++ == '~';
    while (*strokes == ' ' && strokes[1] >= '0' && strokes[1] <= '9' && n < MAX_POINTS)
      points[n++] = place(&placing, r, next_code(&strokes));
    draw_stroke(page, points, n, curved);
    while (*strokes == ' ') strokes++;
  }
}

/* Up to three short marks that belong to no digit. */
static void draw_stains(Page *page, Random *r) {
  for (int i = draw(r, 0, MOST_STAINS); i > 0; i--) {
    Point a = {draw(r, 0, SIDE * ONE), draw(r, 0, SIDE * ONE)};
    Point b = {a.x + wobble(r, STAIN * ONE), a.y + wobble(r, STAIN * ONE)};
    page->radius = draw(r, ONE / 4, ONE);
    page->strength = draw(r, 60, 255);
    draw_segment(page, a, b);
  }
}

static int draw_digit(uint64_t seed, uint64_t drawing, unsigned char pixels[PIXELS]) {
  Random r = random_of(seed, drawing);
  int digit = draw(&r, 0, 9), first = 0, count = 0;
  for (int i = 0; i < STYLES; i++) {
    if (styles[i].digit == digit && count++ == 0) first = i;
  }
  Page page = {{0}, draw(&r, ONE * 6 / 10, ONE * 16 / 10), draw(&r, 150, 255)};
  draw_strokes(&page, styles[first + draw(&r, 0, count - 1)].strokes, &r);
  draw_stains(&page, &r);
  int grain = draw(&r, 0, GRAIN);
  for (int i = 0; i < PIXELS; i++) pixels[i] = (unsigned char)clamp(page.ink[i] + wobble(&r, grain), 0, 255);
  return digit;
}

/* ---- files ---- */

static int write_big_endian(FILE *f, uint32_t v) {
  unsigned char bytes[4] = {(unsigned char)(v >> 24), (unsigned char)(v >> 16), (unsigned char)(v >> 8),
                            (unsigned char)v};
  return fwrite(bytes, 4, 1, f) == 1;
}

static FILE *open_idx(const char *folder, const char *name, uint32_t count, int images) {
  char path[4096];
  if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path) return NULL;
  FILE *f = fopen(path, "wb");
  if (!f) return NULL;
  int fine = write_big_endian(f, images ? 0x803 : 0x801) && write_big_endian(f, count);
  if (images) fine = fine && write_big_endian(f, SIDE) && write_big_endian(f, SIDE);
  if (fine) return f;
  fclose(f);
  return NULL;
}

/* Drawings first .. first+count-1 into two files; 0, or -1 with errno. */
static int write_set(const char *folder, const char *set, uint64_t seed, uint64_t first, uint32_t count) {
  char images[64], labels[64];
  snprintf(images, sizeof images, "%s-images.idx", set);
  snprintf(labels, sizeof labels, "%s-labels.idx", set);
  FILE *x = open_idx(folder, images, count, 1), *y = open_idx(folder, labels, count, 0);
  int fine = x && y;
  for (uint32_t i = 0; fine && i < count; i++) {
    unsigned char pixels[PIXELS];
    int digit = draw_digit(seed, first + i, pixels);
    fine = fwrite(pixels, PIXELS, 1, x) == 1 && fputc(digit, y) != EOF;
  }
  if (x && fclose(x)) fine = 0;
  if (y && fclose(y)) fine = 0;
  return fine ? 0 : -1;
}

/* A whole number in decimal up to `most`; -1 where it is something else. */
static int64_t read_number(const char *text, int64_t most) {
  char *end;
  errno = 0;
  long long n = strtoll(text, &end, 10);
  return errno || end == text || *end || n < 0 || n > most ? -1 : n;
}

int main(int argc, char **argv) {
  int64_t train = argc > 2 ? read_number(argv[2], 10000000) : 20000;
  int64_t test = argc > 3 ? read_number(argv[3], 10000000) : 2000;
  int64_t seed = argc > 4 ? read_number(argv[4], INT64_MAX) : 1;
  if (argc < 2 || argc > 5 || train < 0 || test < 0 || seed < 0) {
    fprintf(stderr, "usage: drawings FOLDER [TRAIN [TEST [SEED]]]   (20000, 2000 and 1 where absent)\n");
    return 2;
  }
  if (write_set(argv[1], "test", (uint64_t)seed, 0, (uint32_t)test) ||
      write_set(argv[1], "train", (uint64_t)seed, (uint64_t)test, (uint32_t)train)) {
    fprintf(stderr, "drawings: cannot write to %s: %s\n", argv[1], strerror(errno));
    return 2;
  }
  return 0;
}
