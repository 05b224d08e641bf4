#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/ident.hpp"
#include "policy/emit.hpp"

namespace tenancy::policy {

namespace {

// `array['public.a', 'public.b']::text[]`.
std::string names_of(const Tables &tables) {
  std::vector<std::string> names;
  for (const TablePlan *table : tables) names.push_back(qualified(table->table->name));
  return text_array(names) + "::text[]";
}

// The tables and all their partitions, as a query for OIDs.
std::string tree_of(const Tables &tables) {
  return fmt::format(R"(select coalesce(t.relid, to_regclass(n.name))::oid
                                from unnest({}) n (name)
                                left join pg_partition_tree(to_regclass(n.name)) t on true)",
                     names_of(tables));
}

std::string pair_list(const Tables &tables) {
  std::vector<std::string> pairs;
  for (const TablePlan *table : tables) {
    pairs.push_back(fmt::format("({}, {})", quote_literal(table->table->name.schema),
                                quote_literal(table->table->name.name)));
  }
  return fmt::format("{}", fmt::join(pairs, ", "));
}

// What was only observed is left as it was before; what was enforced stays closed.
std::string forget_others(const Plan &plan, const Tables &tables) {
  const std::string application = quote_literal(plan.model->application);
  const std::string left =
      tables.empty() ? "true"
                     : fmt::format("(m.schema_name, m.table_name) not in ({})", pair_list(tables));
  const std::string observed = left + " and m.enforcement = 'report'";
  return "\n" + emit_restore(plan.model->application, observed) +
         fmt::format(R"(delete from tenancy.managed_table m where m.application = {0} and {1};
update tenancy.managed_table m
   set hash = 'left', state = null
 where m.application = {0} and m.hash <> 'left' and {2};
delete from tenancy.rule m where m.application = {0} and {2};
)",
                     application, observed, left);
}

}  // namespace

std::string emit_take_back(const Plan &plan, const Tables &tables, Among among) {
  const Model &model = *plan.model;
  const bool others = among == Among::others;
  const std::string_view in = others ? "not in" : "in";
  const std::string tree = tree_of(tables);
  std::string body = fmt::format(R"(
declare
    held record;
begin
    for held in
        select p.polname as policy, p.polrelid::regclass as relation
          from pg_policy p
         where p.polname ~ {0}
           and p.polrelid {1} ({2})
    loop
        execute format('drop policy %I on %s', held.policy, held.relation);
    end loop;

    for held in
        select t.tgname as trigger, t.tgrelid::regclass as relation
          from pg_trigger t
         where t.tgname = {3} and t.tgparentid = 0
           and t.tgfoid = 'tenancy.check_columns()'::regprocedure
           and t.tgrelid {1} ({2})
    loop
        execute format('drop trigger %I on %s', held.trigger, held.relation);
    end loop;
)",
                                 quote_literal(policy_pattern(model)), in, tree,
                                 quote_literal(column_trigger_name(model)));
  if (others) {
    body += fmt::format(R"(
    for held in
        select distinct c.oid::regclass as relation
          from pg_roles r
          join pg_shdepend d on d.refclassid = 'pg_authid'::regclass and d.refobjid = r.oid
          join pg_class c on c.oid = d.objid and c.relkind in ('r', 'p')
         where r.rolname = any ({})
           and d.dbid = (select oid from pg_database where datname = current_database())
           and d.classid = 'pg_class'::regclass
           and d.deptype = 'a'
           and c.oid not in ({})
    loop
        execute format('revoke all on table %s from {}', held.relation);
    end loop;
)",
                        context_role_array(model), tree, context_roles(model));
  }
  return "do " + dollar_quote("take_back", body + "end\n") + ";\n" +
         (others ? forget_others(plan, tables) : "\n");
}

std::string emit_drop_relations(const Plan &plan) {
  std::vector<std::string> kept;
  for (const Relation &relation : plan.model->relations) {
    if (!relation.contexts.empty()) kept.push_back(relation_function(relation, *plan.model) + "()");
  }
  return "do " +
         dollar_quote("relations",
                      fmt::format(R"(
declare
    held record;
begin
    for held in
        select p.oid::regprocedure as function
          from pg_proc p
         where starts_with(obj_description(p.oid, 'pg_proc'), {})
           and not exists (select from unnest({}::text[]) as kept (function)
                            where to_regprocedure(kept.function) = p.oid)
    loop
        execute format('drop function %s', held.function);
    end loop;
end
)",
                                  quote_literal(relation_comment(*plan.model)), text_array(kept))) +
         ";\n";
}

std::string query_unfit_relations(const Plan &plan) {
  std::vector<std::vector<std::string>> rows;
  for (const Relation &relation : plan.model->relations) {
    if (relation.contexts.empty()) continue;
    std::vector<std::string> columns;
    for (const Relation::Link &link : relation.links) columns.push_back(link.column);
    rows.push_back({quote_literal(relation_function(relation, *plan.model) + "()"),
                    quote_literal(qualified(relation.table)), text_array(columns)});
  }
  if (rows.empty()) rows.push_back({"null", "null", "array[]::text[]"});
  return fmt::format(R"(select p.oid, wanted.function is not null as named
  from pg_proc p
  left join (values
{0}
       ) as wanted (function, relation, columns) on to_regprocedure(wanted.function) = p.oid
 where starts_with(obj_description(p.oid, 'pg_proc'), {1})
   and (wanted.function is null
        or not p.proretset
        or coalesce(p.proallargtypes, array[p.prorettype])
           is distinct from (select array_agg(a.atttypid order by c.n)
                               from unnest(wanted.columns) with ordinality c (name, n)
                               join pg_attribute a on a.attrelid = to_regclass(wanted.relation)
                                                  and a.attname = c.name))
)",
                     values_rows(rows, 9), quote_literal(relation_comment(*plan.model)));
}

std::string emit_set_aside(const Plan &plan) {
  return "do " +
         dollar_quote("set_aside",
                      fmt::format(R"(
declare
    old record;
begin
    for old in
        select u.oid::regprocedure as function, u.oid
          from (
{0}               ) u
         where u.named
    loop
        execute format('alter function %s rename to %I', old.function, {1} || old.oid);
    end loop;
end
)",
                                  query_unfit_relations(plan),
                                  quote_literal(plan.model->application + "_replaced_"))) +
         ";\n";
}

std::string emit_partitions(const Plan &plan, const Tables &tables) {
  const Model &model = *plan.model;
  std::vector<std::vector<std::string>> rows;
  for (const TablePlan *table : tables) {
    std::vector<std::string> pins;
    for (const auto &[column, value] : table->floor) {
      pins.push_back(fmt::format("{} = {}", quote_identifier(column), value));
    }
    rows.push_back(
        {quote_literal(qualified(table->table->name)),
         pins.empty() ? "null" : quote_literal(fmt::format("{}", fmt::join(pins, " and ")))});
  }
  if (rows.empty()) rows.push_back({"null", "null"});
  return "do " +
         dollar_quote("partitions", fmt::format(R"(
declare
    part record;
    role text;
begin
    for part in
        select t.relid::regclass as relation, rooted.floor
          from (values
{0}
          ) as rooted (name, floor)
         cross join pg_partition_tree(to_regclass(rooted.name)) t
          join pg_class c on c.oid = t.relid and c.relkind in ('r', 'p')
         where t.level > 0
    loop
        execute format('alter table %s enable row level security, force row level security',
                       part.relation);
        execute format('revoke all on table %s from public, {1}', part.relation);
        continue when part.floor is null;
        foreach role in array {2} loop
            execute format('drop policy if exists %I on %s', role || '_floor', part.relation);
            execute format('create policy %I on %s as restrictive for all to %I'
                           ' using (%s) with check (%4$s)',
                           role || '_floor', part.relation, role, part.floor);
        end loop;
    end loop;
end
)",
                                                values_rows(rows, 12), context_roles(model),
                                                context_role_array(model))) +
         ";\n";
}

std::string emit_sequences(const Plan &plan) {
  std::vector<std::vector<std::string>> rows;
  for (const TablePlan &table : plan.tables) {
    if (table.table->enforcement == Enforcement::report) continue;
    for (const ColumnGrant &grant : table.grants) {
      if (grant.verb != Verb::insert) continue;
      rows.push_back({quote_literal(qualified(table.table->name)),
                      quote_literal(context_role(*plan.model, grant.context))});
    }
  }
  if (rows.empty()) rows.push_back({"null", "null"});
  return "do " +
         dollar_quote("sequences", fmt::format(R"(
declare
    held record;
    drawn record;
begin
    for held in
        select distinct c.oid::regclass as relation,
               case c.relkind when 'S' then 'sequence' else 'table' end as kind
          from pg_roles r
          join pg_shdepend d on d.refclassid = 'pg_authid'::regclass and d.refobjid = r.oid
          join pg_class c on c.oid = d.objid and c.relkind not in ('r', 'p')
         where r.rolname = any ({0})
           and d.dbid = (select oid from pg_database where datname = current_database())
           and d.classid = 'pg_class'::regclass
           and d.deptype = 'a'
    loop
        execute format('revoke all on %s %s from {1}', held.kind, held.relation);
    end loop;

    for drawn in
        select d.objid::regclass as sequence, inserted.role
          from (values
{2}
          ) as inserted (relation, role)
          join pg_depend d on d.refclassid = 'pg_class'::regclass
                          and d.refobjid = to_regclass(inserted.relation)
                          and d.classid = 'pg_class'::regclass
                          and d.deptype = 'a'
          join pg_class c on c.oid = d.objid and c.relkind = 'S'
    loop
        execute format('grant usage on sequence %s to %I', drawn.sequence, drawn.role);
    end loop;
end
)",
                                               context_role_array(*plan.model),
                                               context_roles(*plan.model), values_rows(rows, 12))) +
         ";\n";
}

}  // namespace tenancy::policy
