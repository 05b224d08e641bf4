-- An attacker who runs any SQL as the pool's login role stays inside his own verified identity.
-- Every attempt has its positive control: eve of Acme is the attacker, gwen of Globex the victim.
\set QUIET 1
\pset format unaligned
\pset tuples_only true
\pset pager off
\set eve `tests/support/mint.sh eve web-app`
\set gwen `tests/support/mint.sh gwen web-app`
\set acme 'a0000000-0000-4000-8000-000000000001'
\set globex 'b0000000-0000-4000-8000-000000000001'
\set tenants 'select distinct account_id from documents'
\set acme_row '(a0000000-0000-4000-8000-000000000001)'
\set globex_row '(b0000000-0000-4000-8000-000000000001)'

begin;
select plan(65);

-- Controls: without these every "stays in Acme" below could be a broken query.
select is(attempt('saas_pool', :'eve', :'tenants'), :'acme_row', 'eve sees Acme alone');
select is(attempt('saas_pool', :'gwen', :'tenants'), :'globex_row', 'gwen sees Globex alone');
select is(attempt('saas_pool', null, :'tenants'), '28000: no identity is bound in this transaction', 'no login, no rows');
select is(attempt('saas_pool', null, 'select tenancy.account_key()'), '28000: no identity is bound in this transaction', 'no login, no account');

-- Settings.
select is(attempt('saas_pool', :'eve', 'show tenancy.account'), :'acme', 'the account can be shown');
select is(attempt('saas_pool', :'eve', format('set local tenancy.%I = %L', setting, :'globex')),
          format('55P02: parameter "tenancy.%s" cannot be changed', setting), format('SET LOCAL tenancy.%s', setting))
  from unnest(array['account', 'workspace', 'app_user', 'subject', 'issuer', 'application', 'api_context', 'roles', 'expires_at']) setting;
select is(attempt('saas_pool', :'eve', format('set tenancy.account = %L', :'globex')),
          '42501: SET tenancy.account is not allowed to pool role "saas_pool"', 'SET');
select is(attempt('saas_pool', :'eve', format('select set_config(''tenancy.account'', %L, %L)', :'globex', local)),
          '55P02: parameter "tenancy.account" cannot be changed', format('set_config, local %s', local))
  from unnest(array[true, false]) local;
select is(attempt('saas_pool', :'eve', 'set local tenancy.identity = ''x'''),
          '42501: permission denied to set parameter "tenancy.identity"', 'SET tenancy.identity');
select is(attempt('saas_pool', :'eve', 'select set_config(''tenancy.identity'', '''', true)'),
          '42501: permission denied to set parameter "tenancy.identity"', 'set_config of the sealed identity');
select is(attempt('saas_pool', :'eve', 'reset tenancy.identity'),
          '42501: permission denied to set parameter "tenancy.identity"', 'RESET tenancy.identity');
select matches(attempt('saas_pool', :'eve', 'show tenancy.identity'), '^42501: .* to examine "tenancy.identity"$', 'SHOW tenancy.identity');
select matches(attempt('saas_pool', :'eve', 'select current_setting(''tenancy.identity'')'), '^42501: .* to examine "tenancy.identity"$', 'current_setting of the sealed identity');
select is(attempt('saas_pool', :'eve', 'select count(*) from pg_settings where name = ''tenancy.identity'''), '(0)', 'pg_settings hides it');
select is(attempt('saas_pool', :'eve', 'set local tenancy.missing_identity = deny'),
          '42501: permission denied to set parameter "tenancy.missing_identity"', 'SET tenancy.missing_identity');
select is(attempt('saas_pool', :'eve', 'set local tenancy.invented = 1'),
          '42602: invalid configuration parameter name "tenancy.invented"', 'no setting can be invented below tenancy');
select is(attempt('saas_pool', :'eve', 'set local work_mem = ''1MB''', :'tenants'), :'acme_row', 'control: another setting can be set');

-- Roles.
select is(attempt('saas_pool', :'eve', 'set local role saas_app', :'tenants'), :'acme_row', 'SET ROLE to the context role changes no tenant');
select is(attempt('saas_pool', :'eve', 'set local role saas_dashboard', :'tenants'), '', 'SET ROLE to another API context gives nothing');
select is(attempt('saas_pool', null, 'set local role saas_app', format('select tenancy.login(%L)', :'eve')),
          '28T04: this session cannot take the identity', 'no login under another role');
select is(attempt('saas_pool', :'eve', 'set local role postgres'), '42501: permission denied to set role "postgres"', 'SET ROLE to a superuser');
select is(attempt('saas_pool', :'eve', 'set session authorization postgres'),
          '42501: SET session_authorization is not allowed to pool role "saas_pool"', 'SET SESSION AUTHORIZATION');
select is(attempt('saas_pool', :'eve', 'set role none', :'tenants'), :'acme_row', 'control: SET ROLE NONE');

-- Stored settings: of a role, of a database, of a function, at connection.
select is(attempt('saas_pool', :'eve', format('alter role saas_pool set tenancy.account = %L', :'globex')),
          '42501: ALTER ROLE is not allowed to pool role "saas_pool"', 'ALTER ROLE ... SET tenancy.account');
select is(attempt('saas_pool', :'eve', 'alter role saas_pool set tenancy.identity = ''x'''),
          '42501: ALTER ROLE is not allowed to pool role "saas_pool"', 'ALTER ROLE ... SET tenancy.identity');
select is(attempt('saas_pool', :'eve', 'alter role saas_pool set tenancy.missing_identity = deny'),
          '42501: ALTER ROLE is not allowed to pool role "saas_pool"', 'ALTER ROLE ... SET tenancy.missing_identity');
select is(attempt('saas_stranger', null, 'alter role saas_stranger set work_mem = ''2MB'''), 'ALTER ROLE', 'control: ALTER ROLE ... SET by a role that is no pool');
select is(attempt('saas_pool', :'eve', format('alter database %I set tenancy.account = %L', current_database(), :'globex')),
          '42501: ALTER DATABASE is not allowed to pool role "saas_pool"', 'ALTER DATABASE ... SET');
select is(attempt('saas_pool', :'eve', format('create function pg_temp.f() returns int language sql set tenancy.account = %L as ''select 1''', :'globex')),
          '42501: CREATE FUNCTION is not allowed to pool role "saas_pool"', 'CREATE FUNCTION ... SET tenancy.account');
select is(attempt('saas_pool', :'eve', 'create function pg_temp.f() returns int language sql set tenancy.identity = ''x'' as ''select 1'''),
          '42501: CREATE FUNCTION is not allowed to pool role "saas_pool"', 'CREATE FUNCTION ... SET tenancy.identity');
select is(attempt('saas_pool', :'eve', 'create function pg_temp.f() returns int language sql set tenancy.identity from current as ''select 1'''),
          '42501: CREATE FUNCTION is not allowed to pool role "saas_pool"', 'CREATE FUNCTION ... SET FROM CURRENT');
select is(attempt(format('saas_pool options=''-c tenancy.account=%s''', :'globex'), :'eve', :'tenants'),
          '08001: FATAL:  parameter "tenancy.account" cannot be changed', 'PGOPTIONS tenancy.account: no connection');
select is(attempt('saas_pool options=''-c tenancy.identity=x''', :'eve', :'tenants'),
          '08001: FATAL:  permission denied to set parameter "tenancy.identity"', 'PGOPTIONS tenancy.identity: no connection');
select is(attempt('saas_pool options=''-c work_mem=1MB''', :'eve', 'show work_mem'), '1MB', 'control: PGOPTIONS of another setting');

-- search_path: what policies and login call is not what the session names.
select is(attempt('saas_pool', :'eve', format('create function pg_temp.account_uuid() returns uuid language sql as $f$select %L::uuid$f$', :'globex'),
                  'set local search_path = pg_temp, tenancy, public', :'tenants'), '42501: CREATE FUNCTION is not allowed to pool role "saas_pool"', 'an accessor of one''s own');
select is(attempt('saas_pool', :'eve', 'create function pg_temp.eq(uuid, uuid) returns boolean language sql as ''select true''',
                  'create operator pg_temp.= (leftarg = uuid, rightarg = uuid, function = pg_temp.eq)',
                  'set local search_path = pg_temp, pg_catalog, public', :'tenants'), '42501: CREATE FUNCTION is not allowed to pool role "saas_pool"', 'an operator of one''s own');
select is(attempt('saas_pool', null, 'create temp table issuer_key (issuer text, key_id text, jwk text)',
                  'create temp table pool (login_role name)', 'set local search_path = pg_temp, tenancy, public',
                  format('select tenancy.login(%L)', :'eve'), :'tenants'), '42501: CREATE TABLE is not allowed to pool role "saas_pool"', 'tables of one''s own in front of login''s');
select is(attempt('saas_pool', :'eve', 'create schema tenancy2'), '42501: CREATE SCHEMA is not allowed to pool role "saas_pool"', 'no schema of one''s own');
select is(attempt('saas_pool', :'eve', 'create function tenancy.forged() returns int language sql as ''select 1'''),
          '42501: CREATE FUNCTION is not allowed to pool role "saas_pool"', 'nothing new in the schema tenancy');

-- The extension's tables.
select is(attempt('saas_pool', :'eve', format('select from tenancy.%I', name)), format('42501: permission denied for table %s', name),
          format('tenancy.%s is not readable', name))
  from unnest(array['issuer', 'issuer_key', 'pool', 'membership', 'app_user', 'account']) name;
select is(attempt('saas_pool', :'eve', 'select * from saas_directory(''x'', ''gwen'', null, null)'),
          '42501: permission denied for function saas_directory', 'the directory function is login''s');
select is(attempt('saas_pool', :'eve', 'select tenancy.import_jwks(''x'', ''{}'')'),
          '42501: permission denied for function import_jwks', 'keys are the administrator''s');

-- One identity per transaction, and none after it.
select is(attempt('saas_pool', :'eve', format('select tenancy.login(%L)', :'gwen')),
          '28T04: this session cannot take the identity', 'a second, different login');
select is(attempt('saas_pool', :'eve', format('select tenancy.login(%L)', :'eve'), :'tenants'), :'acme_row', 'control: the same login again');
select is(attempt('saas_pool', null, 'savepoint s', format('select tenancy.login(%L)', :'eve'), 'rollback to s', format('select tenancy.login(%L)', :'gwen')),
          '28T04: this session cannot take the identity', 'a different login after the first was rolled back to a savepoint');
select is(attempt('saas_pool', :'eve', 'savepoint s', 'select tenancy.logout()', 'rollback to s', :'tenants'),
          '28000: no identity is bound in this transaction', 'logout outlives a rollback to a savepoint');
select is(attempt('saas_pool', :'eve', 'select tenancy.logout()', format('select tenancy.login(%L)', :'eve')),
          '28T04: this session cannot take the identity', 'no login after logout in the same transaction');
select is(attempt('saas_pool', :'eve', 'reset all', :'tenants'), '28000: no identity is bound in this transaction', 'RESET ALL ends the identity');
select is(attempt('saas_pool', :'eve', 'commit', 'begin', :'tenants'),
          '28000: no identity is bound in this transaction', 'the next transaction starts with no identity');
select is(attempt('saas_pool', :'eve', 'rollback', 'begin', format('select tenancy.login(%L)', :'gwen'), :'tenants'),
          :'globex_row', 'and takes another');

-- Tables of the application that the policy does not name.
select is(attempt('saas_pool', :'eve', 'select from account_members'), '42501: permission denied for table account_members', 'a table without rules');

select * from finish();
rollback;
