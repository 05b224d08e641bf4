-- LOAD and languages: no code comes into the backend. What happens without the preload is in
-- tests/tap/no_preload.sh.
\ir ../../support/attackers.sql

begin;
select plan(9);

select refused('LOAD',
         attempt('saas_pool', :'eve', 'load ''auto_explain'''), '42501: LOAD is not allowed to pool role "saas_pool"',
         attempt('postgres', null, 'load ''auto_explain'''), 'LOAD');
select refused('LOAD in a block',
         attempt('saas_pool', :'eve', 'do $$ begin execute ''load ''''auto_explain''''''; end $$'), '42501: LOAD is not allowed to pool role "saas_pool"',
         attempt('postgres', null, 'do $$ begin execute ''load ''''auto_explain''''''; end $$'), 'DO');
select refused('LOAD of the library itself, again',
         attempt('saas_pool', :'eve', 'load ''pg_tenancy'''), '42501: LOAD is not allowed to pool role "saas_pool"',
         attempt('postgres', null, 'load ''pg_tenancy'''), 'LOAD');
select refused('a function in C',
         attempt('saas_pool', :'eve', 'create function pg_temp.f() returns int language c as ''libc'', ''getpid'''), '42501: CREATE FUNCTION is not allowed to pool role "saas_pool"',
         attempt('postgres', null, 'create function pg_temp.f() returns trigger language c as ''$libdir/pg_tenancy'', ''tenancy_trust_changed'''), 'CREATE FUNCTION');
select refused('an extension',
         attempt('saas_pool', :'eve', 'create extension pg_trgm'), '42501: CREATE EXTENSION is not allowed to pool role "saas_pool"',
         attempt('postgres', null, 'create extension pg_trgm'), 'CREATE EXTENSION');
select refused('a block in a language with variables that outlive it',
         attempt('saas_pool', :'eve', 'do language plperl $$ $_SHARED{x} = 1 $$'), '42501: DO LANGUAGE plperl is not allowed to pool role "saas_pool"',
         attempt('saas_pool', :'eve', 'do language plpgsql $$ begin end $$'), 'DO');
select refused('session_preload_libraries, at connection',
         attempt('saas_pool options=''-c session_preload_libraries=auto_explain''', :'eve', 'select 1'), '08001: FATAL:  permission denied to set parameter "session_preload_libraries"',
         attempt('postgres options=''-c session_preload_libraries=auto_explain''', null, 'select 1'), '(1)');
select refused('local_preload_libraries, at connection: the plugins'' folder alone',
         attempt('saas_pool options=''-c local_preload_libraries=../pg_tenancy''', :'eve', 'select 1'), '08001: FATAL:  access to library "../pg_tenancy" is not allowed',
         attempt('saas_pool options=''-c local_preload_libraries=''', :'eve', 'select 1'), '(1)');
select refused('dynamic_library_path',
         attempt('saas_pool', :'eve', 'set local dynamic_library_path = ''/tmp'''), '42501: permission denied to set parameter "dynamic_library_path"',
         attempt('postgres', null, 'set local dynamic_library_path = ''/tmp'''), 'SET');

select * from finish();
rollback;
