-- Each assertion of pg_tenancy_test passes and fails as it should, and says why it failed.
\set QUIET 1
\pset format unaligned
\pset tuples_only true
\pset pager off

begin;
set local search_path = public, tenancy_test;
select plan(221);

-- What the assertion prints for the user; check_test takes it as the tester, who may alter pgTAP's sequence.
create function as_user(subject text, assertion text, pool name default 'saas_app_pool') returns text language plpgsql as $$
declare
  said text;
begin
  if subject is null then perform logged_out(pool); else perform login_as(subject, pool); end if;
  execute 'select ' || assertion into said;
  perform back_to_tester();
  return said;
end
$$;
create function passes(said text, named text) returns setof text language sql as $$
  select check_test(said, true, named, named, '')
$$;
create function fails(said text, named text, because text) returns setof text language sql as $$
  select check_test(said, false, named, named, because)
$$;

-- can_read, cannot_read
select passes(as_user('eve', 'can_read(''documents'', $$title ~ ''Roadmap''$$)'), 'eve can read documents where title ~ ''Roadmap''');
select passes(as_user('eve', 'can_read(''documents'')'), 'eve can read documents');
select fails(as_user('eve', 'can_read(''documents'', $$title ~ ''^Globex''$$, ''reads'')'), 'reads', '0 rows: such rows are there, and not for this user.');
select fails(as_user('eve', 'can_read(''documents'', $$title = ''none''$$, ''reads'')'), 'reads', '0 rows: there is no such row at all.');
select fails(as_user('eve', 'can_read(''invoices'', description => ''reads'')'), 'reads', '42501: permission denied for table invoices');
select fails(as_user('eve', 'can_read(''documents'', ''no_column = 1'', ''reads'')'), 'reads', '42703: column "no_column" does not exist');
select fails(as_user(null, 'can_read(''documents'', description => ''reads'')'), 'reads', '28000: no identity is bound in this transaction');
select fails(as_user('eve', 'can_read(''no_table'', description => ''reads'')'), 'reads', 'There is no table no_table.');
select fails(can_read('documents', description => 'reads'), 'reads', 'The session acts as "postgres", whom no policy binds: call tenancy_test.login_as first.');
select passes(as_user('eve', 'cannot_read(''documents'', $$title ~ ''^Globex''$$)'), 'eve cannot read documents where title ~ ''^Globex''');
select passes(as_user('eve', 'cannot_read(''invoices'')'), 'eve cannot read invoices');
select passes(as_user(null, 'cannot_read(''documents'')'), 'nobody cannot read documents');
select fails(as_user('eve', 'cannot_read(''documents'', $$title ~ ''Roadmap''$$, ''hidden'')'), 'hidden', '1 row could be read.');
select fails(as_user('eve', 'cannot_read(''documents'', $$title ~ ''Globex: None''$$, ''hidden'')'), 'hidden', 'There is no such row at all: nothing was tried.');
select fails(as_user('eve', 'cannot_read(''documents'', ''no_column = 1'', ''hidden'')'), 'hidden', 'Not refused, but failed: 42703: column "no_column" does not exist');
select fails(as_user('eve', 'cannot_read(''users'', $$email = ''gwen@globex.example''$$, ''hidden'')'), 'hidden', 'The condition names a column that the role may not read: name the row by another.');
select fails(cannot_read('documents', description => 'hidden'), 'hidden', 'The session acts as "postgres", whom no policy binds: call tenancy_test.login_as first.');
select fails(as_user('eve', 'cannot_read(''no_table'', description => ''hidden'')'), 'hidden', 'There is no table no_table.');

-- can_insert, cannot_insert
select passes(as_user('eve', 'can_insert(''documents'', $${"owner_id": "a2000000-0000-4000-8000-000000000003", "title": "100% new ''t''"}$$)'), 'eve can insert into documents');
select fails(as_user('victor', 'can_insert(''documents'', $${"owner_id": "a2000000-0000-4000-8000-000000000004", "title": "New"}$$, ''writes'')'), 'writes', '42501: permission denied to insert into table "documents"');
select fails(as_user('eve', 'can_insert(''documents'', $${"title": "New"}$$, ''writes'')'), 'writes', '42501: new row violates row-level security policy for table "documents"');
select passes(as_user('victor', 'cannot_insert(''documents'', $${"owner_id": "a2000000-0000-4000-8000-000000000004", "title": "New"}$$)'), 'victor cannot insert into documents');
select passes(as_user('eve', 'cannot_insert(''documents'', ''{}'')'), 'eve cannot insert into documents');
select fails(as_user('eve', 'cannot_insert(''documents'', $${"owner_id": "a2000000-0000-4000-8000-000000000003", "title": "New"}$$, ''refused'')'), 'refused', '1 row could be inserted.');
select fails(as_user('victor', 'cannot_insert(''comments'', $${"document_id": "b3000000-0000-4000-8000-000000000001", "author_id": "a2000000-0000-4000-8000-000000000004", "body": "Hi"}$$, ''refused'')'), 'refused',
             'Not refused, but failed: 23503: insert or update on table "comments" violates foreign key constraint "comments_document_id_account_id_workspace_id_fkey"');

create table late (code char(2) references countries deferrable initially deferred);
grant insert on late to saas_app_pool;
select passes(as_user('eve', 'can_insert(''late'', $${"code": "DE"}$$)'), 'eve can insert into late');
select fails(as_user('eve', 'can_insert(''late'', $${"code": "XX"}$$, ''writes'')'), 'writes', '23503: insert or update on table "late" violates foreign key constraint "late_code_fkey"');

-- can_update, cannot_update
select passes(as_user('eve', 'can_update(''documents'', $${"body": "x"}$$, ''owner_id = tenancy.user_uuid()'')'), 'eve can update documents where owner_id = tenancy.user_uuid()');
select fails(as_user('eve', 'can_update(''documents'', $${"body": "x"}$$, ''owner_id <> tenancy.user_uuid()'', ''changes'')'), 'changes', '0 rows: such rows are there, and not for this user.');
select fails(as_user('eve', 'can_update(''documents'', $${"body": "x", "workspace_id": "a1000000-0000-4000-8000-000000000002"}$$, ''true'', ''changes'')'), 'changes', '42501: permission denied for table documents');
select passes(as_user('eve', 'cannot_update(''documents'', $${"body": "x"}$$, ''owner_id <> tenancy.user_uuid()'')'), 'eve cannot update documents where owner_id <> tenancy.user_uuid()');
select passes(as_user('eve', 'cannot_update(''documents'', $${"workspace_id": "a1000000-0000-4000-8000-000000000002"}$$)'), 'eve cannot update documents');
select fails(as_user('eve', 'cannot_update(''documents'', $${"body": "x"}$$, description => ''stays'')'), 'stays', '2 rows could be updated.');
select fails(as_user('eve', 'cannot_update(''documents'', $${"body": null}$$, description => ''stays'')'), 'stays', 'Not refused, but failed: 23502: null value in column "body" of relation "documents" violates not-null constraint');

-- can_delete, cannot_delete
select passes(as_user('eve', 'can_delete(''documents'', ''owner_id = tenancy.user_uuid()'')'), 'eve can delete from documents where owner_id = tenancy.user_uuid()');
select fails(as_user('victor', 'can_delete(''documents'', description => ''deletes'')'), 'deletes', '42501: permission denied to delete from table "documents"');
select passes(as_user('victor', 'cannot_delete(''documents'')'), 'victor cannot delete from documents');
select fails(as_user('eve', 'cannot_delete(''documents'', description => ''stays'')'), 'stays', '2 rows could be deleted.');

-- cannot_write
select passes(as_user('eve', 'cannot_write(''countries'')'), 'eve cannot write countries');
select passes(as_user('victor', 'cannot_write(''documents'', new_row => $${"owner_id": "a2000000-0000-4000-8000-000000000004", "title": "New"}$$)'), 'victor cannot write documents');
select fails(as_user('victor', 'cannot_write(''documents'', description => ''read only'')'), 'read only', 'insert: granted; give a new_row to try it');
select fails(as_user('eve', 'cannot_write(''documents'', new_row => $${"owner_id": "a2000000-0000-4000-8000-000000000003", "title": "New"}$$, description => ''read only'')'), 'read only',
             E'delete: 2 rows\nupdate title: 2 rows\nupdate body: 2 rows\nupdate published: 2 rows\ninsert: 1 row');
select fails(as_user('victor', 'cannot_write(''documents'', $$title = ''none''$$, ''{}'', ''read only'')'), 'read only', 'There is no such row at all: nothing was tried.');
select fails(as_user('eve', 'cannot_write(''users'', $$email = ''gwen@globex.example''$$, description => ''read only'')'), 'read only', 'The condition names a column that the role may not read: name the row by another.');
select fails(cannot_write('documents', description => 'read only'), 'read only', 'The session acts as "postgres", whom no policy binds: call tenancy_test.login_as first.');

-- sees_only
select passes(as_user('eve', 'sees_only(''documents'', ''account_id'')'), 'eve sees rows of one account_id only in documents');
select passes(as_user('eve', 'sees_only(''documents'', ''workspace_id'', tenancy.workspace_key())'), 'eve sees rows of one workspace_id only in documents');
select fails(as_user('eve', 'sees_only(''users'', ''id'', tenancy.user_key(), ''apart'')'), 'apart', '4 rows of others are seen.');
select fails(as_user('victor', 'sees_only(''countries'', ''code'', ''XX'', ''apart'')'), 'apart', '3 rows of others are seen.');
select fails(as_user('eve', 'sees_only(''invoices'', ''account_id'', description => ''apart'')'), 'apart', '42501: permission denied for table invoices');
select fails(as_user('adam', 'sees_only(''invoices'', ''account_id'', description => ''apart'')', 'saas_dashboard_pool'), 'apart', '42501: permission denied to read table "invoices"');
delete from documents where account_id = 'b0000000-0000-4000-8000-000000000001';
select fails(as_user('gwen', 'sees_only(''documents'', ''account_id'', description => ''apart'')'), 'apart', 'No row is seen at all.');
select fails(as_user('eve', 'sees_only(''documents'', ''account_id'', description => ''apart'')'), 'apart', 'There are no rows of others: nothing was tried.');

-- column_is_hidden
select passes(as_user('eve', 'column_is_hidden(''users'', ''email'')'), 'eve cannot read column email of users');
select fails(as_user('eve', 'column_is_hidden(''users'', ''name'', ''hidden'')'), 'hidden', 'The column can be read.');
select fails(as_user('eve', 'column_is_hidden(''users'', ''no_column'', ''hidden'')'), 'hidden', 'Not refused, but failed: 42703: column "no_column" does not exist');

-- What is defined.
create table plain (id int);
select passes(rls_is_enabled('documents'), 'Row level security of documents is enabled');
select passes(rls_is_forced('documents'), 'Row level security of documents binds its owner');
select fails(rls_is_enabled('plain', 'enabled'), 'enabled', 'Run: alter table plain enable row level security;');
alter table plain force row level security;
select fails(rls_is_forced('plain', 'forced'), 'forced', 'Run: alter table plain enable row level security, force row level security;');
alter table plain no force row level security, enable row level security;
select passes(rls_is_enabled('plain'), 'Row level security of plain is enabled');
select fails(rls_is_forced('plain', 'forced'), 'forced', 'Run: alter table plain enable row level security, force row level security;');
select fails(rls_is_forced('no_table', 'forced'), 'forced', 'There is no table no_table.');

-- floor_is
select passes(floor_is('documents', 'saas_app', 'account_id=tenancy.account_uuid() AND (workspace_id = tenancy.workspace_uuid())'), 'The floor of documents for saas_app is right');
select fails(floor_is('documents', 'saas_app', 'account_id = tenancy.account_uuid()'), 'The floor of documents for saas_app is right',
  E'have: for all using ((account_id = tenancy.account_uuid()) AND (workspace_id = tenancy.workspace_uuid())) with check ((account_id = tenancy.account_uuid()) AND (workspace_id = tenancy.workspace_uuid()))\nwant: for all using (account_id = tenancy.account_uuid()) with check (account_id = tenancy.account_uuid())');
select fails(floor_is('plain', 'saas_app', 'id = 1'), 'The floor of plain for saas_app is right', E'There is no restrictive policy for the role.\nwant: for all using (id = 1) with check (id = 1)');
create policy lower on plain as restrictive for select using (id = 1);
select fails(floor_is('plain', 'saas_app', 'id = 1'), 'The floor of plain for saas_app is right', E'have: for select using (id = 1) with check (id = 1)\nwant: for all using (id = 1) with check (id = 1)');
drop policy lower on plain;
create policy lower on plain as restrictive using (id = 1) with check (true);
select fails(floor_is('plain', 'saas_app', 'id = 1'), 'The floor of plain for saas_app is right', E'have: for all using (id = 1) with check true\nwant: for all using (id = 1) with check (id = 1)');
drop policy lower on plain;
create policy lower on plain as restrictive using (id = 1);
create policy upper on plain as restrictive to saas_app using (id > 0);
select passes(floor_is('plain', 'saas_app', 'id > 0', 'id = 1'), 'The floor of plain for saas_app is right');
select passes(floor_is('plain', 'saas_dashboard', 'id = 1'), 'The floor of plain for saas_dashboard is right');
select fails(floor_is('plain', 'saas_app', 'ident = 1'), 'The floor of plain for saas_app is right', '42703: column "ident" does not exist');
select fails(floor_is('plain', 'no_role', 'id = 1'), 'The floor of plain for no_role is right', 'There is no role no_role.');
alter table plain disable row level security;
select fails(floor_is('plain', 'saas_app', 'id > 0', 'id = 1'), 'The floor of plain for saas_app is right', 'Row level security is not enabled.');

-- Attempts leave nothing behind.
select is((select count(*) || ' ' || count(*) filter (where body = 'x') from documents), '6 0', 'every document is as it was');
select is((select count(*) from pg_policies where policyname like 'pg_tenancy%'), 0::bigint, 'and no policy was left');

select * from finish();
rollback;
