#!/bin/sh
# slow: random models are compiled under sanitizers
# Random models of whole numbers as indices, at the extreme values of their inputs: no read out of bounds, no overflow,
# no cast of what does not fit.
SECONDS_OF_CPU=600
UNLIMITED=1
. tests/lib.sh

need python3 "random models under sanitizers"
name="6 random models of whole numbers under sanitizers"
if python3 tests/random/run.py --build "$BUILD" --jobs 1 --whole --models 6 --seed sanitized \
  --sanitize --no-shrink >"$work/out" 2>&1; then ok "$name"
else not_ok "$name" - <"$work/out"; fi
