#!/bin/sh
# Trains models/long_term.nn on 40 steps and draws how far back each network reaches: tools/long_term.sh FOLDER writes
# FOLDER/long-term.svg and prints the accuracies. In the picture, against t: |∂h_T/∂h_t| of the sigmoid network,
# |∂h_T/∂c_t| of the LSTM and of the variant, in root mean square over the elements, mean over 200 test examples; dashed
# before training.
set -eu
BUILD=${BUILD:-build}
folder=${1:?a folder for the picture}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

awk 'BEGIN { srand(1)
  for (i = 0; i < 5000; i++) {
    printf "%d", rand() < 0.5 ? -1 : 1
    for (t = 1; t < 40; t++) printf ",%.4f", 2*rand() - 1
    print ""
  } }' >"$work/recall.csv"
"$BUILD/nnc" -D T=40 -D m=16 models/long_term.nn -o "$work/long_term"
for epochs in 0 30; do
  "$work/long_term" train x="$work/recall.csv" --test-rows 4000-4999 --quiet --epochs $epochs \
    --save "$work/w.safetensors" \
    >"$work/accuracy"
  for net in sigmoid variant lstm; do
    "$work/long_term" predict x="$work/recall.csv" --rows 4000-4199 --load "$work/w.safetensors" --output ${net}_reach \
      -o "$work/reach.csv"
    awk -F, -v net=$net -v epochs=$epochs 'NR > 1 { for (t = 1; t <= NF; t++) sum[t] += $t; rows++ }
      END { for (t = 1; t <= NF; t++) print net, epochs, t - 1, sum[t]/rows }' "$work/reach.csv"
  done
done >"$work/curves"
grep right "$work/accuracy"

# In: lines `network epochs t value`. Out: SVG; values below 1e-20 are left out.
awk 'function x(t) { return 60 + 14*t }
  function y(v) { return 40 + 16*(2 - log(v)/log(10)) }
  BEGIN {
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"800\" height=\"440\" "
    print "font-family=\"sans-serif\" font-size=\"13\">"
    print "<rect width=\"800\" height=\"440\" fill=\"white\"/>"
    print "<text x=\"60\" y=\"24\">What the last of 40 states owes to step t, before (dashed) and after training</text>"
    for (e = 0; e >= -20; e -= 4)
      printf "<path d=\"M60 %.1fH606\" stroke=\"#ddd\"/><text x=\"52\" y=\"%.1f\" text-anchor=\"end\">1e%d</text>\n",
        y(10^e), y(10^e) + 4, e
    for (t = 0; t < 40; t += 13) printf "<text x=\"%d\" y=\"420\" text-anchor=\"middle\">%s%d</text>\n", x(t),
      t ? "" : "t = ", t
    split("sigmoid variant lstm", nets, " ")
    color["sigmoid"] = "#d62728"; color["variant"] = "#ff7f0e"; color["lstm"] = "#1f77b4"
    name["sigmoid"] = "sigmoid network"; name["variant"] = "variant, f(1 - f)"; name["lstm"] = "LSTM, f"
  }
  $4 >= 1e-20 { points[$1, $2] = points[$1, $2] sprintf(" %d,%.1f", x($3), y($4)) }
  END {
    for (n = 1; n <= 3; n++) {
      net = nets[n]
      for (epochs = 0; epochs <= 30; epochs += 30)
        printf "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"%s/>\n", substr(points[net,
          epochs], 2),
          color[net], epochs ? "" : " stroke-dasharray=\"5 4\""
      printf "<text x=\"640\" y=\"%d\" fill=\"%s\">%s</text>\n", 50 + 24*n, color[net], name[net]
    }
    print "</svg>"
  }' "$work/curves" >"$folder/long-term.svg"
