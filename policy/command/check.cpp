#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <optional>
#include <string>

#include "policy/command/check_database.hpp"
#include "policy/command/command.hpp"
#include "policy/command/report.hpp"
#include "policy/command/tables.hpp"
#include "policy/compile.hpp"

namespace tenancy::policy {

namespace {

std::string count(std::size_t number, std::string_view noun) {
  return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

// A database whose tables do not fit the file is held against what the file says by itself.
ExitCode check_live(const std::string &path, const std::optional<Model> &model,
                    const Source &source, const std::string &conninfo,
                    const std::string &accepted) {
  if (model) return check_database(source, *model, conninfo, accepted);
  Source again = Source::read(path);
  Diagnostics said_already;
  if (const std::optional<Model> alone = analyze(again, said_already)) {
    check_database(again, *alone, conninfo, accepted);
  }
  return ExitCode::findings;
}

ExitCode check_file(const std::string &path, const TablesOption &tables,
                    const std::string &accepted, Format format) {
  Source source = Source::read(path);
  const std::optional<Schema> schema = read_tables(tables, path);
  Diagnostics diagnostics;
  const std::optional<Model> model = analyze(source, diagnostics, schema ? &*schema : nullptr);
  report(diagnostics, source, format, format == Format::human ? Stream::error : Stream::output);
  if (tables.conninfo) return check_live(path, model, source, *tables.conninfo, accepted);
  if (!model) return ExitCode::findings;
  if (format != Format::human) return ExitCode::fine;
  std::cout << fmt::format(
      "{}: ok, {}, {}, {}{}{}\n", path, count(model->roles.size(), "role"),
      count(model->tables.size(), "table"), count(model->rules, "rule"),
      model->unverified == 0
          ? ""
          : fmt::format(", {} UNVERIFIED", count(model->unverified, "condition")),
      schema ? ""
             : "; types and columns were not checked, since there is no schema file: make one with "
               "\"tenancy schema dump\"");
  if (!model->tests.empty()) {
    std::cout << fmt::format("{}: {} {} not run by this version\n", path,
                             count(model->tests.size(), "test"),
                             model->tests.size() == 1 ? "is" : "are");
  }
  return ExitCode::fine;
}

}  // namespace

void add_check(CLI::App &app, ExitCode &exit) {
  CLI::App *command = app.add_subcommand(
      "check", "say whether a policy file is right, and a database is as it says");
  const auto path = std::make_shared<std::string>();
  command->add_option("FILE", *path, "the policy file, as a rule tenancy.yaml")->required();
  const std::shared_ptr<TablesOption> tables = add_tables_option(*command);
  const auto accepted = std::make_shared<std::string>();
  command->add_option("--accept", *accepted, "findings of --db that are meant to be so")
      ->type_name("FILE");
  const std::shared_ptr<Format> format = add_format(*command);
  command->footer(
      R"(Warnings do not fail. For people, errors and warnings go to the standard error; in the
formats for tools they are all that is written to the standard output.

With --db, what is open in the database or differs from the file is printed, each with the
statement that mends it. Nothing is changed. A member of tenancy_auditor with TEMP on the database
sees all; others are told what they did not see.

Example:
  tenancy schema dump --db "$DATABASE" -o tenancy.schema.yaml
  tenancy check tenancy.yaml
  tenancy check tenancy.yaml --format sarif > tenancy.sarif
  tenancy check tenancy.yaml --db "service=production")");
  command->callback([path, tables, accepted, format, &exit] {
    exit = check_file(*path, *tables, *accepted, *format);
  });
}

}  // namespace tenancy::policy
