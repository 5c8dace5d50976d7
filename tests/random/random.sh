#!/bin/sh
# slow: a few hundred random models are evaluated, compiled three times and run
# Random models: the evaluator, difference quotients, generated C in float and in double, fused and not, with and
# without reuse of memory, and plain Python agree, at the extreme values of integer inputs too; and so they do on the
# models on which nnc was wrong once. As users build them: twelve random models and every fourth of those, under one
# build each; with WHOLE=1 (make judges) 24 and all, under all builds. `make random` runs thousands.
SECONDS_OF_CPU=600
. tests/lib.sh

need python3 "random models"
jobs=${JOBS:-1}

agree() { # NAME OPTIONS...
  what_=$1; shift
  if python3 tests/random/run.py --build "$BUILD" --jobs "$jobs" "$@" >"$work/out" 2>&1
  then ok "$what_"; tail -1 "$work/out"
  else not_ok "$what_" - <"$work/out"; fi
}

# What is judged is what is run: the judge goes through the passes of main.c, all of them, in their order.
sed -n '/^static const Pass passes/,/^};/p' compiler/main.c | grep -o '\.change = [a-z_]*' |
  sed 's/.* //' >"$work/passes"
sed -n '/^static int judge/,/^}/p; /^static int write_variant/,/^}/p' tests/random/judge.c |
  grep -oE '(simplify|derive)_[a-z_]+\(' | tr -d '(' >"$work/order"
{ grep -vxE 'simplify_(to_float|padding)' "$work/order"; grep -xE 'simplify_(to_float|padding)' "$work/order"; } \
  >"$work/judged"
same "the judge goes through the passes of nnc" "$work/passes" "$work/judged"
check "the judge is built" "$MAKE" -s "$BUILD/tests/random/judge"
users_builds
names=$(cut -d' ' -f1 "$work/builds" | tr '\n' ' ')
# shellcheck disable=SC2046 # words
agree "250 random models" --models 250 --seed check --no-shrink
[ -n "${WHOLE:-}" ] && few=24 || few=12
agree "$few random models as users build them" --models $few --first 250 --seed check --no-shrink --builds "$names" \
  $(users_options)
# naive_forms.nn has values beyond what is compared, on purpose
agree "tests/language/good, as users build them" --no-shrink --builds "$names" $(users_options) \
  $(sample 4 $(ls tests/language/good/*.nn | grep -v naive_forms))
agree "ties by construction" --no-shrink tests/language/good/held_ties.nn

# What comes to no end is ended, with all that it has started, and said to be so for each model.
mkdir -p "$work/slow"
printf '#!/bin/sh\nsleep 123\n' >"$work/slow/gcc"
chmod +x "$work/slow/gcc"
fails "a compiler without an end is a difference" 1 '^1 random models .* 1 differences' env PATH="$work/slow:$PATH" \
  python3 tests/random/run.py --build "$BUILD" --jobs 1 --seconds 1 tests/language/good/held_ties.nn
fails "... which is said" 1 'float: error: no end after 1 s: gcc' env PATH="$work/slow:$PATH" \
  python3 tests/random/run.py --build "$BUILD" --jobs 1 --seconds 1 tests/language/good/held_ties.nn
if pgrep -f '^sleep 123$' >/dev/null; then not_ok "... and nothing of it is left"
else ok "... and nothing of it is left"; fi

agree "60 random models of whole numbers" --whole --models 60 --seed check --no-shrink
