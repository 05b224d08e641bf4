-- Shadowing: what policies, login and the next client call is not what the attacker's session names. Behind
-- the guard stands a second wall, tried with what a definer function or a DBA has left.
\ir ../../support/attackers.sql
\set forged `tests/support/mint.sh gwen web-app --key "$TENANCY_KEYS/unpublished.pem"`
create schema evil;
create function evil.account_uuid() returns uuid language sql as $$ select 'b0000000-0000-4000-8000-000000000001'::uuid $$;
create function evil.always(uuid, uuid) returns boolean language sql as 'select true';
create function evil.always(text, text) returns boolean language sql as 'select true';
create operator evil.= (leftarg = uuid, rightarg = uuid, function = evil.always);
create operator evil.= (leftarg = text, rightarg = text, function = evil.always);
create table evil.pool as select * from tenancy.pool;
create table evil.pg_roles as select * from pg_roles;
create table evil.documents as select * from documents;
grant usage on schema evil to saas_app;
grant select, insert on all tables in schema evil to saas_app;

begin;
select plan(14);

-- The guard.
select refused('an accessor of one''s own',
         attempt('saas_pool', :'eve', format('create function pg_temp.account_uuid() returns uuid language sql as $f$select %L::uuid$f$', :'globex')), '42501: CREATE FUNCTION is not allowed to pool role "saas_pool"',
         attempt('postgres', null, 'create function pg_temp.account_uuid() returns int language sql as ''select 1''', 'select pg_temp.account_uuid()'), '(1)');
select refused('an operator of one''s own',
         attempt('saas_pool', :'eve', 'create operator pg_temp.= (leftarg = uuid, rightarg = uuid, function = uuid_ne)'), '42501: CREATE OPERATOR is not allowed to pool role "saas_pool"',
         attempt('postgres', null, 'create operator pg_temp.= (leftarg = uuid, rightarg = uuid, function = uuid_ne)'), 'CREATE OPERATOR');
select refused(format('a %s of one''s own', what),
         attempt('saas_pool', :'eve', statement), format('42501: %s is not allowed to pool role "saas_pool"', tag),
         attempt('postgres', null, statement), works)
  from (values
    ('temporary table', 'create temp table documents (id uuid)', 'CREATE TABLE', 'CREATE TABLE'),
    ('temporary table of a query', 'create temp table documents as select 1 as id', 'CREATE TABLE AS', 'SELECT 1'),
    ('temporary view', 'create temp view documents as select 1 as id', 'CREATE VIEW', 'CREATE VIEW'),
    ('temporary sequence', 'create temp sequence documents_id_seq', 'CREATE SEQUENCE', 'CREATE SEQUENCE'),
    ('domain', 'create domain pg_temp.uuid as text', 'CREATE DOMAIN', 'CREATE DOMAIN'),
    ('schema', 'create schema tenancy2', 'CREATE SCHEMA', 'CREATE SCHEMA'),
    ('function in the schema tenancy', 'create function tenancy.forged() returns int language sql as ''select 1''', 'CREATE FUNCTION', 'CREATE FUNCTION')
  ) as made (what, statement, tag, works);

-- Behind it: a schema full of traps that is there, and may be named.
select refused('policies under a search_path with another accessor and operator',
         attempt('saas_pool', :'eve', 'set local search_path = evil, tenancy, pg_catalog, public', 'select distinct account_id from public.documents'), :'acme_row',
         attempt('saas_pool', :'eve', 'set local search_path = evil, pg_catalog, public', 'select account_uuid()'), :'globex_row');
select refused('login under it',
         attempt('saas_pool', null, 'set local search_path = evil, tenancy, pg_catalog, public', format('select tenancy.login(%L)', :'eve'), 'select tenancy.account_key(), tenancy.api_context()'), format('(%s,app)', :'acme'),
         attempt('saas_pool', null, 'set local search_path = evil, pg_catalog', 'select ''a''::text = ''b''::text'), '(t)');
select refused('login with a forged token under it',
         attempt('saas_pool', null, 'set local search_path = evil, tenancy, pg_catalog, public', format('select tenancy.login(%L)', :'forged')), '28T01: token refused',
         attempt('saas_pool', null, 'set local search_path = evil, tenancy, pg_catalog, public', format('select tenancy.login(%L)', :'gwen'), 'select tenancy.subject()'), '(gwen)');
select refused('a definer function''s temporary table in front of a real one',
         attempt_after(array['select as_owner(''create temp table documents (account_id uuid, title text)'')', 'select as_owner(''grant all on pg_temp.documents to public'')'], 'saas_pool', :'gwen', :'tenants'), '28T04: this connection is not clean',
         attempt_after(array['select as_owner(''create temp table documents (account_id uuid, title text)'')', 'discard temp'], 'saas_pool', :'gwen', :'tenants'), :'globex_row');
select refused('a definer function''s temporary function',
         attempt_after(array['select as_owner(''create function pg_temp.f() returns int language sql as $f$select 1$f$'')'], 'saas_pool', :'gwen', :'tenants'), '28T04: this connection is not clean',
         attempt_after(array['select as_owner(''select 1'')'], 'saas_pool', :'gwen', :'tenants'), :'globex_row');

select * from finish();
rollback;
drop schema evil cascade;
