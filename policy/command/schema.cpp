#include <CLI/CLI.hpp>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "policy/command/command.hpp"
#include "policy/command/output.hpp"
#include "policy/live/read_schema.hpp"
#include "policy/schema_file.hpp"

namespace tenancy::policy {

namespace {

struct Arguments {
  std::string conninfo;
  std::string output;
  std::vector<std::string> schema_names;
};

// Nothing is written that could not be read again.
std::string dumped(const Schema &schema) {
  std::string text;
  try {
    text = format_schema(schema);
  } catch (const std::invalid_argument &error) {
    throw std::runtime_error(std::string(error.what()) +
                             "; a schema file can only hold the tables of a database in UTF-8");
  }
  const Source source("schema file", text);
  Diagnostics diagnostics;
  if (parse_schema(source, diagnostics) != schema) {
    throw std::runtime_error(
        "the schema file would not say what the database has; this is a bug of tenancy, please "
        "report it with this:\n" +
        diagnostics.render(source));
  }
  return text;
}

ExitCode dump(const Arguments &arguments) {
  Database database(arguments.conninfo);
  write_output(arguments.output, dumped(read_schema(database, arguments.schema_names)));
  return ExitCode::fine;
}

}  // namespace

void add_schema(CLI::App &app, ExitCode &exit) {
  CLI::App *command =
      app.add_subcommand("schema", "what the compiler knows about the tables: make a file of it");
  command->require_subcommand(1);
  CLI::App *dump_command =
      command->add_subcommand("dump", "write the tables of a database to a schema file");
  const auto arguments = std::make_shared<Arguments>();
  dump_command
      ->add_option("--db", arguments->conninfo,
                   "where: a database's name, a URI, or \"host=... dbname=...\"; what it leaves "
                   "out, all if it is '', comes from PGHOST, PGPORT, PGDATABASE, PGUSER")
      ->type_name("CONNINFO")
      ->required();
  dump_command->add_option("-o,--output", arguments->output,
                           "write the file here, not to the standard output");
  dump_command
      ->add_option("--schema-name", arguments->schema_names,
                   "read this schema alone; may be repeated. Otherwise all but the system's and "
                   "those of extensions")
      ->type_name("NAME");
  dump_command->footer(
      R"(A policy is checked against the tables: whether columns exist, what type they have, what is
unique. With the tables in a file that needs no server, so keep the file beside the policy
and under version control: tenancy.yaml finds tenancy.schema.yaml by itself.

Dump it after each migration. The same tables give the same bytes, so that a dump in CI that
differs from the file says that somebody forgot to:

  tenancy schema dump --db "$DATABASE" -o tenancy.schema.yaml
  git diff --exit-code tenancy.schema.yaml

It only reads the catalog, in one read-only transaction; any role that can connect may. No row
of a table is read. The directory tables of pg_tenancy are part of it: tenancy.account,
tenancy.workspace, tenancy.app_user, tenancy.membership.

Passwords belong into ~/.pgpass, or PGPASSWORD: what stands in --db, others on this machine
can see.)");
  dump_command->callback([arguments, &exit] { exit = dump(*arguments); });
}

}  // namespace tenancy::policy
