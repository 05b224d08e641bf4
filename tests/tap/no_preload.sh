#!/usr/bin/env bash
# Without shared_preload_libraries nothing works, and everything says why.
set -euo pipefail
source tests/support/tap.sh
server=build/test/no_preload

PRELOAD='' tests/support/server.sh start "$server"
trap 'tests/support/server.sh stop "$server"' EXIT
eval "$(tests/support/server.sh env "$server")"

said=$(psql --command "create extension pg_tenancy" 2>&1 || true)
like "$said" "pg_tenancy must be loaded by shared_preload_libraries" "CREATE EXTENSION says what is missing"
like "$said" "Add pg_tenancy to shared_preload_libraries in postgresql.conf and restart the server" "and what to do"

# A database that was protected before: the policies are there, the library is not.
psql --quiet <<'SQL'
set check_function_bodies = off;
create schema tenancy;
create function tenancy.account_uuid() returns uuid language c stable as '$libdir/pg_tenancy', 'tenancy_account_uuid';
create table documents (account_id uuid);
insert into documents values (gen_random_uuid());
alter table documents enable row level security, force row level security;
create policy floor on documents using (account_id = tenancy.account_uuid());
create role pool login;
grant select on documents to pool;
SQL
said=$(psql --username pool --command "select * from documents" 2>&1 || true)
like "$said" "pg_tenancy must be loaded by shared_preload_libraries" "a policy raises instead of letting rows pass"
said=$(psql --username pool --command "set tenancy.account = 'x'" --command "select * from documents" 2>&1 || true)
like "$said" "pg_tenancy must be loaded by shared_preload_libraries" "also where the setting could be invented"
like "$(psql --tuples-only --command "select count(*) from documents" 2>&1)" "1" "control: the row is there"
finish
