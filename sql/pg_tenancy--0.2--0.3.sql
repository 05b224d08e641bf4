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

-- What tables and roles are, so that an applied policy is known again ---------------------------------------

alter table tenancy.managed_table add column state jsonb;
comment on column tenancy.managed_table.state is 'What tenancy.table_state() said when the policy had been applied; null: it is to be applied again';
alter table tenancy.application add column before jsonb;
comment on column tenancy.application.before is 'What PUBLIC had on views, functions and sequences before a policy took it, for its removal';
alter table tenancy.policy add column state jsonb;
comment on column tenancy.policy.state is 'compiled: hash of what was applied beside tables; left: what tenancy.application_state() said after it';

create function tenancy.relation_state(relation oid) returns jsonb
language sql stable strict
set search_path = pg_catalog, pg_temp
begin atomic
  select jsonb_build_object(
           'row_security', c.relrowsecurity,
           'forced', c.relforcerowsecurity,
           'privileges', (
             select coalesce(jsonb_agg(p.item order by p.item), '[]')
               from (select jsonb_build_object('grantee', case a.grantee when 0 then 'public' else pg_get_userbyid(a.grantee) end,
                                               'privilege', lower(a.privilege_type), 'grantable', a.is_grantable,
                                               'column', t.name) as item
                       from (select null::name, coalesce(c.relacl, acldefault('r', c.relowner))
                             union all
                             select a.attname, a.attacl from pg_attribute a
                              where a.attrelid = c.oid and a.attacl is not null and not a.attisdropped) t (name, acl),
                            aclexplode(t.acl) a) p),
           'policies', (
             select coalesce(jsonb_object_agg(p.polname, jsonb_build_object(
                      'command', p.polcmd, 'permissive', p.polpermissive,
                      'roles', (select jsonb_agg(r.name order by r.name)
                                  from (select case o when 0 then 'public' else pg_get_userbyid(o) end as name from unnest(p.polroles) o) r),
                      'using', pg_get_expr(p.polqual, p.polrelid), 'check', pg_get_expr(p.polwithcheck, p.polrelid))), '{}')
               from pg_policy p where p.polrelid = c.oid),
           'defaults', (
             select coalesce(jsonb_object_agg(a.attname, pg_get_expr(d.adbin, d.adrelid)), '{}')
               from pg_attrdef d join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
              where d.adrelid = c.oid and a.attgenerated = ''),
           'triggers', (
             select coalesce(jsonb_object_agg(t.tgname, jsonb_build_object('definition', pg_get_triggerdef(t.oid), 'enabled', t.tgenabled)), '{}')
               from pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal))
    from pg_class c
   where c.oid = relation_state.relation;
end;
comment on function tenancy.relation_state(oid) is
  'What of a relation decides who may do what there: privileges, policies, row level security, defaults, triggers; names, no OIDs';

create function tenancy.table_state(relation regclass) returns jsonb
language sql stable strict
set search_path = pg_catalog, pg_temp
begin atomic
  select tenancy.relation_state(table_state.relation)
         || jsonb_build_object('partitions', coalesce(jsonb_object_agg(t.relid::regclass::text, tenancy.relation_state(t.relid))
                                                        filter (where t.relid is not null), '{}'))
    from (select p.relid from pg_partition_tree(table_state.relation) p where p.level > 0) t;
end;
comment on function tenancy.table_state(regclass) is
  'tenancy.relation_state() of a table, and of all its partitions';

create function tenancy.application_state(application text) returns jsonb
language sql stable strict
set search_path = pg_catalog, pg_temp
begin atomic
  select jsonb_build_object(
           'roles', (
             select coalesce(jsonb_object_agg(r.rolname, jsonb_build_object(
                      'superuser', r.rolsuper, 'bypasses', r.rolbypassrls, 'login', r.rolcanlogin,
                      'member_of', (select jsonb_agg(pg_get_userbyid(m.roleid) order by 1) from pg_auth_members m where m.member = r.oid))), '{}')
               from pg_roles r
              where r.rolname in (application_state.application || '_app', application_state.application || '_dashboard')),
           'grants', (
             select coalesce(jsonb_agg(g.item order by g.item), '[]')
               from (select jsonb_build_object('object', pg_describe_object(o.class, o.id, 0), 'privilege', lower(a.privilege_type),
                                               'grantee', r.rolname) as item
                       from (select 'pg_namespace'::regclass, n.oid, n.nspacl from pg_namespace n
                             union all
                             select 'pg_proc'::regclass, p.oid, p.proacl from pg_proc p
                             union all
                             select 'pg_class'::regclass, c.oid, c.relacl from pg_class c where c.relkind not in ('r', 'p')) o (class, id, acl),
                            aclexplode(o.acl) a
                       join pg_roles r on r.oid = a.grantee
                      where r.rolname in (application_state.application || '_app', application_state.application || '_dashboard')) g),
           'functions', (
             select coalesce(jsonb_object_agg(p.oid::regprocedure::text, jsonb_build_object(
                      'body', md5(p.prosrc), 'owner', pg_get_userbyid(p.proowner), 'definer', p.prosecdef,
                      'volatility', p.provolatile, 'settings', to_jsonb(p.proconfig), 'privileges', p.proacl::text)), '{}')
               from pg_proc p
              where starts_with(p.proname, application_state.application || '_')
                and obj_description(p.oid, 'pg_proc') ~ '(compiled by pg_tenancy$|^Relation of the policy of )'),
           'directory', (
             select jsonb_build_object('schema', a.directory_schema, 'name', a.directory_name)
               from tenancy.application a where a.name = application_state.application));
end;
comment on function tenancy.application_state(text) is
  'What is there of an application beside its tables: context roles, what they are granted, compiled functions; names, no OIDs';

revoke all on function tenancy.relation_state(oid), tenancy.table_state(regclass), tenancy.application_state(text) from public;
grant execute on function tenancy.relation_state(oid), tenancy.table_state(regclass), tenancy.application_state(text) to tenancy_auditor;
