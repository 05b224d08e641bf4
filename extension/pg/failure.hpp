// How a refusal reaches the client: one table from class to SQLSTATE, message and hint.
#pragma once

#include "core/refusal.hpp"
#include "pg/postgres.hpp"

namespace tenancy::pg {

// Raises the error of the refusal's class. It never tells more than the class, and never a claim.
// REQUIRES: refusal is not none
[[noreturn]] void refuse(Refusal refusal);

// Makes the report of a cancelled statement say that the identity has expired.
void rename_as_expired(ErrorData *report);

// 28T04: what an earlier client left in the connection is not undone, but refused.
[[noreturn]] void raise_unclean(const char *what);

// 28T03: login for the connection, without tenancy.connection_login.
[[noreturn]] void raise_no_connection_login();

// 28000: log in (once), then try again.
[[noreturn]] void raise_no_identity();

}  // namespace tenancy::pg
