-- What tests of attacks are written with: sessions of a pool's client, alone, after another client in the
-- same connection, and beside one in a sister connection.

-- What a statement answers: its rows, sorted unless their order is the point, as text; or its status.
create function answer_of(connection text, statement text) returns text
language plpgsql as $$
declare
  answer text;
begin
  if statement ~* '^\s*(show|fetch|explain|execute)\y' then
    select string_agg(row.value, E'\n') into answer from dblink(connection, statement) as row (value text);
  elsif statement ~* '^\s*(select|with|values|table)\y' or statement ~* '\yreturning\y' then
    select coalesce(string_agg(row.value, E'\n'), '') into answer
      from dblink(connection, format('with answer as (%s) select answer::text from answer order by 1', statement))
        as row (value text);
  else
    answer := dblink_exec(connection, statement);
  end if;
  return answer;
end
$$;

create function open_session(connection text, pool text) returns void
language plpgsql as $$
begin
  perform dblink_connect(connection, format('host=%s port=%s dbname=%s user=%s', current_setting('unix_socket_directories'),
                                            current_setting('port'), current_database(), pool));
end
$$;

-- What a client of the pool gets for his statements: the answer to the last one, or the SQLSTATE and
-- message of the first error. The token is logged in first unless it is null; all of it runs in one
-- transaction of a connection of its own, which is rolled back.
create function attempt(pool text, token text, variadic statements text[]) returns text
language plpgsql as $$
declare
  connection text := format('attempt_%s', pg_backend_pid());
  statement text;
  answer text;
  cause text;
begin
  begin
    perform open_session(connection, pool);
    perform dblink_exec(connection, 'begin');
    if token is not null then
      perform * from dblink(connection, format('select tenancy.login(%L)::text', token)) as login (answer text);
    end if;
    foreach statement in array statements loop
      answer := answer_of(connection, statement);
    end loop;
  exception
    when sqlclient_unable_to_establish_sqlconnection then
      get stacked diagnostics cause = pg_exception_detail;
      return format('%s: %s', sqlstate, substring(cause from 'FATAL:.*'));
    when others or query_canceled then
      answer := format('%s: %s', sqlstate, sqlerrm);
  end;
  perform dblink_disconnect(connection);
  return answer;
end
$$;

-- What the next client gets for his statements in a connection that an attacker had before him. The
-- attacker sends any statements, errors and transactions as he likes; a pooler ends the transaction that he
-- leaves open. The next client's are one transaction; his token is logged in first unless it is null.
create function attempt_after(attacker text[], pool text, token text, variadic statements text[]) returns text
language plpgsql as $$
declare
  connection text := format('after_%s', pg_backend_pid());
  statement text;
  answer text;
begin
  perform open_session(connection, pool);
  foreach statement in array attacker loop
    begin
      perform answer_of(connection, statement);
    exception when others or query_canceled then
      null;
    end;
  end loop;
  begin
    perform dblink_exec(connection, 'rollback');
    perform dblink_exec(connection, 'begin');
    if token is not null then
      perform * from dblink(connection, format('select tenancy.login(%L)::text', token)) as login (answer text);
    end if;
    foreach statement in array statements loop
      answer := answer_of(connection, statement);
    end loop;
  exception when others or query_canceled then
    answer := format('%s: %s', sqlstate, sqlerrm);
  end;
  perform dblink_disconnect(connection);
  return answer;
end
$$;

-- One attempt and its positive control, as one test: the attempt gets what is expected, which is nothing
-- that it should not, and the control shows that the same would work where it may. What is expected may have
-- LIKE's wildcards, where the words depend on the server's version.
create function refused(attack text, got text, expected text, control text, works text) returns text
language sql as $$
  select ok(coalesce(got like expected and control like works, false), attack)
         || case when got like expected then '' else E'\n' || diag(format(E'attempt got: %s\n  expected: %s', got, expected)) end
         || case when control like works then '' else E'\n' || diag(format(E'control got: %s\n  expected: %s', control, works)) end
$$;

-- For attacks: a definer function that a DBA left to the pools.
create function as_owner(statement text) returns void
language plpgsql security definer as $$
begin
  execute statement;
end
$$;
