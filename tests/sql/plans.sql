-- The floor in plans: an index condition, right in parallel workers, right in plans that outlive a tenant.
\set ann `tests/support/mint.sh ann web`
\set bob `tests/support/mint.sh bob web`
insert into tenancy.membership (user_id, account_id, role)
select id, 'b0000000-0000-4000-8000-000000000001', 'account.admin' from tenancy.app_user where subject = 'bob';
update tenancy.account set active = true;
delete from tenancy.membership where user_id = 'c0000000-0000-4000-8000-000000000001' and account_id = 'b0000000-0000-4000-8000-000000000001';

create role notes_app nologin;
grant notes_app to notes_pool;
create table notes (id bigint generated always as identity primary key, account_id uuid not null, body text not null);
insert into notes (account_id, body)
select case when n % 100 = 0 then 'a0000000-0000-4000-8000-000000000001'::uuid else 'b0000000-0000-4000-8000-000000000001'::uuid end, 'note ' || n
  from generate_series(1, 40000) n;
insert into notes (account_id, body) select gen_random_uuid(), 'another tenant''s' from generate_series(1, 40000);
create index on notes (account_id);
analyze notes;
alter table notes enable row level security, force row level security;
grant select, insert, update, delete on notes to notes_app;
create policy floor on notes as restrictive to notes_app
  using (account_id = tenancy.account_uuid()) with check (account_id = tenancy.account_uuid());
create policy members on notes to notes_app using (tenancy.has_role('account.admin'));

\c - notes_pool
begin;
select tenancy.login(:'ann');
set local enable_bitmapscan = off;
explain (costs off) select * from notes where body = 'note 100';
select count(*), count(distinct account_id) from notes;
commit;

-- Parallel: the workers see the leader's identity.
begin;
select tenancy.login(:'ann');
set local max_parallel_workers_per_gather = 4;
set local parallel_setup_cost = 0;
set local parallel_tuple_cost = 0;
set local min_parallel_table_scan_size = 0;
set local enable_indexscan = off;
set local enable_indexonlyscan = off;
set local enable_bitmapscan = off;
set local parallel_leader_participation = off;
explain (costs off) select count(*) from notes;
select count(*), min(tenancy.account_key()) from notes;
select count(*) from notes where tenancy.claim('sub') = 'ann' and tenancy.has_role(body) is false;
commit;
-- And no identity where the leader has none.
begin;
set local max_parallel_workers_per_gather = 4;
set local parallel_setup_cost = 0;
set local parallel_tuple_cost = 0;
set local min_parallel_table_scan_size = 0;
set local parallel_leader_participation = off;
set local enable_indexscan = off;
set local enable_indexonlyscan = off;
set local enable_bitmapscan = off;
do $$
begin
  perform count(*) from notes;
exception when invalid_authorization_specification then
  raise notice '%', sqlerrm;
end
$$;
savepoint s;
select tenancy.login(:'ann');
select tenancy.logout();
rollback to s;
do $$
begin
  perform count(*) from notes;
exception when invalid_authorization_specification then
  raise notice '%', sqlerrm;
end
$$;
rollback;

-- A statement that PL/pgSQL keeps serves two tenants in turn; tests/tap/prepared_statement.sh has the protocol's.
\c - postgres
create function my_notes() returns bigint language plpgsql stable as 'begin return (select count(*) from notes); end';
\c - notes_pool
begin;
select tenancy.login(:'ann');
select my_notes();
commit;
begin;
select tenancy.login(:'bob');
select my_notes();
commit;
\set SHOW_CONTEXT never
select my_notes();
\unset SHOW_CONTEXT

-- A savepoint rolled back over a login takes the identity along; the same one may log in again.
begin;
savepoint s;
select tenancy.login(:'ann');
select count(*) from notes;
rollback to s;
select count(*) from notes;
rollback to s;
select tenancy.login(:'ann');
select count(*) from notes;
commit;
-- Rolled back under a login, the identity stays.
begin;
select tenancy.login(:'bob');
savepoint s;
delete from notes;
rollback to s;
select count(*) from notes;
commit;

-- Writing: inside the floor, never across it.
begin;
select tenancy.login(:'ann');
insert into notes (account_id, body) values (tenancy.account_uuid(), 'mine') returning body;
update notes set body = 'changed' where body = 'mine' returning body;
delete from notes where body = 'changed' returning body;
insert into notes (account_id, body) values ('b0000000-0000-4000-8000-000000000001', 'theirs');
rollback;
begin;
select tenancy.login(:'ann');
update notes set account_id = 'b0000000-0000-4000-8000-000000000001' where body = 'note 100';
rollback;
begin;
select tenancy.login(:'ann');
delete from notes where body = 'note 1' returning body;
update notes set body = 'x' where body = 'note 1' returning body;
commit;
\c - postgres
