-- pg_tenancy 0.0.1, the foundation: who is trusted. The schema is created here and must not exist: whoever could create it beforehand
-- could leave functions of his own in it.
\echo Use "CREATE EXTENSION pg_tenancy" to load this file. \quit

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
           and algorithms <@ array['RS256', 'ES256', 'EdDSA']),
  token_type text check (token_type <> ''),
  audience_claim text not null default 'aud' check (audience_claim <> ''),
  audiences text[] not null
    check (cardinality(audiences) > 0 and array_position(audiences, null) is null
           and array_position(audiences, '') is null),
  required_claims jsonb not null default '{}'
    check (jsonb_typeof(required_claims) = 'object'
           and not jsonb_path_exists(required_claims, '$.* ? (@.type() != "string")')),
  leeway integer not null default 30 check (leeway between 0 and 300),
  max_lifetime integer not null default 86400 check (max_lifetime > 0),
  subject_claim text not null default 'sub' check (subject_claim <> ''),
  account_claim text check (account_claim <> ''),
  workspace_claim text check (workspace_claim <> ''),
  account text check (account <> '')
);
create index on tenancy.issuer using gin (aliases);
create index on tenancy.issuer (account) where account is not null;
comment on table tenancy.issuer is 'Issuers whose tokens are verified, and what their tokens must be';
comment on column tenancy.issuer.issuer is 'The iss claim, byte for byte';
comment on column tenancy.issuer.aliases is 'Further iss values of the same issuer with the same keys';
comment on column tenancy.issuer.algorithms is 'Accepted algorithms; the key must allow them too';
comment on column tenancy.issuer.token_type is 'Required typ of the header; null: not looked at (Amazon Cognito sends none)';
comment on column tenancy.issuer.audience_claim is 'Claim that names the audience; client_id for access tokens of Amazon Cognito';
comment on column tenancy.issuer.audiences is 'Accepted audiences; one must match';
comment on column tenancy.issuer.required_claims is 'Claims and the strings that they must be: {"token_use": "access"}';
comment on column tenancy.issuer.leeway is 'Seconds by which the issuer''s clock may differ';
comment on column tenancy.issuer.max_lifetime is 'Longest accepted lifetime of a token, in seconds';
comment on column tenancy.issuer.subject_claim is 'Claim that names the subject';
comment on column tenancy.issuer.account_claim is 'Claim that asks for an account; the directory decides';
comment on column tenancy.issuer.workspace_claim is 'Claim that asks for a workspace; the directory decides';
comment on column tenancy.issuer.account is 'Key of the one account that the issuer belongs to and opens; null: any';

create table tenancy.issuer_key (
  issuer text not null references tenancy.issuer on update cascade on delete cascade,
  key_id text not null,
  type text not null check (type in ('RSA', 'EC', 'OKP')),
  algorithm text not null,
  jwk text not null,
  imported_at timestamptz not null default now(),
  primary key (issuer, key_id)
);
comment on table tenancy.issuer_key is 'Public keys of the issuers; filled by tenancy.import_jwks';
comment on column tenancy.issuer_key.key_id is 'The kid of the JWK; empty if it has none';
comment on column tenancy.issuer_key.jwk is 'The key as a canonical JWK (RFC 7517)';

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
  foreach watched in array array['application', 'issuer', 'issuer_key', 'pool'] loop
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

-- Rights ---------------------------------------------------------------------------------------------

revoke all on function tenancy.trust_changed(), tenancy.import_jwks(text, text) from public;

grant select, insert, update, delete on
  tenancy.application, tenancy.issuer, tenancy.issuer_key, tenancy.pool to tenancy_admin;
grant execute on function tenancy.import_jwks(text, text) to tenancy_admin;

grant select on
  tenancy.application, tenancy.issuer, tenancy.issuer_key, tenancy.pool to tenancy_auditor;
grant select on tenancy.application to tenancy_monitor;

-- Dumped: all that a DBA entered. Not dumped: tenancy.signal, which is always empty.
do $$
declare
  dumped text;
begin
  foreach dumped in array array['application', 'issuer', 'issuer_key', 'pool'] loop
    perform pg_extension_config_dump(format('tenancy.%I', dumped)::regclass, '');
  end loop;
end
$$;
