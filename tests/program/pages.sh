#!/bin/sh
# slow: trains a dozen small models, and two on MNIST for a moment
# The pages on small tables learn what their heads say: the textbooks' lines through Engel's data, mixtures that beat a
# single Gaussian, less overfitting with L2. (make figures compares all pages with PyTorch.)
. tests/lib.sh

# value NAME PROGRAM ARGUMENTS...: what it prints after NAME at the end of a training.
value() { name_=$1; shift; "$@" --quiet 2>"$work/log" | sed -n "s/^$name_ //p"; }
# between NAME VALUE LOW HIGH
between() {
  if awk -v v="$2" -v low="$3" -v high="$4" 'BEGIN { exit !(v != "" && v + 0 >= low && v + 0 <= high) }'; then ok "$1"
  else not_ok "$1" "found '$2', expected $3 to $4"; fi
}

# Lines and tags as the page makes them.
check "brackets is made" "$nnc" models/brackets.nn -o "$work/brackets"
sed -n '/^#     awk/,/tags.txt$/s/^#     //p' models/brackets.nn >"$work/lines.sh"
check "... and its lines" sh -c "cd '$work' && sh lines.sh"
between "both readers together see which brackets have partners" \
  "$(value test.accuracy "$work/brackets" train s="$work/lines.txt" y="$work/tags.txt" --test-rows 0-499 --epochs 8)" \
  0.98 1

# Pairs as the page makes them.
awk 'BEGIN { srand(1); for (i = 0; i < 2000; i++) { t = rand(); u = rand();
  print t + 0.3*sin(6.2831853*t) + 0.2*u - 0.1 "," t } }' >"$work/pairs.csv"
pairs="x=$work/pairs.csv:0 t=$work/pairs.csv:1 --test-rows 0-499"
check "inverse_problem is made" "$nnc" models/inverse_problem.nn -o "$work/inverse"
check "... with one component" "$nnc" -D K=1 models/inverse_problem.nn -o "$work/single"
# shellcheck disable=SC2086 # several words
{
  between "three components fit the inverse problem" "$(value test.L "$work/inverse" train $pairs)" -1.1 -0.85
  between "one does not" "$(value test.L "$work/single" train $pairs)" -0.2 0.1
}

# ring SAMPLES.csv: how many of eight modes have at least 4% of the samples within three standard deviations, and the
# share of all samples that are so near to one.
ring() {
  sed 1d "$1" | awk -F, '{ best = 9; for (k = 0; k < 8; k++) {
    d = sqrt(($1 - cos(k*atan2(1,1)))^2 + ($2 - sin(k*atan2(1,1)))^2)
      if (d < best) { best = d; mode = k } }
    if (best < 0.15) { hits[mode]++; near++ } }
    END { for (k = 0; k < 8; k++) modes += hits[k] >= 0.04*NR; print modes, near/NR }'
}
awk 'BEGIN { srand(1); pi = 4*atan2(1, 1); for (i = 0; i < 20000; i++) { a = int(8*rand())*pi/4
  r = 0.05*sqrt(-2*log(1 - rand())); b = 2*pi*rand(); print cos(a) + r*cos(b) "," sin(a) + r*sin(b) } }' \
    >"$work/ring.csv"
check "gan_ring is made" "$nnc" models/gan_ring.nn -o "$work/gan"
check "gan_ring plays 60 rounds of its 200" "$work/gan" train x="$work/ring.csv" --epochs 60 \
  --quiet --save "$work/gan.safetensors"
check "gan_ring draws" "$work/gan" predict --load "$work/gan.safetensors" --count 2000 -o "$work/gan.csv"
ring "$work/gan.csv" >"$work/ring"
between "gan_ring hits all eight modes" "$(cut -d' ' -f1 "$work/ring")" 8 8
between "gan_ring's samples are near to one" "$(cut -d' ' -f2 "$work/ring")" 0.8 1

# second FILE: the numbers of a CSV's second line, one a line.
second() { sed -n '2s/,/\n/gp' "$1"; }
need_data engel "the lines through Engel's data"
check "engel is made" "$nnc" models/engel.nn -o "$work/engel"
check "engel is trained" "$work/engel" train income="$data/engel/engel.csv:income" t="$data/engel/engel.csv:foodexp" \
  --quiet --save "$work/engel.safetensors"
for line in "median 81.48 0.5602" "mean 147.48 0.4855"; do
  # shellcheck disable=SC2086 # several words
  set -- $line
  "$work/engel" predict --load "$work/engel.safetensors" --output "$1" -o "$work/line.csv" >"$work/log" 2>&1
  second "$work/line.csv" >"$work/line"
  between "the $1's intercept is the textbook's" "$(sed -n 1p "$work/line")" \
    "$(echo "$2" | awk '{ print $1 - 0.02 }')" "$(echo "$2" | awk '{ print $1 + 0.02 }')"
  between "the $1's slope is the textbook's" "$(sed -n 2p "$work/line")" \
    "$(echo "$3" | awk '{ print $1 - 0.0004 }')" "$(echo "$3" | awk '{ print $1 + 0.0004 }')"
done

need_data breast_cancer "overfitting"
table=$data/breast_cancer/breast_cancer.csv
forty="x=$table:0-29 y=$table:30 --rows 40-79 --test-rows 200-568"
check "overfitting is made" "$nnc" models/overfitting.nn -o "$work/heart"
check "... with L2" "$nnc" -D λ=0.01 models/overfitting.nn -o "$work/l2"
# shellcheck disable=SC2086 # several words
{
  between "forty examples are learned by heart" "$(value test.nll "$work/heart" train $forty)" 0.4 0.8
  between "not so with L2" "$(value test.nll "$work/l2" train $forty)" 0.05 0.3
}

need_data uci_yacht "yacht"
check "yacht is made" "$nnc" models/yacht.nn -o "$work/yacht"
table=$data/uci_yacht/data.csv.gz
between "yacht" "$(value test.L "$work/yacht" train x="$table:0-5" t="$table:6" \
  --test-rows "$data/uci_yacht/test_mask.csv.gz:0")" -0.85 -0.3

need_data digits "digits8"
check "digits8 is made" "$nnc" models/digits8.nn -o "$work/digits8"
check "halves is made" "$nnc" models/halves.nn -o "$work/halves"
between "halves find each other" "$(value test.found "$work/halves" train x="$data/digits/digits.csv.gz:0-63" \
  --test-rows 1413-1796)" 0.3 0.6
between "digits8" "$(value test.accuracy "$work/digits8" train x="$data/digits/digits.csv.gz:0-63" \
  y="$data/digits/digits.csv.gz:64" --test-rows 1397-1796)" 0.9 1

need_data mnist "autoencoder and vit on MNIST"
mnist=$data/mnist
check "autoencoder is made" "$nnc" models/autoencoder.nn -o "$work/autoencoder"
between "autoencoder, an epoch" "$(value test.error "$work/autoencoder" train \
  image="$mnist/train-images-idx3-ubyte.gz" test.image="$mnist/t10k-images-idx3-ubyte.gz" --epochs 1)" 0.009 0.019
check "vit is made" "$nnc" models/vit.nn -o "$work/vit"
between "vit, a tenth of an epoch" "$(value test.accuracy "$work/vit" train x="$mnist/train-images-idx3-ubyte.gz" \
  y="$mnist/train-labels-idx1-ubyte.gz" --rows 0-5999 --epochs 1 test.x="$mnist/t10k-images-idx3-ubyte.gz" \
  test.y="$mnist/t10k-labels-idx1-ubyte.gz" --test-rows 0-999)" 0.6 1
for page in vae vae_flow vae_categorical; do
  check "$page is made" "$nnc" "models/$page.nn" -o "$work/$page"
done
# The divergence is what the code tells about an image: none of the three forgets to use it.
few="x=$mnist/train-images-idx3-ubyte.gz test.x=$mnist/t10k-images-idx3-ubyte.gz"
few="$few --rows 0-9999 --test-rows 0-999 --epochs 2"
# shellcheck disable=SC2086 # several words
{
  between "vae, two short epochs" "$(value test.L "$work/vae" train $few)" 150 185
  between "vae_flow, two short epochs" "$(value test.L "$work/vae_flow" train $few)" 150 190
  between "vae_categorical's code, two short epochs" "$(value test.divergence "$work/vae_categorical" train $few)" 2 30
}
