-- LISTEN and NOTIFY: a shared connection hears nothing, and tells nothing that looks like the application's.
\ir ../../support/attackers.sql

begin;
select plan(6);

select refused('LISTEN',
         attempt('saas_pool', :'eve', 'listen events'), '42501: LISTEN is not allowed to pool role "saas_pool"',
         attempt('saas_stranger', null, 'listen events'), 'LISTEN');
select refused('LISTEN in a block',
         attempt('saas_pool', :'eve', 'do $$ begin execute ''listen events''; end $$'), '42501: LISTEN is not allowed to pool role "saas_pool"',
         attempt('saas_stranger', null, 'do $$ begin execute ''listen events''; end $$'), 'DO');
select refused('NOTIFY',
         attempt('saas_pool', :'eve', 'notify events, ''forged'''), '42501: NOTIFY is not allowed to pool role "saas_pool"',
         attempt('saas_stranger', null, 'notify events, ''true'''), 'NOTIFY');
select refused('NOTIFY in a block',
         attempt('saas_pool', :'eve', 'do $$ begin execute ''notify events''; end $$'), '42501: NOTIFY is not allowed to pool role "saas_pool"',
         attempt('saas_pool', :'eve', 'select as_owner(''notify events'')'), '("")');
select refused('pg_notify',
         attempt('saas_pool', :'eve', 'select pg_notify(''events'', ''forged'')'), '42501: permission denied for function pg_notify',
         attempt('postgres', null, 'select pg_notify(''events'', ''true'')'), '("")');
select refused('a channel that a definer function listens to',
         attempt_after(array['select as_owner(''listen events'')'], 'saas_pool', :'gwen', 'select 1'), '28T04: this connection is not clean',
         attempt_after(array['select as_owner(''listen events'')', 'unlisten *'], 'saas_pool', :'gwen', 'select 1'), '(1)');

select * from finish();
rollback;
