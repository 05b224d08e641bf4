// The command line tool `tenancy`.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "policy/command/command.hpp"
#include "policy/live/database.hpp"

using tenancy::policy::ExitCode;

int main(int argc, char **argv) {
  ExitCode exit = ExitCode::fine;
  try {
    CLI::App app("pg_tenancy: multi-tenancy inside PostgreSQL, from a policy file and JWTs",
                 "tenancy");
    app.set_version_flag("--version", TENANCY_VERSION);
    app.require_subcommand(1);
    app.footer(R"(Each command has its own help with an example: tenancy check --help

Exit status: 0 nothing to report, 1 findings or a refused token, 2 wrong arguments,
a file that cannot be read or written, or a server that cannot be reached.)");
    add_check(app, exit);
    add_build(app, exit);
    add_apply(app, exit);
    add_schema(app, exit);
    tenancy::policy::add_explain_error(app);
    add_token(app, exit);
    try {
      app.parse(argc, argv);
    } catch (const CLI::ParseError &error) {
      // Help and version come this way too.
      if (app.exit(error) != 0) exit = ExitCode::usage;
    }
    if (std::fflush(stdout) != 0) throw std::runtime_error("cannot write standard output");
  } catch (const tenancy::policy::DatabaseError &error) {
    fmt::print(stderr, "tenancy: {}\n", error.describe());
    exit = ExitCode::usage;
  } catch (const std::exception &error) {
    fmt::print(stderr, "tenancy: {}\n", error.what());
    exit = ExitCode::usage;
  }
  return static_cast<int>(exit);
}
