#!/bin/sh
# Texts in and out: a model that has learned a text by heart says it, as characters; lines of their own lengths; names
# that end where no character has the class; quotes in CSV; numbers where the output is no text.
. tests/lib.sh

cat >"$work/echo.nn" <<'END_OF_MODEL'
# The next of a cycle of characters from the one before it.
model echo
const k = 6
input s[2] : class(k)
param E[k, k]
loss L = cross_entropy(E[s[0]], s[1])
minimize L with sgd(lr = 20)
train { batch = 5, epochs = 20 }
scan t < 7 {
  init w = 0
  w[t] = argmax(E[w[t-1]])
}
output said = w
lines[i < 2, t < 4] = w[i + t]
output lines
scan t < 7 {
  init v = 0
  v[t] ~ categorical(softmax(E[v[t-1]]))
}
output drawn = v
output number = w[0]
output classes[t < 7] = w[t] mod 3
END_OF_MODEL
check "echo is made" "$nnc" "$work/echo.nn" -o "$work/echo"
# The windows hold a"; "b; bé; éx; xa: the vocabulary is " a b x é, and no character has class 5.
printf 'a""bb\303\251\303\251xxa' >"$work/cycle.txt"
cd "$work" || exit 1
check "echo is trained" ./echo train s=cycle.txt --save echo.safetensors --quiet
printf 'b\303\251xa"b\303\251\n' >expected
says() { # NAME ARGUMENTS...: the output is what stands in `expected`
  name=$1; shift
  ./echo predict --load echo.safetensors "$@" >said 2>log || not_ok "$name ends well" - <log
  same "$name" expected said
}
says "a text is printed as characters" --output said
says "what is drawn too" --output drawn
./echo predict --load echo.safetensors --output said -o said.txt && same "a .txt too" expected said.txt
printf 'said\n"b\303\251xa""b\303\251"\n' >expected
./echo predict --load echo.safetensors --output said -o said.csv && same "a cell of CSV is quoted" expected said.csv
printf 'b\303\251xa\n\303\251xa"\n' >expected
says "two axes are lines" --output lines
printf 'number\n2\n' >expected
says "a number stays a number" --output number
printf 'classes[0],classes[1],classes[2],classes[3],classes[4],classes[5],classes[6]\n2,1,0,1,0,2,1\n' >expected
says "classes of another kind stay numbers" --output classes
./echo predict --output said >said 2>&1
printf 'said[0],said[1],said[2],said[3],said[4],said[5],said[6]\n0,0,0,0,0,0,0\n' >expected
same "without a text all are numbers" expected said

cd "$root" || exit 1
cat >"$work/lines.nn" <<'END_OF_MODEL'
# Names: a class that no character has ends them.
model lines
const k = 4
dim T <= 5
input s[T] : class(k)
param E[k, k]
before[t < T] = where(t == 0, k-1, s[t-1 else 0])
loss L = (sum(t) cross_entropy(E[before[t]], s[t])) + cross_entropy(E[s[T-1]], k-1)
metric length = T
minimize L with sgd(lr = 20)
train { batch = 1, epochs = 20, shuffle = 0 }
scan t < 6 {
  init w = k-1
  w[t] = argmax(E[w[t-1]])
}
output name = w
END_OF_MODEL
check "lines is made" "$nnc" "$work/lines.nn" -o "$work/lines"
printf 'cab\ncab\n\ncab\n' >"$work/names.txt"
cd "$work" || exit 1
check "lines is trained, the lengths being the text's" ./lines train s=names.txt --save lines.safetensors --quiet
echo cab >expected
./lines predict --load lines.safetensors >said && same "a class without a character ends the text" expected said
printf 'ab\nabcab\n' >test.txt
./lines test s=test.txt --load lines.safetensors | grep length >said
echo "length 3.5" >expected
same "each line has its own length" expected said
fails "a line that is too long is named" 1 'test2.txt:2: a line of 6.* at most the 5 of T' \
  sh -c 'printf "a\nabcabc\n" >test2.txt; ./lines test s=test2.txt --load lines.safetensors'
