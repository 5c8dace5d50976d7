#!/bin/sh
# nnc --trace-nan: where the first NaN or infinity was born, and train --ranges: a picture of ranges. Planted ones (log
# of 0, division by 0, an exploding recurrence, 0/0 in a mask, overflow in exp, an update that goes too far) are traced
# to the line, the element, the step and the row of the data. Each model computes what it computes without the option,
# with no false alarm, and names the element of a parameter or an input where NaN or infinity was put; every sixth model
# of models/ (WHOLE=1: all).
. tests/lib.sh

# traced NAME "FILES" OPTIONS...: trains $work/NAME.nn in $work; the message in $work/said, without paths
traced() {
  planted=$1; shift
  [ -x "$work/$planted" ] || check "$planted is compiled" "$nnc" --trace-nan "$work/$planted.nn" -o "$work/$planted"
  (cd "$work" && "./$planted" train "$@") >"$work/out" 2>"$work/err"
  [ $? -eq 1 ] || echo "status $? of $planted" >>"$work/err"
  sed -n "s|$work/||g; s/^error: //; s/^  ([0-9]*) /  /; /$planted.nn:\|^ \|^help/p" "$work/err" >"$work/said"
}
said() { # NAME: as on standard input
  cat >"$work/wanted"
  if cmp -s "$work/wanted" "$work/said"; then ok "$1"; else diff "$work/wanted" "$work/said" | not_ok "$1" -; fi
}

# numbers COLUMNS ROWS: in (0.1, 1.6), the same for everyone
numbers() { awk -v c="$1" -v r="$2" \
  'BEGIN { s = 7; for (i = 0; i < r; i++) { for (j = 0; j < c; j++) { s = (s*48271) % 2147483647;
    printf "%s%.3f", j ? "," : "", 0.1 + 1.5*s/2147483647 } print "" } }'; }
numbers 1 12 >"$work/t.csv"

# ---- the logarithm of 0 ----
cat >"$work/logarithm.nn" <<'EOF'
model logarithm
input x[3], y : class(3)
param W[3,3] = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
a[k] = sum(j) W[k,j]*x[j]
p = max(a, 0) / (1 + sum(k) max(a[k], 0))
lp = log(p)
loss L = -lp[y]
minimize L with sgd(0.001)
train { batch = 4, epochs = 3, shuffle = 0 }
EOF
numbers 3 12 | sed '7s/,[^,]*,/,-1,/' >"$work/x.csv"
awk 'BEGIN { for (i = 0; i < 12; i++) print 1 }' >"$work/y.csv"
traced logarithm x=x.csv y=y.csv
said "log of 0" <<'EOF'
logarithm.nn:6:6: log(0) = -inf, in the training loss L
    lp = log(p)
         ^~~~~~
  element lp[1] of example 2 (row 6 of the data), training step 2, epoch 1
  lp[b,i] = log(p[b,i])
  p[1] = 0  (logarithm.nn:5)
help: keep it above 0, as log(x + 1e-7); of a probability take log_softmax, or the loss of the logits
EOF

grep -o '([0-9]*) lp\[b,i\] = .*)' "$work/err" >"$work/numbered"
"$nnc" --emit=c "$work/logarithm.nn" | grep -o '([0-9]*) lp\[b,i\] = .*)' | head -1 >"$work/in_c"
if [ -s "$work/numbered" ]; then same "the number of the equation, as in the C" "$work/numbered" "$work/in_c"
else not_ok "the number of the equation" - <"$work/err"; fi

# ---- division by 0 ----
cat >"$work/division.nn" <<'EOF'
model division
input x[4], t
param w[4] = [0.1, 0.2, 0.3, 0.4]
total = sum(x)
share[i] = x[i] / total
z = sum(i) w[i]*share[i]
loss L = (z - t)^2
minimize L with sgd(0.1)
train { batch = 4, epochs = 3, shuffle = 0 }
EOF
numbers 4 12 | sed '11s/.*/1,-1,0.5,-0.5/' >"$work/x.csv"
for threads in 1 3; do
  traced division x=x.csv t=t.csv --threads $threads
  said "division by 0, $threads threads" <<'EOF'
division.nn:5:12: 1 / 0 = inf, in the training loss L
    share[i] = x[i] / total
               ^~~~~~~~~~~~
  element share[0] of example 2 (row 10 of the data), training step 3, epoch 1
  share[b,i] = x[b,i] / total[b]
  x[0] = 1  (division.nn:2)
  total = 0  (division.nn:4)
  it went on into z (line 6) -> L (line 7)
help: where(d == 0, 0, x/d) leaves such a place out, of the gradient too
EOF
done

# ---- a recurrence that explodes: 10^39 is beyond a float, so it is step 39 (from 0) of the fifth row ----
cat >"$work/recurrence.nn" <<'EOF'
model recurrence
input x[50], t
param W[2,2] = [[10, 0], [0, 0.5]]
param v[2] = [0, 1]
scan s < 50 {
  init h = zeros(2)
  h[s] = W @ h[s-1] + x[s]
}
z = sum(i) v[i]*h[49,i]
loss L = (z - t)^2
minimize L over v with sgd(0.001)
train { batch = 4, epochs = 3, shuffle = 0 }
EOF
awk 'BEGIN { for (i = 0; i < 12; i++) { for (j = 0; j < 50; j++) printf "%s%d", j ? "," : "", i == 5 && j == 0;
  print "" } }' >"$work/x.csv"
cp "$work/x.csv" "$work/explodes.csv"
cp "$work/t.csv" "$work/t12.csv"
traced recurrence x=x.csv t=t.csv
said "a recurrence that explodes" <<'EOF'
recurrence.nn:7:10: sum of 2 terms = inf; the largest is 10 * 1e+38, in the training loss L
      h[s] = W @ h[s-1] + x[s]
             ^~~~~~~~~~
  element v2[39,0] of example 1 (row 5 of the data), time step 39, training step 2, epoch 1
  v2[b,i,j] = Σ_k W[j,k] h.prev[b,i,k]
  W[0,0] = 10  (recurrence.nn:3)
  h.prev[39,0] = 1e+38  (recurrence.nn:7)
  it went on into h[39,0] (line 7) -> z (line 9) -> L (line 10)
help: it grows from step to step: smaller weights, gates, or clipped gradients keep a recurrence in bounds
EOF

# ---- 0/0 in a mask ----
cat >"$work/mask.nn" <<'EOF'
model mask
input x[5], m[5], t
param w[5] = [0.1, 0.2, 0.3, 0.4, 0.5]
q[i] = w[i]*x[i]
kept = sum(i) m[i]
mean_q = (sum(i) m[i]*q[i]) / kept
loss L = (mean_q - t)^2
minimize L with sgd(0.1)
train { batch = 4, epochs = 3, shuffle = 0 }
EOF
numbers 5 12 >"$work/x.csv"
awk 'BEGIN { for (i = 0; i < 12; i++) print i == 6 ? "0,0,0,0,0" : "1,1,0,1,1" }' >"$work/m.csv"
traced mask x=x.csv m=m.csv t=t.csv
said "0/0 in a mask" <<'EOF'
mask.nn:6:10: 0 / 0 = nan, in the training loss L
    mean_q = (sum(i) m[i]*q[i]) / kept
             ^~~~~~~~~~~~~~~~~~~~~~~~~
  element mean_q of example 2 (row 6 of the data), training step 2, epoch 1
  mean_q[b] = v2[b] / kept[b]
  v2 = 0  (mask.nn:6)
  kept = 0  (mask.nn:5)
  it went on into L (line 7)
help: where(d == 0, 0, x/d) leaves such a place out, of the gradient too
EOF

# ---- overflow in exp ----
cat >"$work/overflow.nn" <<'EOF'
model overflow
input x[2], t
param w[2] = [1, 2]
rate = exp(sum(i) w[i]*x[i])
loss L = rate - t*log(rate)
minimize L with sgd(0)
train { batch = 4, epochs = 3, shuffle = 0 }
EOF
numbers 2 12 | sed '8s/.*/40,30/' >"$work/x.csv"
traced overflow x=x.csv t=t.csv
said "overflow in exp" <<'EOF'
overflow.nn:4:8: exp(100) = inf, in the training loss L
    rate = exp(sum(i) w[i]*x[i])
           ^~~~~~~~~~~~~~~~~~~~~
  element rate of example 3 (row 7 of the data), training step 2, epoch 1
  rate[b] = exp(v1[b])
  v1 = 100  (overflow.nn:4)
  it went on into L (line 5)
help: floats end at exp(88.7): softmax, logsumexp, sigmoid and softplus are written so that they never come there
EOF

# ---- an update that goes too far: the loss and its gradient are finite ----
cat >"$work/update.nn" <<'EOF'
model update
input x
param w[2] = [3, 1]
loss L = w[0]*1e20 + w[1] + 0*x
minimize L with sgd(1e20)
train { batch = 4, epochs = 3 }
EOF
numbers 1 8 >"$work/x.csv"
traced update x=x.csv
said "an update that goes too far" <<'EOF'
update.nn:5:1: this update made w[0] -inf
    minimize L with sgd(1e20)
    ^~~~~~~~~~~~~~~~~~~~~~~~~
  the loss and its gradient were finite, training step 1, epoch 1
  it was 3, its gradient 1e+20
help: a smaller learning rate, or clipped gradients, may help
EOF

# ---- on the way back: the loss is 0, but what comes back grows by 10 and by 100; the second is beyond a float first,
# at 49 - 19, on its way to 29 ----
cat >"$work/back.nn" <<'EOF'
model back
input x[50]
param w[2] = [1, 1]
scan s < 50 {
  init h = zeros(2)
  h[s] = [10, 100] * h[s-1] + w*x[s]
}
loss L = h[49,0] + h[49,1]
minimize L with sgd(0)
train { batch = 2 }
EOF
awk 'BEGIN { for (i = 0; i < 3; i++) { for (j = 0; j < 50; j++) printf "%s0", j ? "," : ""; print "" } }' >"$work/x.csv"
traced back x=x.csv
check "on the way back" grep -q '5e+37 \* 100 = inf, in the training loss L' "$work/said"
check "... and its time" grep -q 'element .*\[30,1\] of example 0 (row .*), time step 30 on the way back' "$work/said"

# ---- through arrays that are joined ----
cat >"$work/joined.nn" <<'EOF'
model joined
input x[3], t
param w = 1
a[i] = w*x[i]
b[i] = log(w*x[i] - 1)
c = concat(a, b)
loss L = (sum(c) - t)^2
minimize L with sgd(0)
train { batch = 2, shuffle = 0 }
EOF
printf '2,3,4\n2,3,4\n2,1,4\n' >"$work/x.csv"
printf '1\n1\n1\n' >"$work/t.csv"
traced joined x=x.csv t=t.csv
check "through arrays that are joined" grep -q 'element b\[1\] of example 0 (row 2 of the data)' "$work/said"

# ---- in evaluation and in an output; and what is not to blame ----
cat >"$work/quiet.nn" <<'EOF'
model quiet
input x, m[3], t
param w = 1
wild = exp(x*w)                        # infinite at 100: 1/(1 + infinity) is 0, and the branch is not taken
tame = where(x < 50, wild, 50)
score[i] = where(m[i] > 0, w*m[i], log(0))
p = softmax(score)                     # a mask of minus infinity
loss L = (tame*0.01 + 1/(1 + wild) + p[0] - t)^2
output q = sqrt(w - x)
output ratio = log(m[1])               # may be infinite: it is said of no number only
minimize L with sgd(1e-6)
train { batch = 2, epochs = 2, shuffle = 0 }
EOF
printf '1\n100\n0\n-100\n' >"$work/x.csv"
printf '1,0,2\n1,1,0\n0.5,0,0\n1,2,3\n' >"$work/m.csv"
printf '0\n0\n1\n1\n' >"$work/t.csv"
check "quiet is compiled" "$nnc" --trace-nan "$work/quiet.nn" -o "$work/quiet"
check "what reaches no result is no fault" "$work/quiet" train x="$work/x.csv" m="$work/m.csv" t="$work/t.csv" \
  --trace-nan
fails "an output, by its row" 1 'quiet.nn:9:12: sqrt\(-99\) = nan, in the output q' "$work/quiet" predict \
  x="$work/x.csv" m="$work/m.csv" --output q
check "and its row" grep -q 'element q of example 1 (row 1 of the data)' "$work/fails.out"
check "an output may be infinite" "$work/quiet" predict x="$work/x.csv" m="$work/m.csv" --output ratio
printf '0\n0\n1e25\n1\n' >"$work/t.csv"
fails "in evaluation" 1 'quiet.nn:8:10: -1e[+]25 [*] [(]-1e[+]25[)] = inf, in the loss L' "$work/quiet" test \
  x="$work/x.csv" m="$work/m.csv" t="$work/t.csv"
check "... and its row" grep -q 'of example 2 (row 2 of the data), in evaluation' "$work/fails.out"

# ---- a full-batch method: looked for in float ----
cat >"$work/full.nn" <<'EOF'
model full
input x, t
param w = 0
z = t*log(w*x)
loss L = z^2
minimize L with lbfgs()
EOF
printf '1\n2\n' >"$work/x.csv"
traced full x=x.csv t=x.csv
check "a full-batch method" grep -q 'full.nn:4:7: log(0) = -inf, in the training loss L' "$work/said"

# ---- a program without it says how to get it; C of one's own asks nn_trace_message ----
check "plain is compiled" "$nnc" "$work/quiet.nn" -o "$work/plain"
fails "a program that cannot" 2 'nnc --trace-nan model.nn -o quiet' "$work/plain" train x="$work/x.csv" \
  m="$work/m.csv" t="$work/t.csv" --trace-nan
cat >"$work/own.c" <<'EOF'
#include <stdio.h>
#include "mask.h"
#include "nn_tools.h"
static mask m;
int main(void) {
  float x[10] = {1, 2, 3, 4, 5, 1, 2, 3, 4, 5}, kept[10] = {1, 0, 0, 0, 0}, t[2] = {0, 0};
  nn_error error;
  mask_init(&m, 1);
  mask_step(&m, 1, x, kept, t);
  if (nn_trace_message(&mask_model, &m.work, &error)) return 1;
  mask_step(&m, 2, x, kept, t);
  if (!nn_trace_message(&mask_model, &m.work, &error)) return 2;
  printf("%s\n", error.text);
  return m.step != 1 || m.param.w[4] != 0.5f;
}
EOF
generate "$work/mask.nn" "$work" --trace-nan
check "C of one's own is compiled" sh -c "\$CC $STRICT -O1 -Iruntime/kernels -c -o '$work/mask.o' '$work/mask.c' &&
  \$CC -I'$work' -Iruntime/kernels -Iruntime -o '$work/own' '$work/own.c' '$work/mask.o' $BUILD/libnn.a $LINK"
check "... and is told" sh -c "'$work/own' >'$work/out' &&
  grep -q 'element mean_q of example 1' '$work/out' && grep -q 'mask.nn:6:10: 0 / 0 = nan' '$work/out'"

# ---- the ranges of values and gradients as a picture, of numbers that are known: h is 1, 3, 7, 15, 31, and what comes
# back doubles ----
cat >"$work/ranged.nn" <<'EOF'
model ranged
input x
param w = 1
scan t < 5 {
  init h = 0
  h[t] = 2*h[t-1] + w*x
}
loss L = h[4]
minimize L with sgd(0)
train { batch = 2, epochs = 5 }
EOF
awk 'BEGIN { for (i = 0; i < 101; i++) print 1 }' >"$work/x.csv"
check "ranged is compiled" "$nnc" --trace-nan "$work/ranged.nn" -o "$work/ranged"
check "draws the ranges" "$work/ranged" train x="$work/x.csv" --ranges "$work/ranges.svg" --quiet
sed -n 's/<text[^>]*>\(.*\)<.text>/\1/p' "$work/ranges.svg" >"$work/texts"
cat >"$work/wanted" <<'EOF'
ranged: values and gradients in 255 steps
Gradients, by layer
norm, of a layer's parameters; at the right that of the last steps
steps 1 to 255
3.1
31
w
31
Gradients, by time
norm of what comes back to each time of a recurrence, of an example; right: the last steps
steps 1 to 255
δh
line 6
time 0
time 4
16
1
1
16
Values
magnitude: mean (line) to largest (edge); right: least and most of the last steps
steps 1 to 255
h
line 6
100
10
1 to 31
Adjoints
derivatives of an example's loss with respect to values, in the same way
steps 1 to 255
δh
line 6
100
1
1 to 16
EOF
if cmp -s "$work/wanted" "$work/texts"; then ok "what the picture says"
else diff "$work/wanted" "$work/texts" | not_ok "what the picture says" -; fi
if have xmllint; then check "the picture is XML" xmllint --noout "$work/ranges.svg"; fi
"$work/recurrence" train x="$work/explodes.csv" t="$work/t12.csv" --ranges "$work/stopped.svg" --quiet >/dev/null 2>&1
check "a training that stopped is drawn up to there" grep \
  -q 'recurrence: values and gradients in 2 steps, of which the last was not finite' "$work/stopped.svg"
check "and what was not finite" grep -q '[0-9] not finite' "$work/stopped.svg"
fails "ranges of a batch that is cut" 2 '--ranges: expected one thread and a batch of at most 2' "$work/ranged" train \
  x="$work/x.csv" --threads 2 --ranges "$work/r.svg"
fails "ranges of a program that cannot" 2 '--ranges: this program keeps too little' "$work/plain" train \
  x="$work/x.csv" m="$work/m.csv" t="$work/t.csv" --ranges "$work/r.svg"
fails "a picture that cannot be written" 2 'no/such/r.svg: cannot be written' "$work/ranged" train x="$work/x.csv" \
  --ranges "$work/no/such/r.svg"

cat >"$work/much.nn" <<'EOF'
model much
input x[60000]
param w = 1
y = exp(w*x)
loss L = sum(y)
minimize L with sgd
train { batch = 30000 }
EOF
fails "more values than can be kept" 1 'keeps every value: [0-9]* numbers; 2000000000 are the most' "$nnc" \
  --trace-nan --max-memory 1000G "$work/much.nn" -o "$work/much.c"

# ---- all models: the same results, no alarm, and what was poisoned is named ----
alike() { # FILE FILE: to 1e-4: sums are added up in another order
  awk '{ key = $0; sub(/ [^ ]*$/, "", key) } FNR == NR { known[FNR] = $NF; what[FNR] = key; n++; next }
    { m++; d = $NF - known[FNR]; size = $NF < 0 ? -$NF : $NF
      if (key != what[FNR] || d*d > (1e-4*(size + 1e-2))^2 || $NF ~ /nan|inf/) { print $0 ", expected " known[FNR];
        bad = 1 } }
    END { exit bad || n != m || !n }' "$1" "$2"
}
turn=0
for m in models/*.nn; do
  turn=$((turn + 1))
  sampled $turn 6 3 || continue
  name=$(base "$m")
  generate "$m" "$work/plain.c" >/dev/null 2>&1
  generate "$m" "$work/traced.c" --trace-nan >/dev/null 2>&1
  for folder in plain traced; do
    model_object "$QUICK" "$work/$folder.c" "$name" -O1 >/dev/null 2>&1 &&
      model_program "$work/program" exercise "$QUICK" "$work/$folder.c" "$name" >"$work/log" 2>&1 &&
      "$work/program" 2 >"$work/$folder.txt"
  done
  check "$name: no alarm, the same results" alike "$work/plain.txt" "$work/traced.txt"
  model_program "$work/program" poison "$QUICK" "$work/traced.c" "$name" >"$work/log" 2>&1
  check "$name: what was poisoned is named" sh -c "'$work/program' 2 && '$work/program' 1"
done
check "there are models" test "$turn" -ge 80
