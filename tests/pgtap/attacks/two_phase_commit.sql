-- Two-phase commit: no identity goes into a prepared transaction, and nobody else's is ended.
\ir ../../support/attackers.sql
select dblink_connect('preparer', format('host=%s port=%s dbname=%s user=saas_stranger', current_setting('unix_socket_directories'), current_setting('port'), current_database()));
select dblink_exec('preparer', 'begin'), dblink_exec('preparer', 'prepare transaction ''strangers''') \g /dev/null

begin;
select plan(5);

select refused('PREPARE TRANSACTION with an identity',
         attempt('saas_pool', :'eve', 'prepare transaction ''t'''), '42501: PREPARE TRANSACTION is not allowed to pool role "saas_pool"',
         attempt('saas_stranger', null, 'prepare transaction ''t''', 'rollback prepared ''t'''), 'ROLLBACK PREPARED');
select refused('PREPARE TRANSACTION without one',
         attempt('saas_pool', null, 'prepare transaction ''t'''), '42501: PREPARE TRANSACTION is not allowed to pool role "saas_pool"',
         attempt('saas_stranger', null, 'select 1', 'prepare transaction ''t''', 'rollback prepared ''t'''), 'ROLLBACK PREPARED');
select refused('PREPARE TRANSACTION after logout',
         attempt('saas_pool', :'eve', 'select tenancy.logout()', 'prepare transaction ''t'''), '42501: PREPARE TRANSACTION is not allowed to pool role "saas_pool"',
         attempt('saas_pool', :'eve', 'select tenancy.logout()', 'commit'), 'COMMIT');
select refused(format('%s PREPARED of another role''s', verb),
         attempt('saas_pool', :'eve', 'commit', format('%s prepared ''strangers''', verb)), '42501: permission denied to finish prepared transaction',
         attempt('saas_stranger', null, 'prepare transaction ''t''', format('%s prepared ''t''', verb)), upper(verb) || ' PREPARED')
  from unnest(array['commit', 'rollback']) verb;

select * from finish();
rollback;
select dblink_exec('preparer', 'rollback prepared ''strangers''') \g /dev/null
