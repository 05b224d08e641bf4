// Row conditions: a closed subset of SQL's boolean expressions, read by PostgreSQL's own grammar.
//
//   condition := comparison | null test | membership | column | exists ( relation )
//              | not condition | condition and condition ... | condition or condition ...
//              | ( condition )
//   comparison := operand (= | <> | < | <= | > | >=) operand
//   null test  := column is [not] null
//   membership := operand [not] in ( constant, ... )
//   operand    := column | session.user_id | session.account_id | session.workspace_id
//              | session.subject | 'text' | number | true | false
//
// `and` beside `or` needs parentheses. A column by itself is a boolean column. The condition of a
// relation is over two tables: there each column is `table.column`, and nothing is asked of another
// relation.
//
// Where this is too little there is `{ sql: "...", reviewer: "..." }`: see parse_sql.cpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/diagnostic.hpp"
#include "policy/source.hpp"
#include "policy/yaml.hpp"

namespace tenancy::policy {

struct Operand {
  enum class Kind { column, session, text, number, boolean };
  Kind kind;
  std::string text;  // the column's name, user_id, the constant
  Span span;
  std::string table = {};  // of a column of a relation's condition, as written

  bool operator==(const Operand &other) const {
    return kind == other.kind && text == other.text && table == other.table;
  }
};

inline bool is_constant(const Operand &operand) {
  return operand.kind != Operand::Kind::column && operand.kind != Operand::Kind::session;
}

struct Condition {
  enum class Kind {
    conjunction,
    disjunction,
    negation,
    comparison,
    null_test,
    membership,
    column,
    exists,
    unverified
  };
  Kind kind;
  std::string comparator;         // of a comparison
  bool negated = false;           // is not null, not in
  std::vector<Operand> operands;  // the operand, then what it is compared with
  std::vector<Condition> parts;   // of and, or, not
  Span span;
  std::string text = {};      // the relation's name; of an unverified one, its SQL
  std::string reviewer = {};  // of an unverified one

  bool operator==(const Condition &other) const;
};

enum class ColumnsOf { the_row, two_tables };

// The condition that is the whole of the scalar, or nothing, and a diagnostic at the place in it.
std::optional<Condition> parse_condition(const Source &source, const Node &scalar,
                                         Diagnostics &diagnostics,
                                         ColumnsOf columns = ColumnsOf::the_row);

// The same of a node that is a condition, or { sql, reviewer }. what: `rows`, for messages.
std::optional<Condition> read_condition(const Source &source, const Node &node,
                                        std::string_view what, Diagnostics &diagnostics);

// One expression of plain SQL that spans the scalar, unverified.
std::optional<Condition> parse_sql(const Source &source, const Node &scalar,
                                   std::string_view reviewer, Diagnostics &diagnostics);

// Calls visit(part) for the condition and for all that it is made of, from left to right.
template <class Visit>
void for_each_part(const Condition &condition, Visit visit) {
  visit(condition);
  for (const Condition &part : condition.parts) for_each_part(part, visit);
}

// Calls visit(operand) for each operand, from left to right.
template <class Visit>
void for_each_operand(const Condition &condition, Visit visit) {
  for (const Operand &operand : condition.operands) visit(operand);
  for (const Condition &part : condition.parts) for_each_operand(part, visit);
}

// From the first of its operands and names to the last; REQUIRES: they are in one scalar.
Span extent(const Condition &condition);

}  // namespace tenancy::policy
