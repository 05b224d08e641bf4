-- A help desk of some years, on Rails: 60 tables that know nothing of row level security. What matters here:
--
--   * keys are bigint, from sequences; foreign keys have one column; most tables carry company_id, many
--     workspace_id too, some call them otherwise, and children carry neither;
--   * roles are integers in company_users and workspace_users;
--   * rows are deleted by setting deleted_at; columns are of enum and jsonb types;
--   * ActiveRecord writes every column of a row and reads by `select *`;
--   * helpdesk_owner owns everything, helpdesk_rails is the application's one login and may do anything with
--     any row, helpdesk_worker is Sidekiq's, metabase reads.
--
-- Run as a superuser in an empty database.

\set ON_ERROR_STOP 1
begin;

create role helpdesk_owner nologin;
create role helpdesk_rails login;
create role helpdesk_worker login bypassrls;
create role metabase login bypassrls;
grant create, usage on schema public to helpdesk_owner;
set local role helpdesk_owner;

\ir schema/10_tenants.sql
\ir schema/20_customers.sql
\ir schema/30_tickets.sql
\ir schema/40_channels.sql
\ir schema/50_knowledge.sql
\ir schema/60_billing.sql
\ir schema/70_platform.sql
\ir schema/80_views_and_functions.sql

grant select, insert, update, delete on all tables in schema public to helpdesk_rails, helpdesk_worker;
grant usage, select on all sequences in schema public to helpdesk_rails, helpdesk_worker;
grant select on all tables in schema public to metabase;
alter default privileges in schema public grant select, insert, update, delete on tables to helpdesk_rails, helpdesk_worker;
alter default privileges in schema public grant usage, select on sequences to helpdesk_rails, helpdesk_worker;

commit;
