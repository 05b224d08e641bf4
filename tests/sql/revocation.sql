-- A revoked subject: his older tokens are refused, and his sessions end at their next statement.
\set before `tests/support/mint.sh ann web --claim-json iat=$(($(date +%s) - 100))`
\set issuer 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Demo'
\c - notes_pool
select tenancy.revoke_subject(:'issuer', 'ann');
select count(*) from tenancy.revocation;
begin isolation level repeatable read;
select tenancy.login(:'before');
select count(*) > 0 as rows from notes;
savepoint s;
\! psql --no-psqlrc --quiet --dbname contrib_regression --username postgres --command "set role tenancy_operator; select tenancy.revoke_subject('https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Demo', 'ann')" > /dev/null
select count(*) from notes;
rollback to s;
select count(*) from notes;
rollback to s;
select tenancy.account_key();
rollback to s;
select tenancy.login(:'before');
rollback;
select tenancy.login(:'before');
-- A token that was issued later is good.
\set after `sleep 1; tests/support/mint.sh ann web`
begin;
select tenancy.login(:'after');
select count(*) > 0 as rows from notes;
commit;
-- Somebody else's revocation disturbs nobody.
begin;
select tenancy.login(:'after');
\! psql --no-psqlrc --quiet --dbname contrib_regression --username postgres --command "set role tenancy_operator; select tenancy.revoke_subject('https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Demo', 'bob')" > /dev/null
select count(*) > 0 as rows from notes;
commit;
\c - postgres
select subject, not_before <= now() as past, revoked_by from tenancy.revocation order by subject;
delete from tenancy.revocation;
\c - notes_pool
begin;
select tenancy.login(:'before');
commit;
\c - postgres
