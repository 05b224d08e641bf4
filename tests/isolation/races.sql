-- What the specs share. Their steps are SQL alone, so the tokens are minted before and kept in a table.
-- A spec's sessions all connect as the superuser; those that play a pool's client have this as their setup:
--
--   reset session authorization; set session authorization race_pool;
--
-- The reset is for the second permutation, when the session is the pool's already.
create schema race;
grant usage on schema race to race_pool;

create table race.token (name text primary key, token text not null);
insert into race.token values
  ('ann', :'ann'), ('bob', :'bob'),
  ('ann_id', :'ann_id'),     -- signed with id-key, the others with access-key
  ('ann_old', :'ann_old'),   -- two hours old
  ('ann_past', :'ann_past'); -- good for as long as the issuer's leeway
grant select on race.token to race_pool;
create function race.token(name text) returns text language sql stable
  as $$select t.token from race.token t where t.name = $1$$;

-- A plan that the session keeps, whoever it was made for.
create function race.bodies() returns text language plpgsql set plan_cache_mode = force_generic_plan
as $$
declare
  answer text;
begin
  select string_agg(body, ', ' order by id) into answer from public.notes;
  return coalesce(answer, 'none');
end
$$;

-- The directory of the extension behind a gate: who locks the table holds logins up in their middle.
create table race.gate ();
create function race.directory(
  issuer text, subject text, account text, workspace text,
  out account_key text, out workspace_key text, out user_key text, out roles text[], out why_not text
)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform from race.gate;
  select d.* into account_key, workspace_key, user_key, roles, why_not
    from tenancy.directory(directory.issuer, directory.subject, directory.account, directory.workspace) d;
end
$$;
update tenancy.application set directory_schema = 'race';

create table race.key as table tenancy.issuer_key;
create function race.keys(variadic ids text[]) returns text language sql stable
  as $$select format('{"keys": [%s]}', string_agg(jwk, ', ')) from race.key where key_id = any (ids)$$;

-- Read at connection, as a pool's own setting would be.
select format('alter database %I set tenancy.connection_login = on', current_database()) \gexec

-- All as at the beginning. Each spec's setup calls it in a DO, since results of a setup are printed.
create table race.issuer as table tenancy.issuer;
create table race.pool as table tenancy.pool;
create table race.app_user as table tenancy.app_user;
create table race.membership as table tenancy.membership;
create function race.reset() returns void language plpgsql as $$
begin
  delete from tenancy.revocation;
  delete from tenancy.pool;
  delete from tenancy.issuer;
  insert into tenancy.issuer table race.issuer;
  insert into tenancy.issuer_key table race.key;
  insert into tenancy.pool table race.pool;
  update tenancy.account set active = true;
  delete from tenancy.app_user;
  insert into tenancy.app_user table race.app_user;
  insert into tenancy.membership table race.membership;
  update tenancy.application set directory_schema = 'race', directory_name = 'directory';
  alter role race_pool nobypassrls;
end
$$;
-- The token ann_past lives for so many seconds more.
create function race.let_past_live(seconds integer) returns void language sql as $$
  update tenancy.issuer set leeway = seconds + extract(epoch from clock_timestamp())::integer
    - (convert_from(decode(translate(split_part(race.token('ann_past'), '.', 2), '-_', '+/')
         || repeat('=', (4 - length(split_part(race.token('ann_past'), '.', 2)) % 4) % 4), 'base64'), 'utf8')::jsonb ->> 'exp')::integer
$$;
