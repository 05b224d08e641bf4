#!/usr/bin/env bash
# The helpers of docs/clients, each with its own driver against a real server: what two tenants see on one connection,
# what is refused, retried and rolled back, how many round trips a request takes, and that no token is in the log.
#
#   run.sh [DRIVER ...]
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
source tests/support/tap.sh
export TENANCY=${TENANCY:-$PWD/build/dev/tenancy} TENANCY_KEYS=${TENANCY_KEYS:-$PWD/build/test/keys}
here=tests/clients
build=$PWD/build/clients
server=build/clients/server
proxies=()
drivers=("$@")
[ $# -gt 0 ] || drivers=(node-postgres psycopg psycopg2 libpq jdbc prisma django)

stop() {
  if [ "${#proxies[@]}" -gt 0 ]; then kill "${proxies[@]}" 2> /dev/null; fi
  tests/support/bouncer.sh stop "$build/pooler"
  tests/support/server.sh stop "$server" > /dev/null
}
trap stop EXIT
trap 'exit 130' INT TERM

must() { "$@" > "$build/step.log" 2>&1 || { cat "$build/step.log"; echo "Bail out! $*"; exit 1; }; }

# --- how each driver's program is made and run ---------------------------------------------------

# What apt installs for the system's Python, even where another comes first in the path.
python() { PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=docs/clients/$1 /usr/bin/python3 "$here/python/with_$1.py" "${@:2}"; }

# The packages of the lock file, in a copy below build/; nothing is run at installation.
node_packages() {
  mkdir -p "$build/$1"
  cp docs/clients/"$1"/* "$here"/node/* "$build/$1/"
  cmp --silent "$build/$1/package-lock.json" "$build/$1/installed" && return
  (cd "$build/$1" && npm ci --ignore-scripts --no-audit --no-fund && cp package-lock.json installed)
}

make_node_postgres() { node_packages node-postgres; }
run_node_postgres() { node "$build/node-postgres/with_node-postgres.js" "$@"; }

make_prisma() { node_packages prisma && (cd "$build/prisma" && npm run generate); }
run_prisma() { node "$build/prisma/with_prisma.js" "$@"; }
has_prisma() { node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)'; }

make_psycopg() { :; }
run_psycopg() { python psycopg "$@"; }

make_psycopg2() { :; }
run_psycopg2() { python psycopg2 "$@"; }

make_django() { :; }
run_django() { python django "$@"; }

make_libpq() {
  mkdir -p "$build/libpq"
  g++ -std=c++20 -Wall -Wextra -Wpedantic -Werror -O1 -Idocs/clients/libpq -I"$(pg_config --includedir)" \
    "$here/libpq/scenario.cpp" -o "$build/libpq/scenario" -L"$(pg_config --libdir)" -lpq
}
run_libpq() { "$build/libpq/scenario" "$@"; }

jars=/usr/share/java/postgresql.jar:/usr/share/java/HikariCP.jar:/usr/share/java/slf4j-api.jar:/usr/share/java/slf4j-nop.jar
make_jdbc() {
  mkdir -p "$build/jdbc"
  javac -Xlint:all -Werror -d "$build/jdbc" -cp "$jars" docs/clients/jdbc/Tenancy.java "$here/jdbc/Scenario.java"
}
run_jdbc() { java -cp "$jars:$build/jdbc" Scenario "$@"; }

# --- the server, the tokens, the proxy -----------------------------------------------------------

mkdir -p "$build"
must tests/support/deps.sh clients
[ -e "$TENANCY_KEYS/jwks.json" ] || must tests/support/keys.sh "$TENANCY_KEYS"
must tests/support/server.sh start "$server" log_statement=all log_connections=on
eval "$(tests/support/server.sh env "$server")"
must tests/support/application.sh tenancy_saas
psql --quiet --dbname tenancy_saas --command "alter role saas_app_pool password 'only-for-tests'" \
  --command "alter role saas_app_pool set tenancy.log_logins = 'all'"
log=$PGHOST/server.log

now=$(date +%s)
TOKEN_EVE=$(tests/support/mint.sh eve web-app)
TOKEN_GWEN=$(tests/support/mint.sh gwen web-app)
TOKEN_FORGED=$(tests/support/mint.sh eve web-app --key "$TENANCY_KEYS/unpublished.pem")
TOKEN_EXPIRED=$(tests/support/mint.sh eve web-app --claim-json "exp=$((now - 60))" --claim-json "iat=$((now - 120))")
export TOKEN_EVE TOKEN_GWEN TOKEN_FORGED TOKEN_EXPIRED

# listen DIR: starts a proxy to the socket that PGHOST and PGPORT name, and has them name its port instead.
listen() {
  mkdir -p "$1"
  rm -f "$1/port" "$1/trips"
  /usr/bin/python3 "$here/proxy.py" "$1" 2> "$1/proxy.log" &
  proxies+=($!)
  for _ in {1..100}; do
    if [ -e "$1/port" ]; then break; fi
    sleep 0.1
  done
  PGPORT=$(cat "$1/port") || { cat "$1/proxy.log"; echo "Bail out! no proxy"; exit 1; }
  PGHOST=127.0.0.1
}
export PGPASSWORD=only-for-tests PGDATABASE=tenancy_saas
socket=$PGHOST
listen "$build"
export PGUSER=saas_app_pool

# --- what each driver is asked to do -------------------------------------------------------------

# How many of these events the log has gained since line $mark.
events() { tail -n "+$((mark + 1))" "$log" | grep -c "pg_tenancy: event=$1"; }

# What a request of one query adds to the turns on the wire, which are left in $build/trips.
turns() { : > "$build/trips"; "$run" "$1" "$2" > "$build/out" 2>&1; grep -vc '^Terminate$' "$build/trips"; }
turns_of_request() { echo $((($(turns "$1" 4) - $(turns "$1" 2)) / 2)); }

# requests DRIVER TURNS-OF-A-REQUEST: what is asked of every driver.
requests() {
  rm -f "$build/trips"
  mark=$(wc -l < "$log")
  "$run" > "$build/out" 2> "$build/err"
  is "$(cat "$build/out")" "$(cat "$here/expected.txt")" "$1: rows, refusals, retries, rollback"
  grep -v '^discarding closed connection' "$build/err" | sed 's/^/# /'
  is "$(events login_accepted)" 21 "$1: one login for each transaction"
  is "$(events 'login_refused reason=bad_signature')" 1 "$1: a forged token is tried once"
  is "$(events 'login_refused reason=expired')" 3 "$1: an expired one is replaced once"
  is "$(turns_of_request trips)" "$2" "$1: round trips of a request"
}
together() { ok "$(grep -F 'tenancy.login' "$build/trips" | grep -iF "$2")" "$1: login shares a round trip with $3"; }
apart() { ok "$(grep -F 'tenancy.login' "$build/trips" | grep -iF "$2" || echo apart)" "$1: login shares none with $3"; }

for driver in "${drivers[@]}"; do
  name=${driver//-/_}
  run=run_$name
  if [ "$driver" = prisma ] && ! has_prisma; then
    tap_count=$((tap_count + 1))
    echo "ok $tap_count # SKIP Prisma needs Node.js 20.19, this is $(node --version)"
    continue
  fi
  must "make_$name"
  case $driver in
    libpq)
      requests libpq 1
      together libpq 'begin ' begin
      together libpq 'select title' "the query"
      together libpq 'commit ' commit
      ;;
    jdbc)
      requests jdbc 2
      together jdbc 'begin ' begin
      together jdbc 'select title' "the query"
      is "$(turns_of_request work)" 3 "jdbc: round trips of a request whose work has the connection"
      together jdbc 'begin ' begin
      is "$(run_jdbc settings | paste -sd ' ')" \
        "read only allowed application name allowed isolation 42501 schema 42501" "jdbc: what a pool may set"
      ;;
    node-postgres | psycopg)
      requests "$driver" 2
      together "$driver" 'begin ' begin
      together "$driver" 'select title' "the query"
      ;;
    psycopg2 | django)
      requests "$driver" 3
      apart "$driver" 'begin' begin
      together "$driver" 'select title' "the query"
      ;;
    prisma)
      requests prisma 4
      apart prisma 'begin' begin
      apart prisma '"title"' "the query"
      ;;
  esac
  if [ "$driver" = django ]; then
    : > "$build/trips"
    is "$("$run" views 2> "$build/err")" "$(cat "$here/python/views.txt")" "django: views of two tenants"
    like "$(cat "$build/trips")" "NO SCROLL CURSOR WITHOUT HOLD" "django: a server-side cursor among them"
  fi
done

# PgBouncer keeps its own connections to the server: which one a client gets is not the client's to say.
outcomes() { grep -v '^same connection'; }
for mode in transaction session; do
  must env PGHOST="$socket" PGPORT=5432 PGUSER=postgres \
    tests/support/bouncer.sh start "$build/pooler" / "pool_mode=$mode" default_pool_size=2
  PGHOST=$(realpath "$build/pooler") PGPORT=6432
  listen "$build/$mode"
  for driver in "${drivers[@]}"; do
    if [ "$driver" = prisma ] && ! has_prisma; then continue; fi
    said=$(BEHIND_PGBOUNCER=yes "run_${driver//-/_}" 2> "$build/err")
    is "$(outcomes <<< "$said")" "$(outcomes < "$here/expected.txt")" "$driver: behind PgBouncer, $mode mode"
  done
  tests/support/bouncer.sh stop "$build/pooler"
done

# The code on the page is what was tested: how many blocks of code it has, and how many of them are in no helper.
shown() {
  /usr/bin/python3 - << 'END'
import pathlib
import re
helpers = [path.read_text() for path in pathlib.Path("docs/clients").glob("*/[Tt]enancy.*")]
blocks = [block for block in re.findall(r"```\w+\n(.*?)```", pathlib.Path("docs/clients.md").read_text(), re.S)
          if block.count("\n") > 8]
print(len(blocks), sum(not any(block in helper for helper in helpers) for block in blocks))
END
}
is "$(shown)" "7 0" "docs/clients.md shows each helper as it was tested"

# --- what must hold of all -----------------------------------------------------------------------

like "$(cat "$log")" "select title from documents" "every statement is in the server log"
like "$(cat "$log")" "tenancy.login(" "logins too"
for token in "$TOKEN_EVE" "$TOKEN_GWEN" "$TOKEN_FORGED" "$TOKEN_EXPIRED"; do
  IFS=. read -r _ claims signature <<< "$token"
  is "$(grep -cF -e "${claims:0:40}" -e "${signature:0:20}" "$log")" 0 "but not a token"
done
finish
