#!/usr/bin/env bash
# tenancy.protect_pool takes from a pool's role what harms its sister sessions, and leaves monitoring whole;
# tenancy.pool_findings names each hole that is made here, and its remedy closes it.
set -uo pipefail
source tests/support/tap.sh
database=tenancy_pools

sql() { psql --quiet --no-psqlrc --tuples-only --no-align --set ON_ERROR_STOP=1 --dbname "$database" --command "$1" 2>&1; }
as() { PGUSER=$1 psql --quiet --no-psqlrc --tuples-only --no-align --set VERBOSITY=sqlstate --dbname "$database" --command "$2" 2>&1; }
drop_all() {
  psql --quiet --dbname postgres --set client_min_messages=error \
    --command "set client_min_messages = error" --command "drop database if exists $database" \
    --command "drop database if exists tenancy_elsewhere" --command "drop table if exists scratch" \
    --command "drop role if exists den_pool, den_app, den_owner, den_granter, den_monitor, den_signaller, den_boss, den_developer"
}
drop_all
trap drop_all EXIT
psql --quiet --dbname postgres --command "create database $database"
sql "create extension pg_tenancy;
     create role den_app nologin; create role den_pool login in role den_app;
     create role den_monitor login in role pg_monitor; create role den_signaller login in role pg_signal_backend;
     create role den_owner nologin; create role den_granter nologin; create role den_boss nologin; create role den_developer login;
     insert into tenancy.application values ('den');
     insert into tenancy.issuer (issuer, audiences) values ('https://den', '{x}');
     create schema den; grant usage on schema den to den_app;
     create table den.bears (account_id uuid, name text);
     alter table den.bears enable row level security, force row level security;
     grant select, insert on den.bears to den_app;
     create sequence den.numbers; grant usage on sequence den.numbers to den_app"

# --- What protect_pool takes -----------------------------------------------------------------------

denied="ERROR:  42501"
# Run twice: every one must work before, when the role is no pool yet whose DDL the library refuses, and
# be denied after.
attempts=(
  "create temporary table scratch (n int)"
  "select pg_cancel_backend(0)"
  "select pg_terminate_backend(0)"
  "select count(*) > 0 from pg_stat_activity"
  "select pg_stat_get_backend_activity(1) is null"
  "select count(*) >= 0 from pg_stat_get_backend_idset()"
  "select count(*) >= 0 from pg_stat_progress_vacuum"
  "select count(*) > 0 from pg_locks"
  "select pg_blocking_pids(0)"
  "select count(*) >= 0 from pg_prepared_xacts"
  "select count(*) >= 0 from pg_prepared_statements"
  "select pg_try_advisory_lock(1)"
  "select pg_advisory_xact_lock_shared(1, 2)"
  "select lo_creat(-1) > 0"
  "select lo_get(0) is null"
  "select pg_notify('news', 'invented')"
  "select setseed(0.5)"
)
for attempt in "${attempts[@]}"; do
  unlike "$(as den_pool "$attempt")" "$denied" "open to PUBLIC: $attempt"
done
sql "select lo_unlink(oid) from pg_largeobject_metadata where lomowner = 'den_pool'::regrole" > /dev/null
sql "grant create on schema public to public; grant create on schema den to den_pool; grant create on database $database to den_pool"
creations=("create table public.mine (n int)" "create table den.mine (n int)" "create schema mine")
for attempt in "${creations[@]}"; do
  is "$(as den_pool "begin; $attempt; rollback")" "" "open by a grant: $attempt"
done
sql "insert into tenancy.pool values ('den_pool', 'app', 'den', 'https://den')"
before=$(sql "select count(*) from tenancy.pool_findings('den_pool') where finding <> 'other_database'")
ok "$([ "$before" -gt 40 ] && echo yes)" "$before findings say so"

said=$(sql "select tenancy.protect_pool('den_pool')")
for attempt in "${attempts[@]}" "${creations[@]}"; do
  like "$(as den_pool "$attempt")" "$denied" "taken: $attempt"
done
like "$said" "revoke temporary on database $database from public cascade;" "it says what it does"
is "$(sql "select tenancy.protect_pool('den_pool')")" "" "and has nothing to do the second time"
is "$(sql "select * from tenancy.pool_findings('den_pool') where finding <> 'other_database'")" "" "nothing else is found"
is "$(as den_pool "select pg_advisory_unlock_all(), count(*) from pg_settings where name = 'work_mem'")" "|1" \
  "what drivers send is left: pg_advisory_unlock_all, pg_settings"

# --- What it leaves to those whose work it is ------------------------------------------------------

is "$(as den_monitor "select count(*) > 0 from pg_stat_activity where query is not null")" t "a member of pg_monitor reads pg_stat_activity"
for view in pg_stat_replication pg_stat_ssl pg_stat_gssapi pg_stat_progress_vacuum pg_stat_progress_create_index pg_locks pg_prepared_xacts \
  pg_stat_database pg_stat_user_tables pg_stat_wal; do
  unlike "$(as den_monitor "select count(*) from $view")" ERROR "and $view"
done
is "$(as den_monitor "select pg_blocking_pids(0)")" "{}" "and who blocks whom"
like "$(as den_monitor "select pg_cancel_backend(0)")" "$denied" "but cancels nothing"
is "$(as den_signaller "select pg_cancel_backend(0)" | tail -n 1)" f "a member of pg_signal_backend cancels"
like "$(as den_developer "select pg_try_advisory_lock(1)")" "$denied" "an ordinary role has lost what PUBLIC lost"
sql "alter database $database owner to den_developer"
is "$(as den_developer "select pg_try_advisory_lock(1)")" t "and the owner of the database has it, for his migrations"
is "$(as den_developer "select tenancy.protect_pool('den_pool')")" "" "who may protect pools himself"
like "$(as den_pool "select tenancy.protect_pool('den_pool')")" "$denied" "as a pool may not"
sql "alter database $database owner to postgres"
like "$(as den_developer "select tenancy.protect_pool('den_pool')")" "$denied" "nor who owns it no more"
like "$(sql "select tenancy.protect_pool('den_app')")" 'role "den_app" cannot be protected as a pool' "a role that cannot log in is no pool"
like "$(sql "select tenancy.protect_pool('postgres')")" 'cannot be protected as a pool' "nor is a superuser"
like "$(sql "select tenancy.protect_pool('nobody')")" 'role "nobody" does not exist' "nor is nobody"
sql "grant tenancy_auditor to den_monitor" > /dev/null
is "$(as den_monitor "select count(*) from tenancy.pool_findings() where finding <> 'other_database'")" 0 "an auditor reads the findings"
like "$(as den_pool "select * from tenancy.pool_findings()")" "$denied" "a pool does not"

# --- Each hole is found, and closed by its remedy --------------------------------------------------

found=""
findings="tenancy.pool_findings('den_pool')"
# hole FINDING OBJECT SQL: OBJECT is a LIKE pattern.
hole() {
  local count="select count(*) from $findings where finding = '$1' and object like '$2'" remedy
  found+="$1"$'\n'
  is "$(psql --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 --dbname "$database" --command "$count" --command "$3" 2>&1 | head -n 1)" 0 \
    "$1: not found before"
  remedy=$(sql "select string_agg(remedy, ' ') from $findings where finding = '$1' and object like '$2'")
  is_not "$remedy" "" "$1: found after: $3"
  is "$(psql --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 --dbname "$database" --command "$remedy" --command "$count" 2>&1)" 0 \
    "$1: gone after: $remedy"
}

hole superuser den_pool "alter role den_pool superuser"
hole superuser den_boss "alter role den_boss superuser; grant den_boss to den_pool"
hole bypassrls den_pool "alter role den_pool bypassrls"
sql "alter role den_boss nosuperuser bypassrls" > /dev/null
hole bypassrls den_boss "grant den_boss to den_app; grant den_app to den_pool"
sql "alter role den_boss nobypassrls; revoke den_boss from den_app; grant den_app to den_pool" > /dev/null
hole createrole den_pool "alter role den_pool createrole"
hole createdb den_pool "alter role den_pool createdb"
hole replication den_pool "alter role den_pool replication"
hole predefined_role pg_read_all_data "grant pg_read_all_data to den_pool"
hole predefined_role pg_signal_backend "grant pg_signal_backend to den_pool"
hole predefined_role pg_read_all_stats "grant pg_monitor to den_pool"
hole predefined_role pg_execute_server_program "grant pg_execute_server_program to den_pool"
hole administrative_role tenancy_admin "grant tenancy_admin to den_pool"
hole administrative_role tenancy_operator "grant tenancy_operator to den_pool"
hole admin_option den_app "grant den_app to den_pool with admin option"
hole role_setting role "alter role den_pool set role = den_app"
hole role_setting row_security "alter role den_pool in database $database set row_security = off"
hole role_setting search_path "alter role den_pool set search_path = nowhere, public"
hole role_setting search_path "alter role den_pool set search_path = public, pg_catalog"
sql "alter role den_pool set search_path = den, public; alter role den_pool set statement_timeout = '5s'" > /dev/null
is "$(sql "select count(*) from tenancy.pool_findings('den_pool') where finding = 'role_setting'")" 0 "an ordinary search_path is no finding"
hole owns_object "table den.cubs" "create table den.cubs (n int); alter table den.cubs owner to den_pool"
hole owns_object "table den.lairs" "create table den.lairs (n int); alter table den.lairs owner to den_owner; grant den_owner to den_pool"
hole owns_object "database $database" "alter database $database owner to den_pool"
hole owns_object "large object 4711" "select lo_create(4711); alter large object 4711 owner to den_pool"
hole temporary "$database" "grant temporary on database $database to public"
hole create_in_database "$database" "grant create on database $database to den_app"
hole create_in_schema den "grant create on schema den to den_app"
hole create_in_schema public "grant create on schema public to public"
psql --quiet --dbname postgres --command "create database tenancy_elsewhere" --command "revoke connect on database tenancy_elsewhere from public"
hole other_database tenancy_elsewhere "grant connect on database tenancy_elsewhere to den_pool"
hole dangerous_function "pg_cancel_backend%" "grant execute on function pg_cancel_backend to den_app"
hole dangerous_function "pg_reload_conf%" "grant execute on function pg_reload_conf to den_pool"
hole dangerous_function "pg_stat_get_activity%" "grant execute on function pg_stat_get_activity to den_granter with grant option;
  set role den_granter; grant execute on function pg_stat_get_activity to den_pool; reset role"
hole dangerous_function "%dblink_connect(%" "create extension dblink"
sql "drop extension dblink" > /dev/null
hole untrusted_function "den.stop%" "create function den.stop(int) returns boolean language internal as 'pg_cancel_backend'"
hole definer_function "den.all_bears%" "create function den.all_bears() returns setof den.bears language sql security definer as 'select * from den.bears'"
hole sequence_update den.numbers "grant update on sequence den.numbers to den_app"
hole excess_privilege den.bears "grant truncate on den.bears to den_app"
hole excess_privilege den.bears "grant trigger on den.bears to den_pool"
hole excess_privilege "den.bears (name)" "grant references (name) on den.bears to den_app"
if [ "$(sql "select current_setting('server_version_num')::int >= 170000")" = t ]; then
  hole excess_privilege den.bears "grant maintain on den.bears to den_app"
fi
hole excess_privilege den.bears "grant update on den.bears to den_pool with grant option"
hole no_row_security den.caves "create table den.caves (n int); grant select, insert on den.caves to den_app"
hole no_row_security den.honey "create table den.honey (n int); grant select (n) on den.honey to public"
hole no_row_security den.counted "create materialized view den.counted as select count(*) from den.bears; grant select on den.counted to den_app"
hole row_security_not_forced den.bears "alter table den.bears no force row level security"
hole definer_view den.names "create view den.inner_names as select name from den.bears;
  create view den.names as select * from den.inner_names; grant select on den.names to den_app"
hole default_privilege "tables of postgres%" "alter default privileges in schema den grant select on tables to den_app"
hole default_privilege "tables of den_owner" "alter default privileges for role den_owner grant select on tables to public"
hole foreign_access elsewhere "create extension postgres_fdw; create server elsewhere foreign data wrapper postgres_fdw; grant usage on foreign server elsewhere to den_app"
hole foreign_access postgres_fdw "grant usage on foreign data wrapper postgres_fdw to public"
hole parameter session_replication_role "grant set on parameter session_replication_role to den_app"
hole parameter tenancy.identity "grant set on parameter tenancy.identity to den_pool"
findings="tenancy.pool_findings()"
hole missing_role ghost_pool "insert into tenancy.pool values ('ghost_pool', 'app', 'den', 'https://den')"

is "$(sql "select string_agg(distinct finding, ' ') from tenancy.pool_findings('den_pool')")" "other_database" "after all remedies nothing else is left"
is "$(sort -u <<< "${found%$'\n'}")" "$(sed -n 's/^| `\([a-z_]*\)`.*/\1/p' docs/pools.md | sort -u)" "docs/pools.md explains these findings and no others"
finish
