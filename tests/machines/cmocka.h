/* cmocka.h: as much of cmocka as the runtime's tests use, for machines for which there is no library of it. */
#ifndef CMOCKA_H
#define CMOCKA_H

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct CMUnitTest {
  const char *name;
  void (*run)(void **state);
} CMUnitTest;

static jmp_buf cmocka_out;
enum { CMOCKA_FAILED = 1, CMOCKA_SKIPPED };

#define fail_msg(...)                       (printf(__VA_ARGS__), puts(""), longjmp(cmocka_out, CMOCKA_FAILED))
#define assert_true(c)                      ((c) ? (void)0 : fail_msg("%s:%d: %s", __FILE__, __LINE__, #c))
#define assert_false(c)                     assert_true(!(c))
#define assert_null(p)                      assert_true((p) == NULL)
#define assert_non_null(p)                  assert_true((p) != NULL)
#define assert_int_equal(a, b)              assert_true((unsigned long long)(a) == (unsigned long long)(b))
#define assert_memory_equal(a, b, size)     assert_true(memcmp((a), (b), (size)) == 0)
#define assert_memory_not_equal(a, b, size) assert_true(memcmp((a), (b), (size)) != 0)
#define assert_string_equal(a, b)           assert_true(strcmp((a), (b)) == 0)
#define skip()                              longjmp(cmocka_out, CMOCKA_SKIPPED)
#define cmocka_unit_test(f)                                                                                            \
  { #f, f }

static inline int cmocka_group(const CMUnitTest *tests, size_t count, int (*setup)(void **), int (*teardown)(void **)) {
  void *state = NULL;
  volatile int failed = setup ? setup(&state) != 0 : 0;
  setvbuf(stdout, NULL, _IOLBF, 0);
  for (volatile size_t k = 0; k < count; k++) {
    int how = setjmp(cmocka_out);
    if (!how) {
      tests[k].run(&state);
      printf("ok %s\n", tests[k].name);
    } else if (how == CMOCKA_SKIPPED) {
      printf("# %s needs what this machine's build does not have\n", tests[k].name);
    } else {
      printf("not ok %s\n", tests[k].name);
      failed = 1;
    }
  }
  if (teardown) failed |= teardown(&state) != 0;
  return failed;
}
#define cmocka_run_group_tests(tests, setup, teardown)                                                                 \
  cmocka_group(tests, sizeof tests / sizeof *tests, setup, teardown)
#define cmocka_run_group_tests_name(name, tests, setup, teardown) cmocka_run_group_tests(tests, setup, teardown)

#endif
