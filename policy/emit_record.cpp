#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>

#include "core/ident.hpp"
#include "policy/emit.hpp"
#include "policy/parse.hpp"

namespace tenancy::policy {

namespace {

std::string application_of(const Plan &plan) {
  return quote_literal(plan.model->application);
}

// ` and (schema_name, table_name) = ...`, or nothing where all tables are meant.
std::string only(const Plan &plan, const Tables &tables, std::string_view alias) {
  if (tables.size() == plan.tables.size()) return {};
  std::vector<std::string> pairs;
  for (const TablePlan *table : tables) {
    pairs.push_back(fmt::format("({}, {})", quote_literal(table->table->name.schema),
                                quote_literal(table->table->name.name)));
  }
  return fmt::format("\n   and ({0}.schema_name, {0}.table_name) in ({1})", alias,
                     fmt::join(pairs, ", "));
}

}  // namespace

std::string emit_application(const Plan &plan) {
  const Model &model = *plan.model;
  return fmt::format(
      R"(insert into tenancy.application as a (name, directory_schema, directory_name)
values ({}, {}, {})
on conflict (name) do update
    set directory_schema = excluded.directory_schema,
        directory_name = excluded.directory_name
  where (a.directory_schema, a.directory_name)
        is distinct from (excluded.directory_schema, excluded.directory_name);
)",
      application_of(plan), quote_literal(model.directory_function.schema),
      quote_literal(model.directory_function.name));
}

std::string emit_managed(const Plan &plan, const Tables &tables,
                         const std::vector<std::string> &hashes) {
  std::vector<std::vector<std::string>> rows;
  const std::string_view columns = plan.model->columns == ColumnMode::orm ? "'orm'" : "'strict'";
  for (std::size_t i = 0; i < tables.size(); ++i) {
    const Table &table = *tables[i]->table;
    rows.push_back({quote_literal(table.name.schema), quote_literal(table.name.name),
                    table.enforcement == Enforcement::report ? "'report'" : "'enforce'",
                    std::string(columns), quote_literal(hashes.at(i))});
  }
  if (rows.empty()) return {};
  return fmt::format(R"(insert into tenancy.managed_table as m
    (application, schema_name, table_name, enforcement, columns, hash, before)
select {}, t.schema_name, t.table_name, t.enforcement, t.columns, t.hash,
       tenancy.table_state(format('%I.%I', t.schema_name, t.table_name)::regclass)
  from (values
{}
  ) as t (schema_name, table_name, enforcement, columns, hash)
on conflict (application, schema_name, table_name) do update
    set enforcement = excluded.enforcement,
        columns = excluded.columns,
        hash = excluded.hash,
        before = m.before || jsonb_build_object('partitions', (excluded.before -> 'partitions')
                                                              || (m.before -> 'partitions'));

)",
                     application_of(plan), values_rows(rows, 4));
}

std::string emit_rules(const Plan &plan, const Tables &tables) {
  std::vector<std::vector<std::string>> rows;
  for (const TablePlan *table : tables) {
    std::set<std::string> seen;
    for (const Grant &grant : table->table->grants) {
      std::vector<std::string> row{quote_literal(table->table->name.schema),
                                   quote_literal(table->table->name.name),
                                   quote_literal(name_of(grant.context)),
                                   grant.role.empty() ? "null" : quote_literal(grant.role),
                                   quote_literal(name_of(grant.verb)),
                                   grant.columns ? text_array(*grant.columns) : "null::text[]"};
      if (seen.insert(fmt::format("{}", fmt::join(row, " "))).second)
        rows.push_back(std::move(row));
    }
  }
  std::string out = fmt::format("\ndelete from tenancy.rule r\n where r.application = {}{};\n",
                                application_of(plan), only(plan, tables, "r"));
  if (rows.empty()) return out;
  return out + fmt::format(R"(insert into tenancy.rule
    (application, schema_name, table_name, api_context, role, verb, columns, hash)
select m.application, m.schema_name, m.table_name, r.api_context, r.role, r.verb, r.columns, m.hash
  from (values
{}
  ) as r (schema_name, table_name, api_context, role, verb, columns)
  join tenancy.managed_table m on m.application = {}
                              and m.schema_name = r.schema_name and m.table_name = r.table_name;
)",
                           values_rows(rows, 4), application_of(plan));
}

std::string emit_state(const Plan &plan, const Tables &tables) {
  return fmt::format(R"(
update tenancy.managed_table m
   set state = tenancy.table_state(to_regclass(format('%I.%I', m.schema_name, m.table_name)))
 where m.application = {} and m.hash <> 'left'{};
)",
                     application_of(plan), only(plan, tables, "m"));
}

std::string emit_record(const Plan &plan, const Source &source, std::string_view frame_hash) {
  return fmt::format(
      R"(insert into tenancy.policy (application, hash, language_version, compiler_version, source)
select applied.*
  from (values (
    {0},
    {1},
    {2},
    {3},
    {4}
  )) as applied (application, hash, language_version, compiler_version, source)
 where not exists (
           select from (select p.hash, p.compiler_version
                          from tenancy.policy p
                         where p.application = {0}
                         order by p.id desc
                         limit 1) as newest
            where newest.hash = applied.hash
              and newest.compiler_version = applied.compiler_version);

update tenancy.policy p
   set state = jsonb_build_object('compiled', {5}, 'left', tenancy.application_state({0}))
 where p.id = (select max(n.id) from tenancy.policy n where n.application = {0});
)",
      application_of(plan), quote_literal(hash_of(source.record())), language_version,
      quote_literal(TENANCY_VERSION), dollar_quote("policy", source.record()),
      quote_literal(frame_hash));
}

}  // namespace tenancy::policy
