#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "core/ident.hpp"
#include "policy/emit.hpp"

namespace tenancy::policy {

namespace {

const TablePlan &plan_of(const Plan &plan, const TableName &table) {
  return *std::find_if(plan.tables.begin(), plan.tables.end(),
                       [&](const TablePlan &each) { return each.table->name == table; });
}

// `tickets.id%type`: the function needs no word about types that the table does not have itself.
std::string column_type(const Relation &relation, const Relation::Link &link) {
  return fmt::format("{}.{}%type", qualified(relation.table), quote_identifier(link.column));
}

std::string returns(const Relation &relation) {
  if (relation.links.size() == 1) return "setof " + column_type(relation, relation.links[0]);
  std::vector<std::string> columns;
  for (std::size_t i = 0; i < relation.links.size(); ++i) {
    columns.push_back(fmt::format("link_{} {}", i + 1, column_type(relation, relation.links[i])));
  }
  return fmt::format("table ({})", fmt::join(columns, ", "));
}

std::vector<std::string> link_columns(const Relation &relation) {
  std::vector<std::string> columns;
  for (const Relation::Link &link : relation.links) columns.push_back(link.column);
  return columns;
}

// A function of the same name may be there: of the policy as it was, perhaps with other types, or
// somebody else's, which is not ours to replace.
std::string make_room(const Relation &relation, const Plan &plan) {
  return "do " +
         dollar_quote("relation",
                      fmt::format(R"(
declare
    old record;
begin
    select p.oid::regprocedure as function,
           starts_with(coalesce(obj_description(p.oid, 'pg_proc'), ''), {1}) as ours,
           p.proretset
               and coalesce(p.proallargtypes, array[p.prorettype])
                   = (select array_agg(a.atttypid order by wanted.n)
                        from unnest({2}) with ordinality as wanted (name, n)
                        join pg_attribute a on a.attrelid = {3}::regclass
                                           and a.attname = wanted.name) as fits
      into old
      from pg_proc p
     where p.oid = to_regprocedure({0});
    if not old.ours then
        raise exception 'function % is not of this policy', old.function
            using errcode = 'duplicate_function',
                  hint = 'Give the relation another name, or drop the function.';
    elsif not old.fits then
        execute format('drop function %s', old.function);
    end if;
end
)",
                                  quote_literal(relation_function(relation, *plan.model) + "()"),
                                  quote_literal(relation_comment(*plan.model)),
                                  text_array(link_columns(relation)),
                                  quote_literal(qualified(relation.table)))) +
         ";\n";
}

// Replacing a function keeps its owner, who could change it later, and what others were granted.
std::string rights(const Relation &relation, const Plan &plan) {
  const std::string function = relation_function(relation, *plan.model) + "()";
  std::vector<std::string> roles;
  for (const ApiContext context : api_contexts) {
    if (std::find(relation.contexts.begin(), relation.contexts.end(), context) !=
        relation.contexts.end()) {
      roles.push_back(context_role(*plan.model, context));
    }
  }
  // The policies of a table that only reports are for everybody, and nobody may be refused by them.
  const Table &base = *plan_of(plan, relation.base).table;
  if (base.enforcement == Enforcement::report) roles = {"public"};
  return fmt::format("alter function {0} owner to current_user;\n", function) + "do " +
         dollar_quote("grants", fmt::format(R"(
declare
    held record;
begin
    for held in
        select p.oid::regprocedure as function,
               case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end
                   as grantee
          from pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
         where p.oid = {}::regprocedure and a.grantee <> p.proowner
    loop
        execute format('revoke all on function %s from %s cascade', held.function, held.grantee);
    end loop;
end
)",
                                            quote_literal(function))) +
         fmt::format(";\ngrant execute on function {} to {};\n", function, fmt::join(roles, ", "));
}

std::string emit_relation(const Relation &relation, const Plan &plan, const Source &source) {
  const std::string function = relation_function(relation, *plan.model);
  const std::string where = reference(source, {relation.at});
  return fmt::format(R"(
-- {0}
{1}create or replace function {2}()
returns {3}
language sql stable parallel safe security definer
set search_path = pg_catalog, pg_temp
as {4};
comment on function {2}() is {5};
{6})",
                     where, make_room(relation, plan), function, returns(relation),
                     dollar_quote("relation", relation_body(relation, plan)),
                     quote_literal(relation_comment(*plan.model) + where), rights(relation, plan));
}

}  // namespace

std::string relation_body(const Relation &relation, const Plan &plan) {
  std::vector<std::string> columns;
  std::vector<std::string> filters;
  for (const auto &[column, value] : plan_of(plan, relation.table).floor) {
    filters.push_back(fmt::format("r.{} = {}", quote_identifier(column), value));
  }
  if (relation.rows) {
    const bool compound = relation.rows->kind == Condition::Kind::disjunction;
    const std::string rows = print(*relation.rows, *plan.model, "r");
    filters.push_back(compound ? "(" + rows + ")" : rows);
  }
  for (const Relation::Link &link : relation.links) {
    columns.push_back("r." + quote_identifier(link.column));
    filters.push_back(columns.back() + " is not null");
  }
  return fmt::format("\nselect {}\n  from {} r\n where {}\n", fmt::join(columns, ", "),
                     qualified(relation.table), fmt::join(filters, "\n   and "));
}

std::string relation_comment(const Model &model) {
  return fmt::format("Relation of the policy of {}: ", model.application);
}

std::string emit_relations(const Plan &plan, const Source &source) {
  std::string out;
  for (const Relation &relation : plan.model->relations) {
    if (!relation.contexts.empty()) out += emit_relation(relation, plan, source);
  }
  return out;
}

}  // namespace tenancy::policy
