-- Each role of the sample application reads and writes what tenancy.yaml says, and no more.
\set QUIET 1
\pset format unaligned
\pset tuples_only true
\pset pager off
\set ann `tests/support/mint.sh ann web-dashboard`
\set adam `tests/support/mint.sh adam web-dashboard`
\set adam_app `tests/support/mint.sh adam web-app`
\set eve `tests/support/mint.sh eve web-app`
\set eve_dashboard `tests/support/mint.sh eve web-dashboard`
\set victor `tests/support/mint.sh victor web-app`
\set sam `tests/support/mint.sh sam web-app`
\set sam_staging `tests/support/mint.sh sam web-app --claim custom:workspace=a1000000-0000-4000-8000-000000000002`

begin;
select plan(52);

create function titles() returns text language sql as $$ select 'select title from documents'::text $$;
create function denied(table_name text) returns text language sql as $$ select format('42501: permission denied for table %s', table_name) $$;
create function violates(table_name text) returns text language sql as $$ select format('42501: new row violates row-level security policy for table "%s"', table_name) $$;
create function app(token text, variadic statements text[]) returns text language sql as $$ select attempt('saas_app_pool', token, variadic statements) $$;
create function dashboard(token text, variadic statements text[]) returns text language sql as $$ select attempt('saas_dashboard_pool', token, variadic statements) $$;

-- Reading, row by row.
select is(app(:'victor', titles()), E'("Acme: Handbook")\n("Acme: Notes from the field")\n("Acme: Roadmap")', 'a viewer reads what is published and his own');
select is(app(:'eve', titles()), E'("Acme: Draft of the announcement")\n("Acme: Handbook")\n("Acme: Notes from the field")\n("Acme: Roadmap")', 'an editor reads all of the workspace');
select is(app(:'adam_app', titles()), '', 'an admin with two workspaces names one first');
select is(app(:'adam_app', 'select tenancy.workspace_key() is null, tenancy.roles()'), '(t,{account.admin})', 'and until then has his account roles alone');
select is(dashboard(:'adam', 'select count(*) from documents'), '(0)', 'in the dashboard too');
select is(attempt('saas_dashboard_pool', null, format('select tenancy.login(%L, workspace => %L)', :'adam', 'a1000000-0000-4000-8000-000000000002'), 'select count(*) from documents'), '(2)', 'named, it is open to the admin');
select is(attempt('saas_dashboard_pool', null, format('select tenancy.login(%L, workspace => %L)', :'adam', 'b1000000-0000-4000-8000-000000000001')), '42501: no such account or workspace for this subject', 'another account''s is not');
select is(attempt('saas_app_pool', null, format('select tenancy.login(%L, workspace => %L)', :'eve', 'a1000000-0000-4000-8000-000000000002')), '42501: no such account or workspace for this subject', 'nor one of the own account without a role in it');
select is(app(:'sam_staging', titles()), E'("Acme: Broken on purpose")\n("Acme: Load test plan")', 'sam edits in staging');
select is(app(:'sam_staging', 'select tenancy.roles()'), '("{workspace.editor,workspace.viewer}")', 'with the roles that he has there');
select is(attempt('saas_app_pool', null, format('select tenancy.login(%L, workspace => %L)', :'sam', 'a1000000-0000-4000-8000-000000000001'), 'select tenancy.roles()'), '({workspace.viewer})', 'and views in production');

-- Reading, column by column.
select is(app(:'eve', 'select name from users'), E'(Adam)\n(Ann)\n(Eve)\n(Sam)\n(Victor)', 'names of colleagues');
select is(app(:'eve', 'select email from users'), denied('users'), 'not their addresses');
select is(app(:'eve', 'select subject from users'), denied('users'), 'nor their subjects');
select is(app(:'eve', 'select users from users'), denied('users'), 'nor the whole row');
select is(app(:'eve', 'select count(*) from users where email like ''a%'''), denied('users'), 'nor in a condition');
select is(dashboard(:'adam', 'select email from users where name = ''Eve'''), '(eve@acme.example)', 'the dashboard shows an admin the addresses');
select is(dashboard(:'eve_dashboard', 'select email from users'), '', 'not an editor');
select is(app(:'eve', 'select name from accounts'), '(Acme)', 'one''s own account');
select is(app(:'eve', 'select plan from accounts'), denied('accounts'), 'not what it pays for');
select is(app(:'eve', 'select number from invoices'), denied('invoices'), 'nor its invoices');
select is(dashboard(:'adam', 'select number from invoices'), '', 'which an admin does not see either');
select is(dashboard(:'ann', 'select number, amount_cents from invoices'), E'(1,4900)\n(2,4900)', 'and the owner does');
select is(app(:'victor', 'select code from countries'), E'(DE)\n(IT)\n(JP)', 'what is for all');

-- Writing.
select is(app(:'eve', 'insert into documents (owner_id, title) values (tenancy.user_uuid(), ''New'') returning account_id, workspace_id'),
          '(a0000000-0000-4000-8000-000000000001,a1000000-0000-4000-8000-000000000001)', 'an editor writes; the tenant columns fill themselves');
select is(app(:'eve', 'insert into documents (owner_id, title) values (''a2000000-0000-4000-8000-000000000004'', ''New'')'), violates('documents'), 'not in another''s name');
select is(app(:'victor', 'insert into documents (owner_id, title) values (tenancy.user_uuid(), ''New'')'), violates('documents'), 'a viewer does not');
select is(app(:'eve', 'insert into documents (owner_id, title, created_at) values (tenancy.user_uuid(), ''New'', ''2000-01-01'')'), denied('documents'), 'a column that is not listed');
select is(app(:'eve', 'update documents set body = ''x'' returning title'), E'("Acme: Draft of the announcement")\n("Acme: Roadmap")', 'an editor changes her own documents');
select is(app(:'victor', 'update documents set body = ''x'' returning title'), '', 'a viewer none');
select is(app(:'eve', 'update documents set owner_id = tenancy.user_uuid()'), denied('documents'), 'immutable columns stay');
select is(app(:'eve', 'update documents set workspace_id = ''a1000000-0000-4000-8000-000000000002'''), denied('documents'), 'tenant columns too');
select is(app(:'eve', 'delete from documents where title like ''%Draft%'' returning title'), '("Acme: Draft of the announcement")', 'an editor deletes her own');
select is(app(:'eve', 'delete from documents where title like ''%Handbook%'' returning title'), '', 'not a colleague''s');
select is(app(:'eve', 'delete from documents', 'select count(*) from documents where owner_id = tenancy.user_uuid()'), '(0)', 'without a condition: her own and no other');
select is(app(:'victor', 'insert into comments (document_id, author_id, body) values (''a3000000-0000-4000-8000-000000000001'', tenancy.user_uuid(), ''Hi'') returning body'), '(Hi)', 'anyone comments');
select is(app(:'victor', 'insert into comments (document_id, author_id, body) values (''a3000000-0000-4000-8000-000000000001'', ''a2000000-0000-4000-8000-000000000003'', ''Hi'')'), violates('comments'), 'as himself');
select is(app(:'victor', 'update comments set body = ''x'' returning body'), '(x)', 'and changes his own comments');
select alike(app(:'victor', 'insert into comments (document_id, author_id, body) values (''b3000000-0000-4000-8000-000000000001'', tenancy.user_uuid(), ''Hi'')'), '23503: %', 'another account''s document is no parent');
select is(regexp_replace(app(:'victor', 'insert into comments (document_id, author_id, body) values (''b3000000-0000-4000-8000-000000000001'', tenancy.user_uuid(), ''Hi'')'), '[0-9a-f-]{36}', 'ID', 'g'),
          regexp_replace(app(:'victor', 'insert into comments (document_id, author_id, body) values (''b3000000-0000-4000-8000-0000000000ff'', tenancy.user_uuid(), ''Hi'')'), '[0-9a-f-]{36}', 'ID', 'g'), 'and looks like one that does not exist');
select is(dashboard(:'ann', 'update accounts set name = ''Acme & Co'' returning name'), '("Acme & Co")', 'the owner renames the account');
select is(dashboard(:'adam', 'update accounts set name = ''x'' returning name'), '', 'an admin does not');
select is(dashboard(:'ann', 'update invoices set amount_cents = 0'), denied('invoices'), 'nobody changes an amount');

-- can() answers for interfaces.
select is(app(:'eve', 'select tenancy.can(''documents'', ''insert''), tenancy.can(''public.documents'', ''delete''), tenancy.can(''invoices'', ''read'')'), '(t,t,f)', 'can(), editor');
select is(app(:'victor', 'select tenancy.can(''documents'', ''read''), tenancy.can(''documents'', ''insert''), tenancy.can(''no such table'', ''read'')'), '(t,f,f)', 'can(), viewer');

-- One pool for two contexts: rows stay apart, the columns granted are the union.
select is(attempt('saas_pool', :'eve', 'select number from invoices'), '', 'rows are kept by the API context');
select is(attempt('saas_pool', :'eve', titles()), E'("Acme: Draft of the announcement")\n("Acme: Handbook")\n("Acme: Notes from the field")\n("Acme: Roadmap")', 'and the others as before');

-- Another application's session has the roles, and not the application.
select is(attempt('saas_other_pool', :'eve', 'select tenancy.application(), tenancy.api_context(), tenancy.has_role(''workspace.editor'')'), '(other,app,t)', 'control: a session of another application');
select is(attempt('saas_other_pool', :'eve', titles()), '', 'sees no row of this one');
select is(attempt('saas_other_pool', :'eve', 'select code from countries'), '', 'not even what is for all');
select is(attempt('saas_other_pool', :'eve', 'insert into documents (owner_id, title) values (tenancy.user_uuid(), ''New'')'), violates('documents'), 'and writes none');

-- The policy is on record.
select is((select application || ' ' || language_version from tenancy.policy), 'saas 1', 'tenancy.policy says what was applied');

select * from finish();
rollback;
