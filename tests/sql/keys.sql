-- Key sets: what comes in, what is refused, what a changed key does.
\set jwks `cat build/test/keys/jwks.json`
\set ann `tests/support/mint.sh ann web`
\set issuer 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Demo'
select key_id, type, algorithm, jwk::jsonb - 'n' as jwk from tenancy.issuer_key order by key_id;

-- Refused whole, and the keys that are there stay.
select tenancy.import_jwks(:'issuer', '');
select tenancy.import_jwks(:'issuer', '<html>503</html>');
select tenancy.import_jwks(:'issuer', '{"keys": []}');
select tenancy.import_jwks(:'issuer', '{"keys": [{"kty": "oct", "k": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"}]}');
select tenancy.import_jwks(:'issuer', '{"keys": [], "keys": []}');
select tenancy.import_jwks('https://no.such.issuer', :'jwks');
select tenancy.import_jwks(null, :'jwks');
select count(*) from tenancy.issuer_key;

-- A set replaces the set before.
select tenancy.import_jwks(:'issuer', (select '{"keys": [' || jwk || ']}' from tenancy.issuer_key where key_id = 'id-key'));
select key_id from tenancy.issuer_key;
\c - notes_pool
select tenancy.login(:'ann');
\c - postgres
select tenancy.import_jwks(:'issuer', :'jwks');

-- A key that is removed while a REPEATABLE READ transaction is open is gone for it too.
\c - notes_pool
begin isolation level repeatable read;
select 1;
\! psql --quiet --no-psqlrc --username postgres --dbname contrib_regression --command "create table kept_key as select * from tenancy.issuer_key" --command "delete from tenancy.issuer_key where key_id = 'access-key'"
select tenancy.login(:'ann');
rollback;
\c - postgres
insert into tenancy.issuer_key select * from kept_key where key_id = 'access-key';
drop table kept_key;
\c - notes_pool
begin;
select tenancy.login(:'ann', account => 'acme');
select tenancy.account_key();
commit;
\c - postgres

-- The tables refuse what cannot work.
insert into tenancy.issuer (issuer, audiences) values ('https://a', '{}');
insert into tenancy.issuer (issuer, audiences, algorithms) values ('https://a', '{x}', '{none}');
insert into tenancy.issuer (issuer, audiences, algorithms) values ('https://a', '{x}', '{HS256}');
insert into tenancy.issuer (issuer, audiences, required_claims) values ('https://a', '{x}', '{"n": 1}');
insert into tenancy.application (name) values ('Not a name');
insert into tenancy.pool values ('notes_pool', 'backdoor', 'notes', :'issuer');
insert into tenancy.membership (user_id, account_id, role)
values ('c0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001', 'workspace.editor');

-- Administrators and operators have what they need, and no more.
set role tenancy_admin;
select tenancy.import_jwks(:'issuer', :'jwks');
select count(*) from tenancy.membership;
set role tenancy_operator;
insert into tenancy.app_user (issuer, subject) values (:'issuer', 'bob') returning subject;
select count(*) from tenancy.issuer_key;
select tenancy.import_jwks(:'issuer', :'jwks');
set role tenancy_auditor;
select count(*) > 0 as sees_keys from tenancy.issuer_key;
update tenancy.issuer set leeway = 300;
set role tenancy_monitor;
select count(*) from tenancy.policy;
select count(*) from tenancy.account;
reset role;
