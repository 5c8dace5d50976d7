#!/bin/sh
# The words of the language, one a line, for fuzzers: the grammar's, the operators, and the prelude's definitions. With
# --afl as AFL++ takes them.
cd "$(dirname "$0")/../.." || exit 2
{
  sed -n 's/.*"\([a-z][a-z]*\)".*/\1/p' compiler/syntax/word.c
  sed -n 's/^ *X([A-Z0-9_]*, *\(\.name = \)*"\([a-z_0-9]*\)",.*/\2/p' compiler/graph/op.h compiler/graph/reduction.h
  sed -n 's/^ *{ *"\([a-z_0-9]*\)",.*/\1/p' compiler/elaborate/*.c
  sed -n 's/^\(fn\|layer\|optimizer\|init\) \([a-z_0-9]*\)(.*/\2/p' compiler/prelude/*.nn
  printf '%s\n' '@' '^' '/' '*' ' - ' ' + ' '==' '!=' '<' '>=' '<-' '=>' '~' '[' ']' '[i, j]' '[0:2]' '(' ')' '{' '}' \
    ',' '.' ':' '∂L/∂x' "'" '_' \
    '[rows, cols]' 'sum(i) ' 'max(i, j) ' 'x[i]' 'class(3)' ' : int' ' : bit' '(batch)' 'grad(L, x)' \
    'select(x > 0, 1, 0)' 'where(x > 0, x, 0)' \
    'for t < 4 ' 'scan t < T ' 'import "models/xor.nn"' 'dim T <= 4' '# '
} | awk 'length && !seen[$0]++' | if [ "${1:-}" = --afl ]; then sed 's/[\\"]/\\&/g; s/.*/"&"/'; else cat; fi
