// The whole way from a policy file to SQL. Start here:
//
//   source → include → yaml → parse → check → lower → emit
#pragma once

#include <optional>
#include <vector>

#include "policy/diagnostic.hpp"
#include "policy/model.hpp"
#include "policy/schema.hpp"
#include "policy/script.hpp"
#include "policy/source.hpp"

namespace tenancy::policy {

// schema: the tables that there are, or null where they are not known.

// What the file means, with those that it includes, which are read into source; nothing if
// diagnostics.failed().
std::optional<Model> analyze(Source &source, Diagnostics &diagnostics,
                             const Schema *schema = nullptr);

// What is to be run; nothing if diagnostics.failed().
std::optional<Script> compile(Source &source, Diagnostics &diagnostics,
                              const Schema *schema = nullptr, Form form = Form::script);
// The same for its removal, which asks for names alone: what is wrong with rules, or no longer fits
// the tables, does not hinder it and is not said. Nothing if the files cannot be read. tables:
// those that it manages, for Form::steps.
std::optional<Script> compile_removal(Source &source, Diagnostics &diagnostics,
                                      const Schema *schema = nullptr, Form form = Form::script,
                                      const std::vector<TableName> &tables = {});

}  // namespace tenancy::policy
