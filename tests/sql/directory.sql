-- What login makes of the directory's answer, and which directory functions it calls at all.
\set ann `tests/support/mint.sh ann web`
\set alias `tests/support/mint.sh ann web --issuer https://alias.example`
\set uuid `tests/support/mint.sh ann web --claim custom:account=a0000000-0000-4000-8000-000000000001`

-- It is called with the extension's rights around it: so it must be SECURITY DEFINER, and change nothing.
create function public.own_directory(text, text, text, text, out account_key text, out workspace_key text,
  out user_key text, out roles text[], out why_not text) language sql stable
  as $$ select 'a', 'w', 'u', array['account.owner'], null $$;
update tenancy.application set directory_schema = 'public', directory_name = 'own_directory';
\c - notes_pool
select tenancy.login(:'ann');
\c - postgres
alter function public.own_directory security definer volatile;
\c - notes_pool
select tenancy.login(:'ann');
\c - postgres
alter function public.own_directory stable;
\c - notes_pool
begin;
select tenancy.login(:'ann');
select tenancy.account_key(), tenancy.workspace_key(), tenancy.user_key(), tenancy.roles();
commit;
\c - postgres
drop function public.own_directory;
\c - notes_pool
select tenancy.login(:'ann');
\c - postgres

-- Keys of any type are taken as text; any number of rows but one is an error.
create function public.own_directory(text, text, text, text, out account_key bigint, out workspace_key uuid,
  out user_key int, out roles name[], out why_not varchar) returns setof record language sql stable security definer
  as $$ select 42::bigint, 'a0000000-0000-4000-8000-000000000001'::uuid, 43, array['account.owner']::name[], null::varchar
          from generate_series(1, case $3 when 'none' then 0 when 'two' then 2 else 1 end) $$;
\c - notes_pool
begin;
select tenancy.login(:'ann');
select tenancy.account_bigint(), tenancy.workspace_uuid(), tenancy.user_bigint(), tenancy.roles();
commit;
select tenancy.login(:'ann', account => 'none');
select tenancy.login(:'ann', account => 'two');
\c - postgres
update tenancy.application set directory_schema = default, directory_name = default;
drop function public.own_directory;

-- An alias is the same issuer: the directory and the accessors know it by its name.
update tenancy.issuer set aliases = '{https://alias.example}';
\c - notes_pool
begin;
select tenancy.login(:'alias');
select tenancy.account_key(), tenancy.issuer();
commit;
\c - postgres
-- A name that two issuers claim is nobody's.
insert into tenancy.issuer (issuer, audiences) values ('https://alias.example', '{web}');
\c - notes_pool
select tenancy.login(:'alias');
\c - postgres
delete from tenancy.issuer where issuer = 'https://alias.example';
update tenancy.issuer set aliases = '{}';

-- A user who is not active is refused, and no newcomer.
update tenancy.app_user set active = false;
\c - notes_pool
select tenancy.login(:'ann');
\c - postgres
update tenancy.app_user set active = true;

-- External ids cannot pass for ids.
update tenancy.account set external_id = 'b0000000-0000-4000-8000-000000000001' where external_id = 'acme';
update tenancy.workspace set external_id = 'B0000000-0000-4000-8000-000000000001' where external_id = 'staging';
-- Nor can an issuer's account be spelled so that it fits none.
update tenancy.issuer set account = 'A0000000-0000-4000-8000-000000000001';
update tenancy.issuer set account = ' acme';

-- A pool may not become a role that row level security does not bind.
create role notes_root nologin bypassrls;
grant notes_root to notes_pool;
\c - notes_pool
select tenancy.login(:'ann');
\c - postgres
drop role notes_root;

-- Tokens are UTF-8, and so must the database be.
create database notes_latin1 template template0 encoding 'LATIN1' locale 'C';
\c notes_latin1
\set SHOW_CONTEXT never
create extension pg_tenancy;
\unset SHOW_CONTEXT
\c contrib_regression
drop database notes_latin1;
