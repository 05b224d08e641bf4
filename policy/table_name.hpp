// What a relation, a function or a type is called: its schema and its own name, as the catalog has
// them, without quotes.
#pragma once

#include <compare>
#include <string>

namespace tenancy::policy {

struct TableName {
  std::string schema;
  std::string name;
  auto operator<=>(const TableName &) const = default;
};

}  // namespace tenancy::policy
