#!/usr/bin/env bash
# PostgreSQL's own regression suite, once without and once with pg_tenancy in the server: what comes out must
# be the same, but for the differences that known_differences lists with their reasons.
#
# The suite is that of the source package, the server the installed one. What the two runs gave stays in
# build/core_suite.
set -uo pipefail
cd "$(dirname "$0")/../.."
source tests/support/tap.sh

source_dir=$(tests/support/postgres_source.sh) || { echo "Bail out! no source of PostgreSQL"; exit 1; }
pg_config=${PG_CONFIG:-pg_config}
out=build/core_suite
server=$out/server
trap 'tests/support/server.sh stop "$server" > /dev/null' EXIT
rm -rf "$out"
mkdir -p "$out"
cc -shared -fPIC -O1 -I"$("$pg_config" --includedir-server)" "$source_dir/src/test/regress/regress.c" -o "$out/regress.so" ||
  { echo "Bail out! regress.c does not compile"; exit 1; }

# A psql of the suite's own minor release: later ones read on after a COPY that failed, which the scripts of
# earlier ones do not expect.
psql_dir=$source_dir/build
if [ ! -x "$psql_dir/src/bin/psql/psql" ]; then
  mkdir -p "$psql_dir"
  (
    set -e
    cd "$psql_dir"
    ../configure --without-readline --without-zlib CFLAGS=-O1
    make -C src/backend generated-headers
    # One after the other: made from psql's, two of them make the same library at once.
    for part in port common fe_utils interfaces/libpq bin/psql; do make --jobs "$(nproc)" -C "src/$part"; done
  ) > "$out/psql.log" 2>&1 ||
    { tail -n 20 "$out/psql.log"; echo "Bail out! psql does not compile"; exit 1; }
fi

as_server_user() { if [ "$(id -u)" -eq 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }

# The suite has the server write files beside its results: all of it lives where the server does.
# run_suite NAME PRELOAD
run_suite() {
  local home
  PRELOAD=$2 tests/support/server.sh start "$server" "max_prepared_transactions = 2" > /dev/null || return 1
  home=$(cd "$server" && pwd -P)
  cp -r "$source_dir/src/test/regress" "$home/suite"
  # The suite looks for these two of contrib beside its own library.
  cp "$out/regress.so" "$("$pg_config" --pkglibdir)"/{refint,autoinc}.so "$home/suite/"
  mkdir "$home/psql"
  cp "$psql_dir/src/bin/psql/psql" "$psql_dir"/src/interfaces/libpq/libpq.so.5* "$home/psql/"
  chmod -R a+rX "$home/psql"
  chmod -R a+rwX "$home/suite"
  (
    eval "$(tests/support/server.sh env "$server")"
    psql --quiet --no-psqlrc --tuples-only --no-align --command "show shared_preload_libraries" > "$out/$1.preloaded"
    cd "$home/suite" || exit 1
    as_server_user env PGHOST="$PGHOST" PGPORT="$PGPORT" PGUSER=postgres \
      LD_LIBRARY_PATH="$home/psql" \
      "$(dirname "$("$pg_config" --pgxs)")/../test/regress/pg_regress" --bindir="$home/psql" \
      --dlpath="$home/suite" --inputdir="$home/suite" --outputdir="$home/suite" --max-concurrent-tests=20 \
      --dbname=regression --schedule="$home/suite/parallel_schedule"
  ) > "$out/$1.log" 2>&1
  mkdir -p "$out/$1"
  # Where a message names a file of the suite, it is the same in both runs, since the server has the same place.
  cp "$home/suite/results/"*.out "$out/$1/"
  cp "$home/suite/regression.diffs" "$out/$1.diffs" 2> /dev/null
  cp "$home/server.log" "$out/$1.server.log"
  tests/support/server.sh stop "$server" > /dev/null
}

run_suite without ""
run_suite with pg_tenancy

count() { grep -cE "^(test|  +[a-z]).* $2 +[0-9]+ ms" "$out/$1.log"; }
tests=$(grep -hoE '^test: .*' "$source_dir/src/test/regress/parallel_schedule" | cut -d : -f 2 | wc --words)
echo "# without pg_tenancy: $(count without ok) of $tests as PostgreSQL expects, $(count without FAILED) not"
echo "# with pg_tenancy:    $(count with ok) of $tests as PostgreSQL expects, $(count with FAILED) not"
grep -hE '\.\.\. FAILED' "$out/with.log" | sed 's/^/# /'
ok "$([ "$(count with '(ok|FAILED)')" = "$tests" ] && [ "$tests" -gt 200 ] && echo yes)" "the whole suite was run" "$out/with.log"
ok "$(grep -x pg_tenancy "$out/with.preloaded" && [ -z "$(cat "$out/without.preloaded")" ] && echo yes)" "control: pg_tenancy was in the one server and not in the other"
ok "$(grep -qE 'server (terminated|process .* was terminated)|PANIC|TRAP' "$out/with.server.log" || echo yes)" "no crash with pg_tenancy"

known() { sed -n 's/^\([a-z_0-9]*\): .*/\1/p' tests/core_suite/known_differences; }
for file in "$out/without/"*.out; do
  test=$(basename "$file" .out)
  diff -u "$file" "$out/with/$test.out" > "$out/$test.diff" && { rm -f "$out/$test.diff"; continue; }
  if grep -qx "$test" <(known); then
    echo "# known difference: $test"
  else
    ok "" "$test is the same with pg_tenancy" "$out/$test.diff"
  fi
done
ok "$([ "$(count with FAILED)" -le "$(count without FAILED)" ] && echo yes)" "what PostgreSQL expects comes as often with pg_tenancy"
ok "$([ "$(find "$out/without" -name '*.out' | wc -l)" = "$(find "$out/with" -name '*.out' | wc -l)" ] && echo yes)" "both runs gave as many results"
for test in $(known); do
  ok "$([ -e "$out/$test.diff" ] && echo yes)" "the known difference of $test is still there"
done
finish
