#!/usr/bin/env bash
# The most that one hostile token of 16 KiB may cost is 10 ms and 64 KiB. Prints for each class of
# hostile_tokens.cpp what it costs, dearest first, and fails if one is over a limit. Instructions are
# callgrind's, which runs the plainest code that OpenSSL has: MOST_INSTRUCTIONS (30 million) are
# 10 ms of a core that does three in a nanosecond. Bytes are the heap's peak above what was there
# before; massif's own reading for the dearest comes last.
set -euo pipefail
cd "$(dirname "$0")/../.."
most_instructions=${MOST_INSTRUCTIONS:-30000000}
most_bytes=65536
command -v valgrind > /dev/null || { echo "this needs valgrind: run 'make deps'" >&2; exit 1; }

mkdir -p build/bench
{ cmake --preset dev && cmake --build --preset dev --parallel "$(nproc)" --target hostile_tokens; } \
  > build/bench/build.log 2>&1 || { tail -n 40 build/bench/build.log; exit 1; }
mkdir -p build/bench/tokens
build/dev/hostile_tokens build/bench/tokens > build/bench/costs

instructions() {
  valgrind --tool=callgrind --toggle-collect=judge_hostile_token --callgrind-out-file=/dev/null \
    build/dev/hostile_tokens < "build/bench/tokens/$1" 2>&1 | sed -n 's/.*Collected : //p'
}
export -f instructions
cut -d ' ' -f 1 build/bench/costs |
  xargs -P "$(nproc)" -I '{}' bash -c 'echo "{} $(instructions "{}")"' | sort > build/bench/instructions

printf '%-34s %6s %-16s %12s %8s %8s\n' class length verdict instructions ms bytes
over=0
while read -r name length verdict bytes ms count; do
  printf '%-34s %6d %-16s %12d %8s %8d' "$name" "$length" "$verdict" "$count" "$ms" "$bytes"
  if [ "$count" -gt "$most_instructions" ] || [ "$bytes" -gt "$most_bytes" ]; then
    over=$((over + 1))
    printf '  over the limit'
  fi
  echo
done < <(sort build/bench/costs | join - build/bench/instructions | sort -k 6,6nr)

# What massif says of the dearest: the most that the heap grows behind the peak that marks where the
# judging begins.
dearest=$(sort -k 4,4nr build/bench/costs | head -n 1 | cut -d ' ' -f 1)
valgrind --tool=massif --max-snapshots=1000 --peak-inaccuracy=0.0 --massif-out-file=build/bench/massif \
  build/dev/hostile_tokens < "build/bench/tokens/$dearest" > /dev/null 2>&1
awk -F = -v name="$dearest" '
  /^mem_heap_B=/ { heap = $2 }
  /^mem_heap_extra_B=/ {
    heap += $2
    if (heap > mark) { mark = heap; before = most = 0; next }
    if (before == 0) before = heap
    if (heap > most) most = heap
  }
  END { printf "massif: %s takes %d bytes at most\n", name, most - before }' build/bench/massif
echo "$(wc -l < build/bench/costs) classes, $over over the limit"
[ "$over" -eq 0 ]
