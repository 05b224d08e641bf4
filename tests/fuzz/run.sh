#!/usr/bin/env bash
# Fuzzes each target for FUZZ_SECONDS (60), or for FUZZ_RUNS executions however long they take, one
# after the other or FUZZ_JOBS (1) at a time; FUZZ_TARGETS names fewer. New inputs worth keeping go
# to FUZZ_CORPUS (build/fuzz/corpus), where the next run begins; the corpus beside this, and public
# vectors where there are some (see tests/cli/wycheproof.sh), are only read.
set -euo pipefail
cd "$(dirname "$0")/../.."
export kept=${FUZZ_CORPUS:-build/fuzz/corpus} seeds=build/fuzz/seeds
export limit=-max_total_time=${FUZZ_SECONDS:-60}
if [ -n "${FUZZ_RUNS:-}" ]; then limit=-runs=$FUZZ_RUNS; fi
targets=${FUZZ_TARGETS:-token header key claims}

if ! command -v clang++ > /dev/null; then
  echo "fuzzing needs clang++ and its libFuzzer: run 'make deps'" >&2
  exit 1
fi
mkdir -p build/fuzz
{ cmake --preset fuzz && cmake --build --preset fuzz --parallel "$(nproc)" --target fuzz; } \
  > build/fuzz/build.log 2>&1 || { tail -n 40 build/fuzz/build.log; exit 1; }
tests/fuzz/seeds.pl "${PG_TENANCY_VECTORS:-../shared/vectors}/wycheproof" "$seeds"

# A token is longer than its limit of 16 KiB; a key of 16384 bits fits into 4 KiB, and what is longer
# only costs time.
declare -A longest=([token]=20000 [header]=20000 [claims]=20000 [key]=4096)
fuzz() {
  local target=$1 log=$kept/$1.log status=0
  mkdir -p "$kept/$target" "$seeds/$target"
  "build/fuzz/${target}_fuzz" "$kept/$target" "tests/fuzz/corpus/$target" "$seeds/$target" \
    -dict=tests/fuzz/jose.dict "$limit" -max_len="$2" -timeout=30 \
    -artifact_prefix="$kept/$target-" -print_final_stats=1 ${FUZZ_SEED:+-seed=$FUZZ_SEED} \
    > "$log" 2>&1 || status=$?
  if [ "$status" -ne 0 ]; then
    tail -n 40 "$log"
    echo "FAILED: $target; the input is $kept/$target-*"
    return 1
  fi
  echo "ok - $target: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") executions in" \
    "$(sed -n 's/^Done .* in \([0-9]*\) second.*/\1/p' "$log") s, no crash, no leak"
}
export -f fuzz
for target in $targets; do printf '%s %s\n' "$target" "${longest[$target]}"; done |
  xargs -P "${FUZZ_JOBS:-1}" -L 1 bash -c 'fuzz "$@" || exit 255' _
echo "$(wc -w <<< "$targets") checks passed"
