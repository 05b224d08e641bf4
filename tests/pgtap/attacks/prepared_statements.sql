-- Prepared statements: SQL's may not be made; what PL/pgSQL and the protocol keep serves each tenant his own.
-- Those of the protocol are in tests/tap/prepared_statement.sh and tests/tap/wire.sh.
\ir ../../support/attackers.sql
create function whose() returns text language plpgsql as $$
begin
  return (select array_agg(distinct account_id) from documents);
end
$$;
create function digits_of(input text) returns text language plpgsql as $$
begin
  return regexp_replace(input, '\D', '', 'g');
end
$$;
create function is_unknown(input text) returns boolean language plpgsql as $$
begin
  return input = null;
end
$$;
-- A directory that tells the settings under which login asks it.
create function clock_directory(issuer text, subject text, account text, workspace text)
returns table (account_key text, workspace_key text, user_key text, roles text[], why_not text)
language plpgsql stable security definer as $$
begin
  return query select 'a', null::text, 'u', array[current_setting('TimeZone'), current_setting('DateStyle'), current_setting('standard_conforming_strings')], null::text;
end
$$;
create role saas_clock_pool login;
insert into tenancy.application values ('clock', 'public', 'clock_directory');
insert into tenancy.pool (login_role, application, api_context, issuer, audiences)
select 'saas_clock_pool', 'clock', api_context, issuer, audiences from tenancy.pool where login_role = 'saas_app_pool';
select current_setting('TimeZone') as zone \gset

begin;
select plan(9);

select refused('PREPARE',
         attempt('saas_pool', :'eve', 'prepare "PGBOUNCER_1" as select 1'), '42501: PREPARE is not allowed to pool role "saas_pool"',
         attempt('saas_stranger', null, 'prepare "PGBOUNCER_1" as select 1', 'execute "PGBOUNCER_1"'), '1');
select refused('PREPARE in a block',
         attempt('saas_pool', :'eve', 'do $$ begin execute ''prepare s as select 1''; end $$'), '42501: PREPARE is not allowed to pool role "saas_pool"',
         attempt('saas_stranger', null, 'do $$ begin execute ''prepare s as select 1''; end $$', 'execute s'), '1');
select refused('PREPARE, behind a driver''s DEALLOCATE',
         attempt('saas_pool', :'eve', 'deallocate all', 'prepare s as select 1'), '42501: PREPARE is not allowed to pool role "saas_pool"',
         attempt('saas_pool', :'eve', 'deallocate all'), 'DEALLOCATE ALL');
select refused('EXECUTE of a statement that a definer function prepared',
         attempt_after(array['select as_owner(''prepare s as select account_id from documents'')'], 'saas_pool', :'gwen', 'select 1'), '28T04: this connection is not clean',
         attempt_after(array['select as_owner(''prepare s as select account_id from documents'')', 'deallocate s'], 'saas_pool', :'gwen', 'select 1'), '(1)');
select refused('a plan of PL/pgSQL, made for the tenant before',
         attempt_after(array['begin', format('select tenancy.login(%L)', :'eve')] || array_fill('select whose()'::text, array[8]) || 'commit'::text, 'saas_pool', :'gwen', 'select whose()'), format('({%s})', :'globex'),
         attempt_after(array['begin', format('select tenancy.login(%L)', :'gwen')] || array_fill('select whose()'::text, array[8]) || 'commit'::text, 'saas_pool', :'eve', 'select whose()'), format('({%s})', :'acme'));
select refused('a plan of PL/pgSQL, parsed with standard_conforming_strings off',
         attempt_after(array['begin', 'set local standard_conforming_strings = off', 'select digits_of(''a1'')', 'commit'], 'saas_pool', :'gwen', 'select digits_of(''a1'')'), '(1)',
         attempt_after(array['set standard_conforming_strings = off', 'select digits_of(''a1'')', 'set standard_conforming_strings = on'], 'saas_stranger', null, 'select digits_of(''a1'')'), '(a1)');
select refused('the same by set_config, in the statement that calls it',
         attempt_after(array['select set_config(''standard_conforming_strings'', ''off'', true), digits_of(''a1'')'], 'saas_pool', :'gwen', 'select digits_of(''a1'')'), '(1)',
         attempt_after(array['select set_config(''standard_conforming_strings'', ''off'', true), digits_of(''a1'')'], 'saas_stranger', null, 'select digits_of(''a1'')'), '(a1)');
select refused('a plan of PL/pgSQL, parsed with transform_null_equals on',
         attempt_after(array['begin', 'set local transform_null_equals = on', 'select is_unknown(null)', 'commit'], 'saas_pool', :'gwen', 'select is_unknown(null)'), '()',
         attempt_after(array['begin', 'set local transform_null_equals = on', 'select is_unknown(null)', 'commit'], 'saas_stranger', null, 'select is_unknown(null)'), '(t)');
select refused('the directory function, in a time zone and with quoting of the attacker''s',
         attempt('saas_clock_pool', null, 'set local timezone = ''UTC+14''', 'set local datestyle = ''SQL, DMY''',
                 format('select set_config(''standard_conforming_strings'', ''off'', true), tenancy.login(%L)', :'eve'), 'set local standard_conforming_strings = on', 'select array_to_string(tenancy.roles(), '' '')'), format('("%s ISO, MDY on")', :'zone'),
         attempt('saas_clock_pool', :'eve', 'set local timezone = ''UTC+14''', 'show timezone'), 'UTC+14');

select * from finish();
rollback;
delete from tenancy.pool where application = 'clock';
delete from tenancy.application where name = 'clock';
drop role saas_clock_pool;
drop function whose(), digits_of(text), is_unknown(text), clock_directory(text, text, text, text);
