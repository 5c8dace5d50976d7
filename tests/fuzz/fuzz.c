/* fuzz.c: a command on mutated files, for a time or a number of them, the same for the same seed.
 *
 *   fuzz --seed 1 --runs 500 --words DICTIONARY --keep FOLDER SEEDS... -- nnc check @@
 *
 * In: files to start from; words, one a line, that are put in. Each input is one of the files after one to eight
 * mutations (bits, bytes, pieces moved or doubled, words, numbers at the edges, pieces of another file), written where
 * @@ stands. Out: a line for each input after which the command ended by a signal or a status above 2 (a sanitizer's,
 * bug()), took more than 10 s of processor time or 1 GB; these inputs are kept in FOLDER. Exit status 1 where there is
 * one. */
#define _DEFAULT_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LARGEST = 1 << 16, MOST_WORDS = 2000, SECONDS = 10, MEGABYTES = 1024 };

typedef struct bytes {
  unsigned char *data;
  size_t size;
} bytes;

static bytes *seeds;
static int seed_count, word_count;
static char *words[MOST_WORDS];
static uint64_t dice_state;

/* xorshift64* (Vigna 2016). */
static size_t dice(size_t limit) {
  dice_state ^= dice_state >> 12, dice_state ^= dice_state << 25, dice_state ^= dice_state >> 27;
  return limit ? (size_t)((dice_state * UINT64_C(2685821657736338717)) >> 33) % limit : 0;
}

static void *room(size_t size) {
  void *p = malloc(size);
  if (!p) exit(3);
  return p;
}

static bytes read_file(const char *name) {
  FILE *file = fopen(name, "rb");
  bytes b = {room(LARGEST), 0};
  if (!file) return perror(name), exit(2), b;
  b.size = fread(b.data, 1, LARGEST / 4, file);
  fclose(file);
  return b;
}

static void read_words(const char *name) {
  char line[200];
  FILE *file = fopen(name, "r");
  if (!file) perror(name), exit(2);
  while (word_count < MOST_WORDS && fgets(line, sizeof line, file)) {
    line[strcspn(line, "\n")] = 0;
    words[word_count++] = strcpy(room(strlen(line) + 1), line);
  }
  fclose(file);
}

/* ---- mutations ---- */

/* `length` bytes at `at` become `size` others. */
static void replace(bytes *b, size_t at, size_t length, const void *with, size_t size) {
  if (b->size - length + size > LARGEST) return;
  memmove(b->data + at + size, b->data + at + length, b->size - at - length);
  memcpy(b->data + at, with, size);
  b->size += size - length;
}

static size_t word_end(const bytes *b, size_t at) {
  while (at < b->size && b->data[at] &&
         strchr("_0123456789abcdefghijklmnopqrstuvwxyz", b->data[at] | (b->data[at] > 64 && b->data[at] < 91 ? 32 : 0)))
    at++;
  return at;
}

static void mutate(bytes *b) {
  static const char *const edges[] = {"0",
                                      "1",
                                      "-1",
                                      "2147483647",
                                      "2147483648",
                                      "4294967296",
                                      "1e300",
                                      "1e-320",
                                      "0.5",
                                      "9223372036854775807",
                                      "18446744073709551615",
                                      "65536",
                                      "inf",
                                      "nan",
                                      "1000000000",
                                      "99999999999999999999",
                                      "",
                                      "((((((((((((((((((((("};
  unsigned char piece[512];
  size_t at = dice(b->size + 1), length = dice(b->size - at < 64 ? b->size - at + 1 : 64);
  const bytes *other = &seeds[dice((size_t)seed_count)];
  const char *edge = edges[dice(sizeof edges / sizeof *edges)],
             *word = word_count ? words[dice((size_t)word_count)] : edge;
  switch (dice(10)) {
  case 0:
    if (at < b->size) b->data[at] ^= (unsigned char)(1 << dice(8));
    break;
  case 1:
    if (at < b->size) b->data[at] = (unsigned char)dice(256);
    break;
  case 2: replace(b, at, length, "", 0); break;
  case 3: memcpy(piece, b->data + at, length), replace(b, dice(b->size + 1), 0, piece, length); break;
  case 4: replace(b, at, 0, word, strlen(word)); break;
  case 5: replace(b, at, word_end(b, at) - at, word, strlen(word)); break;
  case 6: replace(b, at, word_end(b, at) - at, edge, strlen(edge)); break;
  case 7:
    at = dice(other->size + 1), length = dice(other->size - at < 200 ? other->size - at + 1 : 200);
    replace(b, dice(b->size + 1), 0, other->data + at, length);
    break;
  case 8: b->size = at + (b->size - at) / 2; break;
  default:
    for (size_t k = 0; k < 4 && at + k < b->size; k++) b->data[at + k] = dice(2) ? 0 : 255;
  }
}

/* ---- one input ---- */

static void child(char **command, const char *input) {
  struct rlimit processor = {SECONDS, SECONDS + 1}, none = {0, 0};
  int null = open("/dev/null", O_RDWR);
  for (int k = 0; command[k]; k++)
    if (!strcmp(command[k], "@@")) command[k] = (char *)(uintptr_t)input;
  for (int k = 0; k < 3; k++) dup2(null, k);
  setrlimit(RLIMIT_CPU, &processor);
  setrlimit(RLIMIT_CORE, &none);
  alarm(20 * SECONDS);
  execvp(command[0], command);
  _exit(2);
}

/* What is wrong with how it went, or NULL. */
static const char *try(char **command, const char *input) {
  static char text[80];
  struct rusage use;
  int status = 0;
  pid_t pid = fork();
  if (pid == 0) child(command, input);
  if (pid < 0 || wait4(pid, &status, 0, &use) < 0) return perror("fork"), exit(2), NULL;
  if (WIFSIGNALED(status)) snprintf(text, sizeof text, "signal %d", WTERMSIG(status));
  else if (WEXITSTATUS(status) > 2) snprintf(text, sizeof text, "status %d", WEXITSTATUS(status));
  else if (use.ru_maxrss > MEGABYTES * 1024L) snprintf(text, sizeof text, "%ld MB", use.ru_maxrss / 1024);
  else return NULL;
  return text;
}

static void write_file(const char *name, const bytes *b) {
  FILE *file = fopen(name, "wb");
  if (!file || fwrite(b->data, 1, b->size, file) != b->size || fclose(file)) perror(name), exit(2);
}

static int run(char **command, const char *keep, long runs, double seconds, const char *extension) {
  char input[300], kept[400];
  int found = 0;
  long done = 0;
  time_t begun = time(NULL);
  bytes b = {room(LARGEST), 0};
  snprintf(input, sizeof input, "%s/input%s", keep, extension);
  for (; done < runs && difftime(time(NULL), begun) < seconds; done++) {
    const bytes *seed = &seeds[dice((size_t)seed_count)];
    memcpy(b.data, seed->data, b.size = seed->size);
    for (size_t k = 1 + dice(8); k; k--) mutate(&b);
    write_file(input, &b);
    const char *wrong = try(command, input);
    if (!wrong) continue;
    snprintf(kept, sizeof kept, "%s/found-%d%s", keep, found++, extension);
    write_file(kept, &b);
    printf("%s: %s\n", kept, wrong);
  }
  printf("%ld inputs, %d found\n", done, found);
  return found > 0;
}

int main(int argc, char **argv) {
  long runs = 1000000000;
  double seconds = 1e9;
  const char *keep = ".", *extension = "";
  int k = 1;
  dice_state = 1;
  for (; k + 1 < argc && argv[k][0] == '-' && argv[k][2]; k += 2) {
    if (!strcmp(argv[k], "--seed")) dice_state = strtoull(argv[k + 1], NULL, 10) * UINT64_C(0x9e3779b97f4a7c15) | 1;
    if (!strcmp(argv[k], "--runs")) runs = atol(argv[k + 1]);
    if (!strcmp(argv[k], "--seconds")) seconds = atof(argv[k + 1]);
    if (!strcmp(argv[k], "--words")) read_words(argv[k + 1]);
    if (!strcmp(argv[k], "--keep")) keep = argv[k + 1];
    if (!strcmp(argv[k], "--extension")) extension = argv[k + 1];
  }
  seeds = room((size_t)argc * sizeof *seeds);
  for (; k < argc && strcmp(argv[k], "--"); k++) seeds[seed_count++] = read_file(argv[k]);
  if (k + 1 >= argc || !seed_count) return fprintf(stderr, "usage: fuzz [OPTIONS] FILES... -- COMMAND @@\n"), 2;
  return run(argv + k + 1, keep, runs, seconds, extension);
}
