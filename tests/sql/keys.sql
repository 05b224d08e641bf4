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
insert into tenancy.issuer (issuer, audiences, algorithms) values ('https://a', '{x}', '{HS257}');
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

-- Required claims may name several values, and nothing but strings.
insert into tenancy.issuer (issuer, audiences, required_claims) values ('https://a', '{x}', '{"n": ["a", 1]}');
insert into tenancy.issuer (issuer, audiences, required_claims) values ('https://a', '{x}', '{"n": []}');
insert into tenancy.issuer (issuer, audiences, jwks_url) values ('https://a', '{x}', 'http://a/keys');
insert into tenancy.issuer (issuer, audiences, discovery, jwks_url) values ('https://a', '{x}', true, 'https://a/keys');

-- Presets.
set role tenancy_admin;
select tenancy.add_cognito_issuer('us-east-2', 'us-east-2_Abc', '{one,two}', '{access,id}', account_claim => 'custom:account');
select tenancy.add_oidc_issuer('https://login.example', '{three}', '{ES256}');
select issuer, aliases, algorithms, audience_claims, audiences, required_claims, account_claim, jwks_url, discovery
  from tenancy.issuer where issuer like '%us-east-2%' or issuer = 'https://login.example' order by 1;
select issuer, source, keys, fetched_at, error from tenancy.issuer_status order by 1;

-- Both tokens of Cognito, under both names of the issuer, whose keys are the same.
select tenancy.import_jwks('https://cognito-idp.us-east-2.amazonaws.com/us-east-2_Abc', :'jwks');
\set access `build/dev/tenancy token mint --key build/test/keys/access.pem --kid access-key --subject ann --issuer https://cognito-idp.us-east-2.amazonaws.com/us-east-2_Abc --claim token_use=access --claim client_id=one`
\set id `build/dev/tenancy token mint --key build/test/keys/id.pem --kid id-key --subject ann --issuer https://issuer-cognito-idp.us-east-2.amazonaws.com/us-east-2_Abc --claim token_use=id --audience two`
\set refresh `build/dev/tenancy token mint --key build/test/keys/id.pem --kid id-key --subject ann --issuer https://issuer-cognito-idp.us-east-2.amazonaws.com/us-east-2_Abc --claim token_use=refresh --audience two`
\set region `build/dev/tenancy token mint --key build/test/keys/id.pem --kid id-key --subject ann --issuer https://cognito-idp.us-west-2.amazonaws.com/us-east-2_Abc --claim token_use=id --audience two`
select accepted, reason, audience_found, key_id from tenancy.verify(:'access');
select accepted, reason, audience_found, key_id from tenancy.verify(:'id');
select accepted, reason from tenancy.verify(:'refresh');
select accepted, reason from tenancy.verify(:'region');

-- Secret keys: they come in by function, work, and are given out by nothing.
insert into tenancy.issuer (issuer, audiences, algorithms) values ('https://hmac.example', '{web}', '{HS256}');
select tenancy.add_secret_key('https://hmac.example', 'k1', 'too short');
select tenancy.add_secret_key('https://hmac.example', 'k1', decode(repeat('ab', 32), 'hex'), 'none');
select tenancy.add_secret_key('https://hmac.example', 'k1', decode(repeat('ab', 32), 'hex'));
select tenancy.add_secret_key(:'issuer', 'k1', decode(repeat('ab', 32), 'hex'));
select tenancy.import_jwks('https://hmac.example', :'jwks');
select tenancy.add_secret_key('https://no.such.issuer', 'k1', decode(repeat('ab', 32), 'hex'));
select * from tenancy.issuer_secret;
select issuer, source, keys from tenancy.issuer_status where issuer = 'https://hmac.example';
reset role;
\! printf '{"kty":"oct","kid":"k1","alg":"HS256","k":"%s"}' "$(printf '\253%.0s' $(seq 32) | basenc --base64url -w0 | tr -d =)" > build/test/keys/hmac.json
\set hmac `build/dev/tenancy token mint --key build/test/keys/hmac.json --issuer https://hmac.example --subject ann --audience web`
select accepted, reason, subject, audience_found, key_id from tenancy.verify(:'hmac');
select tenancy.remove_secret_key('https://hmac.example', 'k1');
select tenancy.remove_secret_key('https://hmac.example', 'k1');
select accepted, reason, meaning from tenancy.verify(:'hmac');

-- What a DBA asks about a token.
\set expired `tests/support/mint.sh ann web --claim-json exp=1000000600 --claim-json iat=1000000000`
select accepted, reason, subject, audience_found, key_id, claims - 'iat' - 'exp' as claims from tenancy.verify(:'ann');
select accepted, reason, meaning, subject from tenancy.verify(:'expired');
select accepted, reason, expires_at at time zone 'UTC' as expires_at from tenancy.verify(:'expired', at => to_timestamp(1000000300));
select accepted, reason from tenancy.verify('no token');
select accepted, reason from tenancy.verify(null);
-- Against a key set and expectations, without any row in the catalog.
select accepted, reason from tenancy.verify(:'ann', jwks => :'jwks');
select accepted, reason from tenancy.verify(:'ann', jwks => :'jwks', issuer => 'https://another');
select accepted, reason from tenancy.verify(:'ann', jwks => :'jwks', audience => 'web', audience_claim => 'client_id');
select accepted, reason from tenancy.verify(:'ann', jwks => :'jwks', audience => 'web');
select accepted, reason from tenancy.verify(:'ann', jwks => :'jwks', required_claims => '{"token_use": "id"}');
select accepted, reason from tenancy.verify(:'ann', jwks => '{"keys": []}');
select accepted, reason from tenancy.verify(:'ann', jwks => '');
select accepted, reason from tenancy.verify(:'ann', jwks => :'jwks', issuer => '');
select accepted, reason from tenancy.verify(:'ann', jwks => :'jwks', audience => '');
\c - notes_pool
select * from tenancy.verify(:'ann');
\c - postgres
delete from tenancy.issuer where issuer like '%us-east-2%' or issuer in ('https://login.example', 'https://hmac.example');
