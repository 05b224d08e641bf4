-- Roles: those that the pool may take, and those that it may not.
\ir ../../support/attackers.sql
create role saas_helper login;
grant saas_app to saas_helper;
create function login_as_helper(token text) returns text language plpgsql security definer as $$
begin
  perform tenancy.login(token);
  return tenancy.account_key();
end
$$;
alter function login_as_helper(text) owner to saas_helper;

begin;
select plan(14);

select refused('SET ROLE to the context role: no other tenant',
         attempt('saas_pool', :'eve', 'set local role saas_app', :'tenants'), :'acme_row',
         attempt('saas_pool', :'gwen', 'set local role saas_app', :'tenants'), :'globex_row');
select refused('SET ROLE to another API context: no rows there',
         attempt('saas_pool', :'eve', 'set local role saas_dashboard', 'select name from users'), '',
         attempt('saas_pool', :'eve', 'set local role saas_app', 'select count(*) > 0 from users'), '(t)');
select refused('SET ROLE to another API context: nor its columns',
         attempt('saas_pool', :'eve', 'set local role saas_dashboard', 'select email from users'), '42501: permission denied to read column "email" of table "users"',
         attempt('saas_pool', :'eve', 'set local role saas_app', 'select count(*) > 0 from users'), '(t)');
select refused('login under another role',
         attempt('saas_pool', null, 'set local role saas_app', format('select tenancy.login(%L)', :'eve')), '28T04: this session cannot take the identity',
         attempt('saas_pool', null, 'set local role saas_app', 'reset role', format('select tenancy.login(%L)', :'eve'), :'tenants'), :'acme_row');
select refused('login inside a definer function of another owner',
         attempt('saas_pool', null, format('select login_as_helper(%L)', :'eve')), '28T04: this session cannot take the identity',
         attempt('saas_pool', :'eve', 'select tenancy.account_key()'), :'acme_row');
select refused('set_config of role, then login',
         attempt('saas_pool', null, 'select set_config(''role'', ''saas_app'', true)', format('select tenancy.login(%L)', :'eve')), '28T04: this session cannot take the identity',
         attempt('saas_pool', null, 'select set_config(''role'', ''none'', true)', format('select tenancy.login(%L)', :'eve'), :'tenants'), :'acme_row');
select refused('SET ROLE to a superuser',
         attempt('saas_pool', :'eve', 'set local role postgres'), '42501: permission denied to set role "postgres"',
         attempt('postgres', null, 'set local role postgres'), 'SET');
select refused('SET ROLE to the administrator of trust',
         attempt('saas_pool', :'eve', 'set local role tenancy_admin'), '42501: permission denied to set role "tenancy_admin"',
         attempt('postgres', null, 'set local role tenancy_admin'), 'SET');
select refused('SET SESSION AUTHORIZATION',
         attempt('saas_pool', :'eve', 'set session authorization postgres'), '42501: SET session_authorization is not allowed to pool role "saas_pool"',
         attempt('postgres', null, 'set session authorization saas_stranger'), 'SET');
select refused('SET LOCAL SESSION AUTHORIZATION',
         attempt('saas_pool', :'eve', 'set local session authorization saas_stranger'), '42501: permission denied to set session authorization%',
         attempt('postgres', null, 'set local session authorization saas_stranger'), 'SET');
select refused('GRANT of a role',
         attempt('saas_pool', :'eve', 'grant tenancy_admin to saas_pool'), '42501: GRANT ROLE is not allowed to pool role "saas_pool"',
         attempt('postgres', null, 'grant tenancy_admin to saas_helper'), 'GRANT ROLE');
select refused('CREATE ROLE',
         attempt('saas_pool', :'eve', 'create role saas_accomplice login in role saas_app'), '42501: CREATE ROLE is not allowed to pool role "saas_pool"',
         attempt('postgres', null, 'create role saas_accomplice'), 'CREATE ROLE');
select refused('another pool''s token',
         attempt('saas_dashboard_pool', null, format('select tenancy.login(%L)', :'eve')), '28T03: this login role may not use this token',
         attempt('saas_app_pool', :'eve', :'tenants'), :'acme_row');
select refused('a role that is no pool',
         attempt('saas_stranger', null, format('select tenancy.login(%L)', :'eve')), '28T03: this login role may not use this token',
         attempt('saas_pool', :'eve', :'tenants'), :'acme_row');

select * from finish();
rollback;
drop function login_as_helper(text);
drop owned by saas_helper;
drop role saas_helper;
