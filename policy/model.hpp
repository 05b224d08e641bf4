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
  std::string issuer;  // empty: any that the account admits
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
  // Which existing rows, of read, update and delete, and what a written row must be, of insert and
  // update. Nothing: all within the floor.
  std::optional<Condition> rows;
  std::optional<Condition> new_row;
  std::size_t at;
};

struct ParentKey {
  TableName table;
  std::vector<std::pair<std::string, std::string>> columns;  // this table's, the parent's
};

// enforce refuses what no rule gives; report counts it and lets it pass.
enum class Enforcement { enforce, report };

struct Table {
  TableName name;
  Enforcement enforcement = Enforcement::enforce;
  std::string account;  // the tenant columns; empty where the scope has none
  std::string workspace;
  bool is_account = false;    // its rows are the accounts: the key is the tenant column
  bool is_workspace = false;  // the same for workspaces
  std::optional<ParentKey> parent;
  std::vector<std::string> columns;  // every column that the policy names
  std::vector<Grant> grants;
  std::size_t at;
};

// Where exists(name) in a rule of the base table looks: for a row of the relation's table, of the
// same tenant, that agrees with the base's row in the links and meets the condition.
struct Relation {
  struct Link {
    std::string column;  // the relation's
    std::string base;
  };
  std::string name;
  TableName table;
  TableName base;
  std::vector<Link> links;           // at least one
  std::optional<Condition> rows;     // of the relation's columns alone, without their table
  std::vector<ApiContext> contexts;  // in which rules ask for it
  std::size_t at;
};

// A PostgreSQL role whose access is none of the policy's business.
struct Outside {
  std::string role;
  std::string reason;
  std::size_t at;
};

struct View {
  TableName name;
  std::vector<ApiContext> contexts;
  std::optional<std::vector<std::string>> columns;  // nothing: all
  std::size_t at;
};

struct Function {
  TableName name;
  std::vector<std::string> arguments;  // SQL spellings of types: fit for SQL as they are
  std::vector<ApiContext> contexts;
  std::string definer;  // why it may be SECURITY DEFINER; empty: it may not
  std::size_t at;
};

struct Sequence {
  TableName name;
  std::vector<ApiContext> contexts;
  std::size_t at;
};

struct Constant {
  enum class Kind { null, boolean, number, text };
  Kind kind;
  std::string text;
};

// A row that tests begin with.
struct Fixture {
  TableName table;
  std::string label;  // empty: tests cannot name it
  std::vector<std::pair<std::string, Constant>> values;
  std::size_t at;
};

// The rows of a table that a verb succeeds on; on all others it does not.
struct Expectation {
  Verb verb;
  TableName table;
  std::string column;             // empty: of the whole row
  std::vector<std::size_t> rows;  // of Model::fixtures
  std::size_t at;
};

struct Test {
  std::string name;
  std::optional<std::string> user;  // the keys of the identity, as text
  std::optional<std::string> account;
  std::optional<std::string> workspace;
  std::vector<std::string> roles;  // as a directory would give them: not what they include
  ApiContext context;
  std::vector<Expectation> expectations;
  std::size_t at;
};

// Where it is stored who belongs to which tenant.
enum class Directory {
  own,        // in the application's tables
  extension,  // in tenancy.account, workspace, app_user and membership
};

// What a statement may write. strict: the columns that a rule names. orm: also others, with the
// value that they have.
enum class ColumnMode { strict, orm };

struct Model {
  std::string application;
  Directory directory = Directory::own;
  TableName directory_function;  // which the policy makes; login() calls it
  ColumnMode columns = ColumnMode::strict;
  Level account;
  Level workspace;
  User user;
  Membership account_membership;
  Membership workspace_membership;
  std::vector<Role> roles;
  std::vector<Outside> outside;
  std::vector<Table> tables;
  std::vector<Relation> relations;
  std::vector<View> views;
  std::vector<Function> functions;
  std::vector<Sequence> sequences;
  std::vector<Fixture> fixtures;
  std::vector<Test> tests;
  std::size_t rules = 0;       // as written
  std::size_t unverified = 0;  // conditions of plain SQL, as written

  // REQUIRES: there is one of that name.
  const Role &role(std::string_view name) const;
  const Relation &relation(std::string_view name) const;

  // Whether whoever has the role passes where the table's rules ask for `wanted`. Empty: everybody.
  bool passes(const Table &table, const std::string &role, const std::string &wanted) const;
};

}  // namespace tenancy::policy
