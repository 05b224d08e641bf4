-- Residue: eve prepares the connection that the pooler then gives to gwen. Nothing that she left acts in his
-- session, and nothing makes it fail. The controls show that it would: without a pool's guard, by a DBA.
\ir ../../support/attackers.sql
create sequence shared_numbers;
grant usage on sequence shared_numbers to saas_app;
select format('select tenancy.login(%L)', :'eve') as login_eve \gset

begin;
select plan(27);

-- Settings, left by set_config(..., false).
select refused(format('%s, left by set_config', setting),
         attempt_after(array[format('select set_config(%L, %L, false)', setting, value)], 'saas_pool', :'gwen', format('show %s', setting)), clean,
         attempt_after(array[format('select set_config(%L, %L, false)', setting, value)], 'saas_stranger', null, format('show %s', setting)), value)
  from (values
    ('search_path', 'evil', '"$user", public'),
    ('row_security', 'off', 'on'),
    ('statement_timeout', '1min', '0'),
    ('idle_in_transaction_session_timeout', '1min', '0'),
    ('default_transaction_read_only', 'on', 'off'),
    ('transform_null_equals', 'on', 'off'),
    ('standard_conforming_strings', 'off', 'on'),
    ('client_encoding', 'SJIS', 'UTF8'),
    ('attack.tenant', 'acme', '')
  ) as settings (setting, value, clean);
select refused(format('%s, hidden from login at a savepoint', setting),
         attempt_after(array['begin', format('select set_config(%L, %L, false)', setting, value), 'savepoint s', format('set local %s = %L', setting, clean), :'login_eve', 'rollback to s', 'commit'],
                       'saas_pool', :'gwen', format('show %s', setting)), clean,
         attempt_after(array['begin', format('select set_config(%L, %L, false)', setting, value), 'savepoint s', format('set local %s = %L', setting, clean), 'rollback to s', 'commit'],
                       'saas_stranger', null, format('show %s', setting)), value)
  from (values ('default_transaction_read_only', 'on', 'off'), ('row_security', 'off', 'on'), ('role', 'saas_app', 'none'), ('quote_all_identifiers', 'on', 'off')) as settings (setting, value, clean);
select refused('a setting that a rolled back login had reset',
         attempt_after(array['select set_config(''row_security'', ''off'', false)', 'begin', :'login_eve', 'rollback'], 'saas_pool', :'gwen', 'show row_security'), 'on',
         attempt_after(array['select set_config(''row_security'', ''off'', false)', 'begin', 'rollback'], 'saas_stranger', null, 'show row_security'), 'off');
select refused('a driver''s setting, changed by a tenant',
         attempt_after(array['begin', :'login_eve', 'select set_config(''DateStyle'', ''SQL, DMY'', false)', 'commit'], 'saas_pool', :'gwen', 'show datestyle'), 'ISO, MDY',
         attempt_after(array['begin', 'select set_config(''DateStyle'', ''SQL, DMY'', false)', 'commit'], 'saas_stranger', null, 'show datestyle'), 'SQL, DMY');
select refused('the same, behind SET LOCAL',
         attempt_after(array['begin', :'login_eve', 'set local datestyle = ''SQL, DMY''', 'select set_config(''attack.tenant'', ''x'', false)', 'set local datestyle = ''ISO, MDY''', 'commit'],
                       'saas_pool', :'gwen', 'show datestyle'), 'ISO, MDY',
         attempt_after(array['set datestyle = ''SQL, DMY'''], 'saas_pool', :'gwen', 'show datestyle'), 'SQL, DMY');
select refused('a setting, left by UPDATE pg_settings',
         attempt_after(array['do $$ begin update pg_settings set setting = ''off'' where name = ''row_security''; end $$'], 'saas_pool', :'gwen', :'tenants'), :'globex_row',
         attempt_after(array['do $$ begin update pg_settings set setting = ''off'' where name = ''row_security''; end $$'], 'saas_stranger', null, 'show row_security'), 'off');
select refused('a role, left by set_config',
         attempt_after(array['select set_config(''role'', ''saas_app'', false)'], 'saas_pool', :'gwen', 'select current_user'), '(saas_pool)',
         attempt_after(array['select set_config(''role'', ''saas_app'', false)'], 'saas_stranger', null, 'select current_user'), '(saas_app)');
select refused('characteristics of the session''s transactions',
         attempt_after(array['set session characteristics as transaction read only'], 'saas_pool', :'gwen', 'show transaction_read_only'), 'off',
         attempt_after(array['set session characteristics as transaction read only'], 'saas_stranger', null, 'show transaction_read_only'), 'on');

-- Objects and what the connection holds.
select refused('a temporary table in front of a real one',
         attempt_after(array['create temp table documents (account_id uuid)'], 'saas_pool', :'gwen', :'tenants'), :'globex_row',
         attempt_after(array['create temp table documents as select ''evil''::text as account_id'], 'postgres', null, :'tenants'), '(evil)');
select refused('a cursor WITH HOLD of a definer function',
         attempt_after(array['select as_owner(''declare c cursor with hold for select 1'')'], 'saas_pool', :'gwen', 'select 1'), '28T04: this connection is not clean',
         attempt_after(array['select as_owner(''declare c cursor with hold for select 1'')', 'close c'], 'saas_pool', :'gwen', 'select 1'), '(1)');
select refused('an advisory lock of a definer function',
         attempt_after(array['select as_owner(''select pg_advisory_lock(1)'')'], 'saas_pool', :'gwen', 'select 1'), '28T04: this connection is not clean',
         attempt_after(array['select as_owner(''select pg_advisory_lock(1)'')', 'select pg_advisory_unlock_all()'], 'saas_pool', :'gwen', 'select 1'), '(1)');

-- The identity itself, and what the backend remembers of it.
select refused('eve''s identity, for one who has none',
         attempt_after(array['begin', :'login_eve', 'commit'], 'saas_pool', null, :'tenants'), :'nobody',
         attempt_after(array['begin', :'login_eve', 'commit'], 'saas_pool', :'eve', :'tenants'), :'acme_row');
select refused('an identity for the connection',
         attempt_after(array[format('select tenancy.login(%L, for_connection => true)', :'eve')], 'saas_pool', null, 'select tenancy.account_key()'), :'nobody',
         attempt_after(array[format('select tenancy.login(%L, for_connection => true)', :'eve')], 'saas_pool', :'gwen', :'tenants'), :'globex_row');
select refused('the last tenant''s numbers, for one who does not log in',
         attempt_after(array['begin', format('select tenancy.login(%L)', :'gwen'), 'select nextval(''shared_numbers'')', 'commit'], 'saas_pool', null, 'select lastval()'), '55000: lastval is not yet defined in this session',
         attempt_after(array['select nextval(''shared_numbers'')'], 'saas_stranger', null, 'select lastval() > 0'), '(t)');
select refused('the last tenant''s numbers, for another',
         attempt_after(array['begin', format('select tenancy.login(%L)', :'gwen'), 'select nextval(''shared_numbers'')', 'commit'], 'saas_pool', :'eve', 'select currval(''shared_numbers'')'), '55000: currval of sequence "shared_numbers" is not yet defined in this session',
         attempt('saas_pool', :'gwen', 'select nextval(''shared_numbers'')', 'select currval(''shared_numbers'') > 0'), '(t)');
select refused('the seed of random(), chosen before',
         (attempt_after(array['begin', 'set local seed = 0.5', 'commit'], 'saas_pool', :'gwen', 'select random()') = attempt_after(array['set seed = 0.5'], 'saas_stranger', null, 'select random()'))::text, 'false',
         (attempt_after(array['set seed = 0.5'], 'saas_stranger', null, 'select random()') = attempt_after(array['set seed = 0.5'], 'saas_stranger', null, 'select random()'))::text, 'true');

select * from finish();
rollback;
drop sequence shared_numbers;
