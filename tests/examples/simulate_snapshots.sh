#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs simulate_snapshots as a user does: the layout of what it writes, the same seed twice, and
# what can be asked wrongly. Arguments: the program; any further ones are not used.
set -u
program=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0
quick=(--cells 40 --days 0,1,2.5 --targets 6)

fault() {
  echo "FAILED: $*"
  failures=$((failures + 1))
}
# refuses CODE TEXT ARGS...: exit code, exactly one line on standard error, which has the text.
refuses() {
  local code=$1 text=$2
  shift 2
  "$program" "$@" >"$work/out" 2>"$work/err"
  local got=$?
  [ "$got" = "$code" ] || fault "exit $got, wanted $code: $* ($(cat "$work/err"))"
  grep -qF -- "$text" "$work/err" || fault "'$*' says: $(cat "$work/err"); wanted: $text"
  [ "$(wc -l <"$work/err")" = 1 ] || fault "not one line: $(cat "$work/err")"
}
# has FILE LINES COLUMNS: every line of a file has that many fields.
has() {
  [ "$(wc -l <"$work/a/$1")" = "$2" ] || fault "$1 has $(wc -l <"$work/a/$1") lines, wanted $2"
  awk -F, -v n="$3" 'NF != n {exit 1}' "$work/a/$1" || fault "$1 has a line without $3 fields"
}
# begins FILE TEXT: the first line.
begins() {
  head -n 1 "$work/a/$1" | grep -q -- "$2" || fault "$1 begins $(head -n 1 "$work/a/$1" | cut -c 1-200)"
}

# --- good runs: 120 cells, 10 genes (4 drivers, 6 targets), 10 components
"$program" "${quick[@]}" --out "$work/a" >"$work/log" 2>"$work/err" || fault "run: $(cat "$work/err")"
[ -s "$work/err" ] && fault "a good run complains: $(cat "$work/err")"
grep -q 'learn_dynamics --data' "$work/log" || fault "does not say what to do next"
has X.csv 120 10
has obs.csv 121 6
has var.csv 11 "$(head -n 1 "$work/a/var.csv" | awk -F, '{print NF}')"
has obsm.csv 121 30
has varm.csv 11 10
begins obs.csv '^,day,fate,fate_A_probability,growth,clone$'
begins obsm.csv '^X_pca1,X_pca2,.*,X_pca10,velocity_true1,.*,velocity_true10,velocity_true_pca1,.*,velocity_true_pca10$'
begins varm.csv '^PCs1,.*,PCs10$'
[ "$(wc -l <"$work/a/uns/relative_mass.csv")" = 3 ] || fault "relative_mass.csv has not one line a day"
[ "$(ls -A "$work/a" | sort | tr '\n' ' ')" = "X.csv obs.csv obsm.csv uns var.csv varm.csv " ] || fault "files: $(ls -A "$work/a")"
for day in 0.0 1.0 2.5; do
  [ "$(cut -d, -f 2 "$work/a/obs.csv" | grep -cx "$day")" = 40 ] || fault "not 40 cells on day $day"
done
cut -d, -f 3 "$work/a/obs.csv" | tail -n +2 | grep -qvx '[AB]' && fault "a fate other than A and B"
[ "$(cut -d, -f 1 "$work/a/obs.csv" | sort -u | wc -l)" = 121 ] || fault "cell names occur twice"
grep -qiE 'nan|inf' "$work/a/X.csv" "$work/a/obsm.csv" && fault "a number that is none"

# The same seed gives the same bytes; another seed does not.
"$program" "${quick[@]}" --out "$work/b" >/dev/null 2>&1
diff -r "$work/a" "$work/b" >/dev/null || fault "the same seed gives other bytes"
"$program" "${quick[@]}" --seed 1 --out "$work/c" >/dev/null 2>&1
cmp -s "$work/a/X.csv" "$work/c/X.csv" && fault "the seed does nothing"

# Numbers of cells that follow the mass; fewer components; no target genes.
"$program" "${quick[@]}" --unbalanced --out "$work/d" >/dev/null 2>&1 || fault "--unbalanced"
[ "$(cut -d, -f 2 "$work/d/obs.csv" | grep -cx 2.5)" -gt 60 ] || fault "--unbalanced does not grow"
"$program" "${quick[@]}" --dims 3 --out "$work/e" >/dev/null 2>&1 || fault "--dims"
head -n 1 "$work/e/varm.csv" | grep -qx 'PCs1,PCs2,PCs3' || fault "--dims 3 gives $(head -n 1 "$work/e/varm.csv")"
"$program" --cells 20 --targets 0 --noise 0 --measurement 0 --out "$work/f" >/dev/null 2>"$work/err" || fault "no targets: $(cat "$work/err")"
"$program" --help | grep -q 'Examples:' || fault "--help has no examples"

# --- things asked wrongly
refuses 2 "--out is missing" "${quick[@]}"
refuses 2 "did you mean '--days'?" --day 0,1 --out "$work/x"
refuses 2 "--cells: '0', wanted a whole number from 1 on" --cells 0 --out "$work/x"
refuses 2 "--cells: '1e3', wanted a whole number" --cells 1e3 --out "$work/x"
refuses 2 "--noise: '-1', wanted a number, zero or more" --noise -1 --out "$work/x"
refuses 2 "--days: 'a', wanted" --days 0,a --out "$work/x"
refuses 2 "not later than the day before" --days 3,1 --out "$work/x"
refuses 2 "--dims is 11, at most 10" "${quick[@]}" --dims 11 --out "$work/x"
refuses 1 "lower the division rate" "${quick[@]}" --division 1000 --out "$work/y"
refuses 1 "Not a directory" "${quick[@]}" --out "$work/a/X.csv/x"

[ $failures = 0 ] && echo "simulate_snapshots: all checks passed"
exit $failures
