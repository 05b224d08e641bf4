-- A small application over the directory of the extension, in the current database: accounts Acme and Globex,
-- ann in one, bob in the other, table notes. Its login role and context role are :pool and :pool_app; both may be there already.
--
--   psql --set pool=NAME --set "jwks=$(cat build/test/keys/jwks.json)" --file tests/support/notes.sql
\set ON_ERROR_STOP 1
\set QUIET 1
\set app :pool _app
\set issuer 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Demo'

create extension pg_tenancy;
select format('create role %I login', :'pool') where not exists (select from pg_roles where rolname = :'pool') \gexec
select format('create role %I', :'app') where not exists (select from pg_roles where rolname = :'app') \gexec
select format('grant %I to %I', :'app', :'pool') where not pg_has_role(:'pool', :'app', 'member') \gexec
insert into tenancy.application (name) values ('notes');
insert into tenancy.issuer (issuer, audience_claims, audiences, required_claims)
values (:'issuer', '{client_id}', '{web}', '{"token_use": "access"}');
select tenancy.import_jwks(:'issuer', :'jwks') \g /dev/null
insert into tenancy.pool values (:'pool', 'app', 'notes', :'issuer');

insert into tenancy.account (id, external_id, name) values
  ('a0000000-0000-4000-8000-000000000001', 'acme', 'Acme'), ('b0000000-0000-4000-8000-000000000001', 'globex', 'Globex');
insert into tenancy.app_user (id, issuer, subject) values
  ('a2000000-0000-4000-8000-000000000001', :'issuer', 'ann'), ('b2000000-0000-4000-8000-000000000001', :'issuer', 'bob');
insert into tenancy.membership (user_id, account_id, role) values
  ('a2000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001', 'account.admin'),
  ('b2000000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000001', 'account.admin');

create table notes (id bigint primary key, account_id uuid not null default tenancy.account_uuid(), body text not null);
insert into notes values
  (1, 'a0000000-0000-4000-8000-000000000001', 'Acme 1'), (2, 'a0000000-0000-4000-8000-000000000001', 'Acme 2'),
  (3, 'b0000000-0000-4000-8000-000000000001', 'Globex 3');
alter table notes enable row level security, force row level security;
grant select, insert, update, delete on notes to :"app";
create policy floor on notes as restrictive to :"app"
  using (account_id = tenancy.account_uuid()) with check (account_id = tenancy.account_uuid());
create policy members on notes to :"app" using (tenancy.has_role('account.admin'));
select tenancy.protect_pool(:'pool') \g /dev/null
