#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>

#include "policy/command/command.hpp"
#include "policy/compile.hpp"

namespace tenancy::policy {

namespace {

std::string count(std::size_t number, std::string_view noun) {
  return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

ExitCode check_file(const std::string &path) {
  Source source = Source::read(path);
  Diagnostics diagnostics;
  const std::optional<Model> model = analyze(source, diagnostics);
  std::cerr << diagnostics.render(source);
  if (!model) return ExitCode::findings;
  std::cout << fmt::format(
      "{}: ok, {}, {}, {}{}; whether the tables fit is seen when it is applied\n", path,
      count(model->roles.size(), "role"), count(model->tables.size(), "table"),
      count(model->rules, "rule"),
      model->unverified == 0 ? ""
                             : fmt::format(", {} UNVERIFIED", count(model->unverified, "condition")));
  return ExitCode::fine;
}

}  // namespace

void add_check(CLI::App &app, ExitCode &exit) {
  CLI::App *command = app.add_subcommand("check", "say whether a policy file is right");
  const auto path = std::make_shared<std::string>();
  command->add_option("FILE", *path, "the policy file, as a rule tenancy.yaml")->required();
  command->footer(R"(Errors and warnings go to the standard error; warnings do not fail.

Example:
  tenancy check tenancy.yaml)");
  command->callback([path, &exit] { exit = check_file(*path); });
}

}  // namespace tenancy::policy
