# A picture of an attention matrix, SVG: a row for each word that is written, a column for each word that is read; the
# darker a square, the more of it was taken.
#
# In: the CSV that `predict --output looks` writes for one example (a header, a line of T * S weights, longest columns a
# row).
#
#     awk -v longest=20 -v read="a b c" -v written="c b a" -f tools/attention.awk looks.csv >attention.svg
BEGIN { FS = ","; cell = 22; left = 90; top = 90 }
NR == 2 {
  S = split(read, column, " "); T = split(written, row, " ")
  printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" ", left + S*cell + 10, top + T*cell + 10
  print "font-family=\"sans-serif\" font-size=\"13\">"
  print "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>"
  for (j = 1; j <= S; j++)
    printf "<text transform=\"translate(%d %d) rotate(-60)\">%s</text>\n", left + (j - 0.4)*cell, top - 6, column[j]
  for (t = 1; t <= T; t++) {
    printf "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>\n", left - 6, top + (t - 0.3)*cell, row[t]
    for (j = 1; j <= S; j++) {
      shade = int(255.5 - 255*$((t - 1)*longest + j))
      printf "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"rgb(%d,%d,%d)\" stroke=\"#ddd\"/>\n",
        left + (j - 1)*cell, top + (t - 1)*cell, cell, cell, shade, shade, shade
    }
  }
  print "</svg>"
}
