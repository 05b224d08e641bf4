// The command line tool `tenancy`: each subcommand adds itself to the application.
#pragma once

namespace CLI {
class App;
}

namespace tenancy::policy {

// The exit status of the whole tool.
enum class ExitCode : int {
  fine = 0,      // nothing to report
  findings = 1,  // the policy has findings, the token is refused
  usage = 2,     // wrong arguments, a file that cannot be read or written, no answer of a server
};

// Adds a subcommand, with its options and its help, to app. When the command line names it, its
// callback runs from app.parse() and leaves its result in exit. A callback may throw CLI::Error
// for wrong arguments and std::runtime_error for input and output; both end in ExitCode::usage.
// app and exit outlive the parse.
void add_check(CLI::App &app, ExitCode &exit);
void add_build(CLI::App &app, ExitCode &exit);
void add_apply(CLI::App &app, ExitCode &exit);
void add_schema(CLI::App &app, ExitCode &exit);
void add_explain_error(CLI::App &app);
void add_token(CLI::App &app, ExitCode &exit);

}  // namespace tenancy::policy
