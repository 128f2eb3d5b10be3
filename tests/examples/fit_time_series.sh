#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs fit_time_series as a user does: every gradient agrees and fits, the same seed twice, and what
# can be asked wrongly. Arguments: the program; any further ones are not used.
set -u
program=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

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
# table FILE: the rows of the tables, without the words of the first column: forward, backward and
# pullback calls, bytes, ms, difference, loss before, after, distance to the truth.
table() {
  sed -nE 's/^(discrete|  in a budget|continuous|interpolating|forward|reversible) +//p' "$1"
}

# --- good runs: 3 models by 6 gradients
"$program" --steps 40 --observations 12 --out "$work/a" >"$work/log" 2>"$work/err" || fault "run: $(cat "$work/err")"
[ -s "$work/err" ] && fault "a good run complains: $(cat "$work/err")"
[ "$(table "$work/log" | wc -l)" = 18 ] || fault "not 18 rows: $(cat "$work/log")"
table "$work/log" | awk 'NF != 9 || $1 <= 0 || $4 <= 0 {exit 1}' || fault "a row without its numbers: $(cat "$work/log")"
table "$work/log" | awk '!($8 < 0.7 * $7) {exit 1}' || fault "a fit that does not fit: $(cat "$work/log")"
# 100 tolerances of the solver (1e-6), and the budget to the last bit.
table "$work/log" | awk '!($6 < 1e-4) {exit 1}' || fault "gradients disagree: $(cat "$work/log")"
grep '^  in a budget' "$work/log" | awk '$9 != "0" {exit 1}' || fault "a budget changes the gradient"
grep '^  in a budget' "$work/log" | awk '$7 > 4096 {exit 1}' || fault "a budget is not kept"
[ "$(grep -cE '^certificate of the discrete gradient at its fit: [0-9]e-1[2-9] of its norm from dual numbers, the worst of 9 directions; [0-9.]+ evaluations backward' "$work/log")" = 3 ] || fault "no three certificates to rounding: $(grep ^cert "$work/log")"
grep -qE '^turnover .* 0\.80$' "$work/log" || fault "no table of parameters"
for figure in spiral toggle; do
  grep -q '</svg>' "$work/a/$figure.svg" || fault "no $figure.svg"
  grep -qE 'nan|inf' "$work/a/$figure.svg" && fault "$figure.svg has a number that is none"
done

# The same seed gives the same figure; another seed does not. One gradient stands beside discrete.
few=(--problem spiral --gradient forward --steps 5)
"$program" "${few[@]}" --out "$work/b" >"$work/log" 2>&1 || fault "one gradient: $(cat "$work/log")"
[ "$(table "$work/log" | wc -l)" = 2 ] || fault "not discrete and forward: $(cat "$work/log")"
[ -e "$work/b/toggle.svg" ] && fault "a problem that was not asked for"
"$program" "${few[@]}" --out "$work/c" >/dev/null 2>&1
cmp -s "$work/b/spiral.svg" "$work/c/spiral.svg" || fault "the same seed gives other bytes"
"$program" "${few[@]}" --seed 1 --out "$work/d" >/dev/null 2>&1
cmp -s "$work/b/spiral.svg" "$work/d/spiral.svg" && fault "the seed does nothing"
"$program" --problem TOGGLE --gradient discrete --steps 2 --noise 0 --missing 0 >"$work/log" 2>&1 || fault "no noise: $(cat "$work/log")"
[ "$(table "$work/log" | wc -l)" = 2 ] || fault "not kinetics and network: $(cat "$work/log")"
"$program" --help | grep -q 'Examples:' || fault "--help has no examples"

# --- things asked wrongly
refuses 2 "--problem: 'spirale', wanted one of both, spiral, toggle" --problem spirale
refuses 2 "--gradient: 'adjoint', wanted one of all, budget, continuous" --gradient adjoint
refuses 2 "did you mean '--noise'?" --nose 0.1
refuses 2 "--noise: '-1', wanted a number, zero or more" --noise -1
refuses 2 "--missing: '1', wanted a number from 0 to below 1" --missing 1
refuses 2 "--observations: '1', wanted a whole number between 2 and 10000" --observations 1
refuses 2 "--steps: '0', wanted a whole number from 1 on" --steps 0
refuses 2 "--memory: memory_bytes is 100, wanted" --memory 100 --gradient budget --steps 1
refuses 2 "nothing was observed" --missing 0.9999 --observations 2
refuses 1 "Not a directory" --out "$program/x"

[ $failures = 0 ] && echo "fit_time_series: all checks passed"
exit $failures
