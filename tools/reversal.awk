# Random strings and the same backwards, a CSV line for each: its length, `most` letters, `most` letters of the reverse.
# Letters are 0 .. k-1; places beyond the length hold 0.
#
#     awk -v seed=1 -v rows=20000 -v low=1 -v high=10 -f tools/reversal.awk >train.csv
BEGIN {
  if (!k) k = 26
  if (!most) most = 20
  srand(seed ? seed : 1)
  for (r = 0; r < rows; r++) {
    n = low + int(rand() * (high - low + 1))
    line = n
    for (j = 0; j < most; j++) {
      letter[j] = int(rand() * k)
      line = line "," (j < n ? letter[j] : 0)
    }
    for (j = 0; j < most; j++) line = line "," (j < n ? letter[n-1-j] : 0)
    print line
  }
}
