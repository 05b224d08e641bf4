#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/ident.hpp"
#include "policy/emit.hpp"

namespace tenancy::policy {

namespace {

std::string pair_of(const TableName &table) {
  return fmt::format("({}, {})", quote_literal(table.schema), quote_literal(table.name));
}

// where: on a relation `c.oid`, and on the managed row `m`.
std::string drop_of_tables(const Model &model, std::string_view trees, std::string_view where) {
  return "do " +
         dollar_quote(
             "drop",
             fmt::format(R"(
declare
    held record;
begin
    for held in
        select p.polname as name, p.polrelid::regclass as relation
          from pg_policy p
         where p.polname ~ {0}{3}
    loop
        execute format('drop policy %I on %s', held.name, held.relation);
    end loop;

    for held in
        select t.tgname as name, t.tgrelid::regclass as relation
          from pg_trigger t
         where t.tgname = {1} and t.tgparentid = 0
           and t.tgfoid = 'tenancy.check_columns()'::regprocedure{4}
    loop
        execute format('drop trigger %I on %s', held.name, held.relation);
    end loop;

    for held in
        select distinct c.oid::regclass as relation
          from pg_roles r
          join pg_shdepend d on d.refclassid = 'pg_authid'::regclass and d.refobjid = r.oid
          join pg_class c on c.oid = d.objid and c.relkind in ('r', 'p')
         where r.rolname = any ({2})
           and d.dbid = (select oid from pg_database where datname = current_database())
           and d.classid = 'pg_class'::regclass and d.deptype = 'a'{5}
    loop
        execute format('revoke all on table %s from {6}', held.relation);
    end loop;
end
)",
                         quote_literal(policy_pattern(model)),
                         quote_literal(column_trigger_name(model)), context_role_array(model),
                         trees.empty() ? std::string()
                                       : fmt::format("\n           and p.polrelid in ({})", trees),
                         trees.empty() ? std::string()
                                       : fmt::format("\n           and t.tgrelid in ({})", trees),
                         trees.empty() ? std::string()
                                       : fmt::format("\n           and c.oid in ({})", trees),
                         context_roles(model))) +
         ";\n\n" + emit_restore(model.application, where) +
         fmt::format(
             "delete from tenancy.rule m where m.application = {0} and {1};\n"
             "delete from tenancy.managed_table m where m.application = {0} and {1};\n",
             quote_literal(model.application), where);
}

// What is granted but for tables, the functions, and the roles where nothing else needs them.
std::string drop_frame(const Model &model) {
  return "do " +
         dollar_quote("drop",
                      fmt::format(R"(
declare
    held record;
    wanted text;
    needed text;
begin
    -- No role is made for this alone.
    for held in
        select r.rolname as role, d.classid, d.objid,
               case d.classid
                   when 'pg_class'::regclass
                       then (select case c.relkind when 'S' then 'sequence ' else 'table ' end
                               from pg_class c where c.oid = d.objid) || d.objid::regclass
                   when 'pg_proc'::regclass then 'routine ' || d.objid::regprocedure
                   when 'pg_namespace'::regclass then 'schema ' || d.objid::regnamespace
               end as object
          from pg_roles r
          join pg_shdepend d on d.refclassid = 'pg_authid'::regclass and d.refobjid = r.oid
         where r.rolname = any ({0})
           and d.dbid = (select oid from pg_database where datname = current_database())
           and d.classid in ('pg_class'::regclass, 'pg_proc'::regclass, 'pg_namespace'::regclass)
           and d.deptype = 'a'
    loop
        execute format('revoke all on %s from %I', held.object, held.role);
    end loop;

    for held in
        select p.oid::regprocedure as function
          from pg_proc p
         where (obj_description(p.oid, 'pg_proc') like '%compiled by pg_tenancy'
                and starts_with(p.proname, {1})
                or starts_with(obj_description(p.oid, 'pg_proc'), {2}))
           and not exists (select from pg_trigger t where t.tgfoid = p.oid)
    loop
        execute format('drop function %s', held.function);
    end loop;

    for held in
        select o.key as object, p.privilege
          from tenancy.application a
         cross join jsonb_each(a.before) o
         cross join jsonb_array_elements_text(o.value) p (privilege)
         where a.name = {3}
    loop
        begin
            execute format('grant %s on %s to public', held.privilege, held.object);
        exception
            when undefined_object or undefined_table or undefined_function or invalid_schema_name
                then raise notice '% is not there any more', held.object;
        end;
    end loop;
    -- Its pools are asked about in the extension's own directory then.
    update tenancy.application a
       set before = null, directory_schema = default, directory_name = default
     where a.name = {3};

    foreach wanted in array {0} loop
        select string_agg(n.what, ', ')
          into needed
          from pg_roles r
         cross join lateral (
               select format('role %I is a member of it', pg_get_userbyid(m.member)) as what
                 from pg_auth_members m
                where m.roleid = r.oid
               union all
               select format('it has rights in database %I', d.datname)
                 from pg_shdepend s
                 join pg_database d on d.oid = s.dbid
                where s.refclassid = 'pg_authid'::regclass and s.refobjid = r.oid
                group by d.datname
               union all
               select 'it has rights on objects of the whole cluster'
                 from pg_shdepend s
                where s.refclassid = 'pg_authid'::regclass and s.refobjid = r.oid and s.dbid = 0
                limit 1) n
         where r.rolname = wanted;
        if needed is not null then
            raise notice 'role "%" stays: %', wanted, needed;
        elsif exists (select from pg_roles r where r.rolname = wanted) then
            execute format('drop role %I', wanted);
        end if;
    end loop;
end
)",
                                  context_role_array(model), quote_literal(model.application + "_"),
                                  quote_literal(relation_comment(model)),
                                  quote_literal(model.application))) +
         fmt::format(R"(;

delete from tenancy.rule r where r.application = {0};
delete from tenancy.managed_table m where m.application = {0};
insert into tenancy.policy (application, hash, language_version, compiler_version, source)
select {0}, 'removed', p.language_version, {1}, ''
  from tenancy.policy p
 where p.id = (select max(n.id) from tenancy.policy n where n.application = {0})
   and p.hash <> 'removed';
)",
                     quote_literal(model.application), quote_literal(TENANCY_VERSION));
}

}  // namespace

std::string emit_restore(std::string_view application, std::string_view where) {
  return "do " +
         dollar_quote("restore", fmt::format(R"(
declare
    managed record;
    had record;
begin
    for managed in
        -- A partition that came later had nothing.
        select coalesce(t.relid, r.relation)::regclass as relation,
               case when coalesce(t.relid, r.relation) = r.relation then m.before
                    else m.before -> 'partitions' -> t.relid::regclass::text
               end as before
          from tenancy.managed_table m
         cross join to_regclass(format('%I.%I', m.schema_name, m.table_name)) as r (relation)
          left join pg_partition_tree(r.relation) t on true
          join pg_class c on c.oid = coalesce(t.relid, r.relation) and c.relkind in ('r', 'p')
         where m.application = {0}
           and {1}
           -- What another application enforces is not ours to open.
           and not exists (select from tenancy.managed_table o
                            where (o.schema_name, o.table_name) = (m.schema_name, m.table_name)
                              and o.application <> m.application and o.enforcement = 'enforce')
    loop
        execute format('alter table %s %s row level security, %s row level security',
                       managed.relation,
                       case when (managed.before -> 'row_security')::boolean
                            then 'enable' else 'disable' end,
                       case when (managed.before -> 'forced')::boolean
                            then 'force' else 'no force' end);
        for had in
            select a.attname as name, managed.before -> 'defaults' ->> a.attname::text as value
              from pg_attrdef d
              join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
             where d.adrelid = managed.relation
               and pg_get_expr(d.adbin, d.adrelid)
                   ~ 'tenancy\.(account|workspace)_(uuid|bigint|key)\(\)'
        loop
            if had.value is null then
                execute format('alter table only %s alter column %I drop default',
                               managed.relation, had.name);
            else
                execute format('alter table only %s alter column %I set default %s',
                               managed.relation, had.name, had.value);
            end if;
        end loop;
        for had in
            select p.privilege, p.column
              from jsonb_to_recordset(managed.before -> 'privileges')
                   as p (grantee text, privilege text, "column" text)
             where p.grantee = 'public'
               and (p.column is null
                    or exists (select from pg_attribute a
                                where a.attrelid = managed.relation and a.attname = p.column
                                  and not a.attisdropped))
        loop
            execute format('grant %s%s on table %s to public', had.privilege,
                           case when had.column is not null then format(' (%I)', had.column) end,
                           managed.relation);
        end loop;
    end loop;
end
)",
                                             quote_literal(application), where)) +
         ";\n\n";
}

Script emit_remove(const Model &model, const Source &source, Form form,
                   const std::vector<TableName> &tables) {
  Script script;
  script.application = model.application;
  script.origin = file_label(source);
  script.removes = true;
  script.remarks = structure_remarks(model);
  const auto add = [&](std::optional<TableName> table, std::string title, std::string sql) {
    Statement statement;
    statement.table = std::move(table);
    statement.title = std::move(title);
    statement.sql = std::move(sql);
    script.statements.push_back(std::move(statement));
  };
  if (form == Form::script) {
    add({},
        "Policies, triggers, grants; then row level security, defaults and PUBLIC's privileges "
        "as they were before",
        drop_of_tables(model, "", "true"));
  } else {
    for (const TableName &table : tables) {
      const std::string name = quote_literal(qualified(table));
      add(table, fmt::format("{}: as it was before", qualified(table)),
          drop_of_tables(
              model,
              fmt::format("select coalesce(t.relid, r.relation)::oid\n"
                          "                             from to_regclass({0}) r (relation)\n"
                          "                             left join pg_partition_tree(r.relation) t "
                          "on true",
                          name),
              "(m.schema_name, m.table_name) = " + pair_of(table)));
    }
  }
  add({}, "Functions, other grants, and the roles of the API contexts", drop_frame(model));
  return script;
}

}  // namespace tenancy::policy
