-- pg_tenancy_test 0.3: for those who test policies. Everything here asks for tenancy.test_mode when it
-- runs, not only when it is created: see extension/pg/test_mode.hpp.
\echo Use "CREATE EXTENSION pg_tenancy_test" to load this file. \quit

create schema tenancy_test;
comment on schema tenancy_test is 'pg_tenancy_test: becoming a user in a test, and what pgTAP lacks for row level security';

create function tenancy_test.require_test_mode() returns void
language c volatile parallel unsafe
as 'MODULE_PATHNAME', 'tenancy_test_require_test_mode';
comment on function tenancy_test.require_test_mode() is 'Raises unless the server was started with tenancy.test_mode';
select tenancy_test.require_test_mode();

grant usage on schema tenancy_test to public;

do $$
begin
  if not exists (select from pg_catalog.pg_roles where rolname = 'tenancy_tester') then
    create role tenancy_tester nologin;
    comment on role tenancy_tester is 'pg_tenancy_test: may become any user, on servers with tenancy.test_mode';
  end if;
end
$$;

-- Becoming a user -----------------------------------------------------------------------------------

create function tenancy_test.require_tester() returns void
language c volatile parallel unsafe
as 'MODULE_PATHNAME', 'tenancy_test_require_tester';
comment on function tenancy_test.require_tester() is
  'Raises unless the role that connected is a superuser or a member of tenancy_tester, on a server with tenancy.test_mode';

create function tenancy_test.sign(header text, claims text) returns text
language c strict volatile parallel unsafe
as 'MODULE_PATHNAME', 'tenancy_test_sign';
comment on function tenancy_test.sign(text, text) is
  'The token of these two JSON texts, signed with the test key; tenancy_test.token_for makes fitting ones';
revoke all on function tenancy_test.sign(text, text) from public;

create function tenancy_test.allow_several_identities() returns void
language c volatile parallel unsafe
as 'MODULE_PATHNAME', 'tenancy_test_allow_several_identities';
comment on function tenancy_test.allow_several_identities() is
  'Until the transaction ends, tenancy.login may bind one identity after another in it: for frameworks that run each test in one transaction';

create function tenancy_test.pool_entry(
  pool name default null, issuer text default null, api_context text default null,
  out login_role name, out issuer_name text, out audience text
)
language plpgsql stable security definer parallel unsafe
set search_path = pg_catalog, pg_temp
as $$
declare
  wanted name;
  fitting integer;
  entries text;
begin
  perform tenancy_test.require_tester();
  wanted := coalesce(pool_entry.pool, (select p.login_role from tenancy.pool p where p.login_role = session_user limit 1));
  select count(*), min(p.login_role::text), min(p.issuer), min(coalesce(p.audiences[1], i.audiences[1])),
         string_agg(format('(%s, %s, %s)', p.login_role, p.api_context, p.issuer), ', ' order by p.login_role, p.api_context, p.issuer)
    into fitting, pool_entry.login_role, pool_entry.issuer_name, pool_entry.audience, entries
    from tenancy.pool p
    join tenancy.issuer i on i.issuer = p.issuer
   where (wanted is null or p.login_role = wanted)
     and (pool_entry.issuer is null or pool_entry.issuer = i.issuer or pool_entry.issuer = any (i.aliases))
     and (pool_entry.api_context is null or p.api_context = pool_entry.api_context);
  if fitting = 0 then
    raise exception 'no row of tenancy.pool fits' using errcode = 'undefined_object',
      detail = format('Asked for pool %s, issuer %s, API context %s.', coalesce(wanted, 'any'),
                      coalesce(pool_entry.issuer, 'any'), coalesce(pool_entry.api_context, 'any')),
      hint = 'Name a pool of the application: login_as(subject, pool => ...).';
  elsif fitting > 1 then
    raise exception '% rows of tenancy.pool fit', fitting using errcode = 'ambiguous_parameter',
      detail = format('(pool, API context, issuer): %s.', entries),
      hint = 'Name pool, api_context or issuer: login_as(subject, pool => ..., api_context => ...).';
  end if;
end
$$;
comment on function tenancy_test.pool_entry(name, text, text) is
  'The row of tenancy.pool that is meant: of the pool named, else of the one that the session acts as, else of the only one';

create function tenancy_test.token_for(
  subject text, pool name default null, issuer text default null, api_context text default null,
  claims jsonb default '{}', expires_in interval default null
)
returns text
language plpgsql volatile security definer parallel unsafe
set search_path = pg_catalog, pg_temp
as $$
declare
  entry record;
  rules record;
  present bigint := floor(extract(epoch from clock_timestamp()));
  lifetime bigint;
  issued bigint;
  required jsonb;
begin
  perform tenancy_test.require_tester();
  select * into strict entry from tenancy_test.pool_entry(token_for.pool, token_for.issuer, token_for.api_context);
  select * into strict rules from tenancy.issuer i where i.issuer = entry.issuer_name;
  lifetime := coalesce(extract(epoch from expires_in)::bigint, least(3600, rules.max_lifetime));
  issued := case when lifetime > 0 then present else present + lifetime - 60 end;
  -- Of several accepted values the first; an empty one stands for any.
  select coalesce(jsonb_object_agg(r.key, case when value.first <> '""' then value.first
                                               when r.key = 'nbf' then to_jsonb(issued) else '"test"' end), '{}')
    into required
    from jsonb_each(rules.required_claims) r,
         lateral (select case jsonb_typeof(r.value) when 'array' then r.value -> 0 else r.value end) as value (first);
  return tenancy_test.sign(
    jsonb_strip_nulls(jsonb_build_object('alg', 'HS256', 'kid', 'pg_tenancy_test', 'typ', rules.token_type))::text,
    (required || jsonb_build_object('iss', 'pg_tenancy_test:' || rules.issuer, rules.subject_claim, token_for.subject,
                                    rules.audience_claims[1], entry.audience, 'iat', issued, 'exp', present + lifetime)
      || token_for.claims)::text);
end
$$;
comment on function tenancy_test.token_for(text, name, text, text, jsonb, interval) is
  'A real token for the subject of a configured issuer, as that issuer''s rules and the pool''s row want it, for the application''s own login; claims are added or replaced, a negative expires_in makes an expired one';

create function tenancy_test.act_as(login_role name) returns void
language plpgsql volatile parallel unsafe
as $$
begin
  perform tenancy_test.require_tester();
  set local session authorization default;
  if login_role = session_user then return; end if;
  if current_setting('is_superuser') <> 'on' then
    raise exception 'only a superuser can act as another pool than his own' using errcode = 'insufficient_privilege',
      hint = format('Connect as a superuser, or as %s.', login_role);
  end if;
  perform set_config('session_authorization', login_role, true);
end
$$;
comment on function tenancy_test.act_as(name) is
  'Makes the session that of the pool until the transaction ends, as if it had connected';

create function tenancy_test.login_as(
  subject text, pool name default null, account text default null, workspace text default null,
  issuer text default null, api_context text default null, claims jsonb default '{}', expires_in interval default null
)
returns void
language plpgsql volatile parallel unsafe
as $$
declare
  entry record;
  token text;
begin
  perform tenancy_test.require_tester();
  select * into strict entry from tenancy_test.pool_entry(login_as.pool, login_as.issuer, login_as.api_context);
  token := tenancy_test.token_for(login_as.subject, entry.login_role, entry.issuer_name, login_as.api_context,
                                  login_as.claims, login_as.expires_in);
  perform tenancy_test.act_as(entry.login_role);
  perform tenancy_test.allow_several_identities();
  perform tenancy.login(token, login_as.account, login_as.workspace);
end
$$;
comment on function tenancy_test.login_as(text, name, text, text, text, text, jsonb, interval) is
  'Becomes the user, in the session of the pool, until the transaction ends or another is named: a real token, by tenancy.login';

create function tenancy_test.logged_out(pool name default null) returns void
language plpgsql volatile parallel unsafe
as $$
declare
  roles name[];
begin
  perform tenancy_test.require_tester();
  perform tenancy_test.allow_several_identities();
  perform tenancy.logout();
  if logged_out.pool is null then
    roles := tenancy_test.pools_meant();
    if cardinality(roles) <> 1 then
      raise exception '% pools could be meant', cardinality(roles) using errcode = 'ambiguous_parameter',
        hint = 'Name one: logged_out(pool => ...).';
    end if;
  end if;
  perform tenancy_test.act_as(coalesce(logged_out.pool, roles[1]));
end
$$;
comment on function tenancy_test.logged_out(name) is
  'Ends the identity; the session is the pool''s, without a login';

create function tenancy_test.pools_meant() returns name[]
language plpgsql stable security definer parallel unsafe
set search_path = pg_catalog, pg_temp
as $$
begin
  perform tenancy_test.require_tester();
  if exists (select from tenancy.pool p where p.login_role = session_user) then return array[session_user]; end if;
  return array(select distinct p.login_role from tenancy.pool p);
end
$$;
comment on function tenancy_test.pools_meant() is 'The pool that the session acts as; where it is none, all';

create function tenancy_test.back_to_tester() returns void
language plpgsql volatile parallel unsafe
as $$
begin
  perform tenancy_test.require_tester();
  perform tenancy_test.allow_several_identities();
  perform tenancy.logout();
  set local session authorization default;
end
$$;
comment on function tenancy_test.back_to_tester() is
  'Ends the identity and gives the session back to the role that connected: for fixtures, and for what pgTAP creates';

-- What assertions are made of ------------------------------------------------------------------------

create function tenancy_test.attempt(statement text, out state text, out message text, out affected bigint)
language plpgsql volatile parallel unsafe
as $$
declare
  done boolean := false;
begin
  perform tenancy_test.require_test_mode();
  begin
    set constraints all immediate;
    execute statement;
    get diagnostics affected = row_count;
    done := true;
    raise exception 'done';
  exception when others then
    if not done then
      state := sqlstate;
      message := sqlerrm;
    end if;
  end;
end
$$;
comment on function tenancy_test.attempt(text) is
  'What becomes of the statement: an SQLSTATE and message, or the number of rows; whatever it did is rolled back';

create function tenancy_test.rows_there(target regclass, condition text) returns boolean
language plpgsql volatile parallel unsafe
as $$
declare
  answer boolean;
begin
  perform tenancy_test.require_test_mode();
  begin
    set local session authorization default;
    set local row_security = off;
    execute format('select exists (select from %s where %s)', target, condition) into answer;
    raise exception 'done';
  exception when others then
    return answer;
  end;
end
$$;
comment on function tenancy_test.rows_there(regclass, text) is
  'Whether any tenant has such a row; null where the role that connected cannot know, since policies bind it too';

create function tenancy_test.table_named(target text) returns regclass
language plpgsql stable security definer parallel unsafe
as $$
begin
  perform tenancy_test.require_test_mode();
  return pg_catalog.to_regclass(target);  -- a name of the caller's path would run with these rights
end
$$;
comment on function tenancy_test.table_named(text) is
  'The table, found by the caller''s search_path also where he may not use its schema; null if there is none';

create function tenancy_test.not_bound(target regclass) returns text
language plpgsql stable parallel unsafe
as $$
begin
  perform tenancy_test.require_test_mode();
  return (
    select case
      when r.rolsuper or r.rolbypassrls
        then format('The session acts as "%s", whom no policy binds: call tenancy_test.login_as first.', current_user)
      when c.relrowsecurity and not row_security_active(c.oid)
        then format('"%s" owns %s, so that no policy binds it.', current_user, target)
      end
      from pg_catalog.pg_roles r, pg_catalog.pg_class c
     where r.rolname = current_user and c.oid = target);
end
$$;
comment on function tenancy_test.not_bound(regclass) is 'Why an attempt on the table would prove nothing; null if it would';

create function tenancy_test.who() returns text
language plpgsql stable parallel unsafe
as $$
begin
  perform tenancy_test.require_test_mode();
  return (
    select coalesce(nullif(current_setting('tenancy.subject', true), ''), 'nobody'));
end
$$;
comment on function tenancy_test.who() is 'The subject that is logged in, for descriptions';

create function tenancy_test.verdict(passed boolean, description text, diagnostics text) returns text
language plpgsql volatile parallel unsafe
as $$
begin
  perform tenancy_test.require_test_mode();
  return ok(passed, description) || case when passed then '' else E'\n' || diag(diagnostics) end;
end
$$;
comment on function tenancy_test.verdict(boolean, text, text) is 'pgTAP''s line for a test, with diagnostics if it failed';

create function tenancy_test.is_refusal(state text) returns boolean
language plpgsql stable parallel unsafe
as $$
begin
  perform tenancy_test.require_test_mode();
  return (
    select state in ('42501', '28000', '28T02'));
end
$$;
comment on function tenancy_test.is_refusal(text) is
  'Whether the error says that the user may not: no right, no identity, an expired one. Any other is a mistake of the test';

create function tenancy_test.conclude(
  target regclass, verb text, statement text, condition text, should boolean, description text
)
returns text
language plpgsql volatile parallel unsafe
as $$
declare
  outcome record;
  trouble text := tenancy_test.not_bound(target);
begin
  if trouble is not null then return tenancy_test.verdict(false, description, trouble); end if;
  select * into strict outcome from tenancy_test.attempt(concat_ws(' where ', statement, condition));
  if should then
    return tenancy_test.verdict(
      coalesce(outcome.affected > 0, false), description,
      case when outcome.state is not null then outcome.state || ': ' || outcome.message
           when condition is null then '0 rows.'
           else '0 rows' || case tenancy_test.rows_there(target, condition)
                              when true then ': such rows are there, and not for this user.'
                              when false then ': there is no such row at all.' else '.' end end);
  end if;
  if outcome.affected > 0 then
    trouble := format('%s could be %s.', outcome.affected || case outcome.affected when 1 then ' row' else ' rows' end, verb);
  elsif not tenancy_test.is_refusal(outcome.state) then
    trouble := format('Not refused, but failed: %s: %s', outcome.state, outcome.message);
  elsif condition is not null then
    if outcome.state = '42501'
      and (tenancy_test.attempt(statement || ' where false')).state is null
      and (tenancy_test.attempt(statement || ' where (' || condition || ') and false')).state = '42501' then
      trouble := 'The condition names a column that the role may not read: name the row by another.';
    elsif not tenancy_test.rows_there(target, condition) then
      trouble := 'There is no such row at all: nothing was tried.';
    end if;
  end if;
  return tenancy_test.verdict(trouble is null, description, trouble);
end
$$;
comment on function tenancy_test.conclude(regclass, text, text, text, boolean, text) is
  'Attempts the statement on the rows of the condition, and holds what came of it against what should';

create function tenancy_test.insertion(target regclass, new_row jsonb) returns text
language plpgsql stable parallel unsafe
as $$
begin
  perform tenancy_test.require_test_mode();
  return (
    select case when count(*) = 0 then format('insert into %s default values', target)
                else format('insert into %1$s (%2$s) select %2$s from pg_catalog.jsonb_populate_record(null::%1$s, %3$L)',
                            target, string_agg(format('%I', key), ', '), new_row) end
      from jsonb_object_keys(new_row) key);
end
$$;
comment on function tenancy_test.insertion(regclass, jsonb) is 'The INSERT of a row';

create function tenancy_test.change(target regclass, changes jsonb) returns text
language plpgsql stable parallel unsafe
as $$
begin
  perform tenancy_test.require_test_mode();
  return (
    select format('update %s set ', target)
           || string_agg(format('%1$I = (pg_catalog.jsonb_populate_record(null::%2$s, %3$L)).%1$I', key, target, changes), ', ')
      from jsonb_object_keys(changes) key);
end
$$;
comment on function tenancy_test.change(regclass, jsonb) is 'The UPDATE of all rows to these values, without a condition';

create function tenancy_test.no_table(target text, description text) returns text
language sql volatile parallel unsafe
as $$
  select tenancy_test.verdict(false, description, format('There is no table %s.', target))
$$;
comment on function tenancy_test.no_table(text, text) is 'The failure of a test whose table is not there';

-- Assertions: what a user may do ---------------------------------------------------------------------

create function tenancy_test.can_read(target text, condition text default 'true', description text default null) returns text
language plpgsql volatile parallel unsafe
as $$
declare
  "table" regclass := tenancy_test.table_named(target);
  name text := coalesce(description, tenancy_test.who() || ' can read ' || target || case when condition = 'true' then '' else ' where ' || condition end);
begin
  if "table" is null then return tenancy_test.no_table(target, name); end if;
  return tenancy_test.conclude("table", 'read', format('select from %s', "table"), condition, true, name);
end
$$;
comment on function tenancy_test.can_read(text, text, text) is
  'Passes if the current user reads a row of the table for which the condition holds';

create function tenancy_test.cannot_read(target text, condition text default 'true', description text default null) returns text
language plpgsql volatile parallel unsafe
as $$
declare
  "table" regclass := tenancy_test.table_named(target);
  name text := coalesce(description, tenancy_test.who() || ' cannot read ' || target || case when condition = 'true' then '' else ' where ' || condition end);
begin
  if "table" is null then return tenancy_test.no_table(target, name); end if;
  return tenancy_test.conclude("table", 'read', format('select from %s', "table"), condition, false, name);
end
$$;
comment on function tenancy_test.cannot_read(text, text, text) is
  'Passes if such rows are there, and the current user reads none of them';

create function tenancy_test.can_insert(target text, new_row jsonb, description text default null) returns text
language plpgsql volatile parallel unsafe
as $$
declare
  "table" regclass := tenancy_test.table_named(target);
  name text := coalesce(description, tenancy_test.who() || ' can insert into ' || target);
begin
  if "table" is null then return tenancy_test.no_table(target, name); end if;
  return tenancy_test.conclude("table", 'inserted', tenancy_test.insertion("table", new_row), null, true, name);
end
$$;
comment on function tenancy_test.can_insert(text, jsonb, text) is
  'Passes if the current user can insert the row, an object of its columns; nothing stays';

create function tenancy_test.cannot_insert(target text, new_row jsonb, description text default null) returns text
language plpgsql volatile parallel unsafe
as $$
declare
  "table" regclass := tenancy_test.table_named(target);
  name text := coalesce(description, tenancy_test.who() || ' cannot insert into ' || target);
begin
  if "table" is null then return tenancy_test.no_table(target, name); end if;
  return tenancy_test.conclude("table", 'inserted', tenancy_test.insertion("table", new_row), null, false, name);
end
$$;
comment on function tenancy_test.cannot_insert(text, jsonb, text) is
  'Passes if inserting the row is refused to the current user; a constraint that it violates is no refusal';

create function tenancy_test.can_update(target text, changes jsonb, condition text default 'true', description text default null) returns text
language plpgsql volatile parallel unsafe
as $$
declare
  "table" regclass := tenancy_test.table_named(target);
  name text := coalesce(description, tenancy_test.who() || ' can update ' || target || case when condition = 'true' then '' else ' where ' || condition end);
begin
  if "table" is null then return tenancy_test.no_table(target, name); end if;
  return tenancy_test.conclude("table", 'updated', tenancy_test.change("table", changes), condition, true, name);
end
$$;
comment on function tenancy_test.can_update(text, jsonb, text, text) is
  'Passes if the current user can change a row for which the condition holds to these values, an object of columns; nothing stays';

create function tenancy_test.cannot_update(target text, changes jsonb, condition text default 'true', description text default null) returns text
language plpgsql volatile parallel unsafe
as $$
declare
  "table" regclass := tenancy_test.table_named(target);
  name text := coalesce(description, tenancy_test.who() || ' cannot update ' || target || case when condition = 'true' then '' else ' where ' || condition end);
begin
  if "table" is null then return tenancy_test.no_table(target, name); end if;
  return tenancy_test.conclude("table", 'updated', tenancy_test.change("table", changes), condition, false, name);
end
$$;
comment on function tenancy_test.cannot_update(text, jsonb, text, text) is
  'Passes if such rows are there, and the current user can change none of them to these values';

create function tenancy_test.can_delete(target text, condition text default 'true', description text default null) returns text
language plpgsql volatile parallel unsafe
as $$
declare
  "table" regclass := tenancy_test.table_named(target);
  name text := coalesce(description, tenancy_test.who() || ' can delete from ' || target || case when condition = 'true' then '' else ' where ' || condition end);
begin
  if "table" is null then return tenancy_test.no_table(target, name); end if;
  return tenancy_test.conclude("table", 'deleted', format('delete from %s', "table"), condition, true, name);
end
$$;
comment on function tenancy_test.can_delete(text, text, text) is
  'Passes if the current user can delete a row for which the condition holds; nothing stays';

create function tenancy_test.cannot_delete(target text, condition text default 'true', description text default null) returns text
language plpgsql volatile parallel unsafe
as $$
declare
  "table" regclass := tenancy_test.table_named(target);
  name text := coalesce(description, tenancy_test.who() || ' cannot delete from ' || target || case when condition = 'true' then '' else ' where ' || condition end);
begin
  if "table" is null then return tenancy_test.no_table(target, name); end if;
  return tenancy_test.conclude("table", 'deleted', format('delete from %s', "table"), condition, false, name);
end
$$;
comment on function tenancy_test.cannot_delete(text, text, text) is
  'Passes if such rows are there, and the current user can delete none of them';

create function tenancy_test.ways_to_write(target regclass, condition text, new_row jsonb) returns text[]
language plpgsql volatile parallel unsafe
as $$
declare
  attempted record;
  outcome record;
  ways text[] := '{}';
begin
  for attempted in
    select 'delete' as what, format('delete from %s where %s', target, condition) as statement
    union all
    -- To its own value where that can be read, for a constraint is no refusal.
    select 'update ' || quote_ident(a.attname),
           format('update %s set %I = %s where %s', target, a.attname,
                  case when has_column_privilege(current_user, target, a.attnum, 'select') then quote_ident(a.attname) else 'null' end, condition)
      from pg_catalog.pg_attribute a
     where a.attrelid = target and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' and a.attidentity <> 'a'
       and has_column_privilege(current_user, target, a.attnum, 'update')
    union all
    select 'insert', tenancy_test.insertion(target, new_row) where new_row is not null
  loop
    select * into strict outcome from tenancy_test.attempt(attempted.statement);
    if outcome.affected > 0 then
      ways := ways || format('%s: %s', attempted.what, outcome.affected || case outcome.affected when 1 then ' row' else ' rows' end);
    elsif not tenancy_test.is_refusal(outcome.state) then
      ways := ways || format('%s: not refused, but failed: %s: %s', attempted.what, outcome.state, outcome.message);
    end if;
  end loop;
  if new_row is null and has_any_column_privilege(current_user, target, 'insert') then
    ways := ways || 'insert: granted; give a new_row to try it'::text;
  end if;
  return ways;
end
$$;
comment on function tenancy_test.ways_to_write(regclass, text, jsonb) is
  'What cannot_write found open: DELETE, UPDATE of each column, INSERT';

create function tenancy_test.cannot_write(
  target text, condition text default 'true', new_row jsonb default null, description text default null
)
returns text
language plpgsql volatile parallel unsafe
as $$
declare
  "table" regclass := tenancy_test.table_named(target);
  name text := coalesce(description, tenancy_test.who() || ' cannot write ' || target
                                     || case when condition = 'true' then '' else ' where ' || condition end);
  trouble text;
begin
  if "table" is null then return tenancy_test.no_table(target, name); end if;
  trouble := tenancy_test.not_bound("table");
  if trouble is null and (tenancy_test.attempt(format('select from %s where (%s) and false', "table", condition))).state = '42501'
    and (tenancy_test.attempt(format('select from %s where false', "table"))).state is null then
    trouble := 'The condition names a column that the role may not read: name the row by another.';
  end if;
  if trouble is null and not tenancy_test.rows_there("table", condition) then
    trouble := 'There is no such row at all: nothing was tried.';
  end if;
  trouble := coalesce(trouble, nullif(array_to_string(tenancy_test.ways_to_write("table", condition, new_row), E'\n'), ''));
  return tenancy_test.verdict(trouble is null, name, trouble);
end
$$;
comment on function tenancy_test.cannot_write(text, text, jsonb, text) is
  'Passes if such rows are there, and the current user can neither delete them nor update any column of them, nor insert new_row; whoever may insert must be given one';

create function tenancy_test.sees_only(
  target text, tenant_column name, key text default null, description text default null
)
returns text
language plpgsql volatile parallel unsafe
as $$
declare
  "table" regclass := tenancy_test.table_named(target);
  name text := coalesce(description, format('%s sees rows of one %s only in %s', tenancy_test.who(), tenant_column, target));
  outcome record;
  trouble text;
  foreign_rows text;
begin
  if "table" is null then return tenancy_test.no_table(target, name); end if;
  trouble := tenancy_test.not_bound("table");
  if trouble is not null then return tenancy_test.verdict(false, name, trouble); end if;
  foreign_rows := format('%I::text is distinct from %L', tenant_column, coalesce(key, tenancy.account_key()));
  select * into strict outcome from tenancy_test.attempt(format('select from %s where %s', "table", foreign_rows));
  trouble := case
    when outcome.state is not null then outcome.state || ': ' || outcome.message
    when outcome.affected > 0 then format('%s of others are seen.', outcome.affected || case outcome.affected when 1 then ' row' else ' rows' end)
    when not coalesce((tenancy_test.attempt(format('select from %s', "table"))).affected > 0, false) then 'No row is seen at all.'
    when not tenancy_test.rows_there("table", foreign_rows) then 'There are no rows of others: nothing was tried.'
    end;
  return tenancy_test.verdict(trouble is null, name, trouble);
end
$$;
comment on function tenancy_test.sees_only(text, name, text, text) is
  'Passes if the current user reads rows of the table, all with the key (default: of his account) in the column, and others are there';

create function tenancy_test.column_is_hidden(target text, column_name name, description text default null) returns text
language plpgsql volatile parallel unsafe
as $$
declare
  "table" regclass := tenancy_test.table_named(target);
  name text := coalesce(description, format('%s cannot read column %s of %s', tenancy_test.who(), column_name, target));
  outcome record;
  trouble text;
begin
  if "table" is null then return tenancy_test.no_table(target, name); end if;
  trouble := tenancy_test.not_bound("table");
  if trouble is null then
    select * into strict outcome from tenancy_test.attempt(format('select %I from %s where false', column_name, "table"));
    trouble := case
      when outcome.state is null then 'The column can be read.'
      when outcome.state <> '42501' then format('Not refused, but failed: %s: %s', outcome.state, outcome.message)
      end;
  end if;
  return tenancy_test.verdict(trouble is null, name, trouble);
end
$$;
comment on function tenancy_test.column_is_hidden(text, name, text) is
  'Passes if the current user''s role may not read the column in any row';

-- Assertions: what is defined ---------------------------------------------------------------------------

create function tenancy_test.rls_is_enabled(target text, description text default null) returns text
language plpgsql volatile parallel unsafe
as $$
declare
  "table" regclass := tenancy_test.table_named(target);
  name text := coalesce(description, format('Row level security of %s is enabled', target));
  enabled boolean;
begin
  if "table" is null then return tenancy_test.no_table(target, name); end if;
  select c.relrowsecurity into enabled from pg_catalog.pg_class c where c.oid = "table";
  return tenancy_test.verdict(enabled, name, format('Run: alter table %s enable row level security;', "table"));
end
$$;
comment on function tenancy_test.rls_is_enabled(text, text) is 'Passes if row level security of the table is enabled';

create function tenancy_test.rls_is_forced(target text, description text default null) returns text
language plpgsql volatile parallel unsafe
as $$
declare
  "table" regclass := tenancy_test.table_named(target);
  name text := coalesce(description, format('Row level security of %s binds its owner', target));
  enabled boolean;
  forced boolean;
begin
  if "table" is null then return tenancy_test.no_table(target, name); end if;
  select c.relrowsecurity, c.relforcerowsecurity into enabled, forced from pg_catalog.pg_class c where c.oid = "table";
  return tenancy_test.verdict(enabled and forced, name,
                              format('Run: alter table %s enable row level security, force row level security;', "table"));
end
$$;
comment on function tenancy_test.rls_is_forced(text, text) is
  'Passes if row level security of the table is enabled, for its owner too';

create function tenancy_test.expression_of(target regclass, expression text, out canonical text, out trouble text)
language plpgsql volatile parallel unsafe
as $$
begin
  perform tenancy_test.require_test_mode();
  begin
    set local session authorization default;
    execute format('create policy pg_tenancy_test_expected on %s using (%s)', target, expression);
    select pg_get_expr(p.polqual, p.polrelid) into canonical
      from pg_catalog.pg_policy p where p.polrelid = target and p.polname = 'pg_tenancy_test_expected';
    raise exception 'done';
  exception when others then
    if canonical is null then trouble := sqlstate || ': ' || sqlerrm; end if;
  end;
end
$$;
comment on function tenancy_test.expression_of(regclass, text) is
  'The expression as the catalog would show it in a policy of the table';

create function tenancy_test.floor_is(target text, role name, variadic expressions text[]) returns text
language plpgsql volatile parallel unsafe
as $$
declare
  "table" regclass := tenancy_test.table_named(target);
  name text := format('The floor of %s for %s is right', target, role);
  expression text;
  expected record;
  wanted text[] := '{}';
  found text[];
begin
  if "table" is null then return tenancy_test.no_table(target, name); end if;
  if not exists (select from pg_catalog.pg_roles r where r.rolname = floor_is.role) then
    return tenancy_test.verdict(false, name, format('There is no role %s.', role));
  end if;
  foreach expression in array expressions loop
    select * into strict expected from tenancy_test.expression_of("table", expression);
    if expected.trouble is not null then return tenancy_test.verdict(false, name, expected.trouble); end if;
    wanted := wanted || format('for all using %1$s with check %1$s', expected.canonical);
  end loop;
  found := array(
    select format('for %s using %s with check %s',
                  case p.polcmd when '*' then 'all' when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' else 'delete' end,
                  coalesce(pg_get_expr(p.polqual, p.polrelid), 'nothing'),
                  coalesce(pg_get_expr(p.polwithcheck, p.polrelid), pg_get_expr(p.polqual, p.polrelid)))
      from pg_catalog.pg_policy p
     where p.polrelid = "table" and not p.polpermissive
       and (0 = any (p.polroles) or (select r.oid from pg_catalog.pg_roles r where r.rolname = floor_is.role) = any (p.polroles)));
  if not (select relrowsecurity from pg_catalog.pg_class where oid = "table") then
    return tenancy_test.verdict(false, name, 'Row level security is not enabled.');
  end if;
  return tenancy_test.verdict(
    array(select unnest(found) order by 1) = array(select unnest(wanted) order by 1), name,
    coalesce((select string_agg('have: ' || f, E'\n' order by f) from unnest(found) f), 'There is no restrictive policy for the role.')
      || E'\n' || coalesce((select string_agg('want: ' || w, E'\n' order by w) from unnest(wanted) w), 'want none'));
end
$$;
comment on function tenancy_test.floor_is(text, name, text[]) is
  'Passes if the restrictive policies of the table for the role are these expressions, each for all commands, old rows and new';
