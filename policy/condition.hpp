// Row conditions: a closed subset of SQL's boolean expressions, read by PostgreSQL's own grammar.
//
//   condition := comparison | null test | membership | column | not condition
//              | condition and condition ... | condition or condition ... | ( condition )
//   comparison := operand (= | <> | < | <= | > | >=) operand
//   null test  := column is [not] null
//   membership := operand [not] in ( constant, ... )
//   operand    := column | session.user_id | session.account_id | session.workspace_id
//              | session.subject | 'text' | number | true | false
//
// `and` beside `or` needs parentheses. A column by itself is a boolean column.
#pragma once

#include <optional>
#include <string>
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

  bool operator==(const Operand &other) const { return kind == other.kind && text == other.text; }
};

struct Condition {
  enum class Kind { conjunction, disjunction, negation, comparison, null_test, membership, column };
  Kind kind;
  std::string comparator;         // of a comparison
  bool negated = false;           // is not null, not in
  std::vector<Operand> operands;  // the operand, then what it is compared with
  std::vector<Condition> parts;   // of and, or, not
  Span span;

  bool operator==(const Condition &other) const;
};

// The condition that is the whole of the scalar, or nothing, and a diagnostic at the place in it.
std::optional<Condition> parse_condition(const Source &source, const Node &scalar,
                                         Diagnostics &diagnostics);

// Calls visit(operand) for each operand, from left to right.
template <class Visit>
void for_each_operand(const Condition &condition, Visit visit) {
  for (const Operand &operand : condition.operands) visit(operand);
  for (const Condition &part : condition.parts) for_each_operand(part, visit);
}

}  // namespace tenancy::policy
