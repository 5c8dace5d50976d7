#!/bin/sh
# slow: a few hundred identities are checked
# Random identities of algebra, of the prelude's functions, of derivatives and of batches: no wrong one is proved, no
# right one refuted. `make identities` tries thousands.
. tests/lib.sh

need python3 "random identities"
if python3 tests/identities/identities.py --nnc "$BUILD/nnc" --count 150 --seed check >"$work/out" 2>&1
then ok "300 random identities"; cat "$work/out"
else not_ok "300 random identities" - <"$work/out"; fi
