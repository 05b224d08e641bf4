// What PostgreSQL is to hold, in its own terms: grants, floors, policies. Still data, not text.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "policy/model.hpp"

namespace tenancy::policy {

// One alternative of a policy's predicates: has_role(role) and the condition.
struct Branch {
  std::string role;                  // empty: every identity
  std::optional<Condition> rows;     // for USING
  std::optional<Condition> new_row;  // for WITH CHECK
  std::size_t at;
};

// The one permissive policy for a command and an API context.
struct RowPolicy {
  ApiContext context;
  Verb verb;
  std::vector<Branch> branches;
};

struct ColumnGrant {
  ApiContext context;
  Verb verb;
  std::optional<std::vector<std::string>> columns;  // nothing: the whole table
  std::vector<std::size_t> at;
};

// A column and the accessor whose value it must have or gets.
using Pinned = std::pair<std::string, std::string>;

// In a table where memberships are stored: which roles a row gives by the value of a column, and of
// which one its writer must hold at least one, or the row is not his to write.
struct RoleGuard {
  struct Value {
    std::string stored;
    // One of each set must be held; an empty set is held by nobody.
    std::vector<std::vector<std::string>> held;
  };
  std::string column;
  bool null_gives_nothing = false;  // the row may give a role by another column
  std::vector<Value> values;        // others are nobody's to write
};

struct TablePlan {
  const Table *table;            // of the model
  std::vector<Pinned> floor;     // empty for a global table
  std::vector<Pinned> defaults;  // tenant columns that the session fills in
  std::vector<ColumnGrant> grants;
  std::vector<RowPolicy> policies;
  std::vector<RoleGuard> guards;  // of every write, on the row as it was and as it becomes
  bool checks_columns = false;    // what is written is judged by tenancy.check_columns()
};

struct Plan {
  const Model *model;
  std::vector<std::string> schemas;  // of the tables, in order of appearance
  std::vector<TablePlan> tables;
};

// `tenancy.account_uuid()` and its kin. level: account, workspace or user.
std::string accessor(std::string_view level, KeyType type);

// `public.helpdesk_shared_with_me`: the function that answers exists(relation).
std::string relation_function(const Relation &relation, const Model &model);

// The SQL of a condition, from the model alone. alias: of the table, or empty; then a column stands
// by itself.
std::string print(const Condition &condition, const Model &model, std::string_view alias = {});

}  // namespace tenancy::policy
