/* picture.c: an output as a picture. SPDX-License-Identifier: 0BSD
 *
 * In: the values of one output for all rows, 0 black and 1 white (what lies outside is clipped). Out: a .png, or a .pgm
 * or .ppm (Netpbm), in which every row is a tile of a grid, read like a page:
 *
 *     [h, w]     a grey picture             [3, h, w]   red, green and blue
 *     [h*h]      a grey square              [c, h, w]   c grey pictures, one tile each: filters, heads of attention
 *
 * Tiles are one grey pixel apart. Lines of a PNG are stored as they are (filter 0), then deflated by zlib. */
#include "program/program.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#ifdef NN_HAVE_ZLIB
#include <zlib.h>
#endif

enum { GAP = 1, GAP_GREY = 128, MOST_PIXELS = 1 << 28 };

typedef struct grid {
  size_t height, width, colours; /* of a tile */
  size_t tiles, across, down;
  size_t lines, pixels; /* of the picture: lines, and pixels in each */
  unsigned char *data;  /* [lines, pixels, colours] */
} grid;

/* ---- what a tile is ---- */

static int not_a_picture(const char *file, const nn_output *output, nn_error *error) {
  char shape[120] = "one number";
  if (output->rank) nn_print_shape(shape, sizeof shape, output->rank, output->shape);
  return nn_fail(
    error, NN_BAD_USAGE,
    "-o %s: output %s is %s in each row, which is no picture: expected [h,w], [3,h,w], [c,h,w] or a square "
    "in one axis, as [784]",
    file, output->name, shape);
}

static int lay_out(grid *g, const char *file, const cli_column *column, nn_error *error) {
  const nn_output *output = column->output;
  const int32_t *shape = output->shape + output->rank;
  size_t side = (size_t)(sqrt((double)output->count) + 0.5);
  *g = (grid){.height = side, .width = side, .colours = 1, .tiles = column->rows};
  if (output->rank == 2 || output->rank == 3) {
    g->height = (size_t)shape[-2], g->width = (size_t)shape[-1];
    if (output->rank == 3 && shape[-3] == 3) g->colours = 3;
    else if (output->rank == 3) g->tiles *= (size_t)shape[-3];
  } else if (output->rank != 1 || side * side != output->count) {
    return not_a_picture(file, output, error);
  }
  g->across =
    output->rank == 3 && g->colours == 1 && shape[-3] > 1 ? (size_t)shape[-3] : (size_t)ceil(sqrt((double)g->tiles));
  g->down = (g->tiles + g->across - 1) / g->across;
  g->lines = g->down * (g->height + GAP) - GAP;
  g->pixels = g->across * (g->width + GAP) - GAP;
  if ((double)g->lines * (double)g->pixels > MOST_PIXELS)
    return nn_fail(error, NN_BAD_USAGE, "-o %s: a picture of %zu by %zu pixels: choose fewer rows with --rows 0-99",
                   file, g->pixels, g->lines);
  return 0;
}

/* ---- pixels ---- */

static unsigned char grey(const cli_column *column, size_t index) {
  double value = column->output->integer ? (double)((const int32_t *)column->values)[index]
                                         : (double)((const float *)column->values)[index];
  return value > 0 ? (unsigned char)(value < 1 ? value * 255 + 0.5 : 255) : 0; /* a NaN is black */
}

static void draw_tile(const grid *g, const cli_column *column, size_t tile) {
  size_t area = g->height * g->width, first = tile * area * g->colours;
  size_t top = tile / g->across * (g->height + GAP), left = tile % g->across * (g->width + GAP);
  for (size_t i = 0; i < g->height; i++)
    for (size_t j = 0; j < g->width; j++)
      for (size_t c = 0; c < g->colours; c++)
        g->data[((top + i) * g->pixels + left + j) * g->colours + c] =
          grey(column, first + c * area + i * g->width + j);
}

static int draw(grid *g, const char *file, const cli_column *columns, int count, nn_error *error) {
  if (count > 1)
    return nn_fail(error, NN_BAD_USAGE,
                   "-o %s: a picture shows one output, and there are %d: choose one with --output NAME", file, count);
  if (lay_out(g, file, columns, error)) return -1;
  size_t size = g->lines * g->pixels * g->colours;
  g->data = malloc(size);
  if (!g->data) return nn_out_of_memory(error, size);
  memset(g->data, GAP_GREY, size);
  for (size_t tile = 0; tile < g->tiles; tile++) draw_tile(g, columns, tile);
  return 0;
}

/* ---- Netpbm ---- */

int cli_write_netpbm(const char *file, const cli_column *columns, int count, nn_error *error) {
  grid g = {.data = NULL};
  nn_text head = {.size = 0};
  int result = draw(&g, file, columns, count, error);
  if (!result) {
    nn_text_printf(&head, "P%d\n%zu %zu\n255\n", g.colours == 3 ? 6 : 5, g.pixels, g.lines);
    nn_span spans[] = {{head.data, head.size}, {g.data, g.lines * g.pixels * g.colours}};
    result = head.failed ? nn_out_of_memory(error, head.size) : nn_file_write(file, spans, 2, error);
  }
  free(head.data);
  free(g.data);
  return result;
}

/* ---- PNG (ISO/IEC 15948) ---- */

#ifdef NN_HAVE_ZLIB
static void put_32(unsigned char *at, size_t value) {
  for (int k = 0; k < 4; k++) at[k] = (unsigned char)(value >> (24 - 8 * k));
}

static void add_chunk(nn_text *png, const char *kind, const unsigned char *data, size_t size) {
  unsigned char word[4];
  put_32(word, size);
  nn_text_add(png, (const char *)word, 4);
  nn_text_add(png, kind, 4);
  if (size) nn_text_add(png, (const char *)data, size);
  uLong sum = crc32(crc32(0, NULL, 0), (const Bytef *)kind, 4);
  put_32(word, size ? crc32(sum, data, (uInt)size) : sum);
  nn_text_add(png, (const char *)word, 4);
}

/* Each line behind a byte that names its filter, then deflated. */
static unsigned char *deflated(const grid *g, uLongf *size) {
  size_t width = g->pixels * g->colours, raw_size = g->lines * (width + 1);
  unsigned char *raw = malloc(raw_size), *packed = malloc(*size = compressBound((uLong)raw_size));
  int fine = raw && packed;
  for (size_t i = 0; i < g->lines && fine; i++) {
    raw[i * (width + 1)] = 0;
    memcpy(raw + i * (width + 1) + 1, g->data + i * width, width);
  }
  if (fine) fine = compress(packed, size, raw, (uLong)raw_size) == Z_OK;
  free(raw);
  if (fine) return packed;
  free(packed);
  return NULL;
}

static int pack(nn_text *png, const grid *g, nn_error *error) {
  uLongf size;
  unsigned char head[13] = {0}, *packed = deflated(g, &size);
  if (!packed) return nn_out_of_memory(error, size);
  put_32(head, g->pixels);
  put_32(head + 4, g->lines);
  head[8] = 8; /* bits */
  head[9] = g->colours == 3 ? 2 : 0;
  nn_text_add(png, "\x89PNG\r\n\x1a\n", 8);
  add_chunk(png, "IHDR", head, sizeof head);
  add_chunk(png, "IDAT", packed, size);
  add_chunk(png, "IEND", NULL, 0);
  free(packed);
  return png->failed ? nn_out_of_memory(error, png->size) : 0;
}

int cli_write_png(const char *file, const cli_column *columns, int count, nn_error *error) {
  grid g = {.data = NULL};
  nn_text png = {.size = 0};
  int result = draw(&g, file, columns, count, error);
  if (!result) result = pack(&png, &g, error);
  if (!result) result = nn_file_write(file, &(nn_span){png.data, png.size}, 1, error);
  free(png.data);
  free(g.data);
  return result;
}
#else
int cli_write_png(const char *file, const cli_column *columns, int count, nn_error *error) {
  (void)columns, (void)count;
  return nn_fail(error, NN_BAD_USAGE, "-o %s: built without zlib, which a png needs: expected .pgm or .ppm", file);
}
#endif
