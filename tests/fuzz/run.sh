#!/usr/bin/env bash
# Fuzzes each target for FUZZ_SECONDS (60), one after the other. New inputs worth keeping go to
# FUZZ_CORPUS (build/fuzz/corpus), where the next run begins; the corpus beside this is only read.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${FUZZ_SECONDS:-60}
kept=${FUZZ_CORPUS:-build/fuzz/corpus}

if ! command -v clang++ > /dev/null; then
  echo "fuzzing needs clang++ and its libFuzzer: run 'make deps'" >&2
  exit 1
fi
mkdir -p build/fuzz
{ cmake --preset fuzz && cmake --build --preset fuzz --parallel "$(nproc)" --target fuzz; } \
  > build/fuzz/build.log 2>&1 || { tail -n 40 build/fuzz/build.log; exit 1; }

checks=0
for target in token header key claims; do
  mkdir -p "$kept/$target"
  log=$kept/$target.log
  status=0
  "build/fuzz/${target}_fuzz" "$kept/$target" "tests/fuzz/corpus/$target" \
    -dict=tests/fuzz/jose.dict -max_total_time="$seconds" -max_len=20000 -timeout=10 \
    -artifact_prefix="$kept/$target-" -print_final_stats=1 ${FUZZ_SEED:+-seed=$FUZZ_SEED} \
    > "$log" 2>&1 || status=$?
  if [ "$status" -ne 0 ]; then
    tail -n 40 "$log"
    echo "FAILED: $target; the input is $kept/$target-*"
    exit 1
  fi
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  echo "ok - $target: $runs executions in $seconds s, no crash, no leak"
  checks=$((checks + 1))
done
echo "$checks checks passed"
