// The subcommands of `tenancy token`.
#pragma once

#include "policy/command/command.hpp"

namespace tenancy::policy {

void add_token_mint(CLI::App &token);
void add_token_jwks(CLI::App &token);
void add_token_verify(CLI::App &token, ExitCode &exit);
void add_token_inspect(CLI::App &token);

// Answers each line of standard input, a JSON object, with one line: its verdict. signature_only
// holds for the lines that do not say.
void verify_batch(bool signature_only);

}  // namespace tenancy::policy
