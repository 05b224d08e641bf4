// What the policy means: every name resolved, every default written out, every rule split into
// grants of one role, one API context and one verb. `at` is where a thing is written: an offset in
// the source. INVARIANT: a model exists only for a file
// without errors; what consumes it needs no check of its own.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "policy/condition.hpp"
#include "policy/table_name.hpp"

namespace tenancy::policy {

enum class KeyType { uuid, bigint, text };

// An account or a workspace: the table whose rows are the tenants.
struct Level {
  TableName table;
  std::string key;
  KeyType type;
  std::string column;   // what other tables call the key
  std::string claim;    // the column that a token or login() names
  std::string account;  // of a workspace: the column that holds its account's key
  std::optional<Condition> active;
  std::size_t at;
};

struct User {
  TableName table;
  std::string key;
  KeyType type;
  std::string subject;
  std::string issuer;
  std::optional<Condition> active;
  std::size_t at;
};

struct Membership {
  TableName table;
  std::string user;
  std::string of;
  std::string role;
  std::vector<std::pair<std::string, std::string>> values;  // stored value, role with its level
  std::optional<Condition> active;
  std::size_t at;
};

struct Role {
  std::string name;                // account.admin
  std::vector<std::string> holds;  // itself and all that it includes, in the order of the file
  std::size_t at;
};

enum class ApiContext { app, dashboard };
enum class Verb { read, insert, update, remove };

inline constexpr ApiContext api_contexts[] = {ApiContext::app, ApiContext::dashboard};
inline constexpr Verb verbs[] = {Verb::read, Verb::insert, Verb::update, Verb::remove};

std::string_view name_of(ApiContext context);  // app, dashboard
std::string_view name_of(Verb verb);           // read, insert, update, delete
bool is_account_role(std::string_view role);

struct Grant {
  ApiContext context;
  Verb verb;
  std::string role;                                 // empty: every identity
  std::optional<std::vector<std::string>> columns;  // nothing: all, or the verb has none
  std::optional<Condition> rows;                    // nothing: all within the floor
  std::size_t at;
};

struct ParentKey {
  TableName table;
  std::vector<std::pair<std::string, std::string>> columns;  // this table's, the parent's
};

struct Table {
  TableName name;
  std::string account;  // the tenant columns; empty where the scope has none
  std::string workspace;
  bool is_account = false;    // its rows are the accounts: the key is the tenant column
  bool is_workspace = false;  // the same for workspaces
  std::optional<ParentKey> parent;
  std::vector<std::string> columns;  // every column that the policy names
  std::vector<Grant> grants;
  std::size_t at;
};

struct Model {
  std::string application;
  Level account;
  Level workspace;
  User user;
  Membership account_membership;
  Membership workspace_membership;
  std::vector<Role> roles;
  std::vector<Table> tables;
  std::size_t rules = 0;  // as written

  const Role &role(std::string_view name) const;
};

}  // namespace tenancy::policy
