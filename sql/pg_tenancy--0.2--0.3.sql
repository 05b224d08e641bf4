-- pg_tenancy 0.2 to 0.3: column rules, and policies that only report.
\echo Use "ALTER EXTENSION pg_tenancy UPDATE TO '0.3'" to load this file. \quit

-- Managed tables and their rules -------------------------------------------------------------------------

create table tenancy.managed_table (
  application text not null references tenancy.application on update cascade,
  schema_name name not null,
  table_name name not null,
  enforcement text not null default 'enforce' check (enforcement in ('enforce', 'report')),
  columns text not null default 'strict' check (columns in ('strict', 'orm')),
  hash text not null check (hash <> ''),
  before jsonb,
  primary key (application, schema_name, table_name)
);
create index on tenancy.managed_table (schema_name, table_name);
comment on table tenancy.managed_table is 'Tables and views that an applied policy manages; the rules of their columns are in tenancy.rule';
comment on column tenancy.managed_table.enforcement is 'enforce: what no rule allows is refused; report: it is counted in tenancy.report, and nothing is refused';
comment on column tenancy.managed_table.columns is
  'strict: a column that no rule lets the user write may not be named; orm: it may, with the value that it has or would get by itself';
comment on column tenancy.managed_table.hash is 'Hash of the table''s compiled policy; rows of tenancy.rule with another are not its rules';
comment on column tenancy.managed_table.before is 'What the table was before the policy, for its removal; null: nothing to restore';

alter table tenancy.rule add column hash text;
comment on column tenancy.rule.hash is 'Hash of the table''s compiled policy that the rule is part of, as in tenancy.managed_table';
create index on tenancy.rule (schema_name, table_name);

-- What 0.2 has applied goes on, with the columns held to its rules from now on.
update tenancy.rule r
   set hash = p.hash
  from (select o.application, o.schema_name, o.table_name,
               encode(sha256(convert_to(string_agg(o::text, e'\n' order by o::text), 'UTF8')), 'hex') as hash
          from tenancy.rule o group by 1, 2, 3) p
 where (r.application, r.schema_name, r.table_name) = (p.application, p.schema_name, p.table_name);
insert into tenancy.managed_table (application, schema_name, table_name, hash)
select distinct r.application, r.schema_name, r.table_name, r.hash from tenancy.rule r;

-- A signal of its own: a policy that is applied must not have every backend read issuers and keys anew.
create table tenancy.rule_signal ();
comment on table tenancy.rule_signal is 'Always empty: its invalidation tells every backend, on standbys too, that managed tables or rules changed';

create function tenancy.rules_changed() returns trigger
language c as 'MODULE_PATHNAME', 'tenancy_rules_changed';
comment on function tenancy.rules_changed() is 'Reports the change as an event and has every backend read rules anew';
revoke all on function tenancy.rules_changed() from public;

do $$
declare
  watched text;
begin
  foreach watched in array array['managed_table', 'rule'] loop
    execute format('create trigger rules_changed after insert or update or delete or truncate'
                   ' on tenancy.%I for each statement execute function tenancy.rules_changed()', watched);
    execute format('alter table tenancy.%I enable always trigger rules_changed', watched);
    execute format('create trigger change_applied after insert or update or delete on tenancy.%I for each row'
                   ' when (pg_catalog.current_setting(''session_replication_role'') = ''replica'')'
                   ' execute function tenancy.rules_changed()', watched);
    execute format('alter table tenancy.%I enable always trigger change_applied', watched);
  end loop;
end
$$;

grant select on tenancy.managed_table to public;
select pg_catalog.pg_extension_config_dump('tenancy.managed_table', '');

-- Columns of tables whose users write all of them ----------------------------------------------------------

create function tenancy.check_columns() returns trigger
language c as 'MODULE_PATHNAME', 'tenancy_check_columns';
comment on function tenancy.check_columns() is
  'Trigger before insert or update of each row, for tables with columns: orm: refuses a value that no rule lets the user write, unless it is unchanged or what the column gets by itself';

-- Policies that report ------------------------------------------------------------------------------------

create function tenancy.has_identity() returns boolean
language c stable parallel safe as 'MODULE_PATHNAME', 'tenancy_has_identity';
comment on function tenancy.has_identity() is 'Whether an identity is bound and has not ended; never an error';

-- VOLATILE, so that it is asked for each row even where the answer is the same for all.
create function tenancy.observe(relation regclass, verb text, permitted boolean, new_row boolean default false) returns boolean
language c volatile parallel safe as 'MODULE_PATHNAME', 'tenancy_observe';
comment on function tenancy.observe(regclass, text, boolean, boolean) is
  'For policies of a table with enforcement report: always true; counts in tenancy.report the row that is not permitted, as hidden, or as refused where it is a new one';

create function tenancy.report_counts(out relation regclass, out verb text, out login_role oid, out what text,
                                      out statements bigint, out rows bigint)
returns setof record
language c volatile parallel restricted as 'MODULE_PATHNAME', 'tenancy_report_counts';
comment on function tenancy.report_counts() is 'What tenancy.report shows, with the role''s OID';

create view tenancy.report as
  select c.relation, c.verb, r.rolname as login_role, c.what, c.statements, c.rows
    from tenancy.report_counts() c
    left join pg_catalog.pg_roles r on r.oid = c.login_role;
comment on view tenancy.report is
  'What tables with enforcement report would have refused or hidden since the server''s start or tenancy.reset_report(), by table, verb and login role';
comment on column tenancy.report.what is
  'hidden_row, refused_row, missing_column, missing_right (no rule for the verb), no_identity; other: what found no place in memory, of all databases';
comment on column tenancy.report.statements is 'Statements of clients in which it happened';
comment on column tenancy.report.rows is 'Rows; 0 where a statement would have been refused whole';

create function tenancy.reset_report() returns void
language c volatile parallel unsafe as 'MODULE_PATHNAME', 'tenancy_reset_report';
comment on function tenancy.reset_report() is 'Has tenancy.report of this database begin anew';

revoke all on function tenancy.report_counts(), tenancy.reset_report() from public;
grant execute on function tenancy.report_counts(), tenancy.reset_report() to tenancy_admin, tenancy_operator;
grant select on tenancy.report to tenancy_admin, tenancy_operator;
