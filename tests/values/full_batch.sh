#!/bin/sh
# slow: compiles a dozen models
# Full-batch methods: they arrive where SciPy does, in no more than 1.5 times its evaluations
# (tests/values/full_batch/scipy.txt, which scipy_reference.py made); their functions in double precision are those of
# floats, and their products those of difference quotients; and what the trainer says around them.
. tests/lib.sh
folder=tests/values/full_batch

# with METHOD MODEL.nn OUT.nn
with() { sed "s/METHOD/$1/" "$2" >"$3"; }

# ---- against SciPy ----

# arrives PROBLEM METHOD ARGUMENTS...: the program, trained, is where SciPy's minimum is, and counted.
arrives() {
  problem=$1 method=$2; shift 2
  with "$method" "$folder/$problem.nn" "$work/$problem.nn"
  check "$problem with $method compiles" "$nnc" "$work/$problem.nn" -o "$work/$problem"
  check "$problem with $method is trained" "$work/$problem" train "$@" --save "$work/w.safetensors"
  cp "$work/check.out" "$work/log"
  used=$(sed -n 's/.* evaluations \([0-9]*\).*/\1/p' "$work/log" | tail -1)
  most=$(awk -v p="$problem" -v m="$method" '$1 == p && $2 == m { printf "%d", 1.5 * $3 }' $folder/scipy.txt)
  if [ "${used:-99999}" -le "${most:-0}" ]; then ok "$problem, $method: $used evaluations, at most $most"; else
    not_ok "$problem, $method: evaluations" "${used:-none}, expected at most ${most:-?}"; fi
  if grep -q 'no element of the gradient is above tol' "$work/log"
  then ok "$problem, $method: it ends because of tol"; else
    tail -2 "$work/log" | not_ok "$problem, $method: it ends because of tol" -; fi
  "$work/$problem" predict --load "$work/w.safetensors" -o "$work/p.csv"
  far=$(tail -1 "$work/p.csv" | tr ',' '\n' | awk -v p="$problem" '
    FNR == NR { if ($1 == p && $2 == "minimum") for (k = 4; k <= NF; k++) want[k - 3] = $k; next }
    { d = $1 - want[FNR]; if (d < 0) d = -d; if (!(d <= most)) most = d; n++ }
    END { if (n > 1 && n in want) print (most <= 1e-6 ? "" : "the largest difference is " most);
      else print "no parameters" }
  ' $folder/scipy.txt -)
  if [ -z "$far" ]; then ok "$problem, $method: SciPy's minimum to 1e-6"
  else not_ok "$problem, $method: minimum" "$far"; fi
}

for method in cg bfgs lbfgs newton; do arrives rosenbrock $method; done

# ---- what the trainer says ----

sed 's/METHOD(tol = 1e-9)/bfgs(steps = 5)/' $folder/rosenbrock.nn >"$work/short.nn"
check "steps is the number of epochs" "$nnc" "$work/short.nn" -o "$work/short"
"$work/short" train --save "$work/short.safetensors" --history "$work/history.csv" >"$work/short.out" 2>&1
if grep -q '^epoch 5/5 ' "$work/short.out" &&
  grep -q '^after 5 iterations: the most that were allowed' "$work/short.out"; then
  ok "the limit is an end that is named"; else not_ok "the limit is an end that is named" - <"$work/short.out"; fi
if [ "$(cut -d, -f1,2 "$work/history.csv" | tail -1)" = 5,5 ]; then ok "history has a line for each iteration"; else
  not_ok "history has a line for each iteration" - <"$work/history.csv"; fi
fails "resuming is refused" 2 'bfgs cannot resume' "$work/short" train --resume "$work/short.safetensors" --epochs 9
check "it goes on from saved parameters" "$work/short" train --load "$work/short.safetensors" --epochs 100 \
  --set tol=1e-3
if grep -q 'gradient is above tol' "$work/check.out"; then ok "tol can be set"
else not_ok "tol can be set" - <"$work/check.out"; fi

sed 's/^loss L = /loss L = log(p[0]) + /; s/METHOD/cg/' $folder/rosenbrock.nn >"$work/nan.nn"
check "a loss that is NaN compiles" "$nnc" "$work/nan.nn" -o "$work/nan"
fails "a loss that is NaN at the start is an error" 1 'not finite at the initial parameters' "$work/nan" train

# ---- the functions in double precision ----

# functions MODEL.nn [OPTIONS...]: strict C, and its gradients and products against floats and quotients.
functions() {
  model=$1 name=$(base "$1"); shift
  loss=$(sed -n 's/^loss  *\([A-Za-z_]*\).*/\1/p' "$model" | head -1)
  { grep -Ev '^ *minimize|^check|epochs' "$model"; echo "minimize $loss with newton"; } >"$work/$name.nn"
  check "$name with newton is C" generate "$work/$name.nn" "$work/c" "$@"
  # shellcheck disable=SC2086 # several words
  check "$name compiles without a warning" gcc $STRICT -O1 -Iruntime/kernels -I"$work/c" -c -o "$work/c/$name.o" \
    "$work/c/$name.c"
  # shellcheck disable=SC2086
  check "$name is linked" gcc -O1 -Iruntime/kernels -I"$work/c" -DMODEL="$(prefix_of "$work/c/$name.h")_model" \
    -DHEADER="\"$name.h\"" \
    -o "$work/c/$name" tests/judge/full_batch.c "$work/c/$name.o" "$BUILD/libnn.a" $LINK
  check "$name: gradients and products in double precision" "$work/c/$name" 1 2 3
}

for m in iris conv_strided prelude_losses self_attention weight_decay_loss transformer lstm_twice draws; do
  file=models/$m.nn
  [ -f $file ] || file=tests/values/$m.nn
  functions $file
done
functions tests/values/self_attention.nn --no-fuse --no-reuse
functions tests/values/scan_inside.nn --no-fuse --no-reuse

# ---- draws stay those of one step ----

cat >"$work/noisy.nn" <<'END'
model noisy
input x
param w = 3.0
e ~ normal(0, 1)
loss L = (w*x - 2*x - e)^2
minimize L with newton(tol = 1e-10)
train { batch = 4 }
END
check "a model that draws compiles" "$nnc" "$work/noisy.nn" -o "$work/noisy"
seq 1 10 >"$work/x.csv"
for seed in 1 1 2; do "$work/noisy" train x="$work/x.csv" --seed $seed; done >"$work/noisy.out" 2>/dev/null
ends=$(grep -c '^after 1 iteration: no element' "$work/noisy.out")
kinds=$(sed -n 's/.*  L \([^ ]*\) .*/\1/p' "$work/noisy.out" | uniq | wc -l)
if [ "$ends $kinds" = "3 2" ]; then ok "draws stay as they are: a quadratic takes one step"; else
  not_ok "draws stay as they are: a quadratic takes one step" - <"$work/noisy.out"; fi

need_data breast_cancer "full-batch methods on breast_cancer"
table="$data/breast_cancer/breast_cancer.csv"
for method in cg bfgs lbfgs newton; do arrives logistic $method x="$table:0-29" y="$table:30"; done

# ---- blocks, threads, a part of the parameters ----

sed 's/METHOD(tol = 1e-9)/newton(tol = 1e-9, dense = 1)/; s/rows = 569/rows = 50/' $folder/logistic.nn \
  >"$work/blocks.nn"
check "a small batch compiles" "$nnc" "$work/blocks.nn" -o "$work/blocks"
for threads in 1 2 5; do
  "$work/blocks" train x="$table:0-29" y="$table:30" --threads $threads --save "$work/blocks.safetensors" --quiet
  "$work/blocks" predict --load "$work/blocks.safetensors" -o "$work/blocks$threads.csv"
done
near() { # NAME FILE FILE: numbers that differ by at most 1e-6
  if paste -d, "$2" "$3" | tail -1 |
    awk -F, '{ for (k = 1; k <= NF / 2; k++) { d = $k - $(k + NF / 2); if (d < 0) d = -d; if (!(d <= 1e-6)) bad = 1 } }
    END { exit bad || NF < 4 }'; then ok "$1"; else not_ok "$1"; fi
}
near "blocks of the data set add up to it" "$work/p.csv" "$work/blocks1.csv"
near "two threads arrive where one does" "$work/blocks1.csv" "$work/blocks2.csv"
near "five threads arrive where one does" "$work/blocks1.csv" "$work/blocks5.csv"
sed 's/minimize L/minimize L over b/; s/METHOD/newton/' $folder/logistic.nn >"$work/over.nn"
check "over b compiles" "$nnc" "$work/over.nn" -o "$work/over"
"$work/over" train x="$table:0-29" y="$table:30" --quiet --save "$work/over.safetensors"
if [ "$("$work/over" predict --load "$work/over.safetensors" | tail -1 | cut -d, -f29,30)" = 0,0 ] &&
  "$work/over" predict --load "$work/over.safetensors" | tail -1 | cut -d, -f31 | grep -q '^0.52'; then # log(357/212)
  ok "over b moves b alone"; else not_ok "over b moves b alone"; fi
check "validation stops it early" "$work/blocks" train x="$table:0-29" y="$table:30" --validate 0.3 --patience 2 \
  --set tol=1e-12
sed 's/loss L = /c = mean(batch) a; loss L = c^2 + /; s/METHOD/lbfgs/; s/rows = 569/rows = 50/' $folder/logistic.nn \
  >"$work/coupled.nn"
check "a loss across the batch compiles" "$nnc" "$work/coupled.nn" -o "$work/coupled"
fails "a loss across the batch needs all rows in it" 2 'expected .train . batch = 569' \
  "$work/coupled" train x="$table:0-29" y="$table:30"
