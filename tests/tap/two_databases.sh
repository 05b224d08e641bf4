#!/usr/bin/env bash
# Two databases of one server, one login role: each has its own trust, revocations, rules and version of the
# extension, and what changes in one leaves the other as it is.
set -uo pipefail
source tests/support/tap.sh

drop_all() {
  psql --quiet --dbname postgres --command "set client_min_messages = error" --command "drop database if exists twin_a" \
    --command "drop database if exists twin_b" --command "drop role if exists twin_pool, twin_pool_app"
}
drop_all
trap drop_all EXIT
for database in twin_a twin_b; do
  psql --quiet --dbname postgres --command "create database $database"
  psql --quiet --no-psqlrc --dbname "$database" --set pool=twin_pool --set "jwks=$(cat "$TENANCY_KEYS/jwks.json")" --file tests/support/notes.sql
done
admin() { psql --quiet --no-psqlrc --tuples-only --no-align --set ON_ERROR_STOP=1 --dbname "$1" --command "$2" 2>&1; }
admin twin_b "update notes set body = 'B: ' || body" > /dev/null
ann=$(tests/support/mint.sh ann web)
bob=$(tests/support/mint.sh bob web)
# reads DATABASE TOKEN: notes in one line, or the SQLSTATE.
reads() {
  PGUSER=twin_pool psql --quiet --no-psqlrc --tuples-only --no-align --dbname "$1" --set "token=$2" --set VERBOSITY=sqlstate --set ON_ERROR_STOP=1 2>&1 <<'SQL' | sed 's/^psql:[^ ]* //' | paste --serial --delimiters ,
begin;
select tenancy.login(:'token') \g /dev/null
select body from notes order by 1;
SQL
}

is "$(reads twin_a "$ann")" "Acme 1,Acme 2" "ann in the first"
is "$(reads twin_b "$ann")" "B: Acme 1,B: Acme 2" "and in the second"
is "$(reads twin_b "$bob")" "B: Globex 3" "bob in the second"

# Sessions of both databases at once, each of which logs in again and again while trust changes in the first.
mkdir -p build/test/twins
many() {
  for _ in $(seq 40); do printf "begin;\nselect tenancy.login(:'token') \\\\g /dev/null\nselect string_agg(body, ',' order by body) from notes;\ncommit;\n"; done |
    PGUSER=twin_pool psql --quiet --no-psqlrc --tuples-only --no-align --dbname "$1" --set "token=$2" > "build/test/twins/$3" 2>&1
}
sessions=()
many twin_a "$ann" a.ann & sessions+=($!)
many twin_b "$ann" b.ann & sessions+=($!)
many twin_a "$bob" a.bob & sessions+=($!)
many twin_b "$bob" b.bob & sessions+=($!)
for _ in $(seq 20); do admin twin_a "update tenancy.issuer set leeway = 61 - leeway" > /dev/null; done
wait "${sessions[@]}"
is "$(sort build/test/twins/a.ann | uniq -c | xargs)" "40 Acme 1,Acme 2" "at once: ann, first"
is "$(sort build/test/twins/b.ann | uniq -c | xargs)" "40 B: Acme 1,B: Acme 2" "ann, second"
is "$(sort build/test/twins/a.bob | uniq -c | xargs)" "40 Globex 3" "bob, first"
is "$(sort build/test/twins/b.bob | uniq -c | xargs)" "40 B: Globex 3" "bob, second"

admin twin_a "delete from tenancy.issuer_key" > /dev/null
is "$(reads twin_a "$ann")" "ERROR:  28T01" "keys that are removed in one"
is "$(reads twin_b "$ann")" "B: Acme 1,B: Acme 2" "stay in the other"
admin twin_b "update tenancy.membership set active = false where user_id = 'a2000000-0000-4000-8000-000000000001'" > /dev/null
is "$(reads twin_b "$ann")" "ERROR:  42501" "a membership ends in the database in which it is ended"
is "$(reads twin_b "$bob")" "B: Globex 3" "for nobody else"
admin twin_b "drop table notes; drop extension pg_tenancy" > /dev/null
like "$(reads twin_b "$bob")" "ERROR:  " "the extension is dropped in one"
admin twin_a "select tenancy.import_jwks(issuer, '$(cat "$TENANCY_KEYS/jwks.json")') from tenancy.issuer" > /dev/null
is "$(reads twin_a "$ann")" "Acme 1,Acme 2" "and works in the other"
admin twin_b "create extension pg_tenancy" > /dev/null
is "$(admin twin_b "select count(*) from tenancy.issuer")" 0 "created again, it trusts nobody"
is "$(reads twin_b "$bob")" "ERROR:  28T03" "and has no pool"
finish
