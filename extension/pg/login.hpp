// tenancy.login and tenancy.logout: verify, pool, authorize, bind.
#pragma once

#include "pg/postgres.hpp"
#include "pg/session.hpp"

namespace tenancy::pg {

struct LoginRequest {
  std::string_view token;
  std::string_view account;  // empty: not asked for
  std::string_view workspace;
  Scope scope;
};

// Binds the identity of the token's subject, or raises the error of the refusal's class.
void login(const LoginRequest &request);

}  // namespace tenancy::pg
