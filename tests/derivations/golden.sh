#!/bin/sh
# slow: runs nnc on each model of models/
# `nnc derive`: NAME.txt, NAME.tex and NAME.html are what it writes of a model here or in models/. No model crashes it,
# and what it cannot write it says with its place. Where pdflatex is there, each page goes through it, and no line is
# too wide. ACCEPT=1 rewrites the files.
. tests/lib.sh

compare() { # NAME EXPECTED ACTUAL
  if [ -n "${ACCEPT:-}" ]; then cp "$3" "$2"; ok "$1"
  elif cmp -s "$2" "$3"; then ok "$1"
  else diff -u "$2" "$3" | not_ok "$1" -; fi
}

model_of() { if [ -f "tests/derivations/$1.nn" ]; then echo "tests/derivations/$1.nn"; else echo "models/$1.nn"; fi; }

for golden in tests/derivations/*.txt; do
  name=$(basename "$golden" .txt)
  for format in text:txt latex:tex html:html; do
    end=${format#*:}
    "$nnc" derive --format "${format%:*}" "$(model_of "$name")" -o "$work/$name.$end" 2>"$work/err" ||
      not_ok "derive $name.$end" - <"$work/err"
    compare "derivation of $name.$end" "${golden%.txt}.$end" "$work/$name.$end"
  done
done

# Other views: VIEW_NAME.txt.
for golden in tests/derivations/views/*.txt; do
  view=$(basename "$golden" .txt)
  name=${view#*-}
  case $view in
  lagrangian-*) set -- --view lagrangian ;;
  second-*) set -- --order 2 ;;
  wrt-*) set -- --wrt "${name#*-}"; name=${name%-*} ;;
  esac
  "$nnc" derive "$@" "$(model_of "$name")" >"$work/$view.txt" 2>"$work/err" || not_ok "derive $* $name" - <"$work/err"
  compare "derive $* $name" "$golden" "$work/$view.txt"
  "$nnc" derive "$@" --format latex "$(model_of "$name")" -o "$work/$view.tex"
done
fails "a name that is none" 1 "did you mean 'w2'" "$nnc" derive --wrt W2 models/perceptron.nn
fails "second derivatives through a recurrence" 1 'lstm_variant.nn:[0-9]*:[0-9]*: error: derive cannot yet' "$nnc" \
  derive --order 2 models/lstm_variant.nn

if have pdflatex; then
  for tex in "$work"/*.tex; do
    name=$(basename "$tex" .tex)
    (cd "$work" && pdflatex -interaction=nonstopmode -halt-on-error "$name.tex") >"$work/log" 2>&1 ||
      not_ok "pdflatex $name" - <"$work/log"
    if grep -q 'Overfull .hbox' "$work/log"; then not_ok "the lines of $name fit the page" - <"$work/log"
    else ok "the lines of $name fit the page"; fi
  done
else skip "the pages of derive in LaTeX" "pdflatex is not installed"; fi

# The numbers in the C are those of the derivation; one that is not is seen.
if have python3; then
  for name in perceptron softmax_regression mixture_density lstm_variant laplace siamese fan_out; do
    "$nnc" --emit=c "models/$name.nn" >"$work/$name.c"
    check "the numbers in the C of $name" python3 tests/derivations/numbers.py "$work/$name.txt" "$work/$name.c"
  done
  sed 's/(2) z1/(4) z1/' "$work/perceptron.c" >"$work/wrong.c"
  fails "a wrong number in the C is seen" 1 '.4. is z1 in C, z₂' python3 tests/derivations/numbers.py \
    "$work/perceptron.txt" "$work/wrong.c"
else skip "the numbers in the C" "python3 is not installed"; fi

for model in models/*.nn; do
  "$nnc" derive "$model" >"$work/out" 2>"$work/err"
  status=$?
  if [ $status -eq 0 ] && grep -q '(1)' "$work/out"; then ok "derive $(base "$model")"
  elif [ $status -eq 1 ] && grep -q "^$model:[0-9]*:[0-9]*: error: .*derive cannot yet" "$work/err"
  then ok "derive $(base "$model") says why not"
  else not_ok "derive $(base "$model")" - <"$work/err"; fi
done
