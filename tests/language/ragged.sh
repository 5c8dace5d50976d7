#!/bin/sh
# Examples with extents of their own (`dim T <= n`): a batch of them is the mean of its examples alone, and what lies
# beyond their ends changes nothing.
. tests/lib.sh

one_by_one() { # MODEL.nn [rest]: only what lies beyond the ends is looked at
  name=$(base "$1")
  generate "$1" "$work/c" && model_object "$QUICK" "$work/c" "$name" -O1 &&
    model_program "$work/run" ragged "$QUICK" "$work/c" "$name" && "$work/run" ${2:+"$2"}
}

for m in $(grep -l '^ *dim ' tests/values/*.nn tests/language/good/*.nn models/*.nn); do
  # infinite where a target is longer than its input
  if grep -q '\[batch\|(batch)' "$m" || [ "$(base "$m")" = ctc ]; then
    check "$(base "$m"): what lies beyond the ends changes nothing" one_by_one "$m" rest
  else
    check "$(base "$m"): a batch is the mean of its examples" one_by_one "$m"
  fi
done

# Files of a program: what stands beyond the ends is neither looked at nor counted, in every kind of file.
cat >"$work/sized.nn" <<'END_OF_MODEL'
model sized
dim T <= 3
input s[T] : class(4), m[T] : bit, x[T, 2], y
param E[4, 2] ~ normal(0, 1), W[2, 2] ~ glorot
h[t, i] = sum(j) W[i, j] * x[t, j] + E[s[t], i]
z = sum(t, i) tanh(h[t, i]) * (1 + m[t])
loss L = (z - y)^2
metric largest = max(x)
minimize L with adam
train { batch = 2, epochs = 3, validate = 0, standardize = x }
output z
output h
END_OF_MODEL
check "sized is made" "$nnc" "$work/sized.nn" -o "$work/sized"
cd "$work" || exit 1
printf 'T,y\n3,-1\n2,0.5\n1,0.25\n' >rows.csv

tables() { # NAME CLASS BIT REAL: with these in the places that a row does not have
  mkdir "$1"
  printf '3,0,1\n1,2,%s\n2,%s,%s\n' "$2" "$2" "$2" >"$1/s"
  printf '1,1,1\n1,0,%s\n0,%s,%s\n' "$3" "$3" "$3" >"$1/m"
  printf '2,1,1,0,1,2\n1,2,0,1,%s,%s\n0,1,%s,%s,%s,%s\n' "$4" "$4" "$4" "$4" "$4" "$4" >"$1/x"
}
bytes() { # HEX...
  for hex in $(echo "$@" | sed 's/[0-9a-f][0-9a-f]/& /g'); do printf "\\$(printf %03o "0x$hex")"; done
}
arrays() { # NAME CLASS BIT REAL: the same as idx: int32_t, bytes, floats
  mkdir "$1"
  bytes 00000c02 00000003 00000003 00000003 00000000 00000001 00000001 00000002 "$2" 00000002 "$2" "$2" >"$1/s"
  bytes 00000802 00000003 00000003 01 01 01 01 00 "$3" 00 "$3" "$3" >"$1/m"
  bytes 00000d03 00000003 00000003 00000002 40000000 3f800000 3f800000 00000000 3f800000 40000000 >"$1/x"
  bytes 3f800000 40000000 00000000 3f800000 "$4" "$4" 00000000 3f800000 "$4" "$4" "$4" "$4" >>"$1/x"
}
use() { # NAME: all that the program makes of these files
  set -- "$1" x="$1/x" s="$1/s" m="$1/m" T=rows.csv:T
  folder=$1
  shift
  ./sized train "$@" y=rows.csv:y --save "$folder/w.safetensors" --history "$folder/history" --quiet &&
    ./sized test "$@" y=rows.csv:y --load "$folder/w.safetensors" >"$folder/test" &&
    ./sized predict "$@" --output z --load "$folder/w.safetensors" -o "$folder/z.csv" &&
    ./sized predict "$@" --output h --load "$folder/w.safetensors" -o "$folder/h.csv"
}
alike() { # NAME
  use "$1" || return 1
  sed 's/,[^,]*$//' zeros/history >history1 && sed 's/,[^,]*$//' "$1/history" >history2 # without the seconds
  cmp history1 history2 && for made in w.safetensors test z.csv h.csv; do cmp "zeros/$made" "$1/$made" || return 1; done
}
tables zeros 0 0 0
check "tables with 0 beyond the ends" use zeros
tables numbers -1 2 nan && tables words none NA pad && tables empty '' '' '' && tables fractions 0.5 1e9 1e39
arrays array ffffffff ff 7fc00000
for rest in numbers words empty fractions array; do check "$rest beyond the ends of rows change nothing" alike $rest
  done
for input in s m x; do
  rm -rf bad && cp -r zeros bad && sed '2s/^1/nan/' "zeros/$input" >"bad/$input"
  fails "nan within the ends of $input is found" 1 "bad/$input:2: column 0: found 'nan'" ./sized test s=bad/s m=bad/m \
    x=bad/x T=rows.csv:T \
    y=rows.csv:y --load zeros/w.safetensors
done

# A text says what T is: the tables beside it are read after it, wherever they stand.
printf 'abc\nba\nc\n' >names.txt
./sized predict x=zeros/x m=zeros/m s=names.txt --output z -o text1.csv &&
  ./sized predict x=numbers/x m=numbers/m s=names.txt --output z -o text2.csv
same "the lengths of a text's lines are extents of tables" text1.csv text2.csv
