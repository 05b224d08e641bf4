-- columns: orm. Every column may be written, with the value that it has or would get by itself.
\set rita `tests/support/mint.sh rita web`
\set walt `tests/support/mint.sh walt web`
create table contacts (
  id uuid primary key default gen_random_uuid(),
  account_id uuid not null default tenancy.account_uuid(),
  name text,
  notes text,
  state text default 'new',
  rank integer not null default 1 + 1,
  created_at timestamptz not null default now(),
  token text default 'free',
  long text,
  upper_name text generated always as (upper(name)) stored
);
call manage('contacts');
insert into tenancy.managed_table (application, schema_name, table_name, columns, hash) values ('desk', 'public', 'contacts', 'orm', 'first');
insert into tenancy.rule values
  ('desk', 'public', 'contacts', 'app', 'account.writer', 'read', null, 'first'),
  ('desk', 'public', 'contacts', 'app', 'account.writer', 'insert', '{name,long}', 'first'),
  ('desk', 'public', 'contacts', 'app', 'account.writer', 'update', '{name,state}', 'first'),
  ('desk', 'public', 'contacts', 'app', 'account.reader', 'read', '{id,name}', 'first');
create trigger a_columns before insert or update on contacts for each row execute function tenancy.check_columns();
create function note_touch() returns trigger language plpgsql as $$ begin new.notes := 'touched'; return new; end $$;
create trigger b_touch before update on contacts for each row execute function note_touch();

\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
\c - desk_pool
begin;
select tenancy.login(:'walt');
-- Inserts.
insert into contacts (name) values ('left out') returning state, rank, token, notes, upper_name;
insert into contacts (name, long, notes, state, rank, token, account_id, created_at)
values ('all named', repeat('long ', 2000), null, 'new', 2, 'free', 'a0000000-0000-4000-8000-000000000001', now()) returning state, rank, token, notes;
insert into contacts (name, account_id, state, created_at) values ('by default', default, default, default) returning state;
insert into contacts (name, state) values ('x', 'old');
insert into contacts (name, state) values ('x', null) returning state;
insert into contacts (name, rank) values ('x', 3);
insert into contacts (name, notes) values ('x', 'noted');
insert into contacts (name, created_at) values ('x', now() - interval '1 day');
insert into contacts (name, account_id) values ('x', 'b0000000-0000-4000-8000-000000000001');
insert into contacts (name, id) values ('x', 'e0000000-0000-4000-8000-000000000001');  -- a volatile default cannot be told
insert into contacts (name, id) values ('x', default);
insert into contacts (name, state) values ('one', 'new'), ('two', 'old');
insert into contacts (name, state) values ('x', 'new') on conflict do nothing returning state;
with written as (insert into contacts (name, token) values ('x', 'mine') returning 1) select * from written;
select count(*) from contacts;
-- Updates.
update contacts set name = 'changed', long = long, notes = notes, state = state, rank = rank, account_id = account_id where name = 'all named' returning name, notes, upper_name;
update contacts set state = 'old', rank = 2, token = 'free' where name = 'changed' returning state;
update contacts set long = long || '' where name = 'changed';
update contacts set long = 'short' where name = 'changed';
update contacts set rank = 3 where name = 'changed';
update contacts set rank = null where name = 'changed';
update contacts set notes = 'noted' where name = 'changed';
update contacts set account_id = 'b0000000-0000-4000-8000-000000000001' where name = 'changed';
update contacts c set (name, rank) = (select 'changed', c.rank + 1) where name = 'changed';
merge into contacts c using (values ('changed')) v (name) on c.name = v.name when matched then update set token = 'mine';
merge into contacts c using (values ('changed')) v (name) on c.name = v.name when matched then update set state = 'merged', token = 'free';
insert into contacts (id, name) select id, name from contacts where name = 'changed' on conflict (id) do update set rank = 9;
select name, state, rank, notes from contacts where name = 'changed';
delete from contacts;
commit;
-- The verb takes a rule, and reading is strict.
begin;
select tenancy.login(:'rita');
update contacts set name = name;
insert into contacts (name) values ('x');
select name, rank from contacts;
commit;
-- Without an identity there is none; an owner may what he likes.
insert into contacts (name) values ('x');
\c - postgres
update contacts set token = 'of the owner' where name = 'changed' returning token;
-- Elsewhere the trigger refuses to be used.
create table plain (id int);
create trigger columns after insert on plain for each row execute function tenancy.check_columns();
insert into plain values (1);
drop trigger columns on plain;
create trigger columns before insert or update on plain for each row execute function tenancy.check_columns();
insert into plain values (1);
select tenancy.check_columns();
drop table plain;
-- A partition is judged by the rules of its root.
create table calls (id bigint, account_id uuid not null default tenancy.account_uuid(), topic text, secret text default 'none') partition by list (account_id);
create table calls_of_acme (secret text default 'none', topic text, id bigint, account_id uuid not null default tenancy.account_uuid());
alter table calls attach partition calls_of_acme for values in ('a0000000-0000-4000-8000-000000000001');
call manage('calls');
create trigger a_columns before insert or update on calls for each row execute function tenancy.check_columns();
insert into tenancy.managed_table (application, schema_name, table_name, columns, hash) values ('desk', 'public', 'calls', 'orm', 'first');
insert into tenancy.rule values
  ('desk', 'public', 'calls', 'app', 'account.writer', 'read', null, 'first'),
  ('desk', 'public', 'calls', 'app', 'account.writer', 'insert', '{id,topic}', 'first'),
  ('desk', 'public', 'calls', 'app', 'account.writer', 'update', '{topic}', 'first');
\c - desk_pool
begin;
select tenancy.login(:'walt');
insert into calls values (1, 'a0000000-0000-4000-8000-000000000001', 'topic', 'none') returning topic, secret;
insert into calls values (2, 'a0000000-0000-4000-8000-000000000001', 'topic', 'x');
insert into calls (id) values (3) returning secret;
update calls set topic = 'other', secret = secret returning id, topic, secret;
update calls set secret = 'x';
commit;
-- A column that the user may not read is not written either, not even with its own value: which guess is right
-- would tell what it holds.
\c - postgres
insert into tenancy.rule values ('desk', 'public', 'calls', 'app', 'account.reader', 'read', '{id,topic,account_id}', 'first'),
                                ('desk', 'public', 'calls', 'app', 'account.reader', 'update', '{topic}', 'first');
\c - desk_pool
begin;
select tenancy.login(:'rita');
update calls set topic = topic, account_id = account_id;
update calls set topic = topic, secret = 'none';
update calls set topic = topic, secret = 'a guess';
rollback;
