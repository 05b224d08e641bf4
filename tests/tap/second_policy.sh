#!/usr/bin/env bash
# A policy that nobody wrote by hand: for each type of key, made-up tables, columns and roles are
# generated, compiled, applied twice and used by two tenants with real tokens.
set -euo pipefail
source tests/support/tap.sh
export PGOPTIONS='--client-min-messages=warning'
work=build/test/second
issuer=https://second.example
mkdir -p "$work"

# name PREFIX: an identifier that no other test uses; some need quotes in SQL.
name() {
  case $((RANDOM % 3)) in
    0) echo "$1_$RANDOM" ;;
    1) echo "$1 Of $RANDOM" ;;
    2) echo "Select$1$RANDOM" ;;
  esac
}
q() { printf '"%s"' "$1"; }
# key TYPE N: the Nth key of that type, as text.
key() {
  case $1 in
    uuid) printf '%08d-0000-4000-8000-000000000000' "$2" ;;
    bigint) echo $((4000000000 + $2)) ;;
    text) echo "key '$2' of \"text\"" ;;
  esac
}
literal() { printf "'%s'" "${1//\'/\'\'}"; }

for type in uuid bigint text; do
  app=second_$type
  schema=$(name s) firm=$(name firm) unit=$(name unit) person=$(name person) link=$(name link) unit_link=$(name unitlink)
  item=$(name item) part=$(name part) ledger=$(name ledger)
  firm_ref=$(name firmref) unit_ref=$(name unitref) who=$(name who) body=$(name body) role=$(name role)
  boss=boss$RANDOM maker=maker$RANDOM
  k() { literal "$(key $type "$1")"; }

  cat > "$work/$type.sql" <<SQL
create schema $(q "$schema");
set search_path = $(q "$schema");
create table $(q "$firm") (id $type primary key, title text not null);
create table $(q "$unit") (id $type primary key, $(q "$firm_ref") $type not null references $(q "$firm"), unique (id, $(q "$firm_ref")));
create table $(q "$person") (id $type primary key, iss text not null, sub text not null, unique (iss, sub));
create table $(q "$link") ($(q "$who") $type, $(q "$firm_ref") $type, $(q "$role") text);
create table $(q "$unit_link") ($(q "$who") $type, $(q "$unit_ref") $type, $(q "$role") text);
create table $(q "$item") (id $type primary key, $(q "$firm_ref") $type not null, $(q "$unit_ref") $type not null, $(q "$who") $type, $(q "$body") text,
  unique (id, $(q "$firm_ref"), $(q "$unit_ref")));
create table $(q "$part") (n int generated always as identity, item $type not null, $(q "$firm_ref") $type not null, $(q "$unit_ref") $type not null, $(q "$body") text,
  foreign key (item, $(q "$firm_ref"), $(q "$unit_ref")) references $(q "$item") (id, $(q "$firm_ref"), $(q "$unit_ref")));
create table $(q "$ledger") (n int, $(q "$firm_ref") $type not null);
insert into $(q "$firm") values ($(k 1), 'one'), ($(k 2), 'two');
insert into $(q "$unit") values ($(k 11), $(k 1)), ($(k 12), $(k 1)), ($(k 21), $(k 2));
insert into $(q "$person") values ($(k 101), '$issuer', 'boss of one'), ($(k 102), '$issuer', 'maker of one'), ($(k 201), '$issuer', 'maker of two');
insert into $(q "$link") values ($(k 101), $(k 1), '$boss');
insert into $(q "$unit_link") values ($(k 102), $(k 11), '$maker'), ($(k 201), $(k 21), '$maker');
insert into $(q "$item") values ($(k 1), $(k 1), $(k 11), $(k 102), 'one-own'), ($(k 2), $(k 1), $(k 11), $(k 101), 'one-other'),
  ($(k 3), $(k 1), $(k 12), $(k 102), 'one-elsewhere'), ($(k 4), $(k 2), $(k 21), $(k 201), 'two');
insert into $(q "$part") (item, $(q "$firm_ref"), $(q "$unit_ref"), $(q "$body")) values ($(k 1), $(k 1), $(k 11), 'part of one'), ($(k 4), $(k 2), $(k 21), 'part of two');
insert into $(q "$ledger") values (1, $(k 1)), (2, $(k 2));
SQL
  t() { printf '"%s.%s"' "$schema" "$1"; }
  cat > "$work/$type.yaml" <<YAML
tenancy: 1
application: $app
hierarchy:
  account:   { table: $(t "$firm"), key: id, type: $type, column: "$firm_ref" }
  workspace: { table: $(t "$unit"), key: id, type: $type, column: "$unit_ref" }
  user:      { table: $(t "$person"), key: id, type: $type, subject: sub, issuer: iss }
membership:
  account:   { table: $(t "$link"), user: "$who", of: "$firm_ref", role: "$role" }
  workspace: { table: $(t "$unit_link"), user: "$who", of: "$unit_ref", role: "$role" }
roles:
  account.$boss:    { includes: [workspace.$maker] }
  workspace.$maker: {}
tables:
  $(t "$item"):
    scope: workspace
    rules:
      - { role: workspace.$maker, context: [app], read: all }
      - { role: workspace.$maker, context: [app], insert: [id, "$who", "$body"] }
      - { role: workspace.$maker, context: [app], update: ["$body"], rows: "\"$who\" = session.user_id" }
      - { role: account.$boss, context: [app], delete: rows }
  $(t "$part"):
    scope: { parent: $(t "$item"), on: item }
    rules:
      - { role: workspace.$maker, context: [app], read: all }
  $(t "$ledger"):
    scope: account
    rules:
      - { role: account.$boss, context: [app], read: all }
YAML

  psql --quiet --command "drop database if exists $app" --command "create database $app"
  psql --quiet --dbname "$app" --set ON_ERROR_STOP=1 --command "create extension pg_tenancy" --file "$work/$type.sql"
  "$TENANCY" build "$work/$type.yaml" -o "$work/$type.policy.sql"
  psql --quiet --dbname "$app" --set ON_ERROR_STOP=1 --file "$work/$type.policy.sql"
  psql --quiet --dbname "$app" --set ON_ERROR_STOP=1 --file "$work/$type.policy.sql"
  psql --quiet --dbname "$app" --set ON_ERROR_STOP=1 --set jwks="$(cat "$TENANCY_KEYS/jwks.json")" > /dev/null <<SQL
insert into tenancy.issuer (issuer, audiences, account_claim) values ('$issuer', '{second}', 'firm');
select tenancy.import_jwks('$issuer', :'jwks');
drop role if exists ${app}_pool;
create role ${app}_pool login;
grant ${app}_app to ${app}_pool;
insert into tenancy.pool (login_role, api_context, application, issuer) values ('${app}_pool', 'app', '$app', '$issuer');
SQL

  # as SUBJECT STATEMENT: rows in one line, or the error's first line.
  as() {
    local token
    token=$("$TENANCY" token mint --key "$TENANCY_KEYS/access.pem" --kid access-key --issuer "$issuer" --subject "$1" --audience second)
    psql --username "${app}_pool" --dbname "$app" --quiet --no-psqlrc --tuples-only --no-align \
      --set VERBOSITY=sqlstate --set ON_ERROR_STOP=1 --set "token=$token" <<SQL 2>&1 | sed 's/^psql:[^ ]* //' | paste --serial --delimiters ,
begin;
select tenancy.login(:'token') \\g /dev/null
set local search_path = $(q "$schema");
$2
SQL
  }

  is "$(as "maker of one" "select $(q "$body") from $(q "$item") order by 1;")" "one-other,one-own" "$type: one's own workspace is read"
  is "$(as "maker of two" "select $(q "$body") from $(q "$item") order by 1;")" "two" "$type: and the other account's by its own"
  is "$(as "maker of one" "select $(q "$body") from $(q "$part");")" "part of one" "$type: children follow their parents"
  is "$(as "maker of one" "update $(q "$item") set $(q "$body") = 'x' returning id;")" "$(key $type 1)" "$type: own rows are written"
  is "$(as "maker of one" "insert into $(q "$item") (id, $(q "$body")) values ($(k 9), 'new') returning $(q "$firm_ref"), $(q "$unit_ref");")" \
    "$(key $type 1)|$(key $type 11)" "$type: tenant columns fill themselves"
  is "$(as "maker of one" "insert into $(q "$item") (id, $(q "$firm_ref"), $(q "$unit_ref")) values ($(k 9), $(k 2), $(k 21));")" "ERROR:  42501" \
    "$type: nothing goes into another account"
  is "$(as "maker of one" "update $(q "$item") set $(q "$firm_ref") = $(k 2);")" "ERROR:  42501" "$type: nothing moves there"
  is "$(as "maker of one" "delete from $(q "$item");")" "ERROR:  42501" "$type: a role without the right deletes nothing"
  is "$(as "maker of one" "select n from $(q "$ledger");")" "ERROR:  42501" "$type: nor reads what is the other role's"
  is "$(as "boss of one" "select n from $(q "$ledger");")" "1" "$type: whose role has it reads his account's"
  is "$(as "boss of one" "select count(*) from $(q "$item");")" "ERROR:  42501" "$type: with two workspaces open and none named, no right in either"
  is "$(as "nobody" "select count(*) from $(q "$item");")" "ERROR:  42501" "$type: a subject without a tenant has no right"
done

for type in uuid bigint text; do
  psql --quiet --command "drop database second_$type" --command "drop role second_${type}_pool, second_${type}_app"
done
finish
