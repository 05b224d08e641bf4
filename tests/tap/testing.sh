#!/usr/bin/env bash
# docs/testing.md's "Write one and run it", command by command as it is written there.
set -uo pipefail
source tests/support/tap.sh
unset PGHOST PGPORT PGUSER PGDATABASE
rm -rf build/policy_tests
trap 'tests/support/server.sh stop build/policy_tests/server > /dev/null' EXIT

# block N: the Nth fenced block of that section.
block() {
  awk -v wanted="$1" '
    /^## / {inside = /Write one and run it/}
    inside && /^```/ {open = !open; count += open; next}
    inside && open && count == wanted' docs/testing.md
}

ok "$(block 1 | grep 'server.sh start build/policy_tests/server tenancy.test_mode=on')" "the section is where it was"
eval "$(block 1)" > build/policy_tests.log 2>&1
unlike "$(cat build/policy_tests.log)" "ERROR" "a database with the application"
block 2 > build/policy_tests/trust.sql
unlike "$(psql saas_test -f build/policy_tests/trust.sql 2>&1)" "ERROR" "issuer, pool and extension"
block 3 > build/policy_tests/documents.sql
said=$(eval "$(block 4)" 2>&1)
like "$said" "Files=1, Tests=11," "all tests are run"
like "$said" "Result: PASS" "and pass"
like "$(psql saas_test -c 'drop policy saas_app_floor on documents' 2>&1)" "DROP POLICY" "the floor is taken away"
said=$(eval "$(block 4)" 2>&1)
like "$said" "Result: FAIL" "and they fail"
missing=$(block 5 | while IFS= read -r line; do grep -qxF -e "$line" <<< "$said" || echo "$line"; done)
is "$missing" "" "as the page says"

# What the page names is there, and what is there for authors is named.
documented=$(grep -oE '`[a-z_]+\(' docs/testing.md | tr -d '`(' | sort -u)
internal="act_as attempt change conclude expression_of insertion is_refusal no_table not_bound pool_entry pools_meant require_test_mode require_tester rows_there sign table_named verdict ways_to_write who"
actual=$(psql saas_test --tuples-only --no-align -c "select distinct proname from pg_proc where pronamespace = 'tenancy_test'::regnamespace" |
  grep -vxF -e "${internal// /$'\n'}" | sort -u)
is "$(comm -13 <(echo "$documented") <(echo "$actual"))" "" "every function for authors is on the page"
finish
