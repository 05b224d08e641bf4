// What the extension holds statements to: the rows of tenancy.rule and tenancy.managed_table.
#include <algorithm>
#include <set>

#include "policy/live/inspection.hpp"

namespace tenancy::policy {

namespace {

// API context, role, verb, columns.
using Rule = std::vector<std::string>;
using Rules = std::set<Rule>;

std::string listed(std::optional<std::vector<std::string>> columns) {
  if (!columns) return "all";
  std::sort(columns->begin(), columns->end());
  return write_text_array(*columns);
}

Rules compiled(const Table &table) {
  Rules rules;
  for (const Grant &each : table.grants) {
    rules.insert({std::string(name_of(each.context)), each.role, std::string(name_of(each.verb)),
                  listed(each.columns)});
  }
  return rules;
}

}  // namespace

void find_rules(Inspection &inspection) {
  if (!inspection.may("select to_regclass('tenancy.managed_table') is not null")) {
    inspection.not_seen("the rules of columns: the extension is older than 0.3");
    return;
  }
  const Model &model = *inspection.plan.model;
  const std::string mode = model.columns == ColumnMode::orm ? "orm" : "strict";
  for (const LiveTable &live : inspection.tables) {
    const Table &table = *live.plan->table;
    const Parameters name{model.application, table.name.schema, table.name.name};
    const Rows managed = inspection.database.query(
        R"(select enforcement, columns
  from tenancy.managed_table
 where application = $1 and schema_name = $2 and table_name = $3)",
        name);
    const auto report = [&](std::string what) {
      inspection.find("rules-altered", live.object, std::move(what), inspection.apply());
    };
    if (managed.size() == 0) {
      report("tenancy.managed_table does not have it: its columns are held to no rule");
      continue;
    }
    const std::string_view wanted = table.enforcement == Enforcement::report ? "report" : "enforce";
    if (managed.at(0, 0) != wanted || managed.at(0, 1) != mode) {
      report("its enforcement is " + std::string(managed.at(0, 0)) + " and its columns are " +
             std::string(managed.at(0, 1)) + "; the file says " + std::string(wanted) + " and " +
             mode);
      continue;
    }
    const Rows rows = inspection.database.query(
        R"(select r.api_context, coalesce(r.role, ''), r.verb, r.columns is null, coalesce(r.columns, '{}')
  from tenancy.rule r
  join tenancy.managed_table m using (application, schema_name, table_name, hash)
 where application = $1 and schema_name = $2 and table_name = $3)",
        name);
    Rules there;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto text = [&](std::size_t column) { return std::string(rows.at(i, column)); };
      there.insert({text(0), text(1), text(2),
                    text(3) == "t" ? "all" : listed(read_text_array(rows.at(i, 4)))});
    }
    if (there != compiled(table)) report("its rows in tenancy.rule are not the file's rules");
  }
}

}  // namespace tenancy::policy
