#!/usr/bin/env bash
# A key that is removed, and a subject that is revoked, are refused by sessions that were open before:
# on the server, on its standby, on a subscriber of its tables; whatever role replication has.
set -uo pipefail
source tests/support/tap.sh
primary=build/test/trust_primary
standby=build/test/trust_standby
work=$(mktemp -d)
cleanup() {
  for job in $(jobs -p); do kill "$job" 2> /dev/null; done
  tests/support/server.sh stop "$standby" > /dev/null
  tests/support/server.sh stop "$primary" > /dev/null
  rm -rf "$work"
}
trap cleanup EXIT
issuer=https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Demo
eve=$(tests/support/mint.sh eve web-app --claim-json "iat=$(($(date +%s) - 100))")

tests/support/server.sh start "$primary" "wal_level = logical" > /dev/null
eval "$(tests/support/server.sh env "$primary")"
sql() { psql --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 "$@"; }
for database in here subscriber; do
  sql --command "create database $database"
  sql --dbname "$database" --command "create extension pg_tenancy"
done
sql --dbname here --set "jwks=$(cat "$TENANCY_KEYS/jwks.json")" << SQL > /dev/null
create role trust_pool login;
insert into tenancy.application values ('trust');
select tenancy.add_cognito_issuer('eu-west-1', 'eu-west-1_Demo', '{web-app}');
insert into tenancy.pool values ('trust_pool', 'app', 'trust', '$issuer');
select tenancy.import_jwks('$issuer', :'jwks');
create publication trust for table tenancy.application, tenancy.issuer, tenancy.issuer_key, tenancy.pool, tenancy.revocation;
select pg_create_logical_replication_slot('trust', 'pgoutput');
SQL
sql --dbname subscriber --command "create subscription trust connection 'host=$PGHOST dbname=here user=postgres'
  publication trust with (slot_name = trust, create_slot = false)"
tests/support/server.sh standby "$standby" "$primary" > /dev/null
on_standby=$(cd "$standby" && pwd -P)

# wait_for DATABASE QUERY [OPTION...]: until the query gives t.
wait_for() {
  local database=$1 query=$2
  shift 2
  for _ in {1..400}; do
    [ "$(sql --dbname "$database" --command "$query" "$@")" = t ] && return
    sleep 0.05
  done
  echo "# in vain: $query"
}
keys_are() { # keys_are COUNT: everywhere
  wait_for subscriber "select count(*) = $1 from tenancy.issuer_key"
  wait_for here "select count(*) = $1 from tenancy.issuer_key" --host "$on_standby"
}
wait_for subscriber "select count(*) > 0 from tenancy.pool"
keys_are 2

# Sessions that stay open. ask NAME SQL: prints the SQLSTATE that the last statement ended with.
declare -A to from
open_session() { # open_session NAME DATABASE HOST
  mkfifo "$work/$1.in" "$work/$1.out"
  psql --no-psqlrc --quiet --tuples-only --no-align --host "$3" --username trust_pool --dbname "$2" \
    --set "token=$eve" < "$work/$1.in" > "$work/$1.out" 2> "$work/$1.err" &
  exec {to[$1]}> "$work/$1.in" {from[$1]}< "$work/$1.out"
}
ask() {
  local answer=
  printf '%s\n\\echo %s\n' "$2" ':SQLSTATE' >&"${to[$1]}"
  read -r -t 20 -u "${from[$1]}" answer
  echo "$answer"
}
login="select tenancy.login(:'token') \\g /dev/null"
places="here subscriber standby"
open_session here here "$PGHOST"
open_session subscriber subscriber "$PGHOST"
open_session standby here "$on_standby"
for place in $places; do is "$(ask "$place" "$login")" 00000 "$place: a session logs in, and keeps the keys"; done

# A removed key, by an ordinary statement and by one of a session that plays a replica.
remove="delete from tenancy.issuer_key where key_id = 'access-key'"
import() { sql --dbname here --set "jwks=$(cat "$TENANCY_KEYS/jwks.json")" <<< "select tenancy.import_jwks('$issuer', :'jwks')" > /dev/null; }
for role in origin replica; do
  sql --dbname here --command "set session_replication_role = $role" --command "$remove"
  keys_are 1
  for place in $places; do is "$(ask "$place" "$login")" 28T01 "$place: the key removed as $role is refused at the next login"; done
  import
  keys_are 2
  for place in $places; do is "$(ask "$place" "$login")" 00000 "$place: and accepted when it is back"; done
done
for place in $places; do
  ask "$place" "begin isolation level repeatable read;" > "$work/begun"
  ask "$place" "select 1 \\g /dev/null" > "$work/begun"
done
sql --dbname here --command "$remove"
keys_are 1
for place in $places; do is "$(ask "$place" "$login")" 28T01 "$place: also in a REPEATABLE READ transaction that began before"; done
for place in $places; do ask "$place" "rollback;" > "$work/ended"; done
import
keys_are 2

# Everything but a signature that was found good is judged anew: the same token, the same sessions.
rule_is() { # rule_is RULE: everywhere
  wait_for subscriber "select $1 from tenancy.issuer"
  wait_for here "select $1 from tenancy.issuer" --host "$on_standby"
}
for rule in "audiences = '{other}'" "required_claims = '{\"token_use\": \"id\"}'" "max_lifetime = 60" "algorithms = '{ES256}'" "token_type = 'at+jwt'"; do
  before=$(sql --dbname here --command "select format('%I = %L', '${rule%% *}', ${rule%% *}) from tenancy.issuer")
  sql --dbname here --command "update tenancy.issuer set $rule"
  rule_is "$rule"
  refused=
  for place in $places; do refused+=" $(ask "$place" "$login")"; done
  is "$refused" " 28T01 28T01 28T01" "a token that was accepted is refused by a new rule: $rule"
  sql --dbname here --command "update tenancy.issuer set ${before/= NULL/= null}"
  rule_is "${before/= NULL/is null}"
  accepted=
  for place in $places; do accepted+=" $(ask "$place" "$login")"; done
  is "$accepted" " 00000 00000 00000" "and accepted without it"
done
is "$(sql --command "select count(*), min(allocated_size) between 500000 and 1000000 from pg_shmem_allocations where name = 'pg_tenancy signatures'")" \
  "1|t" "results of signatures have a part of shared memory, of fixed size"

# A transaction that replaces the set is seen whole: no login in between is refused.
bench=$("${PG_CONFIG:-pg_config}" --bindir)/pgbench
printf 'select tenancy.login(:token);\n' > "$work/load.sql"
"$bench" --username trust_pool --no-vacuum --client 2 --time 3 --protocol prepared --define "token=$eve" --file "$work/load.sql" here \
  > "$work/load.log" 2>&1 &
load=$!
for _ in {1..30}; do import; done
wait "$load"
is "$?" 0 "30 imports of the set under load, and no login is refused" "$work/load.log"

# A subject that is revoked while he is logged in.
for place in $places; do
  ask "$place" "begin;" > "$work/begun"
  ask "$place" "$login" > "$work/begun"
  is "$(ask "$place" "select tenancy.subject() \\g /dev/null")" 00000 "$place: bound"
done
sql --dbname here --command "select tenancy.revoke_subject('$issuer', 'eve')" > /dev/null
wait_for subscriber "select count(*) = 1 from tenancy.revocation"
wait_for here "select count(*) = 1 from tenancy.revocation" --host "$on_standby"
for place in $places; do is "$(ask "$place" "select tenancy.subject() \\g /dev/null")" 28T02 "$place: revoked, his next statement is refused"; done

like "$(grep 'object="issuer_key"' "$primary/server.log" | grep -m 1 '\] @ LOG')" "event=changed" "what a subscription applies is an event"
sql --dbname subscriber --command "alter subscription trust disable" --command "alter subscription trust set (slot_name = none)" --command "drop subscription trust"
finish
