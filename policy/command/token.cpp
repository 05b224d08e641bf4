#include "policy/command/token.hpp"

#include <CLI/CLI.hpp>

namespace tenancy::policy {

void add_token(CLI::App &app, ExitCode &exit) {
  CLI::App *const token =
      app.add_subcommand("token", "Tokens and keys: mint, jwks, verify, inspect");
  token->require_subcommand(1);
  token->footer("Each has its own help: tenancy token mint --help");
  add_token_mint(*token);
  add_token_jwks(*token);
  add_token_verify(*token, exit);
  add_token_inspect(*token);
}

}  // namespace tenancy::policy
