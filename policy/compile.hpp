// The whole way from a policy file to SQL. Start here:
//
//   source → include → yaml → parse → check → lower → emit
#pragma once

#include <optional>
#include <string>

#include "policy/diagnostic.hpp"
#include "policy/model.hpp"
#include "policy/source.hpp"

namespace tenancy::policy {

// What the file means, with those that it includes, which are read into source; nothing if
// diagnostics.failed().
std::optional<Model> analyze(Source &source, Diagnostics &diagnostics);

// The SQL script; nothing if diagnostics.failed().
std::optional<std::string> compile(Source &source, Diagnostics &diagnostics);

}  // namespace tenancy::policy
