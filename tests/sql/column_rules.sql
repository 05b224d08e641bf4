-- What the roles held may name of a table: each way to reach a column, beside one that is allowed.
\set rita `tests/support/mint.sh rita web`
\set walt `tests/support/mint.sh walt web`
\set lea `tests/support/mint.sh lea web`
\set nora `tests/support/mint.sh nora web`
\set issuer 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Demo'
set client_min_messages = warning;
drop role if exists desk_pool, desk_both, desk_app, desk_dashboard;  -- of an earlier run
reset client_min_messages;
create role desk_app;
create role desk_dashboard;
create role desk_pool login in role desk_app;
create role desk_both login in role desk_app, desk_dashboard;
insert into tenancy.application (name) values ('desk');
insert into tenancy.pool values ('desk_pool', 'app', 'desk', :'issuer'), ('desk_both', 'dashboard', 'desk', :'issuer');
-- rita reads, walt writes, lea leads and reads, nora has no role that a rule names.
insert into tenancy.app_user (id, issuer, subject) values
  ('d2000000-0000-4000-8000-000000000001', :'issuer', 'rita'), ('d2000000-0000-4000-8000-000000000002', :'issuer', 'walt'),
  ('d2000000-0000-4000-8000-000000000003', :'issuer', 'lea'), ('d2000000-0000-4000-8000-000000000004', :'issuer', 'nora');
insert into tenancy.membership (user_id, account_id, role)
select ('d2000000-0000-4000-8000-00000000000' || n)::uuid, 'a0000000-0000-4000-8000-000000000001', role
  from (values (1, 'account.reader'), (2, 'account.writer'), (3, 'account.lead'), (3, 'account.reader'), (4, 'account.guest')) m (n, role);

create table tickets (
  id bigint primary key,
  account_id uuid not null default tenancy.account_uuid(),
  subject text not null,
  body text,
  remark text,
  gone text
);
alter table tickets drop column gone;
create table replies (
  id bigint primary key,
  account_id uuid not null default tenancy.account_uuid(),
  ticket_id bigint not null references tickets on update cascade on delete cascade,
  body text not null
);
insert into tickets values (1, 'a0000000-0000-4000-8000-000000000001', 'one', 'body of one', 'remark on one'),
                           (2, 'a0000000-0000-4000-8000-000000000001', 'two', 'body of two', 'remark on two');

-- As the compiler would write it.
create procedure manage(relation regclass) language plpgsql as $$
declare
  command text;
  context text;
begin
  execute format('alter table %s enable row level security, force row level security', relation);
  foreach context in array array['app', 'dashboard'] loop
    execute format('grant select, insert, update, delete on %s to desk_%s', relation, context);
    execute format('create policy desk_%2$s_floor on %1$s as restrictive to desk_%2$s using (account_id = tenancy.account_uuid())', relation, context);
    foreach command in array array['select', 'insert', 'update', 'delete'] loop
      execute format('create policy desk_%2$s_%3$s on %1$s for %3$s to desk_%2$s %4$s (tenancy.context_is(''desk'', %2$L))', relation, context, command,
                     case command when 'insert' then 'with check' else 'using' end);
    end loop;
  end loop;
end
$$;
call manage('tickets');
call manage('replies');
insert into tenancy.managed_table (application, schema_name, table_name, hash) values
  ('desk', 'public', 'tickets', 'first'), ('desk', 'public', 'replies', 'first');
insert into tenancy.rule values
  ('desk', 'public', 'tickets', 'app', 'account.reader', 'read', '{id,subject}', 'first'),
  ('desk', 'public', 'tickets', 'app', 'account.writer', 'read', '{id,body}', 'first'),
  ('desk', 'public', 'tickets', 'app', 'account.writer', 'insert', '{id,subject,body}', 'first'),
  ('desk', 'public', 'tickets', 'app', 'account.writer', 'update', '{body}', 'first'),
  ('desk', 'public', 'tickets', 'app', 'account.lead', 'read', '{id,remark}', 'first'),
  ('desk', 'public', 'tickets', 'app', 'account.lead', 'update', '{subject,remark}', 'first'),
  ('desk', 'public', 'tickets', 'app', 'account.lead', 'delete', null, 'first'),
  ('desk', 'public', 'tickets', 'dashboard', 'account.reader', 'read', null, 'first'),
  ('desk', 'public', 'tickets', 'app', 'account.reader', 'read', '{remark}', 'an older one'),
  ('notes', 'public', 'tickets', 'app', 'account.reader', 'read', null, 'first'),
  ('desk', 'public', 'replies', 'app', null, 'read', '{id,ticket_id}', 'first'),
  ('desk', 'public', 'replies', 'app', 'account.writer', 'insert', '{id,ticket_id,body}', 'first');

create view invoked with (security_invoker) as select id, subject, body from tickets;
create view invoked_part with (security_invoker) as select id, subject from tickets;
create view of_owner as select id, remark from tickets;
grant select, insert, update, delete on invoked, invoked_part, of_owner to desk_app;
create function inlined() returns table (subject text, remark text) language sql stable begin atomic select subject, remark from tickets; end;
create function inlined_part() returns table (subject text) language sql stable begin atomic select subject from tickets; end;
create function kept() returns text language plpgsql as $$ begin return (select remark from tickets where id = 1); end $$;
create function by_owner() returns text language sql security definer begin atomic select min(remark) from tickets; end;
create function note_change() returns trigger language plpgsql as $$ begin new.remark := concat(new.remark, ' (changed)'); return new; end $$;
create trigger note_change before update on tickets for each row execute function note_change();

\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
\c - desk_pool
-- Without an identity there is none.
select id from tickets;

-- rita: id and subject.
begin;
select tenancy.login(:'rita');
select id, subject from tickets order by 1;
select count(*) from tickets;
select 1 from tickets t where t.id = 1;
select body from tickets;
select * from tickets;
select t from tickets t;
select to_jsonb(t) from tickets t;
select row_to_json(tickets) from tickets;
table tickets;
select id from tickets where remark like 'remark%';
select id from tickets order by remark;
select count(remark) from tickets;
select id from tickets group by id, remark;
select t.id from tickets t join tickets u using (body);
select (select remark from tickets u where u.id = t.id) from tickets t;
with kept as (select remark from tickets) select count(*) from kept;
select ctid from tickets;
select id from tickets for update;
explain select body from tickets;
copy tickets to stdout;
copy tickets (id, remark) to stdout;
copy tickets (id, subject) to stdout;
copy (select remark from tickets) to stdout;
select query_to_xml('select remark from tickets', false, false, '');
declare of_remarks cursor for select remark from tickets;
select * from invoked;
select id, subject from invoked;
select * from invoked_part order by 1;
select * from of_owner;
select * from inlined();
select subject from inlined() order by 1;
select * from inlined_part() order by 1;
select kept();
select by_owner();
insert into tickets (id, subject) values (3, 'three');
update tickets set subject = 'x';
delete from tickets;
insert into of_owner (id) values (9);
commit;

-- walt: writes, and reads other columns than rita.
begin;
select tenancy.login(:'walt');
insert into tickets (id, subject, body) values (3, 'three', 'body of three') returning id, body;
insert into tickets (id, subject) values (4, 'four') returning subject;
insert into tickets (id, subject) values (4, 'four') returning *;
insert into tickets (id, subject, remark) values (4, 'four', null);
insert into tickets (id, subject, remark) values (4, 'four', default);
insert into tickets values (4);
insert into tickets default values;
insert into tickets (id, account_id, subject) values (4, 'a0000000-0000-4000-8000-000000000001', 'four');
update tickets set body = 'new body' where id = 3 returning id, body;
update tickets set body = remark;
update tickets set body = 'x' where subject = 'three';
update tickets set subject = 'x';
update tickets set (body, remark) = ('x', 'y');
delete from tickets where id = 3;
insert into tickets (id, subject, body) values (3, 'three', 'again') on conflict (id) do update set body = excluded.body returning body;
insert into tickets (id, subject, body) values (3, 'three', 'again') on conflict (id) do update set body = excluded.subject;
insert into tickets (id, subject, body) values (3, 'three', 'again') on conflict (id) do update set subject = 'x';
insert into tickets (id, subject, body) values (3, 'three', 'again') on conflict (id) do update set body = excluded.body where tickets.subject = 'three';
insert into tickets (id, subject, body) values (3, 'three', 'again') on conflict do nothing;
merge into tickets t using (values (3, 'merged'), (5, 'merged')) v (id, body) on t.id = v.id
  when matched then update set body = v.body when not matched then insert (id, subject, body) values (v.id, 'five', v.body);
merge into tickets t using (values (3)) v (id) on t.id = v.id when matched then update set subject = 'x';
merge into tickets t using (values (3)) v (id) on t.id = v.id when matched then delete;
merge into tickets t using (values (3)) v (id) on t.id = v.id when matched and t.remark is null then update set body = 'x';
merge into tickets t using (values (6)) v (id) on t.id = v.id when not matched then insert (id, subject, remark) values (v.id, 'six', 'x');
select id, body from tickets order by id;
update invoked set body = 'through a view' where id = 3;
update invoked set subject = 'x' where id = 3;
-- The foreign key is checked as the owner, though walt reads no key of a ticket's own columns but id.
insert into replies (id, ticket_id, body) values (1, 3, 'reply');
insert into replies (id, ticket_id, body) values (2, 77, 'reply to none');
select id, ticket_id from replies;
select body from replies;
commit;

-- lea: what both roles of hers give.
begin;
select tenancy.login(:'lea');
select id, subject, remark from tickets order by 1;
select subject, body from tickets;
update tickets set subject = 'Three', remark = 'on three' where id = 3 returning subject, remark;
update tickets set body = 'x' where id = 3;
delete from tickets where id = 3 returning body;
delete from tickets where id = 3 returning remark;  -- and the reply with it, on which she has no right
select id from replies;
delete from replies;
commit;

-- nora: in the account, and in no rule but the one for all.
begin;
select tenancy.login(:'nora');
select count(*) from tickets;
select 1 from tickets;
select count(*) from replies;
commit;

-- One connection's plans, with one user after another.
\c - postgres
create function remarks() returns bigint language plpgsql as $$ begin return (select count(remark) from tickets); end $$;
\c - desk_pool
begin;
set local plan_cache_mode = force_generic_plan;
select tenancy.login(:'lea');
select remarks();
commit;
begin;
set local plan_cache_mode = force_generic_plan;
select tenancy.login(:'rita');
select remarks();
commit;
begin;
select tenancy.login(:'lea');
select remarks();
commit;
begin;
set local role desk_app;
select remarks();
reset role;
select tenancy.login(:'rita');
set local role desk_app;
select remark from tickets;
commit;

-- The identity's own API context decides, though the pool has the roles of both.
\c - desk_both
begin;
select tenancy.login(:'rita');
select * from tickets order by id;
update tickets set body = 'x';
commit;

-- Partitions, whose columns are in another order.
\c - postgres
create table visits (id bigint, account_id uuid not null default tenancy.account_uuid(), page text, address text) partition by list (account_id);
create table visits_of_acme (address text, page text, gone int, id bigint, account_id uuid not null default tenancy.account_uuid());
alter table visits_of_acme drop column gone;
alter table visits attach partition visits_of_acme for values in ('a0000000-0000-4000-8000-000000000001');
call manage('visits');
grant select on visits_of_acme to desk_app;
insert into visits values (1, 'a0000000-0000-4000-8000-000000000001', '/', '192.0.2.1');
insert into tenancy.managed_table (application, schema_name, table_name, hash) values ('desk', 'public', 'visits', 'first');
insert into tenancy.rule values
  ('desk', 'public', 'visits', 'app', 'account.reader', 'read', '{id,page}', 'first'),
  ('desk', 'public', 'visits', 'app', 'account.reader', 'insert', '{id,page}', 'first');
\c - desk_pool
begin;
select tenancy.login(:'rita');
select id, page from visits;
select address from visits;
select page from visits_of_acme;
select address from visits_of_acme;
select visits_of_acme from visits_of_acme;
insert into visits (id, page) values (2, '/two');
insert into visits (id, page, address) values (3, '/three', '192.0.2.3');
commit;

-- Rules that change: in this backend and in another, also inside a REPEATABLE READ transaction.
\c - postgres
create extension if not exists dblink;
create function elsewhere(statement text) returns void language plpgsql security definer as $$
begin
  perform dblink_exec(format('host=%s port=%s dbname=%s user=postgres', current_setting('unix_socket_directories'),
                             current_setting('port'), current_database()), statement);
end
$$;
\c - desk_pool
begin isolation level repeatable read;
select tenancy.login(:'rita');
select page from visits order by id;
select elsewhere($$update tenancy.rule set columns = '{id}' where application = 'desk' and table_name = 'visits' and verb = 'read'$$);
select page from visits;
select id from visits order by id;
select elsewhere($$update tenancy.rule set columns = '{id,page}' where application = 'desk' and table_name = 'visits' and verb = 'read'$$);
select page from visits order by id;
select elsewhere($$set session_replication_role = replica; update tenancy.rule set columns = '{id}' where application = 'desk' and table_name = 'visits' and verb = 'read'$$);
select page from visits;
commit;

-- Policies without their rules: as after a restore that left the rows out, or with those of another policy.
update tenancy.managed_table set hash = 'second' where table_name = 'visits';
\c - desk_pool
begin;
select tenancy.login(:'rita');
select id from visits;
commit;
\c - postgres
delete from tenancy.managed_table where table_name = 'visits';
\c - desk_pool
begin;
select tenancy.login(:'rita');
select count(*) from visits;
select count(*) from visits_of_acme;
insert into visits (id) values (4);
commit;
-- A table that was renamed is none that a rule names.
\c - postgres
alter table tickets rename to issues;
\c - desk_pool
begin;
select tenancy.login(:'rita');
select id from issues;
commit;
\c - postgres
alter table issues rename to tickets;
-- Whom no policy binds, no rule does.
select count(address) from visits;
set role desk_app;
select count(address) from visits;
reset role;
create role desk_migrator bypassrls in role desk_app;
set role desk_migrator;
select count(address) from visits;
reset role;
drop role desk_migrator;
