-- Settings, by every way that leads to one: SET, set_config(), pg_settings, stored ones, at connection.
\ir ../../support/attackers.sql

begin;
select plan(31);

-- What login bound can be read and not be written.
select refused(format('SET LOCAL tenancy.%s', setting),
         attempt('saas_pool', :'eve', format('set local tenancy.%I = %L', setting, :'globex')),
         format('55P02: parameter "tenancy.%s" cannot be changed', setting),
         attempt('saas_pool', :'eve', format('select current_setting(''tenancy.%I'') <> ''''', setting)), '(t)')
  from unnest(array['account', 'workspace', 'app_user', 'subject', 'issuer', 'application', 'api_context', 'roles', 'expires_at']) setting;
select refused('SET tenancy.account',
         attempt('saas_pool', :'eve', format('set tenancy.account = %L', :'globex')), '42501: SET tenancy.account is not allowed to pool role "saas_pool"',
         attempt('saas_stranger', null, 'set application_name = ''x''', 'show application_name'), 'x');
select refused(format('set_config of tenancy.account, local: %s', local),
         attempt('saas_pool', :'eve', format('select set_config(''tenancy.account'', %L, %L)', :'globex', local)), '55P02: parameter "tenancy.account" cannot be changed',
         attempt('saas_pool', :'eve', format('select set_config(''work_mem'', ''1MB'', %L)', local)), '(1MB)')
  from unnest(array[true, false]) local;
select refused('UPDATE pg_settings, tenancy.account',
         attempt('saas_pool', :'eve', 'do $$ begin update pg_settings set setting = ''x'' where name = ''tenancy.account''; end $$'), '55P02: parameter "tenancy.account" cannot be changed',
         attempt('saas_pool', :'eve', 'do $$ begin update pg_settings set setting = ''2MB'' where name = ''work_mem''; end $$', 'show work_mem'), '2MB');

-- The sealed identity can be neither.
select refused('SET LOCAL tenancy.identity',
         attempt('saas_pool', :'eve', 'set local tenancy.identity = '''''), '42501: permission denied to set parameter "tenancy.identity"',
         attempt('postgres', null, 'set local tenancy.identity = '''''), 'SET');
select refused('set_config of tenancy.identity',
         attempt('saas_pool', :'eve', 'select set_config(''tenancy.identity'', '''', true)'), '42501: permission denied to set parameter "tenancy.identity"',
         attempt('postgres', null, 'select set_config(''tenancy.identity'', '''', true)'), '("")');
select refused('RESET tenancy.identity',
         attempt('saas_pool', :'eve', 'reset tenancy.identity'), '42501: permission denied to set parameter "tenancy.identity"',
         attempt('postgres', null, 'reset tenancy.identity'), 'RESET');
select refused('SHOW tenancy.identity',
         attempt('saas_pool', :'eve', 'show tenancy.identity'), '42501: % to examine "tenancy.identity"',
         attempt('postgres', null, 'show tenancy.identity'), '');
select refused('current_setting of tenancy.identity',
         attempt('saas_pool', :'eve', 'select current_setting(''tenancy.identity'')'), '42501: % to examine "tenancy.identity"',
         attempt('postgres', null, 'select current_setting(''tenancy.identity'')'), '("")');
select refused('tenancy.identity in pg_settings',
         attempt('saas_pool', :'eve', 'select count(*) from pg_settings where name = ''tenancy.identity'''), '(0)',
         attempt('saas_pool', :'eve', 'select count(*) from pg_settings where name = ''tenancy.account'''), '(1)');

-- What a superuser decides, and what nobody has defined.
select refused(format('SET LOCAL tenancy.%s', setting),
         attempt('saas_pool', :'eve', format('set local tenancy.%I = %s', setting, value)), format('42501: permission denied to set parameter "tenancy.%s"', setting),
         attempt('postgres', null, format('set local tenancy.%I = %s', setting, value), format('show tenancy.%I', setting)), value)
  from (values ('missing_identity', 'deny'), ('connection_login', 'on'), ('log_logins', 'none')) as superusers (setting, value);
select refused('a setting of one''s own below tenancy',
         attempt('saas_pool', :'eve', 'set local tenancy.invented = 1'), '42602: invalid configuration parameter name "tenancy.invented"',
         attempt('saas_pool', :'eve', 'set local invented.tenancy = 1'), 'SET');

-- Stored settings: of a role, of a database, of the server, of a function; and at connection.
select refused(format('ALTER ROLE ... SET tenancy.%s', setting),
         attempt('saas_pool', :'eve', format('alter role saas_pool set tenancy.%I = ''x''', setting)), '42501: ALTER ROLE is not allowed to pool role "saas_pool"',
         attempt('saas_stranger', null, 'alter role saas_stranger set work_mem = ''2MB'''), 'ALTER ROLE')
  from unnest(array['account', 'identity']) setting;
select refused('ALTER DATABASE ... SET',
         attempt('saas_pool', :'eve', format('alter database %I set tenancy.account = %L', current_database(), :'globex')), '42501: ALTER DATABASE is not allowed to pool role "saas_pool"',
         attempt('postgres', null, format('alter database %I set work_mem = ''2MB''', current_database())), 'ALTER DATABASE');
select refused('ALTER SYSTEM',
         attempt('saas_pool', :'eve', 'alter system set tenancy.missing_identity = deny'), '42501: ALTER SYSTEM is not allowed to pool role "saas_pool"',
         attempt('postgres', null, 'alter system set tenancy.missing_identity = deny'), '25001: ALTER SYSTEM cannot run inside a transaction block');
select refused('CREATE FUNCTION ... SET tenancy.identity',
         attempt('saas_pool', :'eve', 'create function pg_temp.f() returns int language sql set tenancy.identity = ''x'' as ''select 1'''), '42501: CREATE FUNCTION is not allowed to pool role "saas_pool"',
         attempt('saas_stranger', null, 'create function pg_temp.f() returns int language sql set work_mem = ''1MB'' as ''select 1''', 'select pg_temp.f()'), '42501: permission denied to create temporary tables in database "tenancy_saas"');
select refused('CREATE FUNCTION ... SET tenancy.identity FROM CURRENT',
         attempt('saas_pool', :'eve', 'create function pg_temp.f() returns int language sql set tenancy.identity from current as ''select 1'''), '42501: CREATE FUNCTION is not allowed to pool role "saas_pool"',
         attempt('postgres', null, 'create function pg_temp.f() returns int language sql set work_mem from current as ''select 1''', 'select pg_temp.f()'), '(1)');
select refused('PGOPTIONS, tenancy.account',
         attempt(format('saas_pool options=''-c tenancy.account=%s''', :'globex'), :'eve', :'tenants'), '08001: FATAL:  parameter "tenancy.account" cannot be changed',
         attempt('saas_pool options=''-c work_mem=1MB''', :'eve', 'show work_mem'), '1MB');
select refused('PGOPTIONS, tenancy.identity',
         attempt('saas_pool options=''-c tenancy.identity=x''', :'eve', :'tenants'), '08001: FATAL:  permission denied to set parameter "tenancy.identity"',
         attempt('postgres options=''-c tenancy.identity=''', null, 'show tenancy.identity'), '');

select * from finish();
rollback;
