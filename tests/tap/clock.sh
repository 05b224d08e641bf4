#!/usr/bin/env bash
# A clock that steps back gives no expired token a second life, in any session: what one has seen of
# the clock, all remember.
set -uo pipefail
source tests/support/tap.sh
server=build/test/clock
cleanup() { tests/support/server.sh stop "$server" > /dev/null; }
trap cleanup EXIT
library=$(find /usr/lib -name libfaketime.so.1 -print -quit)
[ -n "$library" ] || { echo "1..0 # SKIP no libfaketime: run 'make deps'"; exit 0; }
issuer=https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Demo

# The server's clock is off by what the file says, which it reads each time; a process that found it empty would exit.
offset=$(mktemp)
step() {
  printf '%ss\n' "$1" > "$offset.new"
  chmod 644 "$offset.new"
  mv "$offset.new" "$offset"
}
step +0
LD_PRELOAD=$library FAKETIME_TIMESTAMP_FILE=$offset FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1 \
  tests/support/server.sh start "$server" > /dev/null
eval "$(tests/support/server.sh env "$server")"
sql() { psql --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 "$@"; }
sql --command "create extension pg_tenancy"
sql --set "jwks=$(cat "$TENANCY_KEYS/jwks.json")" << SQL > /dev/null
create role clock_pool login;
insert into tenancy.application values ('clock');
select tenancy.add_cognito_issuer('eu-west-1', 'eu-west-1_Demo', '{web-app}');
insert into tenancy.pool values ('clock_pool', 'app', 'clock', '$issuer');
select tenancy.import_jwks('$issuer', :'jwks');
SQL
token() { tests/support/mint.sh eve web-app --claim-json "iat=$(($(date +%s) - 4000))" --claim-json "exp=$(($(date +%s) + $1))"; }
login() { # login TOKEN: the SQLSTATE, in a session of its own
  printf "select tenancy.login('%s') \\\\g /dev/null\n\\\\echo :SQLSTATE\n" "$1" |
    psql --no-psqlrc --quiet --username clock_pool 2> /dev/null
}
expired=$(token -60)
good=$(token 3600)
is "$(login "$good")" 00000 "a token is accepted"
is "$(login "$expired")" 28T02 "an expired one is not"
step -3600
is "$(sql --command "select extract(epoch from clock_timestamp()) < $(date +%s) - 3000")" t "the server's clock steps back by an hour"
is "$(login "$expired")" 58000 "the expired token is not accepted for that"
is "$(login "$good")" 58000 "nor is any other: nobody can tell what has expired"
like "$(tail -n 20 "$server/server.log")" "reason=clock_stepped_back" "the log says why"
step -15
is "$(login "$good")" 00000 "within the issuer's leeway of 30 s it is no step"
is "$(login "$expired")" 28T02 "and the expired token has expired"
step +0
is "$(login "$good")" 00000 "when the clock is right again, all is well"
rm -f "$offset"
finish
