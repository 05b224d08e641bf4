#!/usr/bin/env bash
# Preloaded and never created, the library changes nothing: what a script of everyday statements prints is what a
# server without the library prints.
set -uo pipefail
source tests/support/tap.sh
server=build/test/clean_boot
trap 'tests/support/server.sh stop "$server" > /dev/null' EXIT

everyday() {
  psql --no-psqlrc --echo-all --dbname postgres 2>&1 <<'SQL' | sed 's/PID [1-9][0-9]*/PID/'
create role ordinary login;
create table t (n int, owner name default current_user);
insert into t select n from generate_series(1, 20000) n;
analyze t;
grant all on t to ordinary;
alter table t enable row level security, force row level security;
create policy own on t to ordinary using (owner = current_user);
select extname from pg_extension order by 1;
select nspname from pg_namespace order by 1;
select rolname from pg_roles order by 1;
select count(*) from pg_proc;
select count(*) from pg_settings where name !~ '^tenancy\.' and name <> 'shared_preload_libraries';
\c - ordinary
create temp table t2 (like t);
insert into t2 values (1), (2);
prepare twice as select n from t2 where n > $1;
execute twice(1);
deallocate twice;
listen news;
notify news;
unlisten *;
set work_mem = '8MB';
set search_path = pg_temp, public;
select set_config('statement_timeout', '1min', false);
begin;
lock table t in access share mode;
savepoint s;
select 1/0;
rollback to s;
declare c cursor with hold for select n from t2 order by n;
commit;
fetch all from c;
close c;
select pg_try_advisory_lock(1), pg_advisory_unlock(1);
select lo_unlink(lo_create(4711));
select pg_cancel_backend(0);
insert into t values (-1);
select count(*), min(owner) from t;
copy (select n from t where n < 0) to stdout;
alter role ordinary set work_mem = '2MB';
do $$begin raise notice 'plpgsql'; end$$;
set max_parallel_workers_per_gather = 2; set parallel_setup_cost = 0; set parallel_tuple_cost = 0; set min_parallel_table_scan_size = 0;
explain (costs off) select count(*) from t;
select count(*) from t;
discard all;
show work_mem;
select tenancy.login('x');
\c - postgres
create schema tenancy;
create function tenancy.login(text) returns text language sql as 'select upper($1)';
select tenancy.login('x');
drop schema tenancy cascade;
select backend_type, count(*) from pg_stat_activity where backend_type !~ 'client|parallel|autovacuum worker' group by 1 order by 1;
SQL
}

tests/support/server.sh start "$server" > /dev/null
eval "$(tests/support/server.sh env "$server")"
everyday > build/test/everyday.with
settings=$(psql --tuples-only --no-align --command "select count(*) from pg_settings where name like 'tenancy.%'")
complaints=$(grep -E 'WARNING|FATAL|PANIC' "$server/server.log" | grep -vE 'PID 0 is not|lacks fixes to row level security')
tests/support/server.sh restart "$server"
ok "$(psql --command "select 1" > /dev/null && echo yes)" "it starts again"
PRELOAD='' tests/support/server.sh start "$server" > /dev/null
everyday > build/test/everyday.without

ok "$([ "$settings" -gt 0 ] && echo yes)" "the library was there: $settings settings"
is "$complaints" "" "the server has nothing to complain of"
like "$(cat build/test/everyday.with)" "Workers Planned" "parallel workers were asked for"
is "$(grep -c ERROR build/test/everyday.with)" 2 "the script meets the errors that it provokes"
ok "$(diff build/test/everyday.with build/test/everyday.without > build/test/everyday.diff && echo yes)" \
  "$(wc -l < build/test/everyday.with) lines are the same as without the library" build/test/everyday.diff
finish
