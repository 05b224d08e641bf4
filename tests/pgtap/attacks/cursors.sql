-- Cursors and portals: none outlives its transaction, none goes on without the identity.
\ir ../../support/attackers.sql
alter role saas_app_pool set tenancy.missing_identity = deny;
-- Where an index is all that a policy needs, nothing is asked again row by row.
create table ledger (account_id uuid, line int, primary key (account_id, line));
insert into ledger select account.id, line from accounts account, generate_series(1, 9) line;
alter table ledger enable row level security, force row level security;
create policy floor on ledger using (account_id = tenancy.account_uuid());
grant select on ledger to saas_app;
\set by_index 'set local enable_seqscan = off; set local enable_bitmapscan = off'
\set open 'declare c cursor for select account_id from ledger'

begin;
select plan(9);

select refused('a cursor WITH HOLD',
         attempt('saas_pool', :'eve', 'declare c cursor with hold for select account_id from documents'), '42501: a cursor WITH HOLD is not allowed to pool role "saas_pool"',
         attempt('saas_stranger', null, 'declare c cursor with hold for select 1', 'fetch 1 from c'), '1');
select refused('a cursor WITH HOLD, in a block',
         attempt('saas_pool', :'eve', 'do $$ begin execute ''declare c cursor with hold for select 1''; end $$'), '42501: a cursor WITH HOLD is not allowed to pool role "saas_pool"',
         attempt('saas_pool', :'eve', 'do $$ begin execute ''declare c cursor for select 1''; end $$', 'fetch 1 from c'), '1');
select refused('a cursor, after logout',
         attempt('saas_pool', :'eve', :'by_index', :'open', 'fetch 1 from c', 'select tenancy.logout()', 'fetch 1 from c'), :'nobody',
         attempt('saas_pool', :'eve', :'by_index', :'open', 'fetch 1 from c', 'fetch 1 from c'), :'acme');
select refused('a cursor, after logout under SET ROLE',
         attempt('saas_pool', :'eve', 'set local role saas_app', :'by_index', :'open', 'fetch 1 from c', 'select tenancy.logout()', 'fetch 1 from c'), :'nobody',
         attempt('saas_pool', :'eve', 'set local role saas_app', :'by_index', :'open', 'fetch 1 from c', 'fetch 1 from c'), :'acme');
select refused('a cursor, after RESET ALL',
         attempt('saas_pool', :'eve', :'by_index', :'open', 'fetch 1 from c', 'reset all', 'fetch 1 from c'), :'nobody',
         attempt('saas_pool', :'eve', :'by_index', :'open', 'fetch 1 from c', 'reset work_mem', 'fetch 1 from c'), :'acme');
select refused('a cursor from before the login, after a rollback of it',
         attempt('saas_app_pool', null, :'by_index', :'open', 'savepoint s', format('select tenancy.login(%L)', :'eve'), 'fetch 1 from c', 'rollback to s', 'fetch 1 from c'), :'nobody',
         attempt('saas_app_pool', null, :'by_index', :'open', 'savepoint s', format('select tenancy.login(%L)', :'eve'), 'fetch 1 from c', 'fetch 1 from c'), :'acme');
select refused('a cursor, through a function that reads it, after logout',
         attempt('saas_pool', :'eve', :'by_index', :'open', 'fetch 1 from c', 'select tenancy.logout()', 'select cursor_to_xml(''c'', 10, true, true, '''')::text like ''%row%'''), :'nobody',
         attempt('saas_pool', :'eve', :'by_index', :'open', 'fetch 1 from c', 'select cursor_to_xml(''c'', 10, true, true, '''')::text like ''%row%'''), '(t)');
select refused('a cursor for the next transaction',
         attempt('saas_pool', :'eve', :'by_index', :'open', 'commit', 'begin', 'fetch 1 from c'), '34000: cursor "c" does not exist',
         attempt('saas_pool', :'eve', :'by_index', :'open', 'savepoint s', 'release s', 'fetch 1 from c'), :'acme');
select refused('another identity for an open cursor',
         attempt('saas_pool', :'eve', :'by_index', :'open', 'fetch 1 from c', format('select tenancy.login(%L)', :'gwen')), '28T04: this session cannot take the identity',
         attempt('saas_pool', :'eve', :'by_index', :'open', 'fetch 1 from c', format('select tenancy.login(%L)', :'eve'), 'fetch 1 from c'), :'acme');

select * from finish();
rollback;
drop table ledger;
alter role saas_app_pool reset tenancy.missing_identity;
