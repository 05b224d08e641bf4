-- The issuer, the pools and what tests need to act as a client of the sample application.
\set ON_ERROR_STOP 1

select format('drop role if exists %I', role)
  from unnest(array['saas_pool', 'saas_app_pool', 'saas_dashboard_pool', 'saas_other_pool', 'saas_stranger']) role \gexec
\ir ../../policy/examples/saas/trust.sql

-- One pool for both API contexts, as small applications have it.
create role saas_pool login;
grant saas_app, saas_dashboard to saas_pool;
insert into tenancy.pool (login_role, application, api_context, issuer, audiences)
select 'saas_pool', application, api_context, issuer, audiences from tenancy.pool;
-- Another application of the same users, whose pool was granted a role of this one.
insert into tenancy.application values ('other', 'public', 'saas_directory');
create role saas_other_pool login;
grant saas_app to saas_other_pool;
insert into tenancy.pool (login_role, application, api_context, issuer, audiences)
select 'saas_other_pool', 'other', api_context, issuer, audiences
  from tenancy.pool where login_role = 'saas_app_pool';
-- Has the rights of a pool, but is none.
create role saas_stranger login;
grant saas_app, saas_dashboard to saas_stranger;

select tenancy.protect_pool(login_role) from (select distinct login_role from tenancy.pool) each \g /dev/null
-- With TEMP, attempts get as far as the walls behind it.
select format('grant temporary on database %I to saas_pool', current_database()) \gexec

create extension dblink;
create extension pgtap;

\ir attempts.sql
