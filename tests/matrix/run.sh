#!/usr/bin/env bash
# All tests (tests/run.sh) on every PostgreSQL: this system's, and 17 and 18 in folders of newer Debian
# suites. The last line counts them all.
#
#   run.sh [MAJOR...]        on these; without arguments on all
set -uo pipefail
cd "$(dirname "$0")/../.."

logs=build/matrix/log
passed=0
failed=0
own=$("${PG_CONFIG:-pg_config}" --version | sed 's/^[^0-9]*\([0-9]*\).*/\1/')
if [ $# -gt 0 ]; then majors=("$@"); else majors=("$own"); for major in 17 18; do [ "$major" = "$own" ] || majors+=("$major"); done; fi

as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi; }
folder() { as_root tests/matrix/folder.sh "$@"; }

# tests COMMAND...: shows what it prints, but for the last line, which is added to the count.
tests() {
  local log="$logs/$major.log" count
  "$@" 2>&1 < /dev/null | tee "$log" | grep --line-buffered -vE '^[0-9]+ passed, [0-9]+ failed$'
  count=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$log" | tail -n 1)
  # No count: it did not get to its end.
  read -r good _ bad _ <<< "${count:-0 passed, 1 failed}"
  passed=$((passed + good))
  failed=$((failed + bad))
  echo "  PostgreSQL $major: ${count:-it did not get to the end}"
}

# step NAME COMMAND...: what must succeed before there is anything to test; shows its stages.
step() {
  local name=$1 started=$SECONDS log="$logs/$major-${1// /-}.log"
  shift
  if "$@" 2>&1 < /dev/null | tee "$log" | sed --unbuffered --quiet 's/^stage:/    .../p'; then
    printf '  %-34s %5s s\n' "$name" "$((SECONDS - started))"
  else
    printf '  %-34s FAILED, see %s\n' "$name" "$log"
    tail -n 40 "$log" | sed 's/^/      /'
    failed=$((failed + 1))
    return 1
  fi
}

mkdir -p "$logs"
for major in "${majors[@]}"; do
  if [ "$major" = "$own" ]; then
    echo "PostgreSQL $major, this system's"
    tests tests/run.sh
    continue
  fi
  echo "PostgreSQL $major, in build/matrix/$major"
  [ -e "build/matrix/$major" ] || echo "  (made now, which takes minutes; its log is $logs/$major-folder.log)"
  step "folder" folder make "$major" &&
    step "copy of this tree" folder copy "$major" &&
    step "packages" folder enter "$major" tests/support/deps.sh &&
    tests folder enter "$major" tests/run.sh
  if [ "$major" = 17 ] && [ "$own" -lt 17 ]; then
    echo "pg_upgrade from PostgreSQL $own to $major"
    tests as_root tests/matrix/pg_upgrade.sh
  fi
done

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
