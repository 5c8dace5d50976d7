#!/bin/sh
# predict -o x.png and x.pgm: rows are tiles of a grid, 0 black and 1 white; --count draws samples without data.
. tests/lib.sh

cat >"$work/tiles.nn" <<'END'
model tiles
input x[6]
output grey    = reshape(x, 2, 3)
output colours : [3, 2, 2] = stack(stack(x[0:2], x[2:4]), stack(x[0:2], x[2:4]), stack(x[4:6], x[0:2]))
output square  = x[0:4]
output heads   = reshape(x, 2, 1, 3)
output oblong  = x
u[4] ~ uniform(0, 1)
output noise = u
END
printf '0,0.2,0.4\n0.6,0.8,1\n' | tr '\n' ',' | sed 's/,$/\n/' >"$work/x.csv"
printf -- '-1,2,nan,0.5,0.25,0.75\n0,0,0,1,1,1\n' | sed 's/nan/0/' >>"$work/x.csv"
check "tiles is made" "$nnc" "$work/tiles.nn" -o "$work/tiles"

# pixels FILE: head, then the bytes as numbers.
pixels() { od -An -v -tu1 "$1" | tr -s ' \n' ' '; }
# shows NAME OUTPUT KIND HEAD PIXELS: head as printf takes it, pixels as numbers.
shows() {
  "$work/tiles" predict x="$work/x.csv" --output "$2" -o "$work/$2.$3" >"$work/log" 2>&1 || not_ok "$1" - <"$work/log"
  # shellcheck disable=SC2059 # the format is the head
  { printf "$4" | od -An -v -tu1; echo "$5"; } | tr -s ' \n' ' ' >"$work/expected"
  pixels "$work/$2.$3" >"$work/found"
  for f in expected found; do sed "s/^ //;s/ $//" "$work/$f" >"$work/$f.txt"; done
  same "$1" "$work/expected.txt" "$work/found.txt"
}

shows "three rows are tiles of a square grid" grey pgm 'P5\n7 5\n255\n' \
  '0 51 102 128 0 255 0
   153 204 255 128 128 64 191
   128 128 128 128 128 128 128
   0 0 0 128 128 128 128
   255 255 255 128 128 128 128'
shows "a vector of four is a square" square pgm 'P5\n5 5\n255\n' \
  '0 51 128 0 255
   102 153 128 0 128
   128 128 128 128 128
   0 0 128 128 128
   0 255 128 128 128'
shows "two channels are two tiles of a line" heads pgm 'P5\n7 5\n255\n' \
  '0 51 102 128 153 204 255
   128 128 128 128 128 128 128
   0 255 0 128 128 64 191
   128 128 128 128 128 128 128
   0 0 0 128 255 255 255'
"$work/tiles" predict x="$work/x.csv" --rows 0 --output colours -o "$work/one.ppm" >"$work/log" 2>&1
{ printf 'P6\n2 2\n255\n' | od -An -v -tu1; echo '0 0 204 51 51 255 102 102 0 153 153 51'; } | tr -s ' \n' ' ' |
  sed 's/^ //;s/ $//' >"$work/expected"
pixels "$work/one.ppm" | sed 's/^ //;s/ $//' >"$work/found"
same "three channels are colours" "$work/expected" "$work/found"

fails "six numbers are no square" 2 'oblong is \[6\].*no picture' "$work/tiles" predict x="$work/x.csv" \
  --output oblong -o "$work/o.png"
fails "a picture shows one output" 2 'choose one with --output' "$work/tiles" predict x="$work/x.csv" -o "$work/o.png"
fails "another kind" 2 '\.png \.pgm \.ppm' "$work/tiles" predict x="$work/x.csv" -o "$work/o.gif"
ls "$work"/o.* >"$work/left" 2>/dev/null
empty "no file after an error" "$work/left"

check "seven samples" "$work/tiles" predict --count 7 --output noise -o "$work/noise.csv"
if [ "$(sed 1d "$work/noise.csv" | sort -u | wc -l)" -eq 7 ]; then ok "... all different"; else
  not_ok "... all different" - <"$work/noise.csv"; fi
check "... of another seed" "$work/tiles" predict --count 7 --seed 2 --output noise -o "$work/other.csv"
if cmp -s "$work/noise.csv" "$work/other.csv"; then not_ok "... are others"; else ok "... are others"; fi
fails "--count beside data" 2 'as many rows as data' "$work/tiles" predict --count 7 x="$work/x.csv" -o "$work/n.csv"

if ! have python3; then skip "png against Python's zlib" "no python3"; exit 0; fi
for output in grey colours noise; do
  data_=x="$work/x.csv"; [ "$output" != noise ] || data_="--count 5"
  # shellcheck disable=SC2086 # two words
  for kind in png ppm; do "$work/tiles" predict $data_ --output $output -o "$work/p.$kind" >"$work/log" 2>&1; done
  check "png of $output is its Netpbm" python3 - "$work/p.png" "$work/p.ppm" <<'END'
import struct, sys, zlib
png, ppm = (open(f, "rb").read() for f in sys.argv[1:])
assert png[:8] == b"\x89PNG\r\n\x1a\n"
at, chunks = 8, {}
while at < len(png):
    size, kind = struct.unpack(">I4s", png[at:at + 8])
    body = png[at + 8:at + 8 + size]
    assert struct.unpack(">I", png[at + 8 + size:at + 12 + size])[0] == zlib.crc32(kind + body), kind
    chunks[kind], at = body, at + 12 + size
width, height, bits, colour = struct.unpack(">IIBB", chunks[b"IHDR"][:10])
magic, (w, h), pixels = ppm[:2], map(int, ppm.split(b"\n")[1].split()), ppm.split(b"\n", 3)[3]
assert (width, height, bits) == (w, h, 8) and {b"P5": 0, b"P6": 2}[magic] == colour
raw, line = zlib.decompress(chunks[b"IDAT"]), width * (3 if colour else 1)
assert b"".join(raw[i * (line + 1) + 1:(i + 1) * (line + 1)] for i in range(height)) == pixels
assert not any(raw[::line + 1]) and list(chunks)[-1] == b"IEND"
END
done
