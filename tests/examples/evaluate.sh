#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs evaluate as a user does: all protocols, both variants, and what can be asked wrongly.
# Arguments: the program, the folder of the muscle data.
set -u
program=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0
quick=(--steps 40 --batch 32 --hidden 8,8 --dims 3 --seeds 2)

fault() {
  echo "FAILED: $*"
  failures=$((failures + 1))
}
refuses() {  # CODE TEXT ARGS...
  local code=$1 text=$2
  shift 2
  "$program" "$@" --out "$work/refused" >"$work/out" 2>"$work/err"
  local got=$?
  [ "$got" = "$code" ] || fault "exit $got, wanted $code: $* ($(cat "$work/err"))"
  tail -n 1 "$work/err" | grep -qF -- "$text" || fault "'$*' says: $(cat "$work/err"); wanted: $text"
}

"$program" "${quick[@]}" --methods icfm,otcfm+growth --protocols A,B,E --out "$work/a" >"$work/out" 2>"$work/log" ||
  fault "all protocols: $(tail -n 5 "$work/log")"
for f in results.csv results.md results.svg; do [ -s "$work/a/$f" ] || fault "no $f"; done
# A, B: 2 variants x 2 left-out times x (2 baselines + 2 methods x 2 seeds) = 24 each. E: leak-free
# 12, as published 3 times x (2 baselines + 2 methods x 2 seeds) = 18.
[ "$(wc -l <"$work/a/results.csv")" = 79 ] || fault "results.csv has $(wc -l <"$work/a/results.csv") lines"
head -n 1 "$work/a/results.csv" | grep -q '^protocol,variant,method,left_out,time,seed,w1,' || fault "header"
for text in 'leak-free' 'as published' 'transport interpolation' 'no change' 'otcfm+growth' 'mass error'; do
  grep -qF "$text" "$work/a/results.md" || fault "results.md lacks '$text'"
done
# Both variants side by side: a table a protocol, a row a method with both numbers of it.
[ "$(grep -c '^| method ' "$work/a/results.md")" = 3 ] || fault "results.md has not one table a protocol"
[ "$(grep -c '^| method | W1, leak-free | ± | W1, as published | ± | W2, leak-free | W2, as published |' "$work/a/results.md")" = 3 ] ||
  fault "the variants are not side by side"
for method in 'no change' 'transport interpolation' icfm 'otcfm.growth'; do
  [ "$(grep -cE "^\| $method \| \**[0-9.]+\** \| [0-9.–]+ \| \**[0-9.]+\** \| " "$work/a/results.md")" = 3 ] || fault "$method has not both numbers"
done
awk -F'|' '/^\|/ {if (n && NF != n) exit 1; n = NF} !/^\|/ {n = 0}' "$work/a/results.md" || fault "a row of another length"
# Transport interpolation stands beside every time of E as published. Where two times lie on both
# sides it is that of the leak-free variant, whose plan is the same; times are 1, 2, 3 and not hours.
for t in 24 48 72; do
  grep -q "^E,as published,transport interpolation,nothing,$t,,[0-9.]*,[0-9.]*," "$work/a/results.csv" || fault "E: no interpolation at $t"
done
awk -F, '$1 == "E" && $3 == "transport interpolation" {
  if ($2 == "leak-free") w[$5] = $7; else if ($5 in w && (w[$5] - $7) ^ 2 > 1e-8) exit 1
}' "$work/a/results.csv" || fault "E: two interpolations of one time"
# One line a model where there is no terminal.
[ "$(grep -c '^model [0-9]* of 44' "$work/log")" = 44 ] && [ "$(wc -l <"$work/log")" = 44 ] || fault "progress: $(head -n 20 "$work/log")"
"$program" "${quick[@]}" --methods icfm,otcfm+growth --protocols A,B,E --threads 2 --out "$work/b" >/dev/null 2>&1
for dir in a b; do cut -d, -f1-9 "$work/$dir/results.csv" >"$work/$dir.numbers"; done
cmp -s "$work/a.numbers" "$work/b.numbers" || fault "two threads give other numbers"

# Ctrl-C stops it: no table of half the models, but what was scored is kept.
"$program" --steps 20000 --seeds 2 --dims 3 --out "$work/cut" >/dev/null 2>"$work/err" &
pid=$!
while ! grep -q '^model 1 of' "$work/err" && kill -0 $pid 2>/dev/null; do sleep 0.02; done
sleep 0.2
kill -INT $pid
wait $pid
code=$?
[ $code = 130 ] || fault "an interrupted evaluation ended with $code: $(tail -n 2 "$work/err")"
grep -q -- '--resume' "$work/err" && fault "evaluate speaks of --resume, which it has not"
[ -e "$work/cut/results.csv" ] && fault "an interrupted evaluation wrote a table"
grep -q 'no change' "$work/cut/results_so_far.csv" || fault "an interrupted evaluation kept nothing"
# Baselines are held against the same mass as models: that of the cells they start from.
awk -F, '$1 == "E" && $2 == "leak-free" && ($3 == "no change" || $3 ~ /interpolation/) {
  if ($5 in m && (m[$5] - $9) ^ 2 > 1e-12) exit 1
  m[$5] = $9
}' "$work/a/results.csv" || fault "two baselines have two masses"

# Laws, guidance; velocities that the data do not have.
"$program" --steps 20 --batch 32 --hidden 8,8 --dims 3 --seeds 1 --condition state --protocols A,E \
  --methods genot,genot+exact,otcfm+guidance=1 --out "$work/laws" >"$work/log" 2>&1 || fault "laws: $(tail -n 5 "$work/log")"
grep -q 'without a result' "$work/log" && fault "laws without a result: $(cat "$work/log")"
# By simulation; growth that is known beside growth that is not.
copy=$work/known
cp -r "$2" "$copy" && chmod -R u+w "$copy"
awk -F, -v OFS=, 'NR == 1 {print $0, "rate"} NR > 1 {print $0, 0.01}' "$2/obs.csv" >"$copy/obs.csv"
"$program" --steps 20 --batch 32 --hidden 8,8 --dims 3 --seeds 1 --protocols A,E --data "$copy" --time hours \
  --methods simulation,simulation+energy=0.5+unbalanced,vgfm,vgfm+rates,vgfm+rates+exact --growth-column rate \
  --out "$work/rates" >"$work/out" 2>"$work/log" || fault "simulation and rates: $(tail -n 5 "$work/log")"
grep -q 'without a result' "$work/out" && fault "simulation and rates: $(cat "$work/log")"
# A rate is per hour on the grid 0, 1, 2, 3 of the published protocol as well: 69 cells that grow by
# 1 % an hour are e^0.01t times as many, of which 74, 79 and 49 were counted.
"$program" --steps 5000 --lr 3e-3 --batch 64 --hidden 32,32 --dims 3 --seeds 1 --protocols E --data "$copy" --time hours \
  --methods vgfm+rates+exact --growth-column rate --out "$work/rates" >/dev/null 2>"$work/log" || fault "rates: $(cat "$work/log")"
awk -F, '$2 == "as published" && $3 ~ /rates/ {
  counted = $5 == 24 ? 74 : $5 == 48 ? 79 : 49
  d = (1 + $9) / (69 * exp(0.01 * $5) / counted) - 1
  good += d * d < 25e-4
} END {exit good != 3}' "$work/rates/results.csv" || fault "rates on a grid: $(grep rates "$work/rates/results.csv")"
# Means of partners, under one scale for all coordinates: B as published is scaled by nothing.
"$program" "${quick[@]}" --methods otcfm+entropic+mean --protocols B --out "$work/each" >"$work/log" 2>&1 &&
  "$program" "${quick[@]}" --methods otcfm+entropic+mean --protocols B --standardize one --out "$work/one" >>"$work/log" 2>&1 ||
  fault "means: $(tail -n 5 "$work/log")"
for dir in each one; do
  for v in leak-free 'as published'; do grep -F "$v,otcfm" "$work/$dir/results.csv" | cut -d, -f1-9 >"$work/$dir.$v"; done
done
cmp -s "$work/each.as published" "$work/one.as published" || fault "--standardize changes what is published"
cmp -s "$work/each.leak-free" "$work/one.leak-free" && fault "--standardize one does nothing"
refuses 2 "--standardize: 'all', wanted one of one, train" "${quick[@]}" --standardize all
refuses 2 "--methods: curly: --method curly follows measured velocities" "${quick[@]}" --methods otcfm,curly
refuses 2 "no method uses the growth that is known: add +rates" "${quick[@]}" --growth-column rate --methods vgfm
refuses 2 "--methods: vgfm+rates: known growth rates: name --growth-column" "${quick[@]}" --methods vgfm+rates
refuses 2 "--energy: no method is simulation" "${quick[@]}" --energy 1
refuses 2 "no method is curly" "${quick[@]}" --bandwidth 1
refuses 2 "name one by --condition" "${quick[@]}" --methods otcfm+guidance=1
refuses 2 "--methods: 'ofcfm' in 'ofcfm' is no method and no part of one" "${quick[@]}" --methods ofcfm
refuses 2 "independent pairs say nothing" "${quick[@]}" --methods icfm+growth
refuses 2 "wanted some of A, B, E" "${quick[@]}" --protocols Z
refuses 2 "no time point" "${quick[@]}" --hold-out 7
refuses 2 "is the first one" "${quick[@]}" --hold-out 0

[ "$failures" = 0 ] && echo "all good"
exit "$failures"
