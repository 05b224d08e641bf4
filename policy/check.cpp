#include "policy/check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "policy/check_active.hpp"

namespace tenancy::policy {

std::optional<Model> check(const Source &source, const ast::File &file, const Schema *schema,
                           Diagnostics &diagnostics) {
  Model model{};
  model.application = file.application.text;
  if (file.columns && file.columns->text == "orm") model.columns = ColumnMode::orm;
  check_roles(source, file, model, diagnostics);
  check_hierarchy(file, schema, model, diagnostics);
  std::optional<Schema> prepared;
  if (schema != nullptr) prepared = *schema;
  Schema *const becomes = prepared ? &*prepared : nullptr;
  check_tables(source, file, becomes, model, diagnostics);
  check_relations(file, model, diagnostics);
  check_objects(source, file, schema, model, diagnostics);
  check_tests(source, file, model, diagnostics);
  if (schema != nullptr && !diagnostics.failed()) check_schema(file, *schema, model, diagnostics);
  check_conditions(file, model, becomes, diagnostics);
  check_power(file, model, diagnostics);
  if (diagnostics.failed()) return std::nullopt;
  check_covered(source, file, model, diagnostics);
  check_active(file, model, schema, diagnostics);
  check_sense(file, model, diagnostics);
  return model;
}

Model check_names(const Source &source, const ast::File &file, const Schema *schema) {
  Diagnostics said_elsewhere;
  Model model{};
  model.application = file.application.text;
  check_hierarchy(file, schema, model, said_elsewhere);
  std::optional<Schema> prepared;
  if (schema != nullptr) prepared = *schema;
  check_tables(source, file, prepared ? &*prepared : nullptr, model, said_elsewhere);
  for (Table &table : model.tables) table.grants.clear();
  return model;
}

TableName resolve_table(const ast::Name &name) {
  const std::size_t dot = name.text.find('.');
  if (dot == std::string::npos) return {"public", name.text};
  return {name.text.substr(0, dot), name.text.substr(dot + 1)};
}

namespace {

using Written = std::map<std::string, Span>;  // role names, and where each is declared

void warn_idle_roles(const Model &model, const Written &declared, Diagnostics &diagnostics) {
  std::set<std::string> named;
  for (const Table &table : model.tables) {
    for (const Grant &grant : table.grants) named.insert(grant.role);
  }
  for (const Role &role : model.roles) {
    const bool useful = std::any_of(role.holds.begin(), role.holds.end(),
                                    [&](const std::string &held) { return named.contains(held); });
    if (!useful) {
      diagnostics.warning("idle-role", fmt::format("role \"{}\" can do nothing", role.name),
                          declared.at(role.name), "name it in a rule, or remove it");
    }
  }
}

// PostgreSQL reads the rows that a WHERE or a RETURNING names by the rules of read.
void warn_blind_write(const Model &model, const Table &table, const ast::Rule &rule,
                      Diagnostics &diagnostics) {
  if (!rule.role || !(rule.insert || rule.update || rule.remove)) return;
  const std::vector<std::string> &held = model.role(rule.role->text).holds;
  for (const ast::Name &context : rule.contexts) {
    const bool sees = std::any_of(table.grants.begin(), table.grants.end(), [&](const Grant &g) {
      return g.verb == Verb::read && name_of(g.context) == context.text &&
             (g.role.empty() || std::find(held.begin(), held.end(), g.role) != held.end());
    });
    if (!sees) {
      diagnostics.warning(
          "blind-write",
          fmt::format("\"{}\" writes \"{}\" in {} but reads none of it", rule.role->text,
                      table.name.name, context.text),
          rule.role->span,
          "WHERE and RETURNING need the right to read: add a rule with read for this role");
    }
  }
}

void warn_global_write(const Model &model, const Table &table, const ast::Rule &rule,
                       Diagnostics &diagnostics) {
  if (!(rule.insert || rule.update || rule.remove)) return;
  if (table.account.empty() && table.name != model.user.table) {
    diagnostics.warning("global-write", "a tenant's user writes rows that every tenant sees",
                        {rule.span.begin, rule.span.begin + 1},
                        "leave writing to the role that runs migrations");
  }
}

// Without new_row, what is written must satisfy rows again.
void warn_frozen_column(const Table &table, const ast::Rule &rule, Diagnostics &diagnostics) {
  if (!rule.update || !rule.rows || rule.new_row || rule.any_new_row) return;
  const auto grant = std::find_if(table.grants.begin(), table.grants.end(), [&](const Grant &each) {
    return each.verb == Verb::update && each.at == rule.span.begin;
  });
  if (grant == table.grants.end() || !grant->columns) return;
  for_each_operand(*rule.rows, [&](const Operand &operand) {
    if (operand.kind != Operand::Kind::column ||
        std::find(grant->columns->begin(), grant->columns->end(), operand.text) ==
            grant->columns->end()) {
      return;
    }
    diagnostics.warning(
        "frozen-column",
        fmt::format("\"{}\" is updated here, and must satisfy this condition afterwards too: no "
                    "row leaves it by this rule",
                    operand.text),
        operand.span,
        "say what a row may become: new_row: \"...\", or new_row: all; or take the column from "
        "the update");
  });
}

// Whoever writes memberships gives only roles that he holds.
void warn_role_nobody_gives(const Model &model, const Table &table, const ast::Table &written,
                            Diagnostics &diagnostics) {
  const bool of_account = table.name == model.account_membership.table;
  const bool of_workspace = table.name == model.workspace_membership.table;
  if (of_account == of_workspace) return;  // neither, or both in one table
  std::vector<const Role *> writers;
  Span at{};
  for (const ast::Rule &rule : written.rules) {
    if (!rule.role || !(rule.insert || rule.update)) continue;
    if (writers.empty()) at = rule.role->span;
    writers.push_back(&model.role(rule.role->text));
  }
  if (writers.empty()) return;
  const auto &values =
      of_account ? model.account_membership.values : model.workspace_membership.values;
  std::set<std::string> said;
  for (const auto &[stored, role] : values) {
    const bool given =
        std::any_of(writers.begin(), writers.end(), [&, &wanted = role](const Role *writer) {
          return (!of_workspace || !table.workspace.empty() || is_account_role(writer->name)) &&
                 std::find(writer->holds.begin(), writer->holds.end(), wanted) !=
                     writer->holds.end();
        });
    if (given || !said.insert(role).second) continue;
    diagnostics.warning(
        "role-nobody-gives",
        fmt::format("nobody can make anybody \"{}\": whoever writes \"{}\" gives only roles that "
                    "he holds",
                    role, table.name.name),
        at, fmt::format("include \"{}\" in a role that writes here, or leave it to sign-up", role));
  }
}

}  // namespace

void check_sense(const ast::File &file, const Model &model, Diagnostics &diagnostics) {
  Written declared;
  for (const ast::Role &role : file.roles) declared.emplace(role.name.text, role.name.span);
  warn_idle_roles(model, declared, diagnostics);
  for (std::size_t i = 0; i < file.tables.size(); ++i) {
    for (const ast::Rule &rule : file.tables[i].rules) {
      warn_blind_write(model, model.tables[i], rule, diagnostics);
      warn_global_write(model, model.tables[i], rule, diagnostics);
      warn_frozen_column(model.tables[i], rule, diagnostics);
    }
    warn_role_nobody_gives(model, model.tables[i], file.tables[i], diagnostics);
  }
}

}  // namespace tenancy::policy
