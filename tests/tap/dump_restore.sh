#!/usr/bin/env bash
# A protected database, dumped and restored, is protected as before and loses no rule: in the same cluster under
# another name, and under its own name in a cluster where every OID differs.
set -euo pipefail
source tests/support/tap.sh
home=$(tests/support/server.sh env build/test/server)
elsewhere=build/test/elsewhere
revoked="delete from tenancy.revocation where subject = 'victor'"
trap 'tests/support/server.sh stop "$elsewhere" > /dev/null; eval "$home"; psql --quiet --dbname tenancy_saas --command "$revoked"' EXIT

psql --quiet --command "set client_min_messages = error" --command "drop database if exists tenancy_restored" --command "create database tenancy_restored"
psql --quiet --dbname tenancy_saas --command "select tenancy.revoke_subject(issuer, 'victor') from tenancy.issuer" > /dev/null
# A secret key does not travel with a dump; the issuer that has it does.
psql --quiet --dbname tenancy_saas --command "insert into tenancy.issuer (issuer, audiences, algorithms) values ('https://hmac.example', '{web-app}', '{HS256}')" \
  --command "select tenancy.add_secret_key('https://hmac.example', 'canary-kid', decode(repeat('ab', 32), 'hex'))" > /dev/null 2>&1
pg_dump --format plain --file build/test/saas.sql tenancy_saas
is "$(grep -cE 'q6urq6ur|abababab|canary-kid|COPY tenancy.issuer_secret' build/test/saas.sql)" 0 "a dump holds no secret key"
is "$(grep -c '^https://hmac.example' build/test/saas.sql)" 1 "but its issuer"
psql --quiet --dbname tenancy_saas --command "delete from tenancy.issuer where issuer = 'https://hmac.example'"
pg_dump --format custom --file build/test/saas.dump tenancy_saas
pg_restore --exit-on-error --dbname tenancy_restored build/test/saas.dump
is $? 0 "the dump restores"

facts() {
  psql --quiet --tuples-only --no-align --dbname "$1" <<'SQL'
select 'policy', polrelid::regclass, polname, polpermissive, polcmd, pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid),
       array(select r::regrole::text from unnest(polroles) r order by 1) from pg_policy order by 2, 3;
select 'table', oid::regclass, relrowsecurity, relforcerowsecurity, array(select a::text from unnest(coalesce(relacl, acldefault('r', relowner))) a order by 1) from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' order by 2;
select 'column', attrelid::regclass, attname, attacl from pg_attribute where attacl is not null and attrelid::regclass::text not like 'pg_%' order by 2, 3;
select 'default', adrelid::regclass, adnum, pg_get_expr(adbin, adrelid) from pg_attrdef order by 2, 3;
select 'function', oid::regprocedure, prosecdef, proconfig, array(select a::text from unnest(coalesce(proacl, acldefault('f', proowner))) a order by 1) from pg_proc where proacl is not null or pronamespace = 'public'::regnamespace order by 2;
select 'schema', nspname, array(select a::text from unnest(nspacl) a order by 1) from pg_namespace where nspname !~ '^pg_t' order by 2;
select 'event', 'trigger', tgname, tgrelid::regclass, tgenabled from pg_trigger where not tgisinternal order by 3, 4;
select * from tenancy.application order by 1;
select * from tenancy.issuer order by 1;
select issuer, key_id, jwk from tenancy.issuer_key order by 1, 2;
select * from tenancy.pool order by 1, 2;
select * from tenancy.revocation order by 1, 2;
select * from tenancy.policy order by 1;
select * from tenancy.rule order by 1, 2, 3, 4, 5, 6, 7;
select * from tenancy.managed_table order by 1, 2, 3;
SQL
}
# same DATABASE WHERE: whether it has the facts of the database that was dumped.
same() {
  facts "$1" | sort > build/test/facts.after
  ok "$(diff build/test/facts.before build/test/facts.after > build/test/facts.diff && echo yes)" \
    "$2: policies, grants, functions, trust, revocations and rules are the same" build/test/facts.diff
}
# open DATABASE: what pool_findings finds but other databases, dblink's functions and what the attacks run as
# the owner.
open() {
  psql --tuples-only --no-align --dbname "$1" --command "select role, finding, object from tenancy.pool_findings()
    where finding <> 'other_database' and object not like 'public.dblink%' and object <> 'public.as_owner(text)'" | paste --serial --delimiters ,
}
# query DATABASE TOKEN [STATEMENT]
query() {
  PGUSER=saas_app_pool psql --quiet --no-psqlrc --tuples-only --no-align --dbname "$1" --set VERBOSITY=sqlstate --set ON_ERROR_STOP=1 --set "token=$2" <<SQL 2>&1 | sed 's/^psql:[^ ]* //'
begin;
select tenancy.login(:'token') \\g /dev/null
${3:-select distinct account_id from documents};
SQL
}
eve=$(tests/support/mint.sh eve web-app)
gwen=$(tests/support/mint.sh gwen web-app)

facts tenancy_saas | sort > build/test/facts.before
ok "$([ "$(wc -l < build/test/facts.before)" -gt 200 ] && echo yes)" "$(wc -l < build/test/facts.before) facts to compare"
ok "$([ "$(grep -c '^function.*pg_read_all_stats' build/test/facts.before)" -gt 10 ] && echo yes)" "among them what protect_pool did to functions"
is "$(open tenancy_saas)" "saas_pool|temporary|tenancy_saas" "before: a pool of the tests has TEMP, nothing else is open"

same tenancy_restored "same cluster"
is "$(query tenancy_restored "$eve")" "a0000000-0000-4000-8000-000000000001" "login works there, for one tenant"
is "$(query tenancy_restored "$gwen")" "b0000000-0000-4000-8000-000000000001" "and for the other"
# The rights on a database itself are in no dump that does not create the database.
is "$(open tenancy_restored | tr , '\n' | grep -c 'temporary|tenancy_restored')" 4 "TEMP is open again in a database of another name, and found"
psql --quiet --dbname tenancy_restored --command "select tenancy.protect_pool('saas_pool')" > /dev/null
is "$(open tenancy_restored)" "" "protect_pool closes it"
adam=$(tests/support/mint.sh adam web-app)
is "$(query tenancy_restored "$adam" "select tenancy.roles(); select count(*) from documents")" "{account.admin}
ERROR:  42501" "who has no role in a workspace reads none there"
is "$(query tenancy_restored "$(tests/support/mint.sh guy web-app)" "update documents set title = title where false")" "ERROR:  42501" \
  "nor does a viewer update, though the context role's grants would let him"
# What a restore without the extension's rows leaves: policies alone.
psql --quiet --dbname tenancy_restored --command "delete from tenancy.rule where table_name = 'documents'" \
  --command "delete from tenancy.managed_table where table_name in ('users', 'countries')"
for table in documents users countries; do
  is "$(query tenancy_restored "$eve" "select count(*) from $table")" "ERROR:  42501" "without its rules $table is closed"
done
is "$(query tenancy_restored "$eve" "select count(*) > 0 from comments")" "t" "and no other table"
psql --quiet --command "drop database tenancy_restored"

pg_dumpall --roles-only > build/test/roles.sql
tests/support/server.sh start "$elsewhere" > /dev/null
eval "$(tests/support/server.sh env "$elsewhere")"
# Roles, types and relations of its own, so that none of the extension's OIDs can be the same.
psql --quiet --command "do \$\$begin for n in 1..300 loop execute 'create role before_' || n; execute 'create table before_' || n || ' (n int)'; end loop; end\$\$"
psql --quiet --file <(grep -vE '^(CREATE|ALTER) ROLE postgres\b' build/test/roles.sql)
pg_restore --exit-on-error --create --dbname postgres build/test/saas.dump
is $? 0 "another cluster: the dump restores, with the database"
oids="select 'tenancy.pool'::regclass::oid, 'documents'::regclass::oid, 'saas_pool'::regrole::oid, 'tenancy.account_uuid'::regproc::oid"
there=$(psql --tuples-only --no-align --dbname tenancy_saas --command "$oids")
same tenancy_saas "another cluster"
is "$(open tenancy_saas)" "saas_pool|temporary|tenancy_saas" "it is as open as before, with the rights on the database"
is "$(query tenancy_saas "$eve")" "a0000000-0000-4000-8000-000000000001" "login works there, for one tenant"
is "$(query tenancy_saas "$gwen")" "b0000000-0000-4000-8000-000000000001" "and for the other"
is "$(PGUSER=saas_app_pool psql --quiet --tuples-only --no-align --set VERBOSITY=sqlstate --dbname tenancy_saas --command "select count(*) from documents" 2>&1)" \
  "ERROR:  28000" "without a login there is none"
is "$(PGUSER=saas_app_pool psql --quiet --tuples-only --no-align --set VERBOSITY=sqlstate --dbname tenancy_saas --command "select pg_cancel_backend(0)" 2>&1)" \
  "ERROR:  42501" "nor a signal"
eval "$home"
is "$(psql --tuples-only --no-align --dbname tenancy_saas --command "$oids" | tr '|' '\n' | grep -cxF "$(tr '|' '\n' <<< "$there")" || true)" 0 "no OID is the same"
finish
