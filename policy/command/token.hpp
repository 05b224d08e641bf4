// The subcommands of `tenancy token`.
#pragma once

#include "policy/command/command.hpp"

namespace tenancy::policy {

void add_token_mint(CLI::App &token);
void add_token_jwks(CLI::App &token);
void add_token_verify(CLI::App &token, ExitCode &exit);

}  // namespace tenancy::policy
