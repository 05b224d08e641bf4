-- What a pool's session may not do in the connection that it shares.
\set ann `tests/support/mint.sh ann web`
\set newcomer `tests/support/mint.sh newcomer web`
create role notes_stranger login;  -- no pool: nothing is refused to it
grant usage, select on sequence notes_id_seq to notes_app;
\c - notes_pool
create temp table notes (like public.notes);
create table pg_temp.notes (id int);
select 1 as one into temp notes;
explain (analyze, costs off, timing off, summary off) create temp table notes as select 1;
create function pg_temp.f() returns int language sql as 'select 1';
prepare s as select 1;
do $$ begin execute 'prepare s as select 1'; end $$;
deallocate "PGBOUNCER_1";
do $$ begin execute 'deallocate all'; end $$;
listen c;
load 'auto_explain';
lock table notes;
declare c cursor with hold for select 1;
prepare transaction 't';
alter role notes_pool password 'x';
alter role notes_pool set work_mem = '1MB';
set search_path = pg_temp;
set session row_security = off;
set app.tenant = 'acme';
set session characteristics as transaction read only;
set role notes_app;
set role none;
set client_encoding = 'SJIS';
set standard_conforming_strings = off;
-- What drivers send, and what ends with the transaction, is let in.
set time zone 'UTC';
set datestyle = 'ISO, DMY';
set names 'utf8';
set client_min_messages = notice;
set application_name = 'web';
set standard_conforming_strings = on;
reset search_path;
deallocate all;
unlisten *;
begin;
set transaction isolation level repeatable read;
set local work_mem = '1MB';
set local role notes_app;
reset role;
declare c cursor for select 1;
select tenancy.login(:'ann');
set time zone 'Asia/Tokyo';
rollback;
discard all;
-- A function's set_config(..., false) lasts until the transaction's end; a driver's choice stays.
select set_config('search_path', 'pg_temp', false), set_config('app.tenant', 'acme', false),
       set_config('default_transaction_read_only', 'on', false), set_config('TimeZone', 'UTC', false),
       set_config('role', 'notes_app', false);
select current_setting('search_path'), current_setting('app.tenant'), current_setting('default_transaction_read_only'),
       current_setting('TimeZone'), current_user;
begin;
select tenancy.login(:'ann');
select set_config('TimeZone', 'Asia/Tokyo', false), set_config('search_path', 'pg_temp', false);
commit;
select current_setting('TimeZone'), current_setting('search_path');
-- What was set in the login's own transaction, for it alone, stays.
begin;
set local statement_timeout = '1min';
select set_config('row_security', 'off', false);
select tenancy.login(:'ann');
select current_setting('statement_timeout'), current_setting('row_security');
commit;
-- Sequences do not tell an identity's keys to whoever comes next in the connection, logged in or not.
begin;
select tenancy.login(:'ann');
insert into notes (account_id, body) values (tenancy.account_uuid(), 'residue');
select lastval() > 0 as has_a_last_value;
rollback;
select lastval();
begin;
select tenancy.login(:'ann');
insert into notes (account_id, body) values (tenancy.account_uuid(), 'residue') returning currval('notes_id_seq') > 0 as has_a_last_value;
select tenancy.logout();
commit;
select currval('notes_id_seq');
-- Nor does random() go on from a seed that somebody has set before, with an identity or without.
set local seed = 0.5 \; select random() as foreseen \gset
begin;
set local seed = 0.5;
select random() = :foreseen as foreseen;
set local seed = 0.5;
commit;
begin;
select tenancy.login(:'newcomer');
select random() = :foreseen as foreseen;
rollback;

-- No other role is touched.
\c - notes_stranger
prepare s as select 1;
listen c;
set search_path = public;
begin;
declare c cursor with hold for select 1;
commit;
\c - postgres

-- Code of a role with other rights may do all of it for a pool; login finds what is left.
create function leave(what text) returns void language plpgsql security definer as $$
begin
  execute what;
end
$$;
grant execute on function leave to public;
\c - notes_pool
select leave('create temp table mine (id int)');
select tenancy.login(:'ann');
discard temp;
select leave('prepare s as select 1');
select tenancy.login(:'ann');
deallocate s;
select leave('listen c');
select tenancy.login(:'ann');
unlisten c;
select pg_advisory_lock(1);
select tenancy.login(:'ann');
select pg_advisory_unlock(1);
select leave('set search_path = pg_temp');
begin;
select tenancy.login(:'ann');
select current_setting('search_path'), tenancy.account_key();
commit;
\c - postgres
drop function leave;
drop role notes_stranger;
