#!/usr/bin/env bash
# Without shared_preload_libraries nothing works, and everything says why.
set -euo pipefail
source tests/support/tap.sh
server=build/test/no_preload

tests/support/server.sh start "$server"
trap 'tests/support/server.sh stop "$server"' EXIT
eval "$(tests/support/server.sh env "$server")"
psql --quiet <<'SQL'
create extension pg_tenancy;
create table documents (account_id uuid);
insert into documents values (gen_random_uuid());
alter table documents enable row level security, force row level security;
create policy floor on documents using (account_id = tenancy.account_uuid());
create role pool login;
grant select on documents to pool;
create database other;
SQL
echo "shared_preload_libraries = ''" >> "$(psql --tuples-only --no-align --command 'show config_file')"
tests/support/server.sh restart "$server"

missing="pg_tenancy must be loaded by shared_preload_libraries"
said=$(psql --dbname other --command "create extension pg_tenancy" 2>&1 || true)
like "$said" "$missing" "CREATE EXTENSION says what is missing"
like "$said" "Add pg_tenancy to shared_preload_libraries in postgresql.conf and restart the server" "and what to do"
like "$(psql --username pool --command "select * from documents" 2>&1 || true)" "$missing" \
  "a policy raises instead of letting rows pass"
like "$(psql --username pool --command "set tenancy.account = 'x'" --command "select * from documents" 2>&1 || true)" \
  "$missing" "also where the setting can be invented"
like "$(psql --command "select tenancy.login('x')" 2>&1 || true)" "$missing" "login raises"
is "$(psql --tuples-only --no-align --command "select count(*) from documents" 2>&1)" "1" "control: the row is there"
finish
