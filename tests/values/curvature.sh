#!/bin/sh
# slow: some forty models, second derivatives of each evaluated nine times
# Hessians times a direction against difference quotients of the gradient along it, in double, to 1e-6 (in fact most
# agree to 1e-10): of all scans of tests/language, of the smaller pages that have one, and of the models that hold
# Hessians; with WHOLE=1 (make judges) of all pages and models of this folder. (Whole Hessians against PyTorch's, to
# 1e-10: references.sh, the models hessian_*.)
. tests/lib.sh

large='char_|/(cnn|gan_mnist|language_model|names|nationality|translator|vae[a-z_]*|vit)[.]nn'
scans() { grep -lE '^ *scan ' "$@"; }
if [ -n "${WHOLE:-}" ]; then models=$(ls models/*.nn tests/values/*.nn tests/language/scans/*.nn)
else models=$(scans models/*.nn tests/values/*.nn tests/language/scans/*.nn | grep -vE "$large"
  ls tests/values/hessian_*.nn); fi
for m in $(echo "$models" | sort -u | grep -E -e "${ONLY:-.}"); do
  "$BUILD/curvaturetest" "$m" 2>&1 || echo "not ok $m: the Hessian times a direction"
done

# A derivative that is wrong is seen, within a scan: half of that of tanh.
"$nnc" --prelude | sed 's|^derivative tanh(x) = .*|derivative tanh(x) = (1 - tanh(x)^2) / 2|' >"$work/prelude.nn"
fails "a wrong derivative of tanh is seen" 1 '^not ok .*largest difference' "$BUILD/curvaturetest" \
  tests/values/rnn_tanh.nn "$work/prelude.nn"
