/* test_data.c: files of every kind into series, and the messages for files that do not fit. */
#include "scratch.h"
#include "tiny_model.h"
#include "data/data.h"

#include <locale.h>
#include <math.h>

static nn_error error;
static nn_encoding encoding;
static nn_data data;

/* Reads one input of a model that has only this one. */
static int read_as(nn_input input, const char *file) {
  static nn_input inputs[1];
  static nn_model model;
  inputs[0] = input;
  inputs[0].name = "x";
  model = (nn_model){.name = "model", .inputs = inputs, .ninputs = 1};
  nn_source source = {"x", file};
  error.text[0] = 0;
  return nn_data_read(&data, &model, &encoding, &source, 1, 1, &error);
}

static void done(void) {
  nn_data_free(&data);
  nn_encoding_free(&encoding);
}

static void assert_refused(nn_input input, const char *file, int status, const char *words) {
  assert_int_equal(read_as(input, file), -1);
  assert_int_equal(error.status, status);
  assert_says(error.text, words);
  assert_null(data.series[0].block);
  nn_encoding_free(&encoding);
}

static const nn_input two_reals = {NULL, NN_REAL, 0, 1, {2}, 2, {0}}, real = {NULL, NN_REAL, 0, 0, {0}, 1, {0}};
static const nn_input four_reals = {NULL, NN_REAL, 0, 2, {2, 2}, 4, {0}},
                      three_classes = {NULL, NN_CLASS, 3, 0, {0}, 1, {0}};
static const nn_input bit = {NULL, NN_BIT, 0, 0, {0}, 1, {0}}, whole = {NULL, NN_INT, 0, 0, {0}, 1, {0}};

static void assert_floats(nn_input input, const char *file, size_t rows, const float *expected) {
  float values[64];
  void *in[NN_MAX_INPUTS] = {values};
  if (read_as(input, file)) fail_msg("%s", error.text);
  assert_int_equal(data.rows, rows);
  nn_data_gather(&data, &encoding, 1, NULL, 0, (int)rows, in);
  assert_memory_equal(values, expected, rows * input.count * sizeof(float));
  done();
}

static void assert_words(nn_input input, const char *file, size_t rows, const int32_t *expected) {
  int32_t values[64];
  void *in[NN_MAX_INPUTS] = {values};
  if (read_as(input, file)) fail_msg("%s", error.text);
  assert_int_equal(data.rows, rows);
  nn_data_gather(&data, &encoding, 1, NULL, 0, (int)rows, in);
  assert_memory_equal(values, expected, rows * input.count * sizeof(int32_t));
  done();
}

/* ---- numbers ---- */

static void numbers_are_read_exactly(void **state) {
  static const char *const good[] = {"0",
                                     "-0",
                                     "1",
                                     "+2.5",
                                     ".5",
                                     "5.",
                                     "1e-3",
                                     "1E3",
                                     "3.4028235e38",
                                     "1e-45",
                                     "123456789012345678",
                                     "0.1",
                                     "179769313486231570e291",
                                     "4.9e-324",
                                     "2.2250738585072011e-308",
                                     "9007199254740993"};
  static const char *const bad[] = {"",    "-",   ".",    "e5",    "1e",  "1e+",  "0x10",
                                    "1,5", "1 2", "nanx", "1.2.3", "--1", "1_000"};
  double value;
  (void)state;
  for (size_t k = 0; k < sizeof good / sizeof *good; k++) {
    double expected = strtod(good[k], NULL);
    assert_true(nn_number_parse(good[k], good[k] + strlen(good[k]), &value));
    assert_memory_equal(&value, &expected, sizeof value);
  }
  for (size_t k = 0; k < sizeof bad / sizeof *bad; k++)
    assert_false(nn_number_parse(bad[k], bad[k] + strlen(bad[k]), &value));
  const char *less = "-Inf", *none = "NaN";
  assert_true(nn_number_parse(less, less + 4, &value) && isinf(value) && value < 0);
  assert_true(nn_number_parse(none, none + 3, &value) && isnan(value));
}

static void numbers_know_no_locale(void **state) {
  static const char *const locales[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "ru_RU.UTF-8"};
  const char *text = "1.2345678901234567890", *found = NULL;
  char out[40];
  double value;
  (void)state;
  for (size_t k = 0; k < sizeof locales / sizeof *locales && !found; k++) found = setlocale(LC_ALL, locales[k]);
  if (!found) {
    printf("skip numbers_know_no_locale: no data, this system has no locale with a comma\n");
    skip();
  }
  assert_true(nn_number_parse(text, text + strlen(text), &value));
  nn_number_print(out, sizeof out, 3, 0.25);
  setlocale(LC_ALL, "C");
  assert_true(value == 1.2345678901234567890);
  assert_string_equal(out, "0.25");
}

static void near_names_are_found(void **state) {
  static const char *const names[] = {"--epochs", "--batch", "x", "y"};
  (void)state;
  assert_string_equal(nn_nearest("--epoch", names, 4), "--epochs");
  assert_string_equal(nn_nearest("X", names, 4), "x");
  assert_null(nn_nearest("--quiet", names, 4));
}

/* ---- tables ---- */

static void tables_of_every_separator(void **state) {
  static const float expected[] = {1, 2, 3.5f, -4e-2f};
  static const char *const texts[] = {"1,2\n3.5,-4e-2\n",
                                      "1\t2\n3.5\t-4e-2",
                                      "1;2\r\n3.5;-4e-2\r\n",
                                      "1 2\n3.5   -4e-2  \n",
                                      "  1 2\n\n 3.5 -.04\n\n",
                                      "\"1\",\"2\"\n3.5 , -4e-2",
                                      "a,b\n1,2\n3.5,-0.04\n",
                                      "\xef\xbb\xbf\"a, \"\"b\"\"\",c\n1,2\n3.5,-0.04\n",
                                      "2,2,first,second\n1,2\n3.5,-0.04\n"};
  (void)state;
  for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
    assert_floats(two_reals, scratch_text("t.csv", texts[k]), 2, expected);
  assert_floats(two_reals, scratch_gzip("t.csv.gz", texts[0]), 2, expected);
}

static void columns_are_chosen(void **state) {
  static const float ends[] = {1, 3, 4, 6}, last[] = {3, 6}, four[] = {3, 1, 2, 3};
  (void)state;
  scratch_text("t.csv", "a,b-c,\"d, e\"\n1,2,3\n4,5,6\n");
  assert_floats(two_reals, "t.csv:0,2", 2, ends);
  assert_floats(real, "t.csv:2", 2, last);
  scratch_text("u.csv", "a,b-c,d\n1,2,3\n");
  assert_floats(four_reals, "u.csv:d,a-d", 1, four);
  assert_floats(four_reals, "u.csv:2,a,b-c,d", 1, four);
  scratch_text("150.csv", "150,4,setosa,versicolor\n1,x,2,3\n4,y,5,6\n");
  assert_floats(two_reals, "150.csv:0,3", 2, ends);
  scratch_text("odd:name.csv", "1,3\n4,6\n");
  assert_floats(two_reals, "odd:name.csv", 2, ends);
  assert_refused(real, "t.csv:f", NN_BAD_DATA, "t.csv|no column 'f'|0-2|b-c");
  assert_refused(real, "t.csv:3", NN_BAD_DATA, "no column 3|0-2");
  assert_refused(real, "t.csv", NN_BAD_DATA, "3 columns|expected 1|0-2");
  assert_refused(two_reals, "t.csv:0", NN_BAD_DATA, "1 column chosen|expected 2|x[2]");
}

static void first_rows_are_not_taken_for_headers(void **state) {
  static const float expected[] = {5.1f, 1, 4.9f, 2};
  (void)state;
  scratch_text("t.csv", "5.1,setosa,1\n4.9,virginica,2\n");
  assert_floats(two_reals, "t.csv:0,2", 2, expected);
  assert_refused(two_reals, scratch_text("t.csv", "5.1,NA\n4.9,2\n"), NN_BAD_DATA, "t.csv:1: column 1|'NA'|a number");
}

static void bad_cells_are_named(void **state) {
  (void)state;
  assert_refused(real, scratch_text("t.csv", "a\n1\n\nabc\n"), NN_BAD_DATA,
                 "t.csv:4: column 0 ('a'): found 'abc'|expected a number");
  assert_refused(real, scratch_text("t.csv", "1\nnan\n"), NN_BAD_DATA, "t.csv:2|'nan'|a finite number");
  assert_refused(real, scratch_text("t.csv", "1\n-inf\n"), NN_BAD_DATA, "t.csv:2|'-inf'");
  assert_refused(real, scratch_text("t.csv", "1\n1e39\n"), NN_BAD_DATA, "t.csv:2|'1e39'");
  assert_refused(two_reals, scratch_text("t.csv", "1,2\n3,\n"), NN_BAD_DATA, "t.csv:2: column 1|an empty cell");
  assert_refused(two_reals, scratch_text("t.csv", "1,2\n3\n"), NN_BAD_DATA, "t.csv:2|1 column, expected 2");
  assert_refused(two_reals, scratch_text("t.csv", "1,2\n3,4,5\n"), NN_BAD_DATA, "t.csv:2|3 columns, expected 2");
  assert_refused(two_reals, scratch_text("t.csv", "1,2\n\"3,4\n"), NN_BAD_DATA, "t.csv:2|not closed");
  assert_refused(two_reals, scratch_text("t.csv", "1,2\n\"3\"x,4\n"), NN_BAD_DATA, "t.csv:2|'x' after a quoted cell");
  assert_refused(three_classes, scratch_text("t.csv", "0\n3\n"), NN_BAD_DATA, "t.csv:2|'3'|0..2");
  assert_refused(three_classes, scratch_text("t.csv", "0\n-1\n"), NN_BAD_DATA, "t.csv:2|'-1'");
  assert_refused(three_classes, scratch_text("t.csv", "0\n1.5\n"), NN_BAD_DATA, "t.csv:2|'1.5'|whole");
  assert_refused(bit, scratch_text("t.csv", "0\n2\n"), NN_BAD_DATA, "t.csv:2|'2'|0 or 1");
  assert_refused(whole, scratch_text("t.csv", "0\n3e9\n"), NN_BAD_DATA, "t.csv:2|'3e9'|32 bits");
  assert_refused(real, scratch_text("t.csv", "a\n"), NN_BAD_DATA, "no rows");
}

/* ---- arrays ---- */

static void npy_of_every_type(void **state) {
  static const int32_t expected[] = {1, 2};
  static const struct {
    const char *descr;
    unsigned char bytes[16];
    size_t size;
  } files[] = {{"|u1", {1, 2}, 2},
               {"|i1", {1, 2}, 2},
               {"<i2", {1, 0, 2, 0}, 4},
               {">i2", {0, 1, 0, 2}, 4},
               {"<u2", {1, 0, 2, 0}, 4},
               {"<i4", {1, 0, 0, 0, 2}, 8},
               {">u4", {0, 0, 0, 1, 0, 0, 0, 2}, 8},
               {"<i8", {1, 0, 0, 0, 0, 0, 0, 0, 2}, 16},
               {"<u8", {1, 0, 0, 0, 0, 0, 0, 0, 2}, 16},
               {"<f4", {0, 0, 0x80, 0x3f, 0, 0, 0, 0x40}, 8},
               {">f4", {0x3f, 0x80, 0, 0, 0x40}, 8},
               {"<f8", {0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0, 0, 0, 0, 0, 0, 0, 0x40}, 16},
               {">f8", {0x3f, 0xf0, 0, 0, 0, 0, 0, 0, 0x40}, 16}};
  (void)state;
  for (size_t k = 0; k < sizeof files / sizeof *files; k++) {
    char dictionary[100];
    snprintf(dictionary, sizeof dictionary, "{'descr': '%s', 'fortran_order': False, 'shape': (2,), }\n",
             files[k].descr);
    scratch_npy("a.npy", dictionary, files[k].bytes, files[k].size);
    assert_words(three_classes, "a.npy", 2, expected);
    assert_words(whole, "a.npy", 2, expected);
  }
}

static void bytes_are_shares_of_255(void **state) {
  unsigned char bytes[256];
  float values[256];
  void *in[NN_MAX_INPUTS] = {values};
  nn_input input = {NULL, NN_REAL, 0, 1, {256}, 256, {0}};
  (void)state;
  for (int k = 0; k < 256; k++) bytes[k] = (unsigned char)k;
  scratch_npy("b.npy", "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 16, 16), }\n", bytes, 256);
  assert_int_equal(read_as(input, "b.npy"), 0);
  assert_int_equal(data.series[0].storage, NN_BYTES);
  nn_data_gather(&data, &encoding, 1, NULL, 0, 1, in);
  for (int k = 0; k < 256; k++) {
    volatile float share = (float)k / 255.0f; /* volatile: a float, where registers hold more */
    assert_true(values[k] == share);
  }
  done();
  static const float plain[] = {7, 9};
  scratch_npy("s.npy", "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 1), }\n", "\7\11", 2);
  assert_floats(real, "s.npy", 2, plain); /* a number of its own is no pixel */
  static const float bools[] = {1, 0};
  scratch_npy("t.npy", "{'descr': '|b1', 'fortran_order': False, 'shape': (1, 2), }\n", "\1\0", 2);
  assert_floats(two_reals, "t.npy", 1, bools);
}

static void idx_is_big_endian(void **state) {
  static const unsigned char words[] = {0, 0, 0x0c, 1, 0, 0, 0, 2, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xfe};
  static const int32_t expected[] = {1, -2};
  (void)state;
  assert_words(whole, scratch_bytes("i.idx", words, sizeof words), 2, expected);
  assert_refused(whole, scratch_bytes("i.idx", words, sizeof words - 1), NN_BAD_DATA, "i.idx|truncated|2 rows");
  assert_refused(whole, scratch_bytes("i.idx", words, 6), NN_BAD_DATA, "i.idx|truncated");
  assert_refused(three_classes, scratch_bytes("i.idx", words, sizeof words), NN_BAD_DATA, "row 1|found -2|0..2");
  assert_refused(whole, scratch_bytes("i.idx", "\0\0\x0c\0\0\0\0\0", 8), NN_BAD_DATA, "0 axes");
}

static void arrays_that_do_not_fit(void **state) {
  static const float values[] = {1, 2, 3, 4, 5, 6, 7, 8};
  static const float not_finite[] = {1, 2, 3, NAN};
  (void)state;
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define HERE ">"
#else
#define HERE "<"
#endif
#define NPY(shape) "{'descr': '" HERE "f4', 'fortran_order': False, 'shape': " shape ", }\n"
  assert_floats(four_reals, scratch_npy("a.npy", NPY("(2, 2, 2)"), values, 32), 2, values);
  assert_floats(four_reals, scratch_npy("a.npy", NPY("(2, 4)"), values, 32), 2, values);
  assert_floats(four_reals, scratch_npy("a.npy", NPY("(2, 1, 2, 2)"), values, 32), 2, values);
  assert_refused(four_reals, scratch_npy("a.npy", NPY("(2, 2)"), values, 16), NN_BAD_DATA, "[2,2]|[rows,2,2]|x[2,2]");
  assert_refused(two_reals, scratch_npy("a.npy", NPY("(8,)"), values, 32), NN_BAD_DATA, "[8]|[rows,2]");
  assert_refused(real, scratch_npy("a.npy", NPY("(2, 4)"), values, 32), NN_BAD_DATA, "[2,4]|[rows]");
  assert_refused(two_reals, scratch_npy("a.npy", NPY("(4, 2)"), values, 31), NN_BAD_DATA, "a.npy|truncated");
  assert_refused(two_reals, scratch_npy("a.npy", NPY("(3, 2)"), values, 32), NN_BAD_DATA, "8 bytes after");
  assert_refused(two_reals, scratch_npy("a.npy", NPY("(0, 2)"), values, 0), NN_BAD_DATA, "no rows");
  assert_refused(two_reals, scratch_npy("a.npy", NPY("(2, 2)"), not_finite, 16), NN_BAD_DATA,
                 "row 1, element [1]|nan|finite");
  assert_refused(two_reals, scratch_npy("a.npy", NPY("(9223372036854775807, 2)"), values, 32), NN_BAD_DATA,
                 "truncated");
  assert_refused(two_reals, scratch_npy("a.npy", NPY("(1, 99999999999999999999)"), values, 32), NN_BAD_DATA, "damaged");
  assert_refused(two_reals,
                 scratch_npy("a.npy", "{'descr': '<c8', 'fortran_order': False, 'shape': (2, 2)}", values, 32),
                 NN_BAD_DATA, "type '<c8'|f4");
  assert_refused(two_reals,
                 scratch_npy("a.npy", "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2)}", values, 16),
                 NN_BAD_DATA, "Fortran");
  assert_refused(two_reals, scratch_bytes("a.npy", "\x93NUMPY\1\0\xff\xff{", 11), NN_BAD_DATA, "truncated");
  assert_refused(two_reals, scratch_bytes("a.npy", "\x93NUMPY\7\0\1\0{", 11), NN_BAD_DATA, "version 7");
  scratch_npy("a.npy", NPY("(2, 2)"), values, 16);
  assert_refused(two_reals, "a.npy:0-1", NN_BAD_DATA, "columns|npy");
}

/* ---- text ---- */

static void text_is_cut_into_windows(void **state) {
  static const int32_t expected[] = {1, 3, 2, 4, 0, 1}, again[] = {4, 4, 3};
  nn_input text = {NULL, NN_CLASS, 5, 1, {3}, 3, {0}};
  int32_t values[6];
  void *in[NN_MAX_INPUTS] = {values};
  (void)state;
  scratch_text("t.txt", "acb\xc3\xa9\naac");
  assert_int_equal(read_as(text, "t.txt"), 0);
  assert_int_equal(data.rows, 2);
  nn_data_gather(&data, &encoding, 1, NULL, 0, 2, in);
  assert_memory_equal(values, expected, sizeof expected);
  nn_data_free(&data);
  assert_int_equal(read_as(text, scratch_text("u.txt", "\xc3\xa9\xc3\xa9"
                                                       "c")),
                   0); /* in the vocabulary of the first */
  nn_data_gather(&data, &encoding, 1, NULL, 0, 1, in);
  assert_memory_equal(values, again, sizeof again);
  nn_data_free(&data);
  assert_int_equal(read_as(text, scratch_text("v.txt", "a\nz")), -1);
  assert_says(error.text, "v.txt:2|'z'|one of the 5");
  done();
  assert_refused(text, scratch_text("w.txt", "abcdef"), NN_BAD_DATA, "6 distinct|5");
  assert_refused(text, scratch_text("w.txt", "ab"), NN_BAD_DATA, "2 characters|window of 3");
}

/* Lines of their own lengths: a model of a text and the input that counts its places, which the text fills. */
static int read_lines(const char *text, const char *lengths) {
  static nn_input inputs[] = {{"T", NN_EXTENT, 4, 0, {0}, 1, {0}}, {"s", NN_CLASS, 5, 1, {4}, 4, {1}}};
  static const nn_model model = {.name = "model", .inputs = inputs, .ninputs = 2};
  nn_source sources[] = {{"s", text}, {"T", lengths}};
  error.text[0] = 0;
  return nn_data_read(&data, &model, &encoding, sources, lengths ? 2 : 1, 3, &error);
}

static void lines_are_examples(void **state) {
  static const int32_t lengths[] = {3, 1, 4}, letters[] = {0, 2, 1, 0, 3, 0, 0, 0, 3, 0, 0, 4};
  int32_t T[3], s[12];
  void *in[NN_MAX_INPUTS] = {T, s};
  (void)state;
  for (int k = 0; k < 3; k++) { /* an empty line, other ends of lines, none at the end; lengths given too */
    const char *text = scratch_text("t.txt", k ? "acb\r\n\r\nx\r\nxaa\xc3\xa9\r\n" : "\nacb\nx\n\n\nxaa\xc3\xa9");
    assert_int_equal(read_lines(text, k == 2 ? scratch_text("T.csv", "3\n1\n4\n") : NULL), 0);
    assert_int_equal(data.rows, 3);
    nn_data_gather(&data, &encoding, 3, NULL, 0, 3, in);
    assert_memory_equal(T, lengths, sizeof lengths);
    assert_memory_equal(s, letters, sizeof letters);
    nn_data_free(&data);
  }
  assert_int_equal(read_lines(scratch_text("u.txt", "\nxa\xc3\xa9"
                                                    "c\na"),
                              NULL),
                   0);
  assert_int_equal(data.rows, 2);
  nn_data_gather(&data, &encoding, 3, NULL, 0, 2, in);
  assert_int_equal(s[2], 4); /* in the vocabulary of the first */
  done();
}

static void assert_lines_refused(const char *text, const char *lengths, int status, const char *words) {
  assert_int_equal(read_lines(text, lengths), -1);
  assert_int_equal(error.status, status);
  assert_says(error.text, words);
  assert_null(data.series[0].block);
  assert_null(data.series[1].block);
  nn_encoding_free(&encoding);
}

static void lines_that_do_not_fit(void **state) {
  const char *good = scratch_text("t.txt", "ab\nc\n");
  (void)state;
  assert_lines_refused(scratch_text("u.txt", "ab\n\nabcab\n"), NULL, NN_BAD_DATA,
                       "u.txt:3|a line of 5|at most the 4 of T");
  assert_lines_refused(scratch_text("u.txt", "abc\ndef\n"), NULL, NN_BAD_DATA, "6 distinct|5");
  assert_lines_refused(scratch_text("u.txt", "\n\r\n"), NULL, NN_BAD_DATA, "u.txt: it has no rows");
  assert_lines_refused(good, scratch_text("T.csv", "2\n2\n"), NN_BAD_DATA, "row 1 has 1 characters|T is 2");
  assert_lines_refused(good, scratch_text("T.csv", "2\n1\n1\n"), NN_BAD_DATA, "s has 2 rows|T has 3");
  assert_lines_refused(scratch_text("n.csv", "0,1,2,0\n1,1,1,1\n"), NULL, NN_BAD_USAGE, "T=FILE"); /* no text */
}

static void class_lists_may_be_tables(void **state) {
  static const int32_t expected[] = {0, 4, 2, 1, 1, 1};
  (void)state;
  assert_words((nn_input){NULL, NN_CLASS, 5, 1, {3}, 3, {0}}, scratch_text("t.csv", "0 4 2\n1 1 1\n"), 2, expected);
}

/* ---- files ---- */

static void unreadable_files_are_named(void **state) {
  char *bytes;
  size_t size;
  (void)state;
  assert_refused(real, "missing.csv", NN_BAD_USAGE, "missing.csv|No such file");
  assert_refused(real, ".", NN_BAD_USAGE, ".|directory");
  assert_refused(real, scratch_text("empty", ""), NN_BAD_DATA, "empty|the file is empty");
  assert_refused(real, scratch_bytes("b.bin", "abc\0def", 7), NN_BAD_DATA, "b.bin|binary");
  assert_refused(real, scratch_bytes("b.npz", "PK\3\4\0\0", 6), NN_BAD_DATA, "zip");
  scratch_gzip("t.gz", "1\n2\n3\n4\n5\n6\n7\n8\n");
  bytes = scratch_read("t.gz", &size);
  for (size_t cut = 2; cut < size; cut++)
    assert_refused(real, scratch_bytes("cut.gz", bytes, cut), NN_BAD_DATA, "cut.gz|gzip");
  bytes[size / 2] = (char)(bytes[size / 2] ^ 0x55);
  assert_refused(real, scratch_bytes("bad.gz", bytes, size), NN_BAD_DATA, "bad.gz|gzip");
  free(bytes);
}

/* 64 KiB that unpack to 257 MiB of zeros are refused; data that are packed well are not. */
static void gzip_bombs_are_refused(void **state) {
  enum { MEGABYTE = 1 << 20 };
  size_t size;
  (void)state;
  char *zeros = calloc(MEGABYTE + 1, 1);
  memset(zeros, '0', MEGABYTE);
  char *member = scratch_read(scratch_gzip("m.gz", zeros), &size);
  FILE *bomb = fopen("bomb.gz", "wb");
  for (int k = 0; k < 257; k++) assert_int_equal(fwrite(member, 1, size, bomb), size);
  assert_int_equal(fclose(bomb), 0);
  assert_refused(real, "bomb.gz", NN_BAD_DATA, "bomb.gz|more than 256 MiB|gunzip");
  for (int k = 0; k < MEGABYTE; k += 2) zeros[k + 1] = '\n';
  if (read_as(real, scratch_gzip("zeros.csv.gz", zeros))) fail_msg("%s", error.text);
  assert_int_equal(data.rows, MEGABYTE / 2);
  done();
  free(member);
  free(zeros);
}

static void gzip_of_several_members(void **state) {
  static const float expected[] = {1, 2, 3};
  size_t first, second;
  (void)state;
  char *a = scratch_read(scratch_gzip("a.gz", "1\n2\n"), &first),
       *b = scratch_read(scratch_gzip("b.gz", "3\n"), &second);
  memcpy(a + first, b, second);
  assert_floats(real, scratch_bytes("ab.gz", a, first + second), 3, expected);
  memcpy(a + first, "junk", 4);
  assert_refused(real, scratch_bytes("ax.gz", a, first + 4), NN_BAD_DATA, "ax.gz|4 bytes after its end");
  free(a);
  free(b);
}

/* ---- several inputs ---- */

static int read_tiny(int count, const nn_source *sources) {
  return nn_data_read(&data, &tiny_model, &encoding, sources, count, nn_inputs_to_train(&tiny_model), &error);
}

static void inputs_belong_together(void **state) {
  (void)state;
  scratch_text("x.csv", "1,2,3,4\n5,6,7,8\n");
  scratch_text("y.csv", "0\n1\n2\n");
  assert_int_equal(read_tiny(2, (nn_source[]){{"x", "x.csv"}, {"y", "y.csv"}}), -1);
  assert_says(error.text, "x has 2 rows|y has 3|y.csv");
  assert_int_equal(error.status, NN_BAD_DATA);
  assert_int_equal(read_tiny(1, (nn_source[]){{"x", "x.csv"}}), -1);
  assert_says(error.text, "y=FILE");
  assert_int_equal(error.status, NN_BAD_USAGE);
  assert_int_equal(read_tiny(2, (nn_source[]){{"X", "x.csv"}, {"y", "y.csv"}}), -1);
  assert_says(error.text, "no input 'X'|did you mean 'x'|x, y, mask");
  assert_int_equal(read_tiny(2, (nn_source[]){{"x", "x.csv"}, {"x", "x.csv"}}), -1);
  assert_says(error.text, "given twice");
}

static void inputs_are_standardized(void **state) {
  static const size_t rows[] = {0, 1};
  float values[12];
  void *in[NN_MAX_INPUTS] = {values};
  (void)state;
  scratch_text("x.csv", "1,0.1,3,4\n3,0.1,7,8\n100,0.1,0,0\n");
  scratch_text("y.csv", "0\n1\n2\n");
  assert_int_equal(read_tiny(2, (nn_source[]){{"x", "x.csv"}, {"y", "y.csv"}}), 0);
  assert_int_equal(nn_encoding_standardize(&encoding, &data, 7, rows, 2, &error), 0);
  assert_true(encoding.mean[0][0] == 2 && encoding.deviation[0][0] == 1);
  assert_true(encoding.mean[0][1] == 0.1f && encoding.deviation[0][1] == 1); /* constant: deviation 0 counts as 1 */
  assert_null(encoding.mean[1]);
  nn_data_gather(&data, &encoding, 1, NULL, 0, 3, in);
  assert_true(values[0] == -1 && values[1] == 0 && values[4] == 1 && values[8] == 98);
  done();
}

static void padding_is_not_counted(void **state) {
  static const nn_input inputs[] = {
    {"T", NN_EXTENT, 2, 0, {0}, 1, {0}}, {"S", NN_EXTENT, 2, 0, {0}, 1, {0}}, {"x", NN_REAL, 0, 2, {2, 2}, 4, {1, 2}}};
  static const nn_model model = {.name = "model", .inputs = inputs, .ninputs = 3};
  const nn_source sources[] = {{"x", "x.csv"}, {"T", "n.csv:0"}, {"S", "n.csv:1"}};
  float x[12];
  void *in[NN_MAX_INPUTS] = {NULL, NULL, x};
  (void)state;
  scratch_text("x.csv", "1,1e38,8,nan\n3,5,,-\n5,7,4,3\n");
  scratch_text("n.csv", "2,1\n1,2\n2,2\n");
  assert_int_equal(nn_data_read(&data, &model, &encoding, sources, 3, 7, &error), 0);
  assert_int_equal(nn_encoding_standardize(&encoding, &data, 7, NULL, 3, &error), 0);
  assert_true(encoding.mean[2][0] == 3 && encoding.mean[2][1] == 6 && encoding.mean[2][2] == 6 &&
              encoding.mean[2][3] == 3);
  assert_true(encoding.deviation[2][1] == 1 && encoding.deviation[2][2] == 2 && encoding.deviation[2][3] == 1);
  nn_data_gather(&data, &encoding, 4, NULL, 0, 3, in);
  static const float expected[] = {0, 1, 0, 0, -1, 0, 0};
  assert_memory_equal(x + 1, expected, sizeof expected);
  assert_true(x[8] > 1 && x[9] == 1 && x[10] == -1 && x[11] == 0);
  done();
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(numbers_are_read_exactly),  cmocka_unit_test(numbers_know_no_locale),
    cmocka_unit_test(near_names_are_found),      cmocka_unit_test(tables_of_every_separator),
    cmocka_unit_test(columns_are_chosen),        cmocka_unit_test(first_rows_are_not_taken_for_headers),
    cmocka_unit_test(bad_cells_are_named),       cmocka_unit_test(npy_of_every_type),
    cmocka_unit_test(bytes_are_shares_of_255),   cmocka_unit_test(idx_is_big_endian),
    cmocka_unit_test(arrays_that_do_not_fit),    cmocka_unit_test(text_is_cut_into_windows),
    cmocka_unit_test(lines_are_examples),        cmocka_unit_test(lines_that_do_not_fit),
    cmocka_unit_test(class_lists_may_be_tables), cmocka_unit_test(unreadable_files_are_named),
    cmocka_unit_test(gzip_bombs_are_refused),    cmocka_unit_test(gzip_of_several_members),
    cmocka_unit_test(inputs_belong_together),    cmocka_unit_test(inputs_are_standardized),
    cmocka_unit_test(padding_is_not_counted),
  };
  return cmocka_run_group_tests_name("data", tests, scratch_open, scratch_close);
}
