#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs learn_dynamics as a user does: good runs, resumed runs, and everything that can be asked
# wrongly. Arguments: the program, the folder of the muscle data.
set -u
program=$1
muscle=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0
quick=(--steps 60 --batch 32 --hidden 8,8 --dims 3)

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
  # Progress lines may come before; the last line is the message.
  tail -n 1 "$work/err" | grep -qF -- "$text" || fault "'$*' says: $(cat "$work/err"); wanted: $text"
  [ "$code" != 2 ] || [ "$(wc -l <"$work/err")" = 1 ] || fault "more than one line: $(cat "$work/err")"
}
copy() {  # a fresh copy of the data to spoil
  rm -rf "$work/data"
  cp -r "$muscle" "$work/data"
  chmod -R u+w "$work/data"
}

# --- good runs
"$program" "${quick[@]}" --hold-out all --out "$work/a" >"$work/log" 2>&1 || fault "default run: $(cat "$work/log")"
for f in metrics.json trajectories.csv velocity.csv model.safetensors report.html; do
  [ -s "$work/a/$f" ] || fault "no $f"
done
grep -qE '^(The model|Do not use this model).*left-out' "$work/log" || fault "no verdict: $(tail -n 4 "$work/log")"
[ "$(ls "$work/a" | wc -l)" = 5 ] || fault "left behind: $(ls "$work/a")"
[ "$(wc -l <"$work/a/velocity.csv")" = 272 ] || fault "velocity.csv has $(wc -l <"$work/a/velocity.csv") lines"
head -n 1 "$work/a/velocity.csv" | grep -q '^,velocity_pca1,velocity_pca2,velocity_pca3$' || fault "velocity header"
head -n 1 "$work/a/trajectories.csv" | grep -q '^,X_pca_at_0_1,' || fault "trajectories header"
for key in program method seed steps threads times cells train_seconds hold_out mean nfe \
           previous_w1 ot_interpolate_w1; do
  grep -q "\"$key\"" "$work/a/metrics.json" || fault "metrics.json lacks $key"
done
grep -q '<script' "$work/a/report.html" && fault "the report has a script"
grep -qE '(src|href)="http' "$work/a/report.html" && fault "the report fetches something"

# The same seed gives the same bytes, for one thread and two; another seed does not.
"$program" "${quick[@]}" --hold-out all --threads 2 --out "$work/b" >/dev/null 2>&1
for f in trajectories.csv velocity.csv model.safetensors; do
  cmp -s "$work/a/$f" "$work/b/$f" || fault "$f differs between one thread and two"
done
"$program" "${quick[@]}" --seed 1 --hold-out all --out "$work/c" >/dev/null 2>&1
cmp -s "$work/a/velocity.csv" "$work/c/velocity.csv" && fault "the seed does nothing"

# Interrupted in the second of three models and resumed: the bytes of a run that was not.
long=(--steps 3000 --batch 64 --hidden 16,16 --dims 3 --hold-out all)
"$program" "${long[@]}" --out "$work/whole" >/dev/null 2>&1 || fault "long run"
"$program" "${long[@]}" --out "$work/cut" >/dev/null 2>"$work/err" &
pid=$!
while [ ! -e "$work/cut/checkpoint_1.safetensors" ] && kill -0 $pid 2>/dev/null; do
  sleep 0.02
done
kill -INT $pid
wait $pid
code=$?
if [ $code = 130 ]; then
  tail -n 1 "$work/err" | grep -q -- '--resume' || fault "the interrupted run does not say how to go on"
  [ -e "$work/cut/metrics.json" ] && fault "an interrupted run wrote metrics"
  "$program" "${long[@]}" --out "$work/cut" --resume >/dev/null 2>"$work/err" || fault "resume: $(cat "$work/err")"
  grep -q 'without 24: trained before' "$work/err" || fault "a finished model was trained again"
  grep -q 'without 48: going on from step' "$work/err" || fault "resume started over"
  for f in trajectories.csv velocity.csv model.safetensors; do
    cmp -s "$work/whole/$f" "$work/cut/$f" || fault "$f differs after resume"
  done
else
  fault "interrupted run ended with $code"
fi

# Checkpoints of something else are refused, not trained over.
mkdir -p "$work/d"
cp "$work/a/model.safetensors" "$work/d/checkpoint_0.safetensors"
refuses 1 "checkpoint" "${quick[@]}" --out "$work/d" --resume
head -c 100 "$work/a/model.safetensors" >"$work/d/checkpoint_0.safetensors"
refuses 1 "checkpoint_0.safetensors" "${quick[@]}" --out "$work/d" --resume
echo "not a checkpoint" >"$work/d/checkpoint_0.safetensors"
refuses 1 "checkpoint_0.safetensors" "${quick[@]}" --out "$work/d" --resume

# Without a time left out, 'all' and 'train' are one model; its tables have the units of the data.
for choice in all train; do
  "$program" "${quick[@]}" --standardize $choice --out "$work/$choice" >/dev/null 2>&1 || fault "--standardize $choice"
done
paste -d, "$work/all/velocity.csv" "$work/train/velocity.csv" | awk -F, '
  NR > 1 {for (i = 2; i <= 4; i++) {d = $i - $(i + 4); if (d * d > 1e-8) exit 1}}
' || fault "velocities depend on the space of the scores"

# A velocity that comes with the data is compared with, in all three places.
copy
sed '1s/X_pca/velocity_true_pca/g' "$muscle/obsm.csv" >"$work/velocity"
paste -d, "$muscle/obsm.csv" "$work/velocity" >"$work/data/obsm.csv"
"$program" "${quick[@]}" --data "$work/data" --time hours --out "$work/true" >"$work/log" 2>&1 || fault "velocity_true: $(cat "$work/log")"
grep -q '^velocity against velocity_true_pca: mean cosine .*, mean relative error ' "$work/log" || fault "agreement is not printed"
grep -q '"reference": "velocity_true_pca"' "$work/true/metrics.json" || fault "agreement is not in metrics.json"
grep -q 'The true velocity is known' "$work/true/report.html" || fault "agreement is not in the report"

# Two left out of one model.
"$program" "${quick[@]}" --hold-out 24,48 --out "$work/two" >/dev/null 2>&1 || fault "two left out"
[ "$(grep -c '"previous_w1"' "$work/two/metrics.json")" = 3 ] || fault "two left out, not two scored"
# A column of numbers is one, unless it is said to name classes; what it is taken for is printed.
"$program" "${quick[@]}" --condition state --out "$work/state" >"$work/log" 2>&1 || fault "a number as condition"
grep -q "condition 'state': a number; if it names classes, say --condition-as class" "$work/log" || fault "it is not said that state is a number"
"$program" "${quick[@]}" --condition state --condition-as class --out "$work/state" >"$work/log" 2>&1 || fault "classes as condition"
grep -q "condition 'state': a class, 1 (99), 2 (129), 3 (43)" "$work/log" || fault "it is not said that state is a class"
grep -q "'3' are first seen at time 24, and no cell leads there" "$work/log" || fault "classes that come late are not noted"
# Every choice runs.
for choice in "--method icfm" "--solver euler" "--standardize all --hold-out 24" "--standardize none" \
              "--standardize one" "--targets mean --coupling entropic" "--targets mean --sigma 0" \
              "--targets mean --coupling entropic --condition state --condition-as class" \
              "--basis X --genes MYL4,MYLPF" "--genes MYOG,MYH3" "--sigma 0"; do
  # shellcheck disable=SC2086
  "$program" "${quick[@]}" $choice --out "$work/choice" >/dev/null 2>"$work/err" || fault "$choice: $(cat "$work/err")"
done
# Every method, and what composes with it.
for choice in "--method sbcfm" "--method sf2m --noise 0.5 --solver sde" "--method rectified" \
              "--method interpolant" "--method vpcfm" "--method mmfm" "--method mfm" \
              "--method icfm --metric rbf" "--method action" "--condition state" \
              "--condition pseudotime --method sf2m" "--coupling entropic" \
              "--condition state --guidance 1 --condition-dropout 0.2" \
              "--condition state --guidance -0.5 --growth" \
              "--condition state --guidance 2 --method sf2m --solver sde" \
              "--method genot --condition state --guidance 1" "--method genot --coupling unbalanced"; do
  # shellcheck disable=SC2086
  "$program" "${quick[@]}" $choice --out "$work/choice" >/dev/null 2>"$work/err" || fault "$choice: $(cat "$work/err")"
done
for choice in "--growth" "--method vgfm" "--method uotfm" "--method wfrfm" "--method uaction" \
              "--growth --coupling unbalanced --metric land" "--growth --noise 0.3"; do
  # shellcheck disable=SC2086
  "$program" "${quick[@]}" $choice --hold-out 24 --out "$work/growth" >"$work/log" 2>"$work/err" || fault "$choice: $(cat "$work/err")"
  [ "$(wc -l <"$work/growth/growth.csv")" = 272 ] || fault "$choice: growth.csv"
  head -n 1 "$work/growth/dying.csv" | grep -q '^cell,time,growth_rate,mass_at_next_time$' || fault "$choice: dying.csv"
  grep -q 'Who multiplies and who dies' "$work/growth/report.html" || fault "$choice: no growth in the report"
  grep -q 'mass error' "$work/log" || fault "$choice: no mass error"
  # The map of growth, the mass over time and the counts beside it, as the figure names them.
  for text in 'Growth rate of every cell' 'Mass of the population' 'cells counted' 'model'; do
    grep -qF ">$text<" "$work/growth/report.html" || fault "$choice: no '$text' in the report"
  done
done
# By simulation: with and without conditions, and the same bytes for one thread and two.
fit=(--steps 20 --batch 32 --hidden 8,8 --dims 3 --method simulation --hold-out 48)
for choice in "--energy 0.1" "--coupling unbalanced --condition state --condition-as class" "--condition pseudotime"; do
  # shellcheck disable=SC2086
  "$program" "${fit[@]}" $choice --out "$work/fit" >"$work/log" 2>"$work/err" || fault "simulation $choice: $(cat "$work/err")"
done
grep -q 'compared with the cells of every time by the Sinkhorn divergence' "$work/log" || fault "simulation does not say what it does"
for n in 1 2; do "$program" "${fit[@]}" --threads $n --out "$work/fit$n" >/dev/null 2>"$work/err" || fault "simulation: $(cat "$work/err")"; done
cmp -s "$work/fit1/model.safetensors" "$work/fit2/model.safetensors" || fault "simulation differs between one thread and two"
"$program" "${fit[@]}" --energy 10 --out "$work/fit2" >/dev/null 2>&1
cmp -s "$work/fit1/model.safetensors" "$work/fit2/model.safetensors" && fault "--energy does nothing"
# It learns: from 300 steps the cells come nearer to the left-out time than those that stand still.
"$program" --steps 300 --hidden 16,16 --dims 3 --method simulation --hold-out 24 --out "$work/fit" >"$work/log" 2>&1
awk '$1 == "24" {learned = $2 < 0.9 * $4} END {exit !learned}' "$work/log" || fault "simulation does not learn: $(tail -n 4 "$work/log")"
# Growth that is known from a column, as rates or as factors: 1 % an hour, which one plan keeps as it
# is, so that the mass at 48 hours is e^0.24 of that at 24, whatever was counted (1.07 of it).
copy
awk -F, -v OFS=, 'NR == 1 {print $0, "rate", "factor"} NR > 1 {print $0, 0.01, exp(0.01)}' "$muscle/obs.csv" >"$work/data/obs.csv"
known=(--steps 5000 --lr 3e-3 --batch 64 --hidden 32,32 --dims 3 --data "$work/data" --time hours --hold-out 48 --growth --coupling exact)
"$program" "${known[@]}" --growth-column rate --out "$work/rate" >/dev/null 2>"$work/err" || fault "a known rate: $(cat "$work/err")"
"$program" "${known[@]}" --growth-column factor --growth-unit factor --out "$work/factor" >/dev/null 2>"$work/err" || fault "a known factor: $(cat "$work/err")"
"$program" "${known[@]}" --growth-column rate --mass counts --out "$work/counted" >/dev/null 2>"$work/err" || fault "known rates, counted mass: $(cat "$work/err")"
"$program" "${known[@]}" --growth-column rate --condition state --condition-as class --out "$work/classes" >/dev/null 2>"$work/err" || fault "a known rate and classes: $(cat "$work/err")"
near() {  # RUN MASS: the mass a run predicts at 48, within 3 %
  awk -v wanted="$2" '$1 == "\"mass\":" {d = $2 / wanted - 1; good = d * d < 9e-4} END {exit !good}' "$work/$1/metrics.json" ||
    fault "the mass of $1 is $(grep '"mass"' "$work/$1/metrics.json"), wanted $2"
}
near rate 1.2712
near factor 1.2712
near classes 1.2712
near counted 0.8137  # counted were 74 and 49 cells at 24 and 72 hours: the half of the way, √(49/74)
awk -F, 'NR > 1 {n++; sum += $2; squares += $2 * $2}
  END {m = sum / n; exit !(m > 0.0097 && m < 0.0103 && squares / n - m * m < 1e-6)}' "$work/rate/growth.csv" || fault "the rate learned is not the one known"
grep -q "was taken for known" "$work/rate/report.html" || fault "the report does not say where growth is from"
grep -q '"growth_from": "'"'rate'"'"' "$work/rate/metrics.json" || fault "metrics.json does not say where growth is from"
# From genes, listed or in a file; what is left out, expression too, does not reach the training.
printf '# cell cycle\nCDK1\n TOP2A \n\nCCNB2\nNOT-MEASURED\n' >"$work/cycle.txt"
genes=("${quick[@]}" --growth --hold-out 24 --data "$work/data" --time hours --apoptosis FAS,CRADD)
copy
"$program" "${genes[@]}" --proliferation "$work/cycle.txt" --out "$work/genes" >"$work/log" 2>"$work/err" || fault "growth from genes: $(cat "$work/err")"
grep -q '3 of the 4 genes of' "$work/log" || fault "genes that were not measured are not counted"
grep -q 'a day has 24 units of hours' "$work/log" || fault "the unit of growth is not said"
"$program" "${genes[@]}" --proliferation CDK1,TOP2A,CCNB2 --units-per-day 24 --out "$work/listed" >/dev/null 2>&1
cmp -s "$work/genes/model.safetensors" "$work/listed/model.safetensors" || fault "a file is not the genes in it"
tail -n +2 "$muscle/obs.csv" | cut -d, -f2 | paste -d, - "$muscle/X.csv" |
  awk -F, -v OFS=, '$1 == 24 {for (i = 2; i <= NF; i++) $i = 9} {sub(/^[^,]*,/, ""); print}' >"$work/data/X.csv"
cmp -s "$muscle/X.csv" "$work/data/X.csv" && fault "X is not spoilt"
"$program" "${genes[@]}" --proliferation CDK1,TOP2A,CCNB2 --out "$work/spoilt" >/dev/null 2>&1
cmp -s "$work/listed/model.safetensors" "$work/spoilt/model.safetensors" || fault "genes of left-out cells reach the training"
# Where cells may go: draws of every cell but those of the last time, which have no velocity.
"$program" "${quick[@]}" --method genot --futures 3 --hold-out 48 --out "$work/genot" >/dev/null 2>"$work/err" || fault "genot: $(cat "$work/err")"
[ "$(wc -l <"$work/genot/futures.csv")" = 667 ] || fault "futures.csv has $(wc -l <"$work/genot/futures.csv") lines"
head -n 1 "$work/genot/futures.csv" | grep -q '^cell,time,next_time,draw,X_pca1,' || fault "futures header"
awk -F, 'NR > 1 && $2 == 24 && $3 != 72 {exit 1}' "$work/genot/futures.csv" || fault "a left-out time is drawn for"
[ "$(grep -c ',,' "$work/genot/velocity.csv")" = 49 ] || fault "cells of the last time have a velocity"
"$program" "${quick[@]}" --method genot --futures 3 --hold-out 48 --threads 2 --out "$work/genot2" >/dev/null 2>&1
cmp -s "$work/genot/futures.csv" "$work/genot2/futures.csv" || fault "futures.csv differs between one thread and two"
# Guidance of -1 is the model without its condition: no two states differ.
"$program" "${quick[@]}" --condition state --guidance 1 --out "$work/guided" >/dev/null 2>&1
"$program" "${quick[@]}" --condition state --guidance -1 --out "$work/free" >/dev/null 2>&1
cmp -s "$work/guided/model.safetensors" "$work/free/model.safetensors" || fault "the weight of guidance is learned from"
cmp -s "$work/guided/velocity.csv" "$work/free/velocity.csv" && fault "guidance does nothing"
# Measured velocities: found by their name or named, true or of unknown length.
copy
sed '1s/X_pca/velocity_pca/g' "$muscle/obsm.csv" >"$work/velocity"
sed '1s/X_pca/velocity_true_pca/g' "$muscle/obsm.csv" >"$work/true_velocity"
paste -d, "$muscle/obsm.csv" "$work/velocity" >"$work/data/obsm.csv"
curly=("${quick[@]}" --method curly --data "$work/data" --time hours)
"$program" "${curly[@]}" --hold-out 24 --out "$work/curly" >"$work/log" 2>"$work/err" || fault "curly: $(cat "$work/err")"
grep -q 'which it was trained to follow' "$work/log" || fault "curly does not say that it was given the velocity"
grep -q 'without 24: drift: velocity_pca times' "$work/err" || fault "curly does not say the scale of the drift"
"$program" "${curly[@]}" --velocity velocity_pca --velocity-scale 0.1 --bandwidth 2 --out "$work/curly" >/dev/null 2>"$work/err" || fault "curly: $(cat "$work/err")"
grep -q 'velocity_pca times 0.1, bandwidth 2' "$work/err" || fault "curly does not take the scale asked for"
paste -d, "$muscle/obsm.csv" "$work/true_velocity" >"$work/data/obsm.csv"
"$program" "${curly[@]}" --out "$work/curly" >/dev/null 2>"$work/err" || fault "curly: $(cat "$work/err")"
grep -q 'velocity_true_pca times 1,' "$work/err" || fault "true velocities are rescaled"
refuses 2 "--velocity: obsm has no 'velocity_pac'" "${curly[@]}" --velocity velocity_pac --out "$work/x"
refuses 2 "is the basis itself" "${curly[@]}" --velocity X_pca --out "$work/x"
"$program" --help | grep -q 'Examples:' || fault "--help has no examples"

# --- things asked wrongly
data=(--data "$work/data" --time hours "${quick[@]}" --out "$work/x")
refuses 2 "--out is missing" "${quick[@]}"
refuses 2 "did you mean '--out'?" --outt "$work/x"
refuses 2 "'extra' belongs to no option" "${quick[@]}" --out "$work/x" extra
refuses 2 "--out needs a value" --out
refuses 2 "--steps: '-3', wanted a whole number from 1 on" --steps -3 --out "$work/x"
refuses 2 "--steps: '1e3', wanted a whole number" --steps 1e3 --out "$work/x"
refuses 2 "--lr: 'nan', wanted a number above zero" --lr nan --out "$work/x"
refuses 2 "--sigma: '-1', wanted a number, zero or more" --sigma -1 --out "$work/x"
refuses 2 "--seed: '-1', wanted" --seed -1 --out "$work/x"
refuses 2 "--threads: '0', wanted a whole number between 1 and 1024" --threads 0 --out "$work/x"
refuses 2 "--hidden: 'a', wanted" --hidden 8,a --out "$work/x"
refuses 2 "--method: 'magic', wanted one of action, curly, genot, icfm," --method magic --out "$work/x"
refuses 2 "independent pairs say nothing of which cells multiply" --method icfm --growth --out "$work/x"
refuses 2 "a diffusion's bridge is straight" --method wfrfm --noise 1 --out "$work/x"
refuses 2 "tuples of cells through all times" --method mmfm --growth --out "$work/x"
refuses 2 "field of least energy" --method action --metric land --out "$work/x"
refuses 2 "on a straight path" --targets mean --method mfm --out "$work/x"
refuses 2 "how many cells arrive" --targets mean --growth --out "$work/x"
refuses 2 "have the same mean by independent pairs" --targets mean --method icfm --out "$work/x"
refuses 2 "makes and removes mass: add --growth" --coupling unbalanced --out "$work/x"
refuses 2 "geodesics of its own unbalanced plan" --method wfrfm --coupling exact --out "$work/x"
refuses 2 "a balanced coupling says nothing of growth" --method vgfm --coupling exact --out "$work/x"
refuses 2 "name one by --condition COLUMN" --guidance 1 --out "$work/x"
refuses 2 "--guidance: 'inf', wanted a number" --guidance inf --condition state --out "$work/x"
refuses 2 "wanted a share between 0 and 1" --condition-dropout 1 --out "$work/x"
refuses 2 "would be guided twice" --method rectified --condition state --guidance 1 --out "$work/x"
refuses 2 "the action of a potential" --method action --condition state --guidance 1 --out "$work/x"
refuses 2 "genot learns where each cell goes, not how many" --method genot --growth --out "$work/x"
refuses 2 "genot learns where a cell arrives" --method genot --metric rbf --out "$work/x"
refuses 2 "futures genot draws differ already" --method genot --noise 1 --out "$work/x"
refuses 2 "wanted below 1" --method genot --sigma 1 --out "$work/x"
refuses 2 "curly follows measured velocities, and the data have none" --method curly --out "$work/x"
refuses 2 "those their velocity leads to" --method curly --coupling exact --out "$work/x"
refuses 2 "none multiplies or dies" --method curly --growth --out "$work/x"
refuses 2 "bend curly's paths already" --method curly --metric land --out "$work/x"
refuses 2 "only curly follows measured velocities" --velocity-scale 2 --out "$work/x"
refuses 2 "simulation carries every cell with its weight" --method simulation --growth --out "$work/x"
refuses 2 "simulation solves an ODE" --method simulation --noise 1 --out "$work/x"
refuses 2 "those of its own field and no metric" --method simulation --metric land --out "$work/x"
refuses 2 "pairs no cells" --method simulation --coupling exact --out "$work/x"
refuses 2 "every cell with its condition" --method simulation --condition state --guidance 1 --out "$work/x"
refuses 2 "on a straight path" --method simulation --targets mean --out "$work/x"
refuses 2 "only simulation follows whole paths" --energy 1 --out "$work/x"
refuses 2 "otcfm learns no growth: add --growth, or use vgfm or uotfm" --growth-column state --out "$work/x"
refuses 2 "simulation learns no growth: use vgfm or uotfm" --method simulation --growth-column state --out "$work/x"
refuses 2 "growth rates come from a column or from genes" --growth --growth-column state --apoptosis FAS --out "$work/x"
refuses 2 "name one" --growth --growth-unit factor --out "$work/x"
refuses 2 "which are per day" --growth --units-per-day 24 --out "$work/x"
refuses 2 "--mass rates: name --growth-column" --growth --mass rates --out "$work/x"
refuses 2 "wfrfm finds the growth from its own distance" --method wfrfm --growth-column state --out "$work/x"
refuses 2 "independent pairs say nothing of which cells multiply" --method icfm --growth --growth-column state --out "$work/x"
refuses 2 "--growth-column: no column 'stat'" --growth --growth-column stat --out "$work/x"
refuses 2 "'medium' is 'GM' for cell 'T0_CT_A01' of time 0, wanted a number for every cell" --growth --growth-column medium --out "$work/x"
refuses 2 "'hours' is '0.0' for cell 'T0_CT_A01' of time 0, wanted a number above zero" --growth --growth-unit factor --growth-column hours --out "$work/x"
refuses 2 "wanted births minus deaths per unit of the time" --growth --growth-column pseudotime --out "$work/x"
refuses 2 "cells of 'medium' 'GM' are there at time 0 and not at time 24" --condition medium --out "$work/x"
refuses 2 "name one" --condition-as class --out "$work/x"
refuses 2 "'medium' is 'GM' for some cells" --condition medium --condition-as number --out "$work/x"
refuses 2 "a balanced coupling says nothing of growth" --growth --coupling exact --out "$work/x"
refuses 2 "a step would draw each of them many times" --batch 100000 --out "$work/x"
"$program" --steps 2 --hidden 8 --dims 3 --batch 3000 --out "$work/often" >/dev/null 2>"$work/err" || fault "more pairs than ten times the cells: $(cat "$work/err")"
refuses 2 "--proliferation: no gene 'CDK2'; did you mean 'CDK1'?" --growth --proliferation CDK2,TOP2A --out "$work/x"
refuses 2 "--apoptosis: cannot read the file" --growth --apoptosis "$work/nothing.txt" --out "$work/x"
printf '# nothing\n' >"$work/nothing.txt"
refuses 2 "--apoptosis: no gene in" --growth --apoptosis "$work/nothing.txt" --out "$work/x"
printf 'Cdk1\nTop2a\n' >"$work/mouse.txt"
refuses 2 "none of the 2 genes" --growth --proliferation "$work/mouse.txt" --out "$work/x"
refuses 2 "--steps needs a value, and one only" --steps 3 --steps 4 --out "$work/x"
refuses 2 "sde needs a model with noise" --solver sde --out "$work/x"
refuses 2 "--condition: no column 'nope'" --condition nope --out "$work/x"
refuses 2 "is the time, which the model knows" --condition hours --out "$work/x"
refuses 2 "'all' stands alone" "${quick[@]}" --hold-out 24,all --out "$work/x"
[ -e "$work/x" ] && fault "something asked wrongly left a folder"
refuses 2 "--time is missing" --data "$muscle" --out "$work/x"
refuses 2 "muscle" --data "${muscle}x" --time hours --out "$work/x"
refuses 2 "no file or folder" --data "${muscle}x" --out "$work/x"
copy
sed -i '1s/hours/age/' "$work/data/obs.csv"
refuses 2 "--units-per-day is missing: growth from genes is per day" --growth --proliferation CDK1 --data "$work/data" --time age --out "$work/x"
copy
refuses 2 "--time: no column 'hors'" --data "$work/data" --time hors --out "$work/x"
refuses 2 "X_pca" --data "$work/data" --time hours --basis X_pac --out "$work/x"
refuses 2 "--dims is 11" --data "$work/data" --time hours --dims 11 --out "$work/x"
refuses 2 "--hold-out: no time point '25'" "${data[@]}" --hold-out 25
refuses 2 "first" "${data[@]}" --hold-out 0
refuses 2 "last" "${data[@]}" --hold-out 72
refuses 2 "MYOG" "${data[@]}" --genes MYGO
refuses 2 "batch is 1" --data "$work/data" --time hours --batch 1 --out "$work/x"
refuses 2 "--time-values LABEL=NUMBER" --data "$work/data" --time medium --out "$work/x"
refuses 2 "LABEL=NUMBER" --data "$work/data" --time medium --time-values GM --out "$work/x"
refuses 1 "Not a directory" "${quick[@]}" --out "$muscle/obs.csv/x"
# Two times: there is none between them, and the program says that nothing tests the model.
sed -i 's/,48\.0,/,24.0,/; s/,72\.0,/,24.0,/' "$work/data/obs.csv"
"$program" "${data[@]}" >"$work/log" 2>&1 && grep -q 'with two time points there is none' "$work/log" || fault "two times: $(tail -n 2 "$work/log")"
copy
sed -i '5d' "$work/data/obsm.csv"
refuses 1 "270" "${data[@]}"
copy
sed -i '7s/^[^,]*,/oops,/' "$work/data/obsm.csv"
refuses 1 "line 7" "${data[@]}"
copy
sed -i '7s/^[^,]*,/,/' "$work/data/obsm.csv"
refuses 1 "missing" "${data[@]}"
copy
sed -i 's/,24\.0,/,0.0,/; s/,48\.0,/,0.0,/; s/,72\.0,/,0.0,/' "$work/data/obs.csv"
refuses 2 "1 time point" "${data[@]}"
copy
rm "$work/data/obs.csv"
refuses 2 "obs.csv" "${data[@]}"
copy
awk -F, -v OFS=, 'NR > 1 {$2 = 1} {print}' "$work/data/obsm.csv" >"$work/obsm" && mv "$work/obsm" "$work/data/obsm.csv"
refuses 2 "coordinate 2 ('PC 2') is 1 in every cell" "${data[@]}"
refuses 2 "coordinate 2 ('PC 2') is 1" "${data[@]}" --standardize all
"$program" "${data[@]}" --standardize none >/dev/null 2>"$work/err" || fault "a constant, unscaled: $(cat "$work/err")"
copy
sed -i '7s/^[^,]*,/1e30,/' "$work/data/obsm.csv"
refuses 1 "too large" "${data[@]}" --standardize none
copy
refuses 1 "lower --lr" "${data[@]}" --lr 1e20
# A time that is continuous: what to do is said, and not a thousand times are listed.
copy
awk -F, -v OFS=, 'NR > 1 {$2 = NR / 10} {print}' "$muscle/obs.csv" >"$work/data/obs.csv"
refuses 2 "round it to snapshots in a column of its own" "${data[@]}"
[ "$(head -n 1 "$work/out" | wc -c)" -lt 400 ] || fault "all times are listed"
if [ "$(id -u)" != 0 ]; then  # root may write anywhere
  mkdir -p "$work/locked" && chmod a-w "$work/locked"
  refuses 1 "locked" "${quick[@]}" --out "$work/locked"
fi
# A disk that is full, as a limit on the size of files: what was there before stays, whole.
cp -r "$work/a" "$work/small"
(
  trap '' XFSZ  # so that writing fails instead of ending the program
  ulimit -f 16
  refuses 1 "File too large" "${quick[@]}" --out "$work/small"
  exit $failures
)
failures=$?
[ "$(ls -A "$work/small" | grep -vc checkpoint)" = 5 ] || fault "a full disk left: $(ls -A "$work/small")"
for f in metrics.json trajectories.csv velocity.csv model.safetensors report.html; do
  cmp -s "$work/a/$f" "$work/small/$f" || fault "a full disk spoilt $f"
done
# Redirected output counts, too.
if [ -w /dev/full ]; then
  "$program" "${quick[@]}" --out "$work/choice" >/dev/full 2>"$work/err"
  [ $? = 1 ] || fault "a full disk behind standard output goes unnoticed"
fi

[ $failures = 0 ] && echo "learn_dynamics: all checks passed"
exit $failures
