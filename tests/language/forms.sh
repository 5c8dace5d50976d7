#!/bin/sh
# Derivatives in the form that a book prints: `--emit=book` of small models, whose gradients are held against lines
# written by hand; and what must keep its form. Numbers of nodes are left out of the comparison.
. tests/lib.sh

# form NAME LINES: what the model on standard input makes of its gradients holds these lines, in this order.
form() {
  cat >"$work/m.nn"
  "$nnc" --emit=book "$work/m.nn" >"$work/all" 2>&1 || { not_ok "$1" - <"$work/all"; return; }
  sed -n '/^# training/,/^# [om]/p' "$work/all" |
    awk '/^%/ { n = $1; sub(/^%[0-9]* /, ""); if ($0 ~ /^[^ [=]+ / && $0 !~ /= (input|param)/) name[n] = $1
                if ($0 ~ /= (input|param)/) name[n] = $1; line[++k] = $0 }
         END { for (i = 1; i <= k; i++) { s = line[i]; out = ""
                 while (match(s, /%[0-9]+/)) { id = substr(s, RSTART, RLENGTH)
                   out = out substr(s, 1, RSTART - 1) (id in name ? name[id] : "_"); s = substr(s, RSTART + RLENGTH) }
                 s = out s; print (s ~ /^\[/ ? "_ " : "") s } }' >"$work/got"
  printf '%s\n' "$2" >"$work/wanted"
  awk 'NR == FNR { want[++n] = $0; next } at < n && $0 == want[at + 1] { at++ } END { exit at < n }' "$work/wanted" \
    "$work/got"
  if [ $? = 0 ]; then ok "$1"
  else { echo "wanted:"; cat "$work/wanted"; echo "got:"; cat "$work/got"; } | not_ok "$1" -; fi
}

form "binary cross-entropy: c is softplus(a) - y a, its derivative (σ(a) - y)/n; the hidden layer has h (1 - h)" \
'c [n] = _[b] - _[b]
z2 [n] = sigmoid(a2[b])
_ [n] = z2[b] - y[b]
δa2 [n] = _ * _[b]
δh [n,4] = δa2[b] * w2[i]
_ [n,4] = 1 - h[b,i]
_ [n,4] = h[b,i] * _[b,i]
δa1 [n,4] = δh[b,i] * _[b,i]' <<'EOF'
input x[3]
input y : bit
param W1[4, 3] ~ glorot
param w2[4] ~ uniform(-1, 1)
a1 = W1 @ x
h = sigmoid(a1)
a2 = w2 @ h
z2 = sigmoid(a2)
loss c = -y*log(z2) - (1 - y)*log(1 - z2)
minimize c with sgd(lr = 0.5)
EOF

form "softmax and cross-entropy: (p - onehot)/n" \
'p [n,3] = exp(_[b,i])
_ [n,3] = 1 [i-t[b] = 0]
_ [n,3] = p[b,i] - _[b,i]
δu [n,3] = _ * _[b,i]' <<'EOF'
input x[4]
input t : class(3)
param W[3, 4] ~ normal(0, 0.1)
u = W @ x
p = softmax(u)
loss L = -log(p[t])
minimize L with sgd(lr = 0.1)
EOF

form "squared error: (y - t)/n, no factor 2" \
'e [n] = _[b] - t[b]
δe [n] = _ * e[b]
δw [4] = Σ_b'"'"' δe[b'"'"'] * x[b'"'"',i]' <<'EOF'
input x[4]
input t
param w[4] ~ normal(0, 0.1)
e = w @ x - t
loss L = e^2 / 2
minimize L with sgd(lr = 0.1)
EOF

form "a gate: z (1 - z) (h' - n) comes out of the two paths through z and 1 - z" \
'_ [n,4] = 1 - z[b,i]
_ [n,4] = h[i] - m[b,i]
_ [n,4] = z[b,i] * _[b,i]' <<'EOF'
input x[3]
param V[4, 3] ~ glorot
param U[4, 3] ~ glorot
param h[4] ~ uniform(-1, 1)
param q[4] ~ uniform(-1, 1)
a = V @ x
z = sigmoid(a)
m = tanh(U @ x)
s = z*h + (1 - z)*m
loss L = q @ s
minimize L with sgd(lr = 0.1)
EOF

form "digits that matter stay: 1 - σ(a) of a large a, times a large number, and divided by" \
'_ [n] = -a[b]
_ [n] = sigmoid(_[b])
_ [n] = 1e+26 _[b]' <<'EOF'
input x[3]
param w[3] ~ uniform(-1, 1)
a = w @ x + 60
loss L = 1e26*(1 - sigmoid(a)) + x[0]*sigmoid(a)/(1 - sigmoid(a))
minimize L with sgd(lr = 0.1)
EOF

# calls NAME FUNCTION MOST: so many calls in the C of the gradient of the model on standard input.
calls() {
  cat >"$work/m.nn"
  "$nnc" "$work/m.nn" -o "$work/m.c" >"$work/all" 2>&1 || { not_ok "$1" - <"$work/all"; return; }
  n=$(sed -n '/_L_grad(/,/^}/p' "$work/m.c" | grep -v '^ *\(/\*\|\*\|//\)' | grep -o "$2" | wc -l)
  if [ "$n" = "$3" ]; then ok "$1"; else not_ok "$1" "$n calls of $2"; fi
}

calls "what stands alone stays stable: log(1 - σ(a)) has one softplus and one sigmoid" 'nn_sigmoid' 1 <<'EOF'
model m
input x[3]
param w[3] ~ uniform(-1, 1)
loss L = -log(1 - sigmoid(w @ x))
minimize L with sgd(lr = 0.1)
EOF

form "what the user wrote keeps its form" \
'_ [n] = x[b,0] * w
_ [n] = x[b,1] * w
s [n] = _[b] + _[b]' <<'EOF'
input x[2]
param w = 0.5
s = x[0]*w + x[1]*w
loss L = s^2
minimize L with sgd(lr = 0.1)
EOF
