// `tenancy apply`: puts a policy on a live database, or takes it off.
#include "policy/live/apply.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>

#include "core/ident.hpp"
#include "policy/command/command.hpp"
#include "policy/compile.hpp"
#include "policy/live/read_schema.hpp"

namespace tenancy::policy {

namespace {

struct Arguments {
  std::string path;
  std::string conninfo;
  std::string phase;
  bool remove = false;
  bool dry_run = false;
  long lock_timeout = 200;
  int retries = 100;
};

constexpr std::size_t listed = 20;

void list_others(const std::vector<TableName> &tables) {
  if (tables.empty()) return;
  std::string names;
  for (std::size_t i = 0; i < tables.size() && i < listed; ++i) {
    names +=
        fmt::format("{}{}", i == 0 ? "" : ", ", quote_qualified(tables[i].schema, tables[i].name));
  }
  std::cerr << fmt::format(
      "not in the policy, and left as they are: {}{}\n", names,
      tables.size() > listed ? fmt::format(" and {} more", tables.size() - listed) : "");
}

// Throws what the policy's diagnostics are rendered for: nothing; they are shown, and it is empty.
std::optional<Script> compiled(const Arguments &arguments, Source &source, Database &database) {
  Diagnostics diagnostics;
  std::optional<Script> script;
  const Schema schema = read_schema(database);
  if (arguments.remove) {
    const std::optional<Script> named = compile_removal(source, diagnostics, &schema, Form::steps);
    if (named) {
      Diagnostics again;
      script = compile_removal(source, again, &schema, Form::steps,
                               managed_tables(database, named->application));
    }
  } else {
    script = compile(source, diagnostics, &schema, Form::steps);
  }
  std::cerr << diagnostics.render(source);
  return script;
}

ExitCode apply_file(const Arguments &arguments) {
  Source source = Source::read(arguments.path);
  Database database(arguments.conninfo);
  const ApplyLock lock(database);
  const std::optional<Script> script = compiled(arguments, source, database);
  if (!script) return ExitCode::findings;
  ApplyOptions options;
  options.prepare = arguments.phase != "enforce";
  options.enforce = arguments.phase != "prepare";
  options.dry_run = arguments.dry_run;
  options.lock_timeout = std::chrono::milliseconds(arguments.lock_timeout);
  options.retries = arguments.retries;
  const ApplyResult result = apply(database, *script, options, std::cerr);
  for (const std::string &remark : script->remarks) std::cerr << "\n" << remark << "\n";
  if (!arguments.remove) list_others(other_tables(database, *script));
  const std::string_view would = arguments.dry_run ? "would be " : "";
  std::cout << fmt::format("{}: {} {}{}, {} unchanged; {} steps of prepare{}\n",
                           script->application, result.enforced, would,
                           arguments.remove ? "removed" : "applied", result.unchanged,
                           result.prepared, arguments.dry_run ? " to run" : "");
  return ExitCode::fine;
}

}  // namespace

void add_apply(CLI::App &app, ExitCode &exit) {
  CLI::App *command =
      app.add_subcommand("apply", "put a policy on a live database, or take it off again");
  const auto arguments = std::make_shared<Arguments>();
  command->add_option("FILE", arguments->path, "the policy file, as a rule tenancy.yaml")
      ->required();
  command
      ->add_option("--db", arguments->conninfo,
                   "where: a database's name, a URI, or \"host=... dbname=...\"; what it leaves "
                   "out, all if it is '', comes from PGHOST, PGPORT, PGDATABASE, PGUSER")
      ->type_name("CONNINFO")
      ->required();
  CLI::Option *phase = command->add_option("--phase", arguments->phase, "this part alone")
                           ->check(CLI::IsMember({"prepare", "enforce"}));
  command->add_flag("--remove", arguments->remove, "take the policy off again")->excludes(phase);
  command->add_flag("--dry-run", arguments->dry_run, "say what would be run");
  command
      ->add_option("--lock-timeout", arguments->lock_timeout,
                   "longest wait for a lock that others queue behind")
      ->transform(CLI::AsNumberWithUnit(std::map<std::string, long>{{"ms", 1}, {"s", 1000}},
                                        CLI::AsNumberWithUnit::CASE_SENSITIVE, "TIME"))
      ->check(CLI::Range(10L, 60000L))
      ->capture_default_str();
  command->add_option("--retries", arguments->retries, "how often to ask for a lock again")
      ->check(CLI::Range(0, 100000))
      ->capture_default_str();
  command->footer(
      R"(It runs beside the application: first what the tables lack (columns, keys, indexes), in small
steps, then each table's policies in a transaction of their own, which waits for its lock no
longer than --lock-timeout, gives way, and tries again. It may be broken off at any time and run
again; what is right already is passed over. Progress goes to the standard error.

As the owner of the tables with BYPASSRLS, or as a superuser. Through no pooler in transaction
mode: the lock that holds off a second run belongs to the session.

Example:
  tenancy apply tenancy.yaml --db "$DATABASE" --dry-run
  tenancy apply tenancy.yaml --db "$DATABASE")");
  command->callback([arguments, &exit] {
    try {
      exit = apply_file(*arguments);
    } catch (const ApplyError &error) {
      std::cerr << "tenancy: " << error.what() << "\n";
      exit = ExitCode::findings;
    }
  });
}

}  // namespace tenancy::policy
