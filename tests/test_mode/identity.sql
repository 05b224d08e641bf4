-- Who a session is after login_as, logged_out and back_to_tester; several identities in one transaction.
\set QUIET 1
\pset format unaligned
\pset tuples_only true
\pset pager off

begin;
set local search_path = public, tenancy_test;
select plan(52);

create function tenant() returns text language sql as $$ select tenancy.subject() || ' of ' || left(tenancy.account_key(), 1) $$;
create function plan_of(statement text) returns setof text language plpgsql as $$ begin return query execute 'explain (analyze, timing off) ' || statement; end $$;
\set issuer 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Demo'

-- The application's own user, through the application's own pool.
select login_as('eve', 'saas_app_pool');
select is(session_user || ' ' || current_user, 'saas_app_pool saas_app_pool', 'the session is the pool''s');
select is(current_setting('is_superuser'), 'off', 'without the tester''s rights');
select is(tenant(), 'eve of a', 'the directory knows the user');
select is(tenancy.issuer(), :'issuer', 'by the configured issuer');
select is(tenancy.claim('iss'), 'pg_tenancy_test:' || :'issuer', 'for which a test issuer speaks');
select is(tenancy.application() || ' ' || tenancy.api_context(), 'saas app', 'the pool''s row gives the API context');
select is(tenancy.roles(), '{workspace.editor,workspace.viewer}', 'and the directory the roles');
select is(tenancy.claim('client_id') || ' ' || tenancy.claim('token_use'), 'web-app access', 'the token has what the issuer''s row requires');
select cmp_ok(tenancy.expires_at(), '>', now() + interval '50 minutes', 'it lasts an hour');
select throws_ok('select from tenancy.issuer', '42501', 'permission denied for table issuer', 'the pool''s rights are what there is');
select throws_ok('select tenancy_test.sign(''{}'', ''{}'')', '42501', 'permission denied for function sign', 'signing at will is not among them');

-- One after another.
select login_as('gwen');
select is(tenant(), 'gwen of b', 'another user, through the pool that the session acts as');
select is(session_user, 'saas_app_pool', 'which it still does');
select results_eq('select distinct account_id from documents', array['b0000000-0000-4000-8000-000000000001'::uuid], 'whose rows are seen');
select login_as('eve');
select results_eq('select distinct account_id from documents', array['a0000000-0000-4000-8000-000000000001'::uuid], 'and the first again');
prepare tenants as select distinct account_id from documents;
select results_eq('execute tenants', array['a0000000-0000-4000-8000-000000000001'::uuid], 'a prepared statement');
select login_as('gwen');
select results_eq('execute tenants', array['b0000000-0000-4000-8000-000000000001'::uuid], 'follows');

-- Parallel workers, which get the identity of a session that is not the pool's own.
select set_config(name, 'on', true) from pg_settings where name in ('force_parallel_mode', 'debug_parallel_query') \g /dev/null
select ok(exists (select from plan_of('select from documents') line where line ~ 'Workers Launched: 1'), 'with a parallel worker');
select is((select count(*) || ' ' || min(account_id::text) from documents), '4 b0000000-0000-4000-8000-000000000001', 'there are the same rows');
select set_config(name, 'off', true) from pg_settings where name in ('force_parallel_mode', 'debug_parallel_query') \g /dev/null

-- Savepoints.
savepoint before;
select login_as('eve');
select is(tenant(), 'eve of a', 'within a savepoint');
rollback to before;
select is(tenant(), 'gwen of b', 'and back by a rollback to it');
savepoint before;
select logged_out();
rollback to before;
select throws_ok('select tenant()', '28000', null, 'but a logout is not undone by one');
select login_as('eve');
select is(tenant(), 'eve of a', 'as in production; here another login may follow');

-- Without a login, and as oneself.
select logged_out();
select throws_ok('select from documents', '28000', 'no identity is bound in this transaction', 'logged out there are no rows');
select is(session_user, 'saas_app_pool', 'and the session is still the pool''s');
select back_to_tester();
select is(session_user || ' ' || current_user, 'postgres postgres', 'back to the tester');
select throws_ok('select tenancy.subject()', '28000', null, 'who has no identity');
select logged_out('saas_dashboard_pool');
select is(session_user, 'saas_dashboard_pool', 'logged out, through a named pool');
select login_as('adam', workspace => 'a1000000-0000-4000-8000-000000000002');
select is(tenancy.api_context() || ' ' || tenancy.workspace_key(), 'dashboard a1000000-0000-4000-8000-000000000002', 'a workspace is chosen as by login');
select back_to_tester();

-- Which pool is meant.
select throws_ok('select login_as(''eve'')', '42P08', '5 rows of tenancy.pool fit', 'where several fit, one is to be named');
select throws_ok('select logged_out()', '42P08', '4 pools could be meant', 'for logged_out too');
select throws_ok('select login_as(''eve'', ''saas_pool'')', '42P08', '2 rows of tenancy.pool fit', 'a pool for two API contexts');
select lives_ok('select login_as(''eve'', ''saas_pool'', api_context => ''app'')', 'which one picks by api_context');
select is(tenancy.api_context(), 'app', 'as is seen');
select back_to_tester();
select throws_ok('select login_as(''eve'', ''no_pool'')', '42704', 'no row of tenancy.pool fits', 'no such pool');
select throws_ok('select login_as(''eve'', issuer => ''https://other.example'')', '42704', 'no row of tenancy.pool fits', 'no such issuer');
select throws_ok('select login_as(''eve'', ''saas_stranger'')', '42704', 'no row of tenancy.pool fits', 'a login role that is no pool');

-- The real rules hold.
select throws_ok('select login_as(''eve'', ''saas_app_pool'', account => ''b0000000-0000-4000-8000-000000000001'')', '42501', 'no such account or workspace for this subject', 'membership is the directory''s');
select throws_ok('select login_as(''eve'', ''saas_app_pool'', claims => ''{"custom:account": "b0000000-0000-4000-8000-000000000001"}'')', '42501', 'no such account or workspace for this subject', 'also for a claim');
select throws_ok('select login_as(''eve'', ''saas_app_pool'', expires_in => ''-5 minutes'')', '28T02', 'token expired or revoked', 'an expired token');
select throws_ok('select login_as(''eve'', ''saas_app_pool'', expires_in => ''2 days'')', '28T01', 'token refused', 'one that lives too long for the issuer');
select throws_ok('select login_as(''eve'', ''saas_app_pool'', claims => ''{"token_use": "id"}'')', '28T01', 'token refused', 'a claim that the issuer''s row refuses');
select throws_ok('select login_as(''eve'', ''saas_app_pool'', claims => ''{"client_id": "web-dashboard"}'')', '28T03', 'this login role may not use this token', 'an audience of another pool');
select is(session_user, 'postgres', 'a refused login leaves the session the tester''s, by throws_ok''s savepoint');
select login_as('nobody-knows-me', 'saas_app_pool');
select is(tenancy.subject() || coalesce(tenancy.account_key(), ', no account'), 'nobody-knows-me, no account', 'an unknown subject is bound alone');
select back_to_tester();
update tenancy.issuer set account_claim = null, token_type = 'at+jwt', required_claims = '{"token_use": ["access", "id"], "scope": "", "nbf": ""}';
select login_as('eve', 'saas_app_pool', claims => '{"plan": "gold"}');
select is(tenancy.claim('scope') || ' ' || tenancy.claim('plan'), 'test gold', 'another issuer''s rules: the token has what they want, and claims that are added');
select back_to_tester();

-- Real tokens for the application's own login.
select is((select count(*) from regexp_matches(token_for('eve', 'saas_app_pool'), '^[\w-]+\.[\w-]+\.[\w-]{43}$')), 1::bigint, 'a token for the application');
select ok((select accepted from tenancy.verify(token_for('eve', 'saas_app_pool'))), 'which tenancy.verify explains');
select is((select reason from tenancy.verify(regexp_replace(token_for('eve', 'saas_app_pool'), '[\w-]{43}$', repeat('A', 43)))), 'bad_signature', 'or its signature is another');
set local session authorization saas_app_pool;
select lives_ok('select tenancy.login(tenancy_test.token_for(''eve''))', 'the application logs in by itself');
select lives_ok('select tenancy.login(tenancy_test.token_for(''gwen''))', 'and again as another user, as was allowed in this transaction');
select is(tenant(), 'gwen of b', 'and is that one');

select back_to_tester();
select * from finish();
rollback;
