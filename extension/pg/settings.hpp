// The settings of pg_tenancy; docs/settings.md lists the same rows, held to pg_settings by a test.
#pragma once

#include "pg/postgres.hpp"

namespace tenancy::pg {

enum class MissingIdentity : int { error, deny };   // tenancy.missing_identity
enum class LogLogins : int { none, refused, all };  // tenancy.log_logins

// Called once, from _PG_init: defines all settings and reserves the prefix "tenancy".
void define_settings();

MissingIdentity missing_identity() noexcept;
LogLogins log_logins() noexcept;
bool connection_login() noexcept;
const char *seal_key_file() noexcept;
const char *databases_setting() noexcept;  // as written; pg/fetch_request.hpp has it as a list
const char *fetch_ca_file() noexcept;      // null: the system's certificates
bool fetch_private_addresses() noexcept;
bool test_mode() noexcept;

}  // namespace tenancy::pg
