// The whole way from a policy file to SQL. Start here:
//
//   source → include → yaml → parse → check → lower → emit
#pragma once

#include <optional>
#include <string>

#include "policy/diagnostic.hpp"
#include "policy/model.hpp"
#include "policy/schema.hpp"
#include "policy/source.hpp"

namespace tenancy::policy {

// schema: the tables that there are, or null where they are not known.

// What the file means, with those that it includes, which are read into source; nothing if
// diagnostics.failed().
std::optional<Model> analyze(Source &source, Diagnostics &diagnostics,
                             const Schema *schema = nullptr);

// The SQL script; nothing if diagnostics.failed().
std::optional<std::string> compile(Source &source, Diagnostics &diagnostics,
                                   const Schema *schema = nullptr);

}  // namespace tenancy::policy
