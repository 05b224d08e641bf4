-- How every file of attacks begins: eve of Acme is the attacker, gwen of Globex the victim, each in a session
-- of saas_pool unless another role is named; saas_stranger has the same rights and is no pool.
\set QUIET 1
\pset format unaligned
\pset tuples_only true
\pset pager off
\set ON_ERROR_STOP 1
set client_min_messages = warning;
\set eve `tests/support/mint.sh eve web-app`
\set gwen `tests/support/mint.sh gwen web-app`
\set acme 'a0000000-0000-4000-8000-000000000001'
\set globex 'b0000000-0000-4000-8000-000000000001'
\set tenants 'select distinct account_id from documents'
\set acme_row '(a0000000-0000-4000-8000-000000000001)'
\set globex_row '(b0000000-0000-4000-8000-000000000001)'
\set nobody '28000: no identity is bound in this transaction'
