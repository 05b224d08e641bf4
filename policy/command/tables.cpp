#include "policy/command/tables.hpp"

#include <filesystem>
#include <stdexcept>

#include "policy/live/read_schema.hpp"
#include "policy/schema_file.hpp"

namespace tenancy::policy {

namespace {

Schema read_schema_file(const std::string &path) {
  const Source source = Source::read(path, max_schema_size);
  Diagnostics diagnostics;
  std::optional<Schema> schema = parse_schema(source, diagnostics);
  if (!schema) {
    throw std::runtime_error("\"" + path + "\" is not a schema file, or is damaged:\n\n" +
                             diagnostics.render(source) +
                             "\nmake it again with \"tenancy schema dump\"");
  }
  return std::move(*schema);
}

}  // namespace

std::shared_ptr<TablesOption> add_tables_option(CLI::App &command) {
  const auto option = std::make_shared<TablesOption>();
  CLI::Option *file =
      command
          .add_option(
              "--schema", option->file,
              "what the tables are: a file of \"tenancy schema dump\"; without, NAME.schema."
              "yaml beside the policy NAME.yaml if it is there")
          ->type_name("FILE");
  command
      .add_option("--db", option->conninfo,
                  "what the tables are: a live database, by name, URI or \"host=... dbname=...\"; "
                  "what it leaves out, all if it is '', comes from PGHOST, PGDATABASE, ...")
      ->type_name("CONNINFO")
      ->excludes(file);
  return option;
}

std::optional<Schema> read_tables(const TablesOption &option, const std::string &policy_path) {
  if (option.conninfo) {
    Database database(*option.conninfo);
    return read_schema(database);
  }
  if (!option.file.empty()) return read_schema_file(option.file);
  const std::filesystem::path beside =
      std::filesystem::path(policy_path).replace_extension(".schema.yaml");
  std::error_code ignored;
  if (std::filesystem::exists(beside, ignored)) return read_schema_file(beside.string());
  return std::nullopt;
}

}  // namespace tenancy::policy
