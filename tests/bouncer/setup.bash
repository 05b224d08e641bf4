# For the tests in this directory: source it. A server of its own with the sample application, whose pool
# has a password, and a role `plain` with the same rights that is no pool; stopped at exit.
source tests/support/tap.sh
dir=build/test/bouncer
server=$dir/server
pooler=$dir/pooler
identities=$dir/identities

stop_all() {
  tests/support/bouncer.sh stop "$pooler"
  tests/support/server.sh stop "$server" > /dev/null
}
trap 'stop_all; exit 130' INT TERM
trap stop_all EXIT

start_server() {
  tests/support/server.sh start "$server" "max_connections = 300" > /dev/null || exit 1
  eval "$(tests/support/server.sh env "$server")"
  tests/support/application.sh bouncer_saas > "$dir/application.log" 2>&1 || exit 1
  export PGDATABASE=bouncer_saas
  psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 --file tests/bouncer/identities.sql --file - <<'SQL' || exit 1
alter role saas_pool password 'only-for-tests';
create role plain login password 'only-for-tests';
grant saas_app, saas_dashboard to plain;
-- What applying the policy took from everybody: without it the guard and login must hold alone.
grant temporary on database bouncer_saas to saas_pool, plain;
grant execute on function pg_prepared_statement(), pg_lock_status(), pg_advisory_lock(bigint) to saas_pool, plain;
SQL
  local subject client rest now
  now=$(date +%s)
  while IFS='|' read -r subject client rest; do
    printf '%s|%s|%s|%s|%s\n' "$subject" "$client" "$rest" "$(tests/support/mint.sh "$subject" "$client")" \
      "$(tests/support/mint.sh "$subject" "$client" --claim-json "iat=$((now - 120))" --claim-json "exp=$((now - 60))")"
  done < <(sql "select * from identity_of_test order by 1, 2, 4") > "$identities"
}

sql() { psql --quiet --no-psqlrc --tuples-only --no-align --command "$1"; }

# has_named VERSION MODE: whether clients may name their prepared statements.
has_named() { [ "$2" = session ] || [ "$(printf '%s\n' 1.21 "$1" | sort --version-sort | head -n 1)" = 1.21 ]; }

# each_pooler FUNCTION: calls it with the version, the root and the mode of each PgBouncer that can run here.
each_pooler() {
  local version root mode newer=
  while read -r version root; do
    for mode in transaction session; do "$1" "$version" "$root" "$mode"; done
    if has_named "$version" transaction; then newer=$version; fi
  done < <(tests/support/bouncer.sh list)
  [ -n "$newer" ] || echo "# skipped: no PgBouncer with max_prepared_statements; 'make check-all' brings one into build/matrix"
}
