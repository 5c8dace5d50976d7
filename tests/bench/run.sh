#!/bin/sh
# The time of a training step at one thread on the reference workloads that need neither time nor draws, and of what
# builds them. Where ../shared/bench/peers.py and PyTorch are there, PyTorch's times in the same minutes and the ratios.
# usage: tests/bench/run.sh [WORKLOAD...]
set -eu
build=${BUILD:-build}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OPENBLAS_NUM_THREADS=1
python=${PYTHON:-python3}
peers=../shared/bench/peers.py
flags="-std=c99 -O3 -march=native -fno-math-errno -fno-trapping-math"
[ $# -gt 0 ] || set -- xor iris mnist mlp cnn

millis() { # of a command, printed
  start=$(date +%s%N)
  "$@" >/dev/null
  echo $((($(date +%s%N) - start) / 1000000))
}

for w in "$@"; do
  model=tests/bench/$w.nn
  t_nnc=$(millis "$build/nnc" "$model" -o "$work/$w.c")
  t_cc=$(millis cc $flags -I "$build" -c "$work/$w.c" -o "$work/$w.o")
  cc $flags -I "$build" -DMODEL="bench_${w}_model" tests/bench/step.c "$work/$w.o" "$build/libnn.a" \
    $(cat "$build/nn.link") -o "$work/step"
  before=$("$work/step" "$w")
  peer=
  if [ -f "$peers" ] && "$python" -c 'import torch' 2>/dev/null; then
    peer=$("$python" "$peers" --threads 1 --only "$w" --frameworks torch)
  fi
  after=$("$work/step" "$w")
  echo "$before"; echo "$after"; [ -z "$peer" ] || echo "$peer"
  printf '%s\n%s\n%s\n' "$before" "$after" "$peer" | awk -v w="$w" -v nnc="$t_nnc" -v cc="$t_cc" '
    match($0, /"us_per_step": [0-9.]+/) { t = substr($0, RSTART + 15, RLENGTH - 15) + 0
      if (/"framework": "nnc"/) { if (!mine || t < mine) mine = t } else peer = t }
    END { printf "%-6s nnc %.1f us a step", w, mine
      if (peer) printf ", PyTorch %.1f us, ratio %.2f", peer, peer / mine
      printf "; nnc %d ms (budget 20), cc %d ms\n", nnc, cc }'
done
