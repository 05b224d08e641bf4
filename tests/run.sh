#!/usr/bin/env bash
# All tests, on a throw-away server below build/. Prints a line for each suite as it ends; the last
# line states how many tests passed and failed. Logs are in build/test/log/.
#
#   run.sh [--log-all]     with --log-all the server writes down every statement, and at the end no token may be
#                          found in what it wrote
set -uo pipefail
cd "$(dirname "$0")/.."

export TENANCY=$PWD/build/dev/tenancy
export TENANCY_KEYS=$PWD/build/test/keys
export PG_CONFIG=${PG_CONFIG:-pg_config}
logs=build/test/log
server=build/test/server
passed=0
failed=0
settings=()
if [ "${1:-}" = --log-all ]; then
  settings=("log_statement = 'all'" "log_min_duration_statement = 0" "log_min_messages = 'debug1'")
fi

stop_server() { tests/support/server.sh stop "$server" > /dev/null; }
trap 'stop_server; exit 130' INT TERM
trap stop_server EXIT

# suite NAME COMMAND...: runs the command, counts its tests from what it prints.
suite() {
  local name=$1 log="$logs/${1// /-}.log" status count bad
  shift
  "$@" > "$log" 2>&1
  status=$?
  count=$(sed -n \
    -e 's/^Files=.*, Tests=\([0-9]*\),.*/\1/p' \
    -e 's/^All tests passed (.* in \([0-9]*\) test cases\?).*/\1/p' \
    -e 's/^[# ]*All \([0-9]*\) tests passed\..*/\1/p' \
    -e 's/^\([0-9]*\) checks passed$/\1/p' "$log" | tail -n 1)
  bad=0
  if [ "$status" -ne 0 ] || [ "${count:-0}" -eq 0 ]; then
    bad=$(grep -cE '^(# +)?not ok|^test .* FAILED|^FAILED:|^.*: FAILED:$' "$log")
    [ "$bad" -gt 0 ] || bad=1
  fi
  passed=$((passed + ${count:-0} - (bad < ${count:-0} ? bad : ${count:-0})))
  failed=$((failed + bad))
  if [ "$bad" -eq 0 ]; then
    printf '  %-34s %5s passed\n' "$name" "$count"
  else
    printf '  %-34s FAILED, see %s\n' "$name" "$log"
    tail -n 40 "$log" | sed 's/^/      /'
  fi
}

# step NAME COMMAND...: what must succeed for anything to be tested.
step() {
  local log="$logs/${1// /-}.log"
  printf '  %s\n' "$1"
  shift
  "$@" > "$log" 2>&1 || { tail -n 40 "$log"; echo "0 passed, 1 failed"; exit 1; }
}

as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo --preserve-env=PG_CONFIG "$@"; fi; }
jobs=$(nproc)

mkdir -p "$logs"
echo "build"
step "extension" make --jobs "$jobs" WERROR=1
step "install" as_root make install
step "configure" cmake --preset dev -DTENANCY_WERROR=ON
step "tool and unit tests" cmake --build --preset dev --parallel "$jobs"

echo "without a server"
suite "lint" tests/lint/run.sh
suite "unit tests of the core" build/dev/core_tests
suite "unit tests of the compiler" build/dev/policy_tests
suite "fuzzing, a few seconds" tests/fuzz/smoke.sh
suite "command line" prove --exec bash tests/cli/*.sh :: "$TENANCY"

echo "on a server"
step "keys" tests/support/keys.sh "$TENANCY_KEYS"
step "server" tests/support/server.sh start "$server" "max_prepared_transactions = 5" ${settings[@]+"${settings[@]}"}
eval "$(tests/support/server.sh env "$server")"
step "application" tests/support/application.sh tenancy_saas
suite "connections of the tool" build/dev/live_tests
suite "regression" make installcheck
suite "isolation of tenants" pg_prove --dbname tenancy_saas tests/pgtap/*.sql
suite "policies of the examples" prove --exec bash tests/policy/*.sh
suite "races" tests/isolation/run.sh
suite "policies, in test mode" tests/test_mode/run.sh
for file in tests/pgtap/attacks/*.sql; do
  class=$(basename "$file" .sql)
  suite "attacks: ${class//_/ }" pg_prove --dbname tenancy_saas "$file"
done
suite "processes" prove --exec bash tests/tap/*.sh
suite "pooling by PgBouncer" prove --exec bash tests/bouncer/*.sh
# Once: the versions of the drivers that docs/clients.md speaks of are this Debian's.
if grep -qx 'VERSION_ID="12"' /etc/os-release; then
  suite "client drivers" prove --exec bash tests/clients/run.sh
fi
if [ ${#settings[@]} -gt 0 ]; then suite "no token was written down" tests/support/no_token.sh "$server"; fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
