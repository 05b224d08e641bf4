-- pg_tenancy 0.1. The schema is created here and must not exist: whoever could create it beforehand
-- could leave functions of his own in it.
\echo Use "CREATE EXTENSION pg_tenancy" to load this file. \quit

do $$
begin
  if current_setting('server_encoding') <> 'UTF8' then
    raise exception 'pg_tenancy needs a database with encoding UTF8, this one has %', current_setting('server_encoding')
      using errcode = 'object_not_in_prerequisite_state',
            hint = 'Tokens are UTF-8, and are compared with the directory byte for byte.';
  end if;
end
$$;

create schema tenancy;
grant usage on schema tenancy to public;
comment on schema tenancy is 'pg_tenancy: who may come in, who they are, and what was compiled for them';

-- Roles ---------------------------------------------------------------------------------------------
-- They belong to the cluster, so they may be there already, and they stay when the extension goes.

do $$
declare
  wanted record;
begin
  for wanted in
    select * from (values
      ('tenancy_admin', 'pg_tenancy: issuers, keys, pools and applications; can become any tenant'),
      ('tenancy_operator', 'pg_tenancy: accounts, workspaces, users and memberships'),
      ('tenancy_auditor', 'pg_tenancy: reads what is configured, changes nothing'),
      ('tenancy_monitor', 'pg_tenancy: reads what runs, no names of tenants')
    ) as roles(name, comment)
  loop
    if not exists (select from pg_catalog.pg_roles where rolname = wanted.name) then
      execute format('create role %I nologin', wanted.name);
      execute format('comment on role %I is %L', wanted.name, wanted.comment);
    end if;
  end loop;
end
$$;

-- Trust: applications, issuers, keys, pools -----------------------------------------------------------

create table tenancy.application (
  name text primary key check (name ~ '^[a-z][a-z0-9_]{0,39}$'),
  directory_schema name not null default 'tenancy',
  directory_name name not null default 'directory'
);
comment on table tenancy.application is 'Applications, and the function that says who belongs to which of their tenants';
comment on column tenancy.application.name is 'First part of the names of its context roles: helpdesk in helpdesk_app';
comment on column tenancy.application.directory_schema is 'Schema of the directory function';
comment on column tenancy.application.directory_name is 'Directory function: (issuer, subject, account, workspace: text) returns (account_key, workspace_key, user_key text, roles text[], why_not text)';

create table tenancy.issuer (
  issuer text primary key check (issuer <> ''),
  aliases text[] not null default '{}' check (array_position(aliases, null) is null),
  algorithms text[] not null default '{RS256}'
    check (cardinality(algorithms) > 0 and array_position(algorithms, null) is null
           and algorithms <@ array['HS256', 'HS384', 'HS512', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512',
                                'ES256', 'ES384', 'ES512', 'EdDSA']),
  token_type text check (token_type <> ''),
  audience_claims text[] not null default '{aud}'
    check (cardinality(audience_claims) > 0 and array_position(audience_claims, null) is null
           and array_position(audience_claims, '') is null),
  audiences text[] not null
    check (cardinality(audiences) > 0 and array_position(audiences, null) is null
           and array_position(audiences, '') is null),
  required_claims jsonb not null default '{}'
    check (jsonb_typeof(required_claims) = 'object'
           and not jsonb_path_exists(required_claims, 'strict $.* ? (@.type() != "string" && @.type() != "array")')
           and not jsonb_path_exists(required_claims, 'strict $.* ? (@.type() == "array" && (@.size() == 0 || exists (@[*] ? (@.type() != "string"))))')),
  leeway integer not null default 30 check (leeway between 0 and 300),
  max_lifetime integer not null default 86400 check (max_lifetime > 0),
  subject_claim text not null default 'sub' check (subject_claim <> ''),
  account_claim text check (account_claim <> ''),
  workspace_claim text check (workspace_claim <> ''),
  account text check (account <> '' and account = btrim(account) and (account !~* '^[0-9a-f-]{36}$' or account = lower(account))),
  jwks_url text check (jwks_url ~ '^https://[^[:space:]]+$'),
  discovery boolean not null default false check (not (discovery and jwks_url is not null)),
  refresh_interval integer not null default 3600 check (refresh_interval between 60 and 604800),
  unknown_key_cooldown integer not null default 30 check (unknown_key_cooldown between 10 and 86400)
);
create index on tenancy.issuer using gin (aliases);
create index on tenancy.issuer (account) where account is not null;
comment on table tenancy.issuer is 'Issuers whose tokens are verified, and what their tokens must be';
comment on column tenancy.issuer.issuer is 'The iss claim, byte for byte';
comment on column tenancy.issuer.aliases is 'Further iss values of the same issuer with the same keys';
comment on column tenancy.issuer.algorithms is 'Accepted algorithms; the key must allow them too';
comment on column tenancy.issuer.token_type is 'Required typ of the header; null: not looked at (Amazon Cognito sends none)';
comment on column tenancy.issuer.audience_claims is 'Claims that may name the audience; the first that the token has is it. {client_id, aud} for Amazon Cognito';
comment on column tenancy.issuer.audiences is 'Accepted audiences; one must match';
comment on column tenancy.issuer.required_claims is 'Claims and the string that each must be, or a list of such: {"token_use": ["access", "id"]}';
comment on column tenancy.issuer.leeway is 'Seconds by which the issuer''s clock may differ';
comment on column tenancy.issuer.max_lifetime is 'Longest accepted lifetime of a token, in seconds';
comment on column tenancy.issuer.subject_claim is 'Claim that names the subject';
comment on column tenancy.issuer.account_claim is 'Claim that asks for an account; the directory decides';
comment on column tenancy.issuer.workspace_claim is 'Claim that asks for a workspace; the directory decides';
comment on column tenancy.issuer.account is 'Key of the one account that the issuer belongs to and opens; null: any';
comment on column tenancy.issuer.jwks_url is 'Where the worker fetches the key set; null: tenancy.import_jwks, or discovery';
comment on column tenancy.issuer.discovery is 'Whether the worker asks the issuer''s /.well-known/openid-configuration for that address';
comment on column tenancy.issuer.refresh_interval is 'Seconds after which keys are fetched again; a removed key works no longer than that';
comment on column tenancy.issuer.unknown_key_cooldown is 'Seconds between two fetches that unknown keys cause';

create table tenancy.issuer_key (
  issuer text not null references tenancy.issuer on update cascade on delete cascade,
  key_id text not null,
  type text not null check (type in ('RSA', 'EC', 'OKP')),
  algorithm text not null,
  jwk text not null,
  imported_at timestamptz not null default now(),
  primary key (issuer, key_id)
);
comment on table tenancy.issuer_key is 'Public keys of the issuers; filled by tenancy.import_jwks and by the worker';
comment on column tenancy.issuer_key.key_id is 'The kid of the JWK; empty if it has none';
comment on column tenancy.issuer_key.jwk is 'The key as a canonical JWK (RFC 7517)';

create table tenancy.issuer_secret (
  issuer text not null references tenancy.issuer on update cascade on delete cascade,
  key_id text not null,
  algorithm text not null,
  jwk text not null,
  added_at timestamptz not null default now(),
  primary key (issuer, key_id)
);
comment on table tenancy.issuer_secret is 'Secret keys of issuers that sign with HMAC; filled by tenancy.add_secret_key, readable by nobody, never dumped';

create table tenancy.issuer_fetch (
  issuer text primary key references tenancy.issuer on update cascade on delete cascade,
  attempted_at timestamptz,
  fetched_at timestamptz,
  next_at timestamptz,
  failures integer not null default 0,
  error text,
  url text,
  etag text
);
comment on table tenancy.issuer_fetch is 'What the worker did last for each issuer; its own notes, not dumped';
comment on column tenancy.issuer_fetch.failures is 'Failed fetches since the last good one';
comment on column tenancy.issuer_fetch.error is 'Why the last fetch failed; null: it did not';
comment on column tenancy.issuer_fetch.url is 'Where the key set was last fetched from';
comment on column tenancy.issuer_fetch.etag is 'What that answer was called; sent back, it saves sending the set again';

create view tenancy.issuer_status as
  select i.issuer,
         case when i.jwks_url is not null then 'url' when i.discovery then 'discovery'
              when exists (select from tenancy.issuer_secret s where s.issuer = i.issuer) then 'secret'
              else 'import' end as source,
         (select count(*) from tenancy.issuer_key k where k.issuer = i.issuer)
           + (select count(*) from tenancy.issuer_secret s where s.issuer = i.issuer) as keys,
         f.fetched_at, f.attempted_at, f.error, f.next_at
    from tenancy.issuer i
    left join tenancy.issuer_fetch f on f.issuer = i.issuer;
comment on view tenancy.issuer_status is 'Each issuer''s keys: where they come from, how many there are, the last fetch, its error, the next one';

create table tenancy.pool (
  login_role name not null,
  api_context text not null check (api_context in ('app', 'dashboard', 'portal')),
  application text not null references tenancy.application on update cascade,
  issuer text not null references tenancy.issuer on update cascade,
  audiences text[] check (cardinality(audiences) > 0 and array_position(audiences, null) is null),
  primary key (login_role, application, api_context, issuer)
);
comment on table tenancy.pool is 'Login roles through which tenants come, and the tokens that each may use';
comment on column tenancy.pool.api_context is 'API context that a token of this row opens';
comment on column tenancy.pool.audiences is 'Audiences that this row serves; null: all of the issuer';

-- Directory: tenants and who belongs to them, for applications without tables of their own ------------

create table tenancy.account (
  id uuid primary key default gen_random_uuid(),
  external_id text unique check (external_id <> '' and external_id !~* '^[0-9a-f-]{36}$'),
  name text not null,
  active boolean not null default true
);
comment on table tenancy.account is 'Accounts: the tenants';
comment on column tenancy.account.external_id is 'What tokens and login call the account, and nothing that looks like an id; null: its id';

create table tenancy.workspace (
  id uuid primary key default gen_random_uuid(),
  account_id uuid not null references tenancy.account on delete cascade,
  external_id text check (external_id <> '' and external_id !~* '^[0-9a-f-]{36}$'),
  name text not null,
  active boolean not null default true,
  unique (account_id, id),
  unique (account_id, external_id)
);
comment on table tenancy.workspace is 'Workspaces: environments of an account';
comment on column tenancy.workspace.external_id is 'What tokens and login call the workspace, and nothing that looks like an id; null: its id';

create table tenancy.app_user (
  id uuid primary key default gen_random_uuid(),
  issuer text not null,
  subject text not null check (subject <> ''),
  active boolean not null default true,
  unique (issuer, subject)
);
comment on table tenancy.app_user is 'Users: one row for an issuer''s subject';

create table tenancy.membership (
  user_id uuid not null references tenancy.app_user on delete cascade,
  account_id uuid not null references tenancy.account on delete cascade,
  workspace_id uuid,
  role text not null check (role ~ '^(account|workspace)\.[a-z][a-z0-9_]*$'),
  active boolean not null default true,
  unique nulls not distinct (user_id, account_id, workspace_id, role),
  foreign key (account_id, workspace_id) references tenancy.workspace (account_id, id) on delete cascade,
  check ((workspace_id is null) = (role like 'account.%'))
);
create index on tenancy.membership (account_id, workspace_id);
comment on table tenancy.membership is 'Roles of users: account roles without a workspace, workspace roles in one';

create function tenancy.directory(
  issuer text, subject text, account text, workspace text,
  out account_key text, out workspace_key text, out user_key text, out roles text[], out why_not text
)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  member uuid;
  chosen uuid;
  candidates uuid[];
begin
  select u.id into member
    from tenancy.app_user u
   where u.issuer = directory.issuer and u.subject = directory.subject and u.active;
  if member is null then
    why_not := case when exists (select from tenancy.app_user u
                                  where u.issuer = directory.issuer and u.subject = directory.subject)
                    then 'inactive_user' else 'unknown_subject' end;
    return;
  end if;

  candidates := array(
    select distinct a.id
      from tenancy.membership m
      join tenancy.account a on a.id = m.account_id and a.active
     where m.user_id = member and m.active
       and (directory.account is null
            or directory.account in (a.external_id, a.id::text)));
  if cardinality(candidates) <> 1 then
    why_not := case cardinality(candidates) when 0 then 'not_a_member' else 'ambiguous_account' end;
    return;
  end if;

  select case when count(*) = 1 or directory.workspace is not null then min(w.id::text)::uuid end
    into chosen
    from tenancy.workspace w
   where w.account_id = candidates[1] and w.active
     and (directory.workspace is null or directory.workspace in (w.external_id, w.id::text))
     and exists (select from tenancy.membership m
                  where m.user_id = member and m.workspace_id = w.id and m.active);
  if chosen is null and directory.workspace is not null then
    why_not := 'not_a_member';
    return;
  end if;

  account_key := candidates[1]::text;
  workspace_key := chosen::text;
  user_key := member::text;
  roles := array(
    select distinct m.role
      from tenancy.membership m
     where m.user_id = member and m.account_id = candidates[1] and m.active
       and (m.workspace_id is null or m.workspace_id = chosen)
     order by m.role);
end
$$;
comment on function tenancy.directory(text, text, text, text) is
  'Who the subject is in this account and workspace, from the tables of the extension; called by login alone';

-- What was compiled and applied -----------------------------------------------------------------------

create table tenancy.policy (
  id bigint generated always as identity primary key,
  application text not null references tenancy.application on update cascade,
  hash text not null,
  language_version integer not null,
  compiler_version text not null,
  source text not null,
  applied_at timestamptz not null default now(),
  applied_by name not null default session_user
);
create index on tenancy.policy (application, id);
comment on table tenancy.policy is 'Policies that were applied, newest last: hash, versions, when and by whom';

create table tenancy.rule (
  application text not null references tenancy.application on update cascade,
  schema_name name not null,
  table_name name not null,
  api_context text not null,
  role text,
  verb text not null check (verb in ('read', 'insert', 'update', 'delete')),
  columns text[]
);
create index on tenancy.rule (application, table_name);
comment on table tenancy.rule is 'Rules of the applied policy, one row for each role and verb on a table';
comment on column tenancy.rule.role is 'Role that the rule is for, which others may include; null: everyone';
comment on column tenancy.rule.columns is 'Columns that the verb may touch; null: all, or the verb has none';

-- Signals: what backends have cached is dropped when these tables change ----------------------------------

create table tenancy.signal ();
comment on table tenancy.signal is 'Always empty: its invalidation tells every backend, on standbys too, that trust changed';

create function tenancy.trust_changed() returns trigger
language c as 'MODULE_PATHNAME', 'tenancy_trust_changed';
comment on function tenancy.trust_changed() is 'Reports the change as an event and invalidates what backends have cached';

-- ALWAYS: with session_replication_role = replica an ordinary trigger would be skipped.
do $$
declare
  watched text;
begin
  foreach watched in array array['application', 'issuer', 'issuer_key', 'issuer_secret', 'pool'] loop
    execute format('create trigger trust_changed after insert or update or delete or truncate'
                   ' on tenancy.%I for each statement execute function tenancy.trust_changed()', watched);
    execute format('alter table tenancy.%I enable always trigger trust_changed', watched);
  end loop;
end
$$;

-- Functions for administrators ------------------------------------------------------------------------

create function tenancy.import_jwks(issuer text, jwks text) returns integer
language c strict volatile parallel unsafe
set search_path = pg_catalog, pg_temp
as 'MODULE_PATHNAME', 'tenancy_import_jwks';
comment on function tenancy.import_jwks(text, text) is
  'Replaces the public keys of an issuer by those of its JWKS document; gives their number';

create function tenancy.add_secret_key(issuer text, key_id text, secret bytea, algorithm text default 'HS256')
returns void
language c strict volatile parallel unsafe
set search_path = pg_catalog, pg_temp
as 'MODULE_PATHNAME', 'tenancy_add_secret_key';
comment on function tenancy.add_secret_key(text, text, bytea, text) is
  'Adds or replaces a secret (HMAC) key of an issuer, at least as long as the hash; pass the secret as a bind parameter. Whoever holds it can sign as the issuer: prefer public keys';

create function tenancy.remove_secret_key(issuer text, key_id text) returns boolean
language c strict volatile parallel unsafe
set search_path = pg_catalog, pg_temp
as 'MODULE_PATHNAME', 'tenancy_remove_secret_key';
comment on function tenancy.remove_secret_key(text, text) is 'Removes a secret key; false if there was none';

create function tenancy.refresh_keys(issuer text) returns void
language c strict volatile parallel unsafe
as 'MODULE_PATHNAME', 'tenancy_refresh_keys';
comment on function tenancy.refresh_keys(text) is 'Asks the worker to fetch the issuer''s keys now; tenancy.issuer_status shows what came of it';

create function tenancy.add_cognito_issuer(
  region text, pool_id text, client_ids text[],
  token_use text[] default '{access}', account_claim text default null, workspace_claim text default null
)
returns text
language sql volatile parallel unsafe
set search_path = pg_catalog, pg_temp
begin atomic
  insert into tenancy.issuer (issuer, aliases, algorithms, audience_claims, audiences, required_claims,
                              account_claim, workspace_claim, jwks_url)
  values ('https://cognito-idp.' || region || '.amazonaws.com/' || pool_id,
          array['https://issuer-cognito-idp.' || region || '.amazonaws.com/' || pool_id],
          '{RS256}', '{client_id,aud}', client_ids, jsonb_build_object('token_use', to_jsonb(token_use)),
          account_claim, workspace_claim,
          'https://cognito-idp.' || region || '.amazonaws.com/' || pool_id || '/.well-known/jwks.json')
  returning issuer.issuer;
end;
comment on function tenancy.add_cognito_issuer(text, text, text[], text[], text, text) is
  'Adds an Amazon Cognito user pool: its issuer names, its access tokens (token_use access, the default) or ID tokens (id) or both, for these client ids; gives the issuer';

create function tenancy.add_oidc_issuer(
  issuer text, audiences text[], algorithms text[] default '{RS256}',
  account_claim text default null, workspace_claim text default null
)
returns text
language sql volatile parallel unsafe
set search_path = pg_catalog, pg_temp
begin atomic
  insert into tenancy.issuer (issuer, algorithms, audiences, account_claim, workspace_claim, discovery)
  values (add_oidc_issuer.issuer, add_oidc_issuer.algorithms, add_oidc_issuer.audiences,
          add_oidc_issuer.account_claim, add_oidc_issuer.workspace_claim, true)
  returning issuer.issuer;
end;
comment on function tenancy.add_oidc_issuer(text, text[], text[], text, text) is
  'Adds an OpenID Connect provider, whose discovery document tells the worker where its keys are; gives the issuer';

create function tenancy.verify(
  token text, jwks text default null, issuer text default null, audience text default null,
  audience_claim text default 'aud', required_claims jsonb default '{}', at timestamptz default null,
  out accepted boolean, out reason text, out meaning text, out subject text, out audience_found text,
  out account_asked text, out workspace_asked text, out key_id text, out expires_at timestamptz, out claims jsonb
)
language c volatile parallel unsafe
set search_path = pg_catalog, pg_temp
as 'MODULE_PATHNAME', 'tenancy_verify';
comment on function tenancy.verify(text, text, text, text, text, jsonb, timestamptz) is
  'For debugging: the verdict on a token, its reason and its claims; against the configured issuer, or against the key set and expectations given. Binds nothing';

-- Functions for everyone ----------------------------------------------------------------------------

create function tenancy.login(token text, account text default null, workspace text default null)
returns void
language c volatile parallel unsafe
as 'MODULE_PATHNAME', 'tenancy_login';
comment on function tenancy.login(text, text, text) is
  'Verifies the token and binds its subject''s identity until the transaction ends; pass the token as a bind parameter';

create function tenancy.logout() returns boolean
language c volatile parallel unsafe
as 'MODULE_PATHNAME', 'tenancy_logout';
comment on function tenancy.logout() is
  'Ends the identity for the rest of the transaction; false if there was none';

create function tenancy.account_key() returns text
language c stable parallel safe as 'MODULE_PATHNAME', 'tenancy_account_key';
comment on function tenancy.account_key() is 'Key of the bound account as text; null if none is bound';

create function tenancy.account_uuid() returns uuid
language c stable parallel safe as 'MODULE_PATHNAME', 'tenancy_account_uuid';
comment on function tenancy.account_uuid() is 'Key of the bound account; null if none is bound';

create function tenancy.account_bigint() returns bigint
language c stable parallel safe as 'MODULE_PATHNAME', 'tenancy_account_bigint';
comment on function tenancy.account_bigint() is 'Key of the bound account; null if none is bound';

create function tenancy.workspace_key() returns text
language c stable parallel safe as 'MODULE_PATHNAME', 'tenancy_workspace_key';
comment on function tenancy.workspace_key() is 'Key of the bound workspace as text; null if none is bound';

create function tenancy.workspace_uuid() returns uuid
language c stable parallel safe as 'MODULE_PATHNAME', 'tenancy_workspace_uuid';
comment on function tenancy.workspace_uuid() is 'Key of the bound workspace; null if none is bound';

create function tenancy.workspace_bigint() returns bigint
language c stable parallel safe as 'MODULE_PATHNAME', 'tenancy_workspace_bigint';
comment on function tenancy.workspace_bigint() is 'Key of the bound workspace; null if none is bound';

create function tenancy.user_key() returns text
language c stable parallel safe as 'MODULE_PATHNAME', 'tenancy_user_key';
comment on function tenancy.user_key() is 'Key of the bound user as text; null for a subject without a tenant';

create function tenancy.user_uuid() returns uuid
language c stable parallel safe as 'MODULE_PATHNAME', 'tenancy_user_uuid';
comment on function tenancy.user_uuid() is 'Key of the bound user; null for a subject without a tenant';

create function tenancy.user_bigint() returns bigint
language c stable parallel safe as 'MODULE_PATHNAME', 'tenancy_user_bigint';
comment on function tenancy.user_bigint() is 'Key of the bound user; null for a subject without a tenant';

create function tenancy.subject() returns text
language c stable parallel safe as 'MODULE_PATHNAME', 'tenancy_subject';
comment on function tenancy.subject() is 'Subject of the verified token';

create function tenancy.issuer() returns text
language c stable parallel safe as 'MODULE_PATHNAME', 'tenancy_token_issuer';
comment on function tenancy.issuer() is 'Issuer of the verified token, as its iss claim states it';

create function tenancy.application() returns text
language c stable parallel safe as 'MODULE_PATHNAME', 'tenancy_application';
comment on function tenancy.application() is 'Application of the pool that the session came through';

create function tenancy.api_context() returns text
language c stable parallel safe as 'MODULE_PATHNAME', 'tenancy_api_context';
comment on function tenancy.api_context() is 'API context of the pool that the session came through: app, dashboard or portal';

create function tenancy.context_is(application text, api_context text) returns boolean
language c stable strict parallel safe as 'MODULE_PATHNAME', 'tenancy_context_is';
comment on function tenancy.context_is(text, text) is
  'Whether the session came through a pool of this application and API context; what every policy asks first';

create function tenancy.roles() returns text[]
language c stable parallel safe as 'MODULE_PATHNAME', 'tenancy_roles';
comment on function tenancy.roles() is 'Roles of the bound user here, with those that they include';

create function tenancy.has_role(role text) returns boolean
language c stable strict parallel safe as 'MODULE_PATHNAME', 'tenancy_has_role';
comment on function tenancy.has_role(text) is 'Whether the bound user has the role here, itself or through one that includes it';

create function tenancy.claim(name text) returns text
language c stable strict parallel safe as 'MODULE_PATHNAME', 'tenancy_claim';
comment on function tenancy.claim(text) is
  'A claim of the verified token as text; null if it has none. A claim states what the issuer says, not a right';

create function tenancy.expires_at() returns timestamptz
language c stable parallel safe as 'MODULE_PATHNAME', 'tenancy_expires_at';
comment on function tenancy.expires_at() is 'When the bound identity ends';

create function tenancy.can(table_name text, verb text) returns boolean
language sql stable parallel safe
begin atomic
  select exists (
    select
      from tenancy.rule r
     where r.application = tenancy.application()
       and r.api_context = tenancy.api_context()
       and can.table_name in (r.table_name, r.schema_name || '.' || r.table_name)
       and r.verb = can.verb
       and (r.role is null or tenancy.has_role(r.role)));
end;
comment on function tenancy.can(text, text) is
  'Whether a rule of the policy lets the bound user read, insert, update or delete some row of the table; for interfaces, the policies decide';

-- Rights ---------------------------------------------------------------------------------------------

revoke all on function
  tenancy.directory(text, text, text, text), tenancy.trust_changed(), tenancy.import_jwks(text, text),
  tenancy.add_secret_key(text, text, bytea, text), tenancy.remove_secret_key(text, text), tenancy.refresh_keys(text),
  tenancy.add_cognito_issuer(text, text, text[], text[], text, text),
  tenancy.add_oidc_issuer(text, text[], text[], text, text),
  tenancy.verify(text, text, text, text, text, jsonb, timestamptz)
  from public;

grant select, insert, update, delete on
  tenancy.application, tenancy.issuer, tenancy.issuer_key, tenancy.pool to tenancy_admin;
grant execute on function
  tenancy.import_jwks(text, text), tenancy.add_secret_key(text, text, bytea, text), tenancy.remove_secret_key(text, text),
  tenancy.refresh_keys(text), tenancy.add_cognito_issuer(text, text, text[], text[], text, text),
  tenancy.add_oidc_issuer(text, text[], text[], text, text),
  tenancy.verify(text, text, text, text, text, jsonb, timestamptz)
  to tenancy_admin;
grant select on tenancy.issuer_status to tenancy_admin, tenancy_auditor, tenancy_monitor;

grant select, insert, update, delete on
  tenancy.account, tenancy.workspace, tenancy.app_user, tenancy.membership to tenancy_operator;

grant select on
  tenancy.application, tenancy.issuer, tenancy.issuer_key, tenancy.pool, tenancy.policy,
  tenancy.account, tenancy.workspace, tenancy.app_user, tenancy.membership to tenancy_auditor;
grant select on tenancy.application, tenancy.policy to tenancy_monitor;

-- The rules are as readable as the policies in pg_policies that they stand beside.
grant select on tenancy.rule to public;

-- Dumped: all that a DBA or the compiler entered. Not dumped: issuer_secret, since a dump travels; issuer_fetch,
-- the worker's notes; signal, which is always empty.
do $$
declare
  dumped text;
begin
  foreach dumped in array array['application', 'issuer', 'issuer_key', 'pool', 'account', 'workspace',
                                'app_user', 'membership', 'policy', 'rule'] loop
    perform pg_extension_config_dump(format('tenancy.%I', dumped)::regclass, '');
  end loop;
  perform pg_extension_config_dump(pg_get_serial_sequence('tenancy.policy', 'id')::regclass, '');
end
$$;
