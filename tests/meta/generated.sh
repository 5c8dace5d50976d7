#!/bin/sh
# generated/ holds the C of the small models as nnc writes it today (ACCEPT=1 rewrites it), and the same input gives the
# same bytes, from whatever folder, locale and environment.
. tests/lib.sh

for m in models/xor.nn models/softmax_regression.nn models/perceptron.nn models/iris.nn; do
  [ -f "$m" ] || continue
  name=$(base "$m")
  if [ -n "${ACCEPT:-}" ]; then mkdir -p generated && "$nnc" "$m" -o "generated/$name.c"; fi
  check "$name is generated" generate "$m" "$work/c"
  for kind in c h; do same "generated/$name.$kind is current" "generated/$name.$kind" "$work/c/$name.$kind"; done
done
[ -z "${ACCEPT:-}" ] || exit 0

for m in $(all_models); do
  name=$(base "$m")
  generate "$m" "$work/one" >/dev/null 2>&1
  mkdir -p "$work/two"
  cp "$(dirname "$m")"/*.nn "$work/two/"
  (cd "$work/two" && env -i PATH="$PATH" LC_ALL=de_DE.UTF-8 "$nnc" "$name.nn" -o "$name.c") >/dev/null 2>&1
  same "$name: same input, same bytes" "$work/one/$name.c" "$work/two/$name.c"
done
