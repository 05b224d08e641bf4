-- An identity for the connection: where a superuser allows it, until logout, RESET ALL or DISCARD ALL.
\set ann `tests/support/mint.sh ann web`
\set newcomer `tests/support/mint.sh newcomer web`
\c - notes_pool
select tenancy.login(:'ann', for_connection => true);
set tenancy.connection_login = on;
\c - postgres
alter role notes_pool set tenancy.connection_login = on;
\c - notes_pool
select tenancy.login(:'ann', for_connection => true);
select tenancy.account_key(), count(*) > 0 as rows from notes;
begin;
select tenancy.account_key();
rollback;
-- Another identity has to wait for a logout, and for the end of that transaction.
select tenancy.login(:'newcomer');
begin;
reset all;
savepoint s;
select tenancy.account_key();
rollback to s;
select tenancy.login(:'newcomer');
rollback;
select tenancy.account_key();
-- The same again, with a fresh token, is no other identity.
select tenancy.login(:'ann', for_connection => true);
select tenancy.login(:'ann', for_connection => true);
begin;
select tenancy.login(:'ann');
commit;
select tenancy.account_key();
-- Logout outlives a rollback, and the next identity of the connection.
begin;
select tenancy.logout();
rollback;
select tenancy.account_key();
begin;
select tenancy.login(:'newcomer');
select tenancy.subject();
commit;
select tenancy.account_key();
-- A login that is rolled back has bound nothing.
begin;
select tenancy.login(:'ann', for_connection => true);
rollback;
select tenancy.account_key();
select tenancy.login(:'ann', for_connection => true);
discard all;
select tenancy.account_key();
-- One that has expired refuses everything but a login, with a fresh token, and a logout.
\set short `tests/support/mint.sh ann web --claim-json exp=$(($(date +%s) - 26)) --claim-json iat=$(($(date +%s) - 60))`
select tenancy.login(:'short', for_connection => true);
\! sleep 5
select count(*) > 0 as rows from notes;
select tenancy.account_key();
select tenancy.login(:'newcomer', for_connection => true);
select tenancy.login(:'ann', for_connection => true);
select count(*) > 0 as rows from notes;
select tenancy.logout();
-- No identity, of the connection or the transaction, goes into a prepared transaction.
\c - notes_pool
begin;
select tenancy.login(:'ann');
prepare transaction 'residue';
rollback;
-- Nor where the role is no pool any more.
begin;
select tenancy.login(:'ann');
\! psql --no-psqlrc --quiet --dbname contrib_regression --username postgres --command "update tenancy.pool set login_role = 'no_pool'"
select count(*) > 0 as rows from notes;
prepare transaction 'residue';
\! psql --no-psqlrc --quiet --dbname contrib_regression --username postgres --command "update tenancy.pool set login_role = 'notes_pool'"
\c - postgres
alter role notes_pool reset tenancy.connection_login;
