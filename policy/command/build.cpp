#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>

#include "policy/command/command.hpp"
#include "policy/command/output.hpp"
#include "policy/command/report.hpp"
#include "policy/command/tables.hpp"
#include "policy/compile.hpp"

namespace tenancy::policy {

namespace {

struct Arguments {
  std::string path;
  std::string output;
  std::string phase;
  bool remove = false;
};

ExitCode build_file(const Arguments &arguments, const TablesOption &tables, Format format) {
  Source source = Source::read(arguments.path);
  const std::optional<Schema> schema = read_tables(tables, arguments.path);
  Diagnostics diagnostics;
  const std::optional<Script> script =
      arguments.remove ? compile_removal(source, diagnostics, schema ? &*schema : nullptr)
                       : compile(source, diagnostics, schema ? &*schema : nullptr);
  report(diagnostics, source, format, Stream::error);
  if (!script) return ExitCode::findings;
  write_output(arguments.output,
               print(*script, arguments.phase != "enforce", arguments.phase != "prepare"));
  return ExitCode::fine;
}

}  // namespace

void add_build(CLI::App &app, ExitCode &exit) {
  CLI::App *command = app.add_subcommand("build", "compile a policy file to SQL");
  const auto arguments = std::make_shared<Arguments>();
  command->add_option("FILE", arguments->path, "the policy file, as a rule tenancy.yaml")
      ->required();
  command->add_option("-o,--output", arguments->output,
                      "write the SQL here, not to the standard output");
  CLI::Option *phase = command->add_option("--phase", arguments->phase, "this part alone")
                           ->check(CLI::IsMember({"prepare", "enforce"}));
  command->add_flag("--remove", arguments->remove, "the SQL that takes the policy off again")
      ->excludes(phase);
  const std::shared_ptr<TablesOption> tables = add_tables_option(*command);
  const std::shared_ptr<Format> format = add_format(*command);
  command->footer(
      R"(The SQL has two parts. Prepare runs beside the application, by psql and outside of a
transaction; enforce is one transaction, for any client. Both may be run again. "tenancy apply"
does the same with short locks, table by table. After an error nothing is written.
Errors and warnings go to the standard error in every format.

Example:
  tenancy build tenancy.yaml -o tenancy.sql
  psql --file tenancy.sql "$DATABASE")");
  command->callback(
      [arguments, tables, format, &exit] { exit = build_file(*arguments, *tables, *format); });
}

}  // namespace tenancy::policy
