#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <optional>
#include <string>

#include "policy/command/check_database.hpp"
#include "policy/command/command.hpp"
#include "policy/compile.hpp"

namespace tenancy::policy {

namespace {

std::string count(std::size_t number, std::string_view noun) {
  return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

ExitCode check_file(const std::string &path, const std::optional<std::string> &conninfo) {
  const Source source = Source::read(path);
  Diagnostics diagnostics;
  const std::optional<Model> model = analyze(source, diagnostics);
  std::cerr << diagnostics.render(source);
  if (!model) return ExitCode::findings;
  if (conninfo) return check_database(source, *model, *conninfo);
  std::cout << fmt::format(
      "{}: ok, {}, {}, {}; whether the tables fit is seen when it is applied\n", path,
      count(model->roles.size(), "role"), count(model->tables.size(), "table"),
      count(model->rules, "rule"));
  return ExitCode::fine;
}

}  // namespace

void add_check(CLI::App &app, ExitCode &exit) {
  CLI::App *command = app.add_subcommand(
      "check", "say whether a policy file is right, and a database is as it says");
  const auto path = std::make_shared<std::string>();
  command->add_option("FILE", *path, "the policy file, as a rule tenancy.yaml")->required();
  const auto conninfo = std::make_shared<std::optional<std::string>>();
  command
      ->add_option("--db", *conninfo,
                   "also hold this database against it: a connection string, a URI or a name")
      ->type_name("CONNINFO");
  command->footer(R"(Errors and warnings go to the standard error; warnings do not fail.

With --db, what is open in the database or differs from the file is printed, each with the
statement that mends it. Nothing is changed. tenancy_auditor sees all; other roles are told what
they did not see. Exit status 2: it could not look.

Example:
  tenancy check tenancy.yaml
  tenancy check tenancy.yaml --db "service=production")");
  command->callback([path, conninfo, &exit] { exit = check_file(*path, *conninfo); });
}

}  // namespace tenancy::policy
