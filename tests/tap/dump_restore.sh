#!/usr/bin/env bash
# A protected database, dumped and restored, is protected as before and loses no rule.
set -euo pipefail
source tests/support/tap.sh

psql --quiet --command "drop database if exists tenancy_restored" --command "create database tenancy_restored"
pg_dump --format custom --file build/test/saas.dump tenancy_saas
pg_restore --exit-on-error --dbname tenancy_restored build/test/saas.dump
is $? 0 "the dump restores"

facts() {
  psql --quiet --tuples-only --no-align --dbname "$1" <<'SQL'
select 'policy', polrelid::regclass, polname, polpermissive, polcmd, pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid) from pg_policy order by 2, 3;
select 'table', oid::regclass, relrowsecurity, relforcerowsecurity, array(select a::text from unnest(coalesce(relacl, acldefault('r', relowner))) a order by 1) from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' order by 2;
select 'column', attrelid::regclass, attname, attacl from pg_attribute where attacl is not null and attrelid::regclass::text not like 'pg_%' order by 2, 3;
select * from tenancy.application order by 1;
select * from tenancy.issuer order by 1;
select issuer, key_id, jwk from tenancy.issuer_key order by 1, 2;
select * from tenancy.pool order by 1, 2;
select * from tenancy.policy order by 1;
select * from tenancy.rule order by 1, 2, 3, 4, 5, 6, 7;
SQL
}
facts tenancy_saas | sort > build/test/facts.before
facts tenancy_restored | sort > build/test/facts.after
ok "$(diff build/test/facts.before build/test/facts.after > build/test/facts.diff && echo yes)" "policies, grants, trust and rules are the same" build/test/facts.diff
ok "$([ "$(wc -l < build/test/facts.after)" -gt 100 ] && echo yes)" "$(wc -l < build/test/facts.after) facts compared"

query() {
  PGUSER=saas_app_pool psql --quiet --no-psqlrc --tuples-only --no-align --dbname tenancy_restored --set "token=$1" <<'SQL'
begin;
select tenancy.login(:'token') \g /dev/null
select distinct account_id from documents;
SQL
}
is "$(query "$(tests/support/mint.sh eve web-app)")" "a0000000-0000-4000-8000-000000000001" "login works there, for one tenant"
is "$(query "$(tests/support/mint.sh gwen web-app)")" "b0000000-0000-4000-8000-000000000001" "and for the other"
psql --quiet --command "drop database tenancy_restored"
finish
