#!/bin/sh
# slow: trains eight times on a few hundred drawings
# Same seed and thread count: the same bytes. Three epochs and --resume to five: the same bytes as five at once.
. tests/lib.sh

drawn 600 100
x="x=$work/drawn/train-images.idx" y="y=$work/drawn/train-labels.idx"
check "digits is made" "$nnc" models/digits.nn -o "$work/digits"
[ -x "$work/digits" ] || exit 0

train() { # NAME OPTIONS...
  name=$1; shift
  check "train $name" "$work/digits" train "$x" "$y" --quiet "$@" --save "$work/$name.safetensors"
}

for threads in 1 2; do
  train "once$threads" --seed 3 --epochs 5 --threads $threads
  train "again$threads" --seed 3 --epochs 5 --threads $threads
  same "two runs, $threads threads" "$work/once$threads.safetensors" "$work/again$threads.safetensors"
  train "part$threads" --seed 3 --epochs 3 --threads $threads
  train "rest$threads" --epochs 5 --threads $threads --resume "$work/part$threads.safetensors"
  same "resumed, $threads threads" "$work/once$threads.safetensors" "$work/rest$threads.safetensors"
done
train other --seed 4 --epochs 5
if cmp -s "$work/once1.safetensors" "$work/other.safetensors"; then not_ok "another seed is another result"
else ok "another seed is another result"; fi

# A locale with a comma changes neither what is read nor what is written.
if locale -a 2>/dev/null | grep -qi '^de_DE.utf'; then
  LC_ALL=de_DE.UTF-8 "$work/digits" predict "$x" --load "$work/once1.safetensors" -o "$work/de.csv"
  "$work/digits" predict "$x" --load "$work/once1.safetensors" -o "$work/c.csv"
  same "a comma locale" "$work/de.csv" "$work/c.csv"
fi
