#!/bin/sh
# slow: trains five models of letters for a moment
# The pages on letters learn, and write what they have learned: Shakespeare in characters by each of the three networks,
# names by letters (with an end each), the language of a name.
. tests/lib.sh
OMP_NUM_THREADS=1
export OMP_NUM_THREADS

# between NAME VALUE LOW HIGH
between() {
  if awk -v v="$2" -v low="$3" -v high="$4" 'BEGIN { exit !(v != "" && v + 0 >= low && v + 0 <= high) }'; then ok "$1"
  else not_ok "$1" "found '$2', expected $3 to $4"; fi
}
value() { sed -n "s/^$1 //p" "$work/said"; } # NAME

need_data tinyshakespeare "characters of Shakespeare"
text=$data/tinyshakespeare/input.txt
for m in char_rnn char_lstm char_gru; do
  check "$m is made" "$nnc" "models/$m.nn" -o "$work/$m"
  "$work/$m" train s="$text" --rows 0-2047 --test-rows 16800-17055 --epochs 1 --quiet --save "$work/w.safetensors" \
    >"$work/said"
  between "$m learns" "$(value test.L)" 2 2.6 # guessing: 4.17; the frequencies of the characters: 3.3
  "$work/$m" predict --load "$work/w.safetensors" --output text --seed 1 -o "$work/text.txt"
  between "$m writes 400 characters" "$(wc -c <"$work/text.txt")" 401 401
  between "... in words" "$(tr -cd ' \n' <"$work/text.txt" | wc -c)" 30 120
  "$work/$m" predict --load "$work/w.safetensors" --output text --seed 2 -o "$work/other.txt"
  if cmp -s "$work/text.txt" "$work/other.txt"; then not_ok "... others with another seed" "the same text"; else
    ok "... others with another seed"; fi
done
printf '~%70s' x >"$work/other.txt"
fails "a text of other characters is refused" 1 "found character U\+007E '~'" \
  "$work/char_gru" test s="$work/other.txt" --load "$work/w.safetensors"

need_data names "names"
check "names is made" "$nnc" models/names.nn -o "$work/names"
"$work/names" train s="$data/names/names.txt" --rows 0-9999 --test-rows 10000-10999 --epochs 2 --quiet \
  --save "$work/n.safetensors" >"$work/said"
between "names learns" "$(value test.L)" 1.9 2.6 # guessing: 3.3
"$work/names" predict --load "$work/n.safetensors" -o "$work/made.txt"
between "... and writes twenty" "$(grep -c '^[a-z]*$' "$work/made.txt")" 20 20
between "... that end" "$(grep -c '^[a-z]\{1,14\}$' "$work/made.txt")" 15 20

need_data names_by_nationality "languages of names"
i=0
for f in "$data"/names_by_nationality/*.txt; do
  cat "$f"; sed "s/.*/$i/" "$f" >&3; i=$((i+1))
done >"$work/all.txt" 3>"$work/languages.csv"
check "nationality is made" "$nnc" models/nationality.nn -o "$work/nationality"
"$work/nationality" train s="$work/all.txt" y="$work/languages.csv" --epochs 1 --quiet \
  --save "$work/l.safetensors" >"$work/said"
"$work/nationality" test s="$work/all.txt" y="$work/languages.csv" --load "$work/l.safetensors" >"$work/said"
between "nationality learns" "$(value accuracy)" 0.7 0.95 # always Russian: 0.47
printf 'Ivanov\nSuzuki\nPapadopoulos\n' >"$work/three.txt"
"$work/nationality" predict s="$work/three.txt" --load "$work/l.safetensors" --output language -o "$work/three.csv"
printf "language\n14\n10\n7\n" >"$work/expected"
same "... a Russian, a Japanese and a Greek" "$work/expected" "$work/three.csv"
