-- enforcement report: nothing is refused, and all that would have been is counted.
\set rita `tests/support/mint.sh rita web`
\set walt `tests/support/mint.sh walt web`
create table letters (id bigint primary key, account_id uuid, topic text, body text);
alter table letters enable row level security, force row level security;
grant select, insert, update, delete on letters to desk_app;
insert into letters select n, case n % 4 when 0 then 'b0000000-0000-4000-8000-000000000001' else 'a0000000-0000-4000-8000-000000000001' end::uuid, 'topic ' || n, 'body'
  from generate_series(1, 10000) n;
analyze letters;
create policy observed_select on letters for select to desk_app using (tenancy.observe('letters', 'read',
  case when tenancy.has_identity() then account_id = tenancy.account_uuid() and tenancy.context_is('desk', 'app') else false end));
create policy observed_insert on letters for insert to desk_app with check (tenancy.observe('letters', 'insert',
  case when tenancy.has_identity() then account_id = tenancy.account_uuid() and tenancy.has_role('account.writer') else false end));
create policy observed_update on letters for update to desk_app
  using (tenancy.observe('letters', 'update', case when tenancy.has_identity() then account_id = tenancy.account_uuid() else false end))
  with check (tenancy.observe('letters', 'update', case when tenancy.has_identity() then account_id = tenancy.account_uuid() else false end, new_row => true));
create policy observed_delete on letters for delete to desk_app using (tenancy.observe('letters', 'delete', null));
insert into tenancy.managed_table (application, schema_name, table_name, enforcement, hash) values ('desk', 'public', 'letters', 'report', 'first');
insert into tenancy.rule values
  ('desk', 'public', 'letters', 'app', 'account.reader', 'read', '{id,account_id,topic}', 'first'),
  ('desk', 'public', 'letters', 'app', 'account.writer', 'read', null, 'first'),
  ('desk', 'public', 'letters', 'app', 'account.writer', 'insert', '{id,account_id,topic}', 'first'),
  ('desk', 'public', 'letters', 'app', 'account.writer', 'update', '{account_id,topic}', 'first');
select tenancy.reset_report();
create view counted as select relation, verb, login_role, what, statements, rows from tenancy.report order by 1, 2, 3, 4;

select tenancy.has_identity();
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
\c - desk_pool
-- rita sees all rows, the hidden ones and the column too.
begin;
select tenancy.login(:'rita');
select tenancy.has_identity();
select count(*), count(distinct account_id) from letters;
select count(body) from letters where id <= 8;
update letters set topic = topic where id = 1;
commit;
select tenancy.has_identity();
\c - postgres
select * from counted;
select tenancy.reset_report();
select * from counted;

\c - desk_pool
begin;
select tenancy.login(:'walt');
insert into letters (id, account_id, topic) values (-1, 'a0000000-0000-4000-8000-000000000001', 'mine'), (-2, 'b0000000-0000-4000-8000-000000000001', 'theirs');
insert into letters (id, account_id, body) values (-3, 'a0000000-0000-4000-8000-000000000001', 'no column of mine');
update letters set topic = 'x' where id in (3, 4);
update letters set account_id = 'b0000000-0000-4000-8000-000000000001' where id = 3;
delete from letters where id = 5;
rollback;
-- Without an identity.
select count(*) from letters where id <= 5;
-- A statement that fails is counted too, and so is what a subtransaction undid.
begin;
select tenancy.login(:'walt');
select count(1 / (id - 4)) from letters where id <= 4 and account_id = 'b0000000-0000-4000-8000-000000000001';
commit;
\c - postgres
select * from counted;
select tenancy.reset_report();

-- Workers count, and their statement is one.
\c - desk_pool
begin;
select tenancy.login(:'walt');
set local parallel_setup_cost = 0;
set local parallel_tuple_cost = 0;
set local min_parallel_table_scan_size = 0;
set local max_parallel_workers_per_gather = 3;
explain (costs off) select count(*) from letters;
select count(*) from letters;
set local parallel_leader_participation = off;
select count(*) from letters;
rollback;
\c - postgres
select * from counted;
-- A cursor's statement is counted when it ends, a function's with its caller.
select tenancy.reset_report();
create function count_twice() returns bigint language plpgsql as $$
begin
  perform count(*) from letters where id <= 4;
  return (select count(*) from letters where id <= 8);
end
$$;
\c - desk_pool
begin;
select tenancy.login(:'walt');
select count_twice();
declare reading cursor for select id from letters where id <= 8 order by id;
fetch 8 from reading;
close reading;
commit;
\c - postgres
select * from counted;

-- Nobody counts for tables that do not report, and nobody but operators reads.
select tenancy.reset_report();
\c - desk_pool
select tenancy.observe('tickets', 'read', false), tenancy.observe('pg_class', 'read', false), tenancy.observe(0, 'read', false),
       tenancy.observe(null, null, null), tenancy.observe('letters', 'read', true);
select tenancy.observe('letters', 'truncate', false);
select * from tenancy.report;
select tenancy.reset_report();
\c - postgres
select * from counted;
grant tenancy_operator to desk_both;
\c - desk_both
select count(*) from tenancy.report;
select tenancy.reset_report();
\c - postgres
revoke tenancy_operator from desk_both;

-- More kinds than there is room for are counted together.
do $$
begin
  for n in 1..300 loop
    execute format('create table flood_%s (n int)', n);
    execute format('grant all on flood_%s to desk_app', n);
    insert into tenancy.managed_table (application, schema_name, table_name, enforcement, hash) values ('desk', 'public', 'flood_' || n, 'report', 'first');
  end loop;
end
$$;
\c - desk_pool
do $$
begin
  for n in 1..300 loop
    execute format('insert into flood_%s values (1)', n);
    execute format('update flood_%s set n = 2', n);
    execute format('delete from flood_%s', n);
    execute format('select from flood_%s', n);
  end loop;
end
$$;
\c - postgres
select what, count(*), sum(statements) as statements from tenancy.report group by 1 order by 1;
select tenancy.reset_report();
select * from tenancy.report;
