#!/bin/sh
# Data and checkpoints that do not fit: the file, the row and what was expected are named, nothing is trained, nothing
# is lost. A full disk leaves the old checkpoint and no half of a new one.
. tests/lib.sh

classifier m "batch = 4, epochs = 2"
sed 's/dense(x, 3)/dense(tanh(dense(x, 5)), 3)/; s/model m/model other/' "$work/m.nn" >"$work/other.nn"
check "m is made" "$nnc" "$work/m.nn" -o "$work/m"
check "other is made" "$nnc" "$work/other.nn" -o "$work/other"
[ -x "$work/m" ] || exit 0

cd "$work" || exit 1
printf '0.1,0.2\n0.3,0.4\n0.5,0.6\n0.7,0.8\n0.9,1.0\n' >x.csv
printf '0\n1\n2\n0\n1\n' >y.csv
printf '0\n1\n2\n' >short.csv
printf '0\n1\n3\n0\n1\n' >range.csv
printf '0\n1\n0.5\n0\n1\n' >half.csv
printf '0.1,0.2\n0.3,nan\n0.5,0.6\n0.7,0.8\n0.9,1.0\n' >nan.csv
printf '0.1,0.2\n0.3,word\n0.5,0.6\n0.7,0.8\n0.9,1.0\n' >word.csv
printf '0.1,0.2\n0.3\n0.5,0.6\n0.7,0.8\n0.9,1.0\n' >ragged.csv
printf '0.1,0.2,0.3\n0.3,0.4,0.5\n' >wide.csv
: >empty.csv
printf 'a,a,b\n1,2,3\n4,5,6\n' >twice.csv
printf 'a,b\n1,2,0\n4,5,1\n' >unnamed.csv
gzip -c x.csv >x.csv.gz
head -c 30 x.csv.gz >cut.csv.gz

refused() { # NAME STATUS PATTERN ARGUMENTS...
  name=$1 status=$2 pattern=$3; shift 3
  rm -f no.safetensors
  fails "$name" "$status" "$pattern" ./m train "$@" --save no.safetensors
  [ ! -e no.safetensors ] || not_ok "$name: nothing is trained"
}

check "good data" ./m train x=x.csv y=y.csv --quiet --save good.safetensors
check "good data, gzip'd" ./m train x=x.csv.gz y=y.csv --quiet --save zipped.safetensors
same "gzip changes nothing" good.safetensors zipped.safetensors
refused "different numbers of rows" 1 'short.csv|x.csv' x=x.csv y=short.csv
refused "a class out of range" 1 'range.csv.*3' x=x.csv y=range.csv
refused "a class that is not whole" 1 'half.csv.*3' x=x.csv y=half.csv
refused "NaN" 1 'nan.csv.*2' x=nan.csv y=y.csv
refused "a word" 1 'word.csv.*2' x=word.csv y=y.csv
refused "a row with a column less" 1 'ragged.csv.*2' x=ragged.csv y=y.csv
refused "a column more" 1 'wide.csv' x=wide.csv y=y.csv
refused "a name that two columns have" 1 "two columns have the name 'a'" x=twice.csv:a,b y=y.csv
refused "a header of other columns than the rows'" 1 'names 2 columns, the rows have 3' x=unnamed.csv:a,b \
  y=unnamed.csv:2
check "the same columns by number" ./m train x=unnamed.csv:0-1 y=unnamed.csv:2 --quiet
refused "a device that does not end" 2 'does not end' x=/dev/zero y=y.csv
refused "an empty file" 1 'empty.csv' x=empty.csv y=y.csv
refused "a truncated gzip" 1 'cut.csv.gz' x=cut.csv.gz y=y.csv
refused "a missing file" 2 'absent.csv' x=absent.csv y=y.csv
refused "a folder" 2 '' x=. y=y.csv
refused "an unknown input" 2 "x" q=x.csv y=y.csv
refused "an input that is not given" 2 "y" x=x.csv
refused "an unknown option" 2 'epochs' x=x.csv y=y.csv --epoch 3
refused "an unknown setting" 2 'lr' x=x.csv y=y.csv --set lrr=3

test_m() { ./m test x=x.csv y=y.csv --load "$1"; }
check "a good checkpoint" test_m good.safetensors
./other train x=x.csv y=y.csv --quiet --save other.safetensors >/dev/null 2>&1
fails "a checkpoint of another model" 1 'other.safetensors' test_m other.safetensors
size=$(wc -c <good.safetensors | tr -d ' ')
for bytes in 0 7 8 100 $((size - 1)); do
  head -c "$bytes" good.safetensors >cut.safetensors
  fails "a checkpoint cut after $bytes bytes" 1 'cut.safetensors' test_m cut.safetensors
done
{ cat good.safetensors; echo more; } >long.safetensors
fails "a checkpoint with more behind it" 1 'long.safetensors' test_m long.safetensors
{ printf '\377\377\377\377\377\377\377\177'; tail -c +9 good.safetensors; } >header.safetensors
fails "a checkpoint with a hostile length" 1 'header.safetensors' test_m header.safetensors

# A full disk: a limit on the size of files does the same to a write.
cp good.safetensors full.safetensors
before=$(ls | grep -vx same.out)
on_full_disk() { (ulimit -f 0; trap '' XFSZ; "$@") >full.log 2>&1; }
if on_full_disk ./m train x=x.csv y=y.csv --quiet --epochs 3 --save full.safetensors; then
  not_ok "a full disk is an error"
else ok "a full disk is an error"; fi
same "a full disk leaves the old checkpoint" good.safetensors full.safetensors
echo "$before" >before
ls | grep -Evx 'full.log|before|after|same.out' >after
same "a full disk leaves no half of a file" before after
fails "an output that cannot be written" 2 'absent' ./m predict x=x.csv --load good.safetensors -o absent/p.csv
