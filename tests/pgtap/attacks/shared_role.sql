-- The shared login role: what one session could do to its sisters, who are other tenants'. The sister is
-- gwen's, inside a transaction, and must be able to go on.
\ir ../../support/attackers.sql
select open_session('sister', 'saas_pool'), dblink_exec('sister', 'begin') \g /dev/null
select * from dblink('sister', format('select tenancy.login(%L)::text', :'gwen')) as login (answer text) \g /dev/null
select pid from dblink('sister', 'select pg_backend_pid()') as backend (pid int) \gset
select * from dblink('sister', 'select ''gwens secret''') as answer (secret text) \g /dev/null

begin;
select plan(26);

select refused(left(call, -1 - length(split_part(call, '(', 2))) || '()',
         attempt('saas_pool', :'eve', format('select %s', replace(call, 'PID', :'pid'))), format('42501: permission denied for function %s', split_part(call, '(', 1)),
         attempt('postgres', null, format('select %s is null', replace(call, 'PID', 'pg_backend_pid()'))), '(f)')
  from unnest(array['pg_advisory_lock(1)', 'pg_try_advisory_lock(1)', 'pg_advisory_xact_lock(1)', 'pg_blocking_pids(PID)', 'pg_log_backend_memory_contexts(PID)', 'pg_reload_conf()',
                    'pg_stat_reset()', 'setseed(0.5)']) call;
select refused('pg_cancel_backend()',
         attempt('saas_pool', :'eve', format('select pg_cancel_backend(%s)', :pid)), '42501: permission denied for function pg_cancel_backend',
         attempt('postgres', null, 'select pg_cancel_backend(pg_backend_pid())'), '57014: canceling statement due to user request');
select refused('pg_terminate_backend()',
         attempt('saas_pool', :'eve', format('select pg_terminate_backend(%s)', :pid)), '42501: permission denied for function pg_terminate_backend',
         attempt('postgres', null, 'select pg_terminate_backend(0)'), '(f)');
select refused(format('the sister''s statement in %s', source),
         attempt('saas_pool', :'eve', format('select count(*) from %s', source)), format('42501: permission denied for function %s', denied),
         attempt('postgres', null, format('select count(*) > 0 from %s', source)), '(t)')
  from (values
    ('pg_stat_activity where query like ''%secret%''', 'pg_stat_get_activity'),
    ('pg_stat_get_activity(null) where query like ''%secret%''', 'pg_stat_get_activity'),
    ('pg_stat_get_backend_idset() n where pg_stat_get_backend_activity(n) like ''%secret%''', 'pg_stat_get_backend_idset'),
    ('pg_locks', 'pg_lock_status')
  ) as sources (source, denied);
select refused('LOCK TABLE',
         attempt('saas_pool', :'eve', 'lock table documents in access exclusive mode'), '42501: LOCK is not allowed to pool role "saas_pool"',
         attempt('postgres', null, 'lock table countries in access exclusive mode'), 'LOCK TABLE');
select refused('row locks on what all tenants read',
         attempt('saas_pool', :'eve', 'do $$ begin perform from countries for update; end $$'), '42501: permission denied for table countries',
         attempt('postgres', null, 'do $$ begin perform from countries for update; end $$'), 'DO');
select refused('the password of the role',
         attempt('saas_pool', :'eve', 'alter role saas_pool password ''x'''), '42501: ALTER ROLE is not allowed to pool role "saas_pool"',
         attempt('saas_stranger', null, 'alter role saas_stranger password ''x'''), 'ALTER ROLE');
select refused('a time limit for the role',
         attempt('saas_pool', :'eve', 'alter role current_user set statement_timeout = 1'), '42501: ALTER ROLE is not allowed to pool role "saas_pool"',
         attempt('saas_stranger', null, 'alter role current_user set statement_timeout = 1'), 'ALTER ROLE');
select refused('a search_path for the role',
         attempt('saas_pool', :'eve', 'do $$ begin execute ''alter user saas_pool set search_path = evil''; end $$'), '42501: ALTER ROLE is not allowed to pool role "saas_pool"',
         attempt('saas_stranger', null, 'do $$ begin execute ''alter user saas_stranger set search_path = evil''; end $$'), 'DO');
select refused(statement,
         attempt('saas_pool', :'eve', statement), format('42501: %s is not allowed to pool role "saas_pool"', tag),
         attempt('postgres', null, statement), tag)
  from (values
    ('drop owned by saas_pool', 'DROP OWNED'),
    ('reassign owned by saas_pool to saas_app', 'REASSIGN OWNED'),
    ('revoke saas_app from saas_pool', 'REVOKE ROLE'),
    ('comment on role saas_pool is ''x''', 'COMMENT')
  ) as definition (statement, tag);
select refused('a longer time limit, for longer than the transaction',
         attempt('saas_pool', :'eve', 'set statement_timeout = 0'), '42501: SET statement_timeout is not allowed to pool role "saas_pool"',
         attempt('saas_pool', :'eve', 'set local statement_timeout = 0'), 'SET');
select refused('TRUNCATE',
         attempt('saas_pool', :'eve', 'truncate documents cascade'), '42501: permission denied for table documents',
         attempt('postgres', null, 'truncate documents cascade'), 'TRUNCATE TABLE');

-- The sister has not noticed.
select is((select array_agg(distinct r.account) from dblink('sister', 'select account_id from documents') as r (account uuid)), array[:'globex'::uuid], 'the sister session goes on');

select * from finish();
rollback;
select dblink_disconnect('sister') \g /dev/null
