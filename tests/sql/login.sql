-- Login, accessors and logout over the directory of the extension.
\set jwks `cat build/test/keys/jwks.json`
\set ann `tests/support/mint.sh ann web`
\set newcomer `tests/support/mint.sh newcomer web`
set client_min_messages = warning;
drop role if exists notes_pool, notes_app, notes_owner;  -- of an earlier run; the database is new each time
reset client_min_messages;
insert into tenancy.application (name) values ('notes');
insert into tenancy.issuer (issuer, audience_claims, audiences, required_claims)
values ('https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Demo', '{client_id}', '{web}', '{"token_use": "access"}');
select tenancy.import_jwks('https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Demo', :'jwks');
create role notes_pool login;
insert into tenancy.pool values
  ('notes_pool', 'app', 'notes', 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Demo');
insert into tenancy.account (id, external_id, name) values
  ('a0000000-0000-4000-8000-000000000001', 'acme', 'Acme'),
  ('b0000000-0000-4000-8000-000000000001', 'globex', 'Globex');
insert into tenancy.workspace (id, account_id, external_id, name) values
  ('a1000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001', 'production', 'Production'),
  ('a1000000-0000-4000-8000-000000000002', 'a0000000-0000-4000-8000-000000000001', 'staging', 'Staging'),
  ('b1000000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000001', 'production', 'Production');
insert into tenancy.app_user (id, issuer, subject) values
  ('c0000000-0000-4000-8000-000000000001', 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Demo', 'ann');
insert into tenancy.membership (user_id, account_id, workspace_id, role) values
  ('c0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001', null, 'account.admin'),
  ('c0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001', 'a1000000-0000-4000-8000-000000000001', 'workspace.editor');

\c - notes_pool
-- Without a login there is no identity, and the error says what to do.
select tenancy.account_key();
select tenancy.has_role('account.admin');

-- In a transaction, until it ends.
begin;
select tenancy.login(:'ann');
select tenancy.account_key(), tenancy.account_uuid(), tenancy.workspace_key(), tenancy.workspace_uuid();
select tenancy.user_key(), tenancy.user_uuid(), tenancy.subject(), tenancy.issuer();
select tenancy.application(), tenancy.api_context(), tenancy.roles(), tenancy.expires_at() > now() as not_expired;
select tenancy.has_role('account.admin') as admin, tenancy.has_role('account.owner') as owner,
       role, tenancy.has_role(role) from unnest(tenancy.roles() || array['workspace.viewer', null]) role;
select tenancy.claim('token_use'), tenancy.claim('cognito:groups'), tenancy.claim('no such claim') is null as absent;
show tenancy.account;
show tenancy.workspace;
show tenancy.roles;
select tenancy.account_bigint();
rollback;
show tenancy.account;

-- First statement of a message with several, and alone in one.
select tenancy.login(:'ann') \; select tenancy.account_key();
select tenancy.login(:'ann');
select tenancy.account_key();

-- The arguments choose among what the directory allows; names or keys will do.
begin;
select tenancy.login(:'ann', account => 'acme', workspace => 'production');
select tenancy.account_key(), tenancy.workspace_key();
commit;
begin;
select tenancy.login(:'ann', workspace => 'a1000000-0000-4000-8000-000000000001');
select tenancy.workspace_key();
commit;
select tenancy.login(:'ann', account => 'globex');
select tenancy.login(:'ann', workspace => 'staging');
select tenancy.login(:'ann', account => 'no such account');

-- A subject that belongs nowhere yet: no tenant, no role; sign-up can see who it is.
begin;
select tenancy.login(:'newcomer');
select tenancy.subject(), tenancy.account_key() is null as no_account, tenancy.user_key() is null as no_user, tenancy.roles();
commit;
select tenancy.login(:'newcomer', account => 'acme');

-- Logout is final for the transaction.
begin;
select tenancy.logout();
select tenancy.login(:'ann');
select tenancy.logout();
select tenancy.account_key();
rollback;

-- Several accounts: one must be named.
\c - postgres
insert into tenancy.membership (user_id, account_id, workspace_id, role) values
  ('c0000000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000001', 'b1000000-0000-4000-8000-000000000001', 'workspace.viewer');
\c - notes_pool
select tenancy.login(:'ann');
begin;
select tenancy.login(:'ann', account => 'globex');
select tenancy.account_key(), tenancy.roles();
commit;

-- What is not active is not there.
\c - postgres
update tenancy.account set active = false where external_id = 'globex';
\c - notes_pool
select tenancy.login(:'ann', account => 'globex');
begin;
select tenancy.login(:'ann');
select tenancy.account_key();
commit;

-- An issuer that belongs to an account opens no other, and an account that names its issuers admits no other.
\c - postgres
update tenancy.issuer set account = 'b0000000-0000-4000-8000-000000000001';
\c - notes_pool
select tenancy.login(:'ann');
\c - postgres
update tenancy.issuer set account = null;
insert into tenancy.issuer (issuer, audiences, account) values ('https://own.acme.example', '{web}', 'a0000000-0000-4000-8000-000000000001');
\c - notes_pool
select tenancy.login(:'ann');
\c - postgres
delete from tenancy.issuer where issuer = 'https://own.acme.example';

-- A login role that row level security does not bind is no pool, whatever the table says.
alter role notes_pool bypassrls;
\c - notes_pool
select tenancy.login(:'ann');
\c - postgres
alter role notes_pool nobypassrls;
