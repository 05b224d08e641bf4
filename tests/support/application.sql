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

-- What a client of the pool gets for his statements: the rows of the last one, sorted, as text, or
-- the SQLSTATE and message of the first error. The token is logged in first unless it is null; all of
-- it runs in one transaction of a connection of its own, which is rolled back.
create function attempt(pool text, token text, variadic statements text[]) returns text
language plpgsql as $$
declare
  connection text := format('attempt_%s', pg_backend_pid());
  statement text;
  answer text;
  cause text;
begin
  begin
    perform dblink_connect(connection, format('host=%s port=%s dbname=%s user=%s', current_setting('unix_socket_directories'),
                                              current_setting('port'), current_database(), pool));
    perform dblink_exec(connection, 'begin');
    if token is not null then
      perform * from dblink(connection, format('select tenancy.login(%L)::text', token)) as login (answer text);
    end if;
    foreach statement in array statements loop
      if statement ~* '^\s*(select|insert|update|delete|with|show|values|table)\y' then
        if statement ~* '^\s*show\y' then
          select string_agg(row.value, E'\n') into answer from dblink(connection, statement) as row (value text);
        elsif statement ~* '^\s*(select|with|values|table)\y' or statement ~* '\yreturning\y' then
          select coalesce(string_agg(row.value, E'\n'), '') into answer
            from dblink(connection, format('with answer as (%s) select answer::text from answer order by 1', statement))
              as row (value text);
        else
          answer := dblink_exec(connection, statement);
        end if;
      else
        answer := dblink_exec(connection, statement);
      end if;
    end loop;
  exception
    when sqlclient_unable_to_establish_sqlconnection then
      get stacked diagnostics cause = pg_exception_detail;
      return format('%s: %s', sqlstate, substring(cause from 'FATAL:.*'));
    when others then
      answer := format('%s: %s', sqlstate, sqlerrm);
  end;
  perform dblink_disconnect(connection);
  return answer;
end
$$;
