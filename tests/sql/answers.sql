-- What accessors keep from one call to the next: each answer is for its own arguments, its own identity and
-- the rules of its own moment. PL/pgSQL keeps calls for a whole transaction.
\set ann `tests/support/mint.sh ann web`
insert into tenancy.application (name) values ('other');
insert into tenancy.rule values
  ('notes', 'public', 'notes', 'app', 'account.admin', 'read', null),
  ('notes', 'public', 'notes', 'dashboard', null, 'delete', null),
  ('other', 'public', 'notes', 'app', null, 'update', null),
  ('notes', 'public', 'notes', 'app', 'account.owner', 'insert', null);
grant insert, delete on tenancy.rule to notes_pool;  -- so that one session sees its own changes

\c - notes_pool
select tenancy.can('notes', 'read');
begin;
select tenancy.login(:'ann');
select tenancy.can('notes', 'read') as read, tenancy.can('public.notes', 'read') as qualified,
       tenancy.can('notes', 'delete') as other_context, tenancy.can('notes', 'update') as other_application,
       tenancy.can('notes', 'insert') as other_role, tenancy.can('public', 'read') as schema,
       tenancy.can('publicnotes', 'read') as run_on, tenancy.can('xpublic.notes', 'read') as prefixed,
       tenancy.can('notes', null) as null_verb, tenancy.can(null, 'read') as null_table;
select verb, tenancy.can('notes', verb) from unnest(array['read', 'insert', 'read']) verb;

-- Rules that come, go with a savepoint, and go.
do $$
begin
  for round in 1..5 loop
    raise notice '%: delete %', round, tenancy.can('notes', 'delete');
    if round = 1 then
      insert into tenancy.rule values ('notes', 'public', 'notes', 'app', null, 'delete', null);
    elsif round = 2 then
      begin
        delete from tenancy.rule where verb = 'delete';
        raise exception 'undone';
      exception when raise_exception then
        null;
      end;
    elsif round = 3 then
      delete from tenancy.rule where verb = 'delete' and api_context = 'app';
    elsif round = 4 then
      insert into tenancy.rule values ('notes', 'public', 'notes', 'app', 'account.admin', 'delete', null);
    end if;
  end loop;
end
$$;
rollback;

-- Identities that come and go within one statement.
\c - postgres
create function answers() returns text language plpgsql as $$
begin
  return concat_ws(' ', tenancy.account_uuid(), tenancy.account_key(), tenancy.has_role('account.admin'),
                   tenancy.can('notes', 'read'), tenancy.claim('sub'), tenancy.roles());
exception when invalid_authorization_specification then
  return sqlerrm;
end
$$;
create function answer_of_can() returns text language plpgsql as $$
begin
  return tenancy.can('notes', 'read');
exception when invalid_authorization_specification then
  return sqlerrm;
end
$$;
create function answers_around(token text) returns setof text language plpgsql as $$
begin
  for round in 1..3 loop
    return next answers();
    return next answer_of_can();
    if round = 1 then perform tenancy.login(token); end if;
    if round = 2 then perform tenancy.logout(); end if;
  end loop;
end
$$;
\c - notes_pool
select * from answers_around(:'ann');
begin;
select tenancy.login(:'ann');
do $$
begin
  for round in 1..2 loop
    raise notice '%', tenancy.can('notes', 'read');
    perform tenancy.logout();
  end loop;
end
$$;
rollback;

-- Another session's rule counts from the next snapshot on.
\c - postgres
create extension dblink;
create function rule_elsewhere(statement text) returns text language sql security definer as $$
  select dblink_exec(format('host=%s port=%s dbname=%s user=postgres', current_setting('unix_socket_directories'),
                            current_setting('port'), current_database()), statement)
$$;
\c - notes_pool
begin;
select tenancy.login(:'ann');
do $$
begin
  for round in 1..3 loop
    raise notice '%: delete %', round, tenancy.can('notes', 'delete');
    perform rule_elsewhere(case round
      when 1 then $rule$insert into tenancy.rule values ('notes', 'public', 'notes', 'app', null, 'delete', null)$rule$
      else $rule$delete from tenancy.rule where verb = 'delete' and api_context = 'app'$rule$ end);
  end loop;
end
$$;
commit;

-- Inside a subtransaction that is undone, and after it. What another session does meanwhile takes the next
-- transaction's number.
begin;
select tenancy.login(:'ann');
do $$
declare
  seen text := '';
begin
  for round in 1..4 loop
    begin
      if round % 2 = 0 then
        insert into tenancy.rule values ('notes', 'public', 'notes', 'app', null, 'delete', null);
        perform rule_elsewhere('analyze tenancy.rule');
      end if;
      seen := seen || ' ' || tenancy.can('notes', 'delete');
      raise exception 'undone';
    exception when raise_exception then
      null;
    end;
  end loop;
  raise notice '%', seen;
end
$$;
commit;

-- In the filter of a scan, where they are kept for all rows, in parallel workers too.
begin;
select tenancy.login(:'ann');
set local parallel_setup_cost = 0;
set local parallel_tuple_cost = 0;
set local min_parallel_table_scan_size = 0;
select count(*) filter (where tenancy.can('notes', 'read')) = count(*) as all_true,
       count(*) filter (where tenancy.can('notes', 'insert')) as none,
       count(*) filter (where tenancy.claim('sub') = 'ann') = count(*) as claims,
       count(*) filter (where tenancy.has_role(case id % 2 when 0 then 'account.admin' else 'nonsense' end)) = count(*) filter (where id % 2 = 0) as varying
  from notes;
commit;

\c - postgres
drop function answers_around(text), answers(), answer_of_can(), rule_elsewhere(text);
drop extension dblink;
revoke insert, delete on tenancy.rule from notes_pool;
delete from tenancy.rule where application in ('notes', 'other');
delete from tenancy.application where name = 'other';
