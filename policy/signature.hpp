// `search_tickets(text, integer)`: a function's name and the types of its arguments, as SQL has
// them, read by PostgreSQL's own grammar.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policy/ast.hpp"
#include "policy/diagnostic.hpp"
#include "policy/table_name.hpp"

namespace tenancy::policy {

struct Signature {
  TableName name;                      // without a schema: in schema public
  std::vector<std::string> arguments;  // as format_type() spells them: `timestamp with time zone`
  auto operator<=>(const Signature &) const = default;
};

// Nothing, and a diagnostic, if the text is no signature.
std::optional<Signature> parse_signature(const ast::Name &text, Diagnostics &diagnostics);

}  // namespace tenancy::policy
