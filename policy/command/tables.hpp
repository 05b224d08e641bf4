// Where a command learns what the tables are: options --schema and --db.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>

#include "policy/schema.hpp"

namespace tenancy::policy {

struct TablesOption {
  std::string file;
  std::optional<std::string> conninfo;  // '' is one, too: all from the environment
};

// Adds --schema FILE and --db CONNINFO, of which one may be given.
std::shared_ptr<TablesOption> add_tables_option(CLI::App &command);

// The live tables, those of the file, or those of the file beside the policy: tenancy.schema.yaml
// for tenancy.yaml. Nothing if there is none; then what needs types cannot be checked. Throws
// std::runtime_error or DatabaseError if what is named cannot be read.
std::optional<Schema> read_tables(const TablesOption &option, const std::string &policy_path);

}  // namespace tenancy::policy
