// What the author wrote: the file's structure with positions, no name resolved yet.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "policy/condition.hpp"
#include "policy/source.hpp"

namespace tenancy::policy::ast {

struct Name {
  std::string text;
  Span span;
};

// hierarchy.account, hierarchy.workspace, hierarchy.user; each level has some of the members.
struct Level {
  Span span;
  Name table;
  Name key;
  std::optional<Name> type;
  std::optional<Name> column;
  std::optional<Name> account;
  std::optional<Name> claim;
  std::optional<Name> subject;
  std::optional<Name> issuer;
  std::optional<Condition> active;
};

struct Membership {
  Span span;
  Name table;
  Name user;
  Name of;
  Name role;
  std::optional<std::vector<std::pair<Name, Name>>> values;  // stored value, role name
  std::optional<Condition> active;
};

struct Role {
  Name name;
  std::vector<Name> includes;
};

// `all`, a list of columns, or a list of which `all` is one.
struct Columns {
  Span span;
  bool all = false;
  std::vector<Name> names;
};

struct Rule {
  Span span;
  std::optional<Name> role;
  std::vector<Name> contexts;
  std::optional<Columns> read;
  std::optional<Columns> insert;
  std::optional<Columns> update;
  std::optional<Name> remove;  // `delete: rows`
  std::optional<Condition> rows;
  std::optional<Condition> new_row;
  bool any_new_row = false;  // `new_row: all`
};

struct Relation {
  Name name;
  Name table;
  std::optional<Name> alias;  // `as:`
  Condition match;
};

// A PostgreSQL role that the policy leaves alone.
struct Outside {
  Name role;
  Name access;
  Name reason;
};

struct View {
  Name name;
  std::vector<Name> contexts;
  Columns read;
};

struct Function {
  Name signature;  // `search(text, integer)`
  std::vector<Name> contexts;
  std::optional<Name> definer;  // why a SECURITY DEFINER function is safe
};

struct Sequence {
  Name name;
  std::vector<Name> contexts;
};

struct Table {
  Name name;
  std::optional<Name> scope;  // account, workspace or global; or else:
  std::optional<Name> parent;
  std::vector<Name> on;
  std::vector<Name> key;
  std::optional<Name> account;
  std::optional<Name> workspace;
  std::optional<std::vector<Name>> columns;
  std::vector<Name> hidden;
  std::vector<Name> immutable;
  std::optional<Name> enforce;
  std::vector<Rule> rules;
};

struct Value {
  enum class Kind { null, boolean, number, text };
  Kind kind;
  Name text;
};

// A row for tests to begin with.
struct Fixture {
  Span span;
  Name table;
  std::optional<Name> label;
  std::vector<std::pair<Name, Value>> values;
};

struct Expectation {
  Name verb;
  Name target;  // `table` or `table.column`
  std::vector<Name> rows;
};

struct Test {
  Span span;
  Name name;
  std::optional<Value> user;
  std::optional<Value> account;
  std::optional<Value> workspace;
  std::vector<Name> roles;
  Name context;
  std::vector<Expectation> expectations;
};

struct File {
  Name application;
  std::optional<Name> directory;
  std::optional<Name> columns;
  std::optional<Name> account_column;  // with the extension's directory: instead of what follows
  std::optional<Name> workspace_column;
  std::optional<Level> account;
  std::optional<Level> workspace;
  std::optional<Level> user;
  std::optional<Membership> account_membership;
  std::optional<Membership> workspace_membership;
  std::vector<Role> roles;
  std::vector<Relation> relations;
  std::vector<Outside> outside;
  std::vector<Table> tables;
  std::vector<View> views;
  std::vector<Function> functions;
  std::vector<Sequence> sequences;
  std::vector<Fixture> fixtures;
  std::vector<Test> tests;
};

}  // namespace tenancy::policy::ast
