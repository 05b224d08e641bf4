#include "policy/check_active.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "policy/check.hpp"

namespace tenancy::policy {

namespace {

// Whole names: as the last word of a longer one they may be of anything, an address for one.
constexpr std::array<std::string_view, 2> state_names{"state", "status"};
constexpr std::array<std::string_view, 19> state_words{
    "active",     "enabled",      "disabled",       "deleted",     "archived",
    "suspended",  "banned",       "blocked",        "locked",      "closed",
    "deleted_at", "archived_at",  "disabled_at",    "removed_at",  "revoked_at",
    "closed_at",  "suspended_at", "deactivated_at", "discarded_at"};

// What the condition could be, for the help.
std::string example(const SchemaColumn &column, const Schema &schema) {
  if (column.name.ends_with("_at")) return fmt::format("{} is null", column.name);
  const SchemaType *type = schema.find_type(column.type);
  if (type != nullptr && type->type_class == TypeClass::boolean) {
    const bool good = column.name.ends_with("active") || column.name.ends_with("enabled");
    return good ? column.name : "not " + column.name;
  }
  return fmt::format("{} = 'active'", column.name);
}

void check_table(const Schema &schema, const TableName &name, const ast::Name &written,
                 std::string_view where, Diagnostics &diagnostics) {
  const SchemaTable *table = schema.find_table(name);
  if (table == nullptr) return;
  const auto column =
      std::find_if(table->columns.begin(), table->columns.end(),
                   [](const SchemaColumn &each) { return is_state_column(each.name); });
  if (column == table->columns.end()) return;
  diagnostics.warning(
      "no-active",
      fmt::format("\"{}\" has a column \"{}\", and {} no \"active:\"", name.name, column->name,
                  where),
      written.span,
      fmt::format("whoever it says is gone still logs in: write active: \"{}\", or what else its "
                  "values mean",
                  example(*column, schema)));
}

}  // namespace

bool is_state_column(std::string_view name) {
  return std::find(state_names.begin(), state_names.end(), name) != state_names.end() ||
         std::any_of(state_words.begin(), state_words.end(), [&](std::string_view word) {
           if (!name.ends_with(word)) return false;
           return name.size() == word.size() || name[name.size() - word.size() - 1] == '_';
         });
}

void check_active(const ast::File &file, const Model &model, const Schema *schema,
                  Diagnostics &diagnostics) {
  if (schema == nullptr) return;
  const auto level = [&](const auto &written, const TableName &name, std::string_view where) {
    if (written && !written->active) check_table(*schema, name, written->table, where, diagnostics);
  };
  level(file.account, model.account.table, "hierarchy.account");
  level(file.workspace, model.workspace.table, "hierarchy.workspace");
  level(file.user, model.user.table, "hierarchy.user");
  level(file.account_membership, model.account_membership.table, "membership.account");
  level(file.workspace_membership, model.workspace_membership.table, "membership.workspace");
}

}  // namespace tenancy::policy
