#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>

#include "policy/command/command.hpp"
#include "policy/command/output.hpp"
#include "policy/command/tables.hpp"
#include "policy/compile.hpp"

namespace tenancy::policy {

namespace {

ExitCode build_file(const std::string &path, const std::string &output,
                    const TablesOption &tables) {
  Source source = Source::read(path);
  const std::optional<Schema> schema = read_tables(tables, path);
  Diagnostics diagnostics;
  const std::optional<std::string> sql = compile(source, diagnostics, schema ? &*schema : nullptr);
  std::cerr << diagnostics.render(source);
  if (!sql) return ExitCode::findings;
  write_output(output, *sql);
  return ExitCode::fine;
}

}  // namespace

void add_build(CLI::App &app, ExitCode &exit) {
  CLI::App *command = app.add_subcommand("build", "compile a policy file to SQL");
  const auto path = std::make_shared<std::string>();
  const auto output = std::make_shared<std::string>();
  command->add_option("FILE", *path, "the policy file, as a rule tenancy.yaml")->required();
  command->add_option("-o,--output", *output, "write the SQL here, not to the standard output");
  const std::shared_ptr<TablesOption> tables = add_tables_option(*command);
  command->footer(
      R"(The SQL is one transaction that may be applied again. After an error nothing is written.

Example:
  tenancy build tenancy.yaml -o tenancy.sql
  psql --file tenancy.sql "$DATABASE")");
  command->callback([path, output, tables, &exit] { exit = build_file(*path, *output, *tables); });
}

}  // namespace tenancy::policy
