#!/bin/sh
# What is on this machine, as lines for the Makefile. In: CC. Out: BLAS_FOUND and how to use it, HAVE_LAPACK,
# HAVE_CMOCKA.
#
# A library is there if a program that calls it compiles, links and gives the right answer; version numbers and package
# names are not asked.
set -u
CC=${CC:-cc}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

cat > "$work/blas.c" <<'END'
#include <cblas.h>
int main(void) {
  float a[4] = {1, 2, 3, 4}, c[4] = {0, 0, 0, 0};
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, 2, 2, 2, 1, a, 2, a, 2, 0, c, 2);
  return c[0] == 7 && c[3] == 22 ? 0 : 1;
}
END
cat > "$work/lapack.c" <<'END'
void dpotrf_(const char *triangle, const int *n, double *a, const int *lda, int *info, unsigned long length);
int main(void) {
  double a = 9;
  int one = 1, info = 1;
  dpotrf_("U", &one, &a, &one, &info, 1);
  return info == 0 && a == 3 ? 0 : 1;
}
END
cat > "$work/cmocka.c" <<'END'
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
static void test(void **state) { (void)state; assert_int_equal(1, 1); }
int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
END

# works SOURCE FLAGS...: compiles, links and runs.
works() {
  source=$1; shift
  # shellcheck disable=SC2086 # CC may hold flags
  $CC -o "$work/program" "$work/$source" "$@" >/dev/null 2>&1 && "$work/program" >/dev/null 2>&1
}

find_blas() {
  for include in "" -I/usr/include/openblas -I/opt/homebrew/opt/openblas/include; do
    if works blas.c $include -lopenblas; then
      echo "BLAS_FOUND := openblas"; echo "BLAS_INCLUDE := $include"
      if works lapack.c -lopenblas; then echo "HAVE_LAPACK := 1"; fi # OpenBLAS can be built without
      return
    fi
  done
  for libraries in "-lcblas -lblas" "-lblas" "-lcblas -latlas" "-lblis"; do
    # shellcheck disable=SC2086 # several words
    if works blas.c $libraries; then
      echo "BLAS_FOUND := cblas"; echo "BLAS_LIBRARIES := $libraries"; return
    fi
  done
  echo "BLAS_FOUND := none"
}

find_blas
if works cmocka.c -lcmocka; then echo "HAVE_CMOCKA := 1"; else echo "HAVE_CMOCKA :="; fi
