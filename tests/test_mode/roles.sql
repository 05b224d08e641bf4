-- Each role of the sample application reads and writes what tenancy.yaml says, and no more.
\set QUIET 1
\pset format unaligned
\pset tuples_only true
\pset pager off
\pset fieldsep '\n'
\set staging 'a1000000-0000-4000-8000-000000000002'
\set eve_id 'a2000000-0000-4000-8000-000000000003'
\set victor_id 'a2000000-0000-4000-8000-000000000004'
\set handbook 'a3000000-0000-4000-8000-000000000001'
\set globex_document 'b3000000-0000-4000-8000-000000000001'

begin;
set local search_path = public, tenancy_test;
select plan(70);

create function become(subject text) returns void language sql as $$ select login_as(subject, 'saas_app_pool') $$;
create function manage(subject text) returns void language sql as $$ select login_as(subject, 'saas_dashboard_pool') $$;
prepare titles as select title from documents order by 1;

-- The floor, before anyone comes in.
select rls_is_forced(name), floor_is(name, 'saas_app', expression), floor_is(name, 'saas_dashboard', expression)
  from (values ('accounts', 'id = tenancy.account_uuid()'),
               ('users', 'account_id = tenancy.account_uuid()'),
               ('documents', 'account_id = tenancy.account_uuid() and workspace_id = tenancy.workspace_uuid()'),
               ('comments', 'account_id = tenancy.account_uuid() and workspace_id = tenancy.workspace_uuid()')) floors (name, expression);

-- Reading, row by row.
select become('victor');
select results_eq('titles', array['Acme: Handbook', 'Acme: Notes from the field', 'Acme: Roadmap'], 'a viewer reads what is published and his own');
select cannot_read('documents', $$title = 'Acme: Draft of the announcement'$$, 'not a colleague''s draft');
select become('eve');
select results_eq('titles', array['Acme: Draft of the announcement', 'Acme: Handbook', 'Acme: Notes from the field', 'Acme: Roadmap'], 'an editor reads all of the workspace');
select sees_only('documents', 'account_id'), sees_only('documents', 'workspace_id', tenancy.workspace_key());
select become('adam');
select throws_ok('execute titles', '42501', 'permission denied to read table "documents"', 'an admin with two workspaces names one first');
select results_eq('select tenancy.workspace_key() is null, tenancy.roles()', $$values (true, '{account.admin}'::text[])$$, 'and until then has his account roles alone');
select manage('adam');
select is_empty('titles', 'in the dashboard too');
select login_as('adam', 'saas_dashboard_pool', workspace => :'staging');
select results_eq('select count(*) from documents', array[2::bigint], 'named, it is open to the admin');
select throws_ok('select login_as(''adam'', ''saas_dashboard_pool'', workspace => ''b1000000-0000-4000-8000-000000000001'')', '42501', 'no such account or workspace for this subject', 'another account''s is not');
select throws_ok(format('select login_as(''eve'', ''saas_app_pool'', workspace => %L)', :'staging'), '42501', 'no such account or workspace for this subject', 'nor one of the own account without a role in it');
select login_as('sam', 'saas_app_pool', claims => jsonb_build_object('custom:workspace', :'staging'));
select results_eq('titles', array['Acme: Broken on purpose', 'Acme: Load test plan'], 'sam edits in staging, which his token asks for');
select is(tenancy.roles(), '{workspace.editor,workspace.viewer}', 'with the roles that he has there');
select login_as('sam', 'saas_app_pool', workspace => 'a1000000-0000-4000-8000-000000000001');
select is(tenancy.roles(), '{workspace.viewer}', 'and views in production');

-- Reading, column by column.
select become('eve');
select results_eq('select name from users order by 1', array['Adam', 'Ann', 'Eve', 'Sam', 'Victor'], 'names of colleagues');
select column_is_hidden('users', 'email'), column_is_hidden('users', 'subject'), column_is_hidden('accounts', 'plan');
select throws_ok('select users from users', '42501', 'permission denied for table users', 'nor the whole row');
select throws_ok('select count(*) from users where email like ''a%''', '42501', 'permission denied for table users', 'nor in a condition');
select results_eq('select name from accounts', array['Acme'], 'one''s own account');
select cannot_read('invoices');
select manage('adam');
select results_eq('select email from users where name = ''Eve''', array['eve@acme.example'], 'the dashboard shows an admin the addresses');
select cannot_read('invoices', description => 'an admin does not see invoices either');
select manage('eve');
select cannot_read('users', 'id = tenancy.user_uuid()', 'an editor is nobody in the dashboard');
select manage('ann');
select results_eq('select number::int, amount_cents::int from invoices order by 1', 'values (1, 4900), (2, 4900)', 'the owner sees what there is to pay');
select sees_only('invoices', 'account_id');
select become('victor');
select results_eq('select code::text from countries order by 1', array['DE', 'IT', 'JP'], 'what is for all');

-- Writing.
select become('eve');
select results_eq('insert into documents (owner_id, title) values (tenancy.user_uuid(), ''New'') returning account_id::text, workspace_id::text',
                  $$values ('a0000000-0000-4000-8000-000000000001', 'a1000000-0000-4000-8000-000000000001')$$, 'an editor writes; the tenant columns fill themselves');
select results_eq('delete from documents where title = ''New'' returning title', array['New'], 'and deletes it again');
select cannot_insert('documents', jsonb_build_object('owner_id', :'victor_id', 'title', 'New'), 'not in another''s name');
select cannot_insert('documents', jsonb_build_object('owner_id', :'eve_id', 'title', 'New', 'created_at', '2000-01-01'), 'nor a column that is not listed');
select can_update('documents', '{"body": "x"}', 'owner_id = tenancy.user_uuid()', 'an editor changes her own documents');
select cannot_update('documents', '{"body": "x"}', 'owner_id <> tenancy.user_uuid()', 'not a colleague''s');
select cannot_update('documents', jsonb_build_object('owner_id', :'eve_id'), description => 'immutable columns stay');
select cannot_update('documents', jsonb_build_object('workspace_id', :'staging'), description => 'tenant columns too');
select can_delete('documents', $$title = 'Acme: Draft of the announcement'$$, 'an editor deletes her own');
select cannot_delete('documents', $$title = 'Acme: Handbook'$$, 'not a colleague''s');
select cannot_write('documents', $$account_id <> tenancy.account_uuid()$$, jsonb_build_object('owner_id', :'eve_id', 'title', 'New', 'account_id', 'b0000000-0000-4000-8000-000000000001'), 'and nothing of another account');
select become('victor');
select cannot_write('documents', 'owner_id <> tenancy.user_uuid()', jsonb_build_object('owner_id', :'victor_id', 'title', 'New'), 'a viewer writes none');
select can_insert('comments', jsonb_build_object('document_id', :'handbook', 'author_id', :'victor_id', 'body', 'Hi'), 'anyone comments');
select cannot_insert('comments', jsonb_build_object('document_id', :'handbook', 'author_id', :'eve_id', 'body', 'Hi'), 'as himself');
select can_update('comments', '{"body": "x"}', 'author_id = tenancy.user_uuid()', 'and changes his own comments');
select throws_like(format('insert into comments (document_id, author_id, body) values (%L, tenancy.user_uuid(), ''Hi'')', document), '%violates foreign key constraint%', name)
  from (values (:'globex_document', 'another account''s document is no parent'), ('b3000000-0000-4000-8000-0000000000ff', 'and looks like one that does not exist')) documents (document, name);
select is(a.state || a.message, b.state || b.message, 'to the letter')
  from attempt(format('insert into comments (document_id, author_id, body) values (%L, tenancy.user_uuid(), ''Hi'')', :'globex_document')) a,
       attempt('insert into comments (document_id, author_id, body) values (''b3000000-0000-4000-8000-0000000000ff'', tenancy.user_uuid(), ''Hi'')') b;
select manage('ann');
select can_update('accounts', '{"name": "Acme & Co"}', description => 'the owner renames the account');
select cannot_update('invoices', '{"amount_cents": 0}', description => 'nobody changes an amount');
select manage('adam');
select cannot_update('accounts', '{"name": "x"}', description => 'an admin does not rename it');

-- can() answers for interfaces.
select become('eve');
select results_eq('select tenancy.can(''documents'', ''insert''), tenancy.can(''public.documents'', ''delete''), tenancy.can(''invoices'', ''read'')', 'values (true, true, false)', 'can(), editor');
select become('victor');
select results_eq('select tenancy.can(''documents'', ''read''), tenancy.can(''documents'', ''insert''), tenancy.can(''no such table'', ''read'')', 'values (true, false, false)', 'can(), viewer');

-- One pool for two contexts: rows stay apart, the columns granted are the union.
select login_as('eve', 'saas_pool', api_context => 'app');
select cannot_read('invoices', description => 'rows are kept by the API context');
select results_eq('titles', array['Acme: Draft of the announcement', 'Acme: Handbook', 'Acme: Notes from the field', 'Acme: Roadmap'], 'and the others as before');

-- Another application's session has the roles, and not the application.
select login_as('eve', 'saas_other_pool');
select results_eq('select tenancy.application(), tenancy.api_context(), tenancy.has_role(''workspace.editor'')', $$values ('other', 'app', true)$$, 'control: a session of another application');
select cannot_read('documents', description => 'sees no row of this one');
select cannot_read('countries', description => 'not even what is for all');
select cannot_insert('documents', jsonb_build_object('owner_id', :'eve_id', 'title', 'New'), 'and writes none');

-- The policy is on record.
select back_to_tester();
select is((select application || ' ' || language_version from tenancy.policy), 'saas 1', 'tenancy.policy says what was applied');

select * from finish();
rollback;
