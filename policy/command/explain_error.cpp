// `tenancy explain-error`: what the name of a diagnostic means.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "policy/command/command.hpp"
#include "policy/diagnostic_names.hpp"

namespace tenancy::policy {

void add_explain_error(CLI::App &app) {
  CLI::App *command = app.add_subcommand("explain-error", "say what an error or a warning means");
  const auto name = std::make_shared<std::string>();
  command->add_option("NAME", *name, "its name, as in error[NAME]; without it, all are listed");
  command->footer(R"(Example:
  tenancy explain-error mixed-and-or)");
  command->callback([name] {
    bool found = false;
    for (const DiagnosticName &each : diagnostic_names) {
      if (!name->empty() && each.name != *name) continue;
      fmt::print("{}: {}\n", each.name, each.meaning);
      found = true;
    }
    if (!found) {
      throw CLI::ValidationError("NAME", fmt::format("there is no error \"{}\"", *name));
    }
  });
}

}  // namespace tenancy::policy
