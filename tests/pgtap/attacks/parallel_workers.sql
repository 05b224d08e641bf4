-- Parallel workers: they have the leader's identity, no other and none that has ended.
\ir ../../support/attackers.sql
create function force_workers() returns text[] language sql as $$
  select array[(select format('set local %I = on', name) from pg_settings where name in ('force_parallel_mode', 'debug_parallel_query')), 'set local parallel_setup_cost = 0', 'set local parallel_tuple_cost = 0', 'set local min_parallel_table_scan_size = 0',
               'set local parallel_leader_participation = off']
$$;

begin;
select plan(8);

select refused('rows, read by workers',
         attempt('saas_pool', :'eve', variadic force_workers() || 'select array_agg(distinct account_id) from documents'::text), format('({%s})', :'acme'),
         attempt('saas_pool', :'gwen', variadic force_workers() || 'select array_agg(distinct account_id) from documents'::text), format('({%s})', :'globex'));
select refused('rows of another account, asked for',
         attempt('saas_pool', :'eve', variadic force_workers() || format('select count(*) from documents where account_id = %L', :'globex')), '(0)',
         attempt('saas_pool', :'gwen', variadic force_workers() || format('select count(*) > 0 from documents where account_id = %L', :'globex')), '(t)');
select refused('an accessor in a worker',
         attempt('saas_pool', :'eve', variadic force_workers() || 'select tenancy.account_key()'::text), format('(%s)', :'acme'),
         attempt('saas_pool', :'gwen', variadic force_workers() || 'select tenancy.account_key()'::text), format('(%s)', :'globex'));
select refused('workers after logout',
         attempt('saas_pool', :'eve', variadic force_workers() || array['select tenancy.logout()', 'select tenancy.account_key()']), :'nobody',
         attempt('saas_pool', :'eve', variadic force_workers() || array['savepoint s', 'select tenancy.account_key()']), format('(%s)', :'acme'));
select refused('workers after a login that was rolled back',
         attempt('saas_pool', null, variadic force_workers() || array['savepoint s', format('select tenancy.login(%L)', :'eve'), 'rollback to s', 'select tenancy.account_key()']), :'nobody',
         attempt('saas_pool', null, variadic force_workers() || array['savepoint s', format('select tenancy.login(%L)', :'eve'), 'release s', 'select tenancy.account_key()']), format('(%s)', :'acme'));
select refused('workers for the next transaction',
         attempt('saas_pool', :'eve', variadic array['commit', 'begin'] || force_workers() || 'select tenancy.account_key()'::text), :'nobody',
         attempt('saas_pool', :'eve', variadic force_workers() || 'select tenancy.subject()'::text), '(eve)');
select refused('settings, changed in a worker',
         attempt('saas_pool', :'eve', variadic force_workers() || format('select set_config(''tenancy.account'', %L, true)', :'globex')), '55P02: parameter "tenancy.account" cannot be changed',
         attempt('saas_pool', :'eve', variadic force_workers() || 'select current_setting(''tenancy.account'')'::text), format('(%s)', :'acme'));
select refused('a second login while workers run',
         attempt('saas_pool', :'eve', variadic force_workers() || format('select tenancy.login(%L) from documents', :'gwen')), '28T04: this session cannot take the identity',
         attempt('saas_pool', :'eve', variadic force_workers() || format('select count(tenancy.login(%L)) > 0 from documents', :'eve')), '(t)');

select * from finish();
rollback;
drop function force_workers();
