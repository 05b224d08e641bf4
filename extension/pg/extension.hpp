// The extension's own row in the catalog: who owns it, and whether its SQL fits this library.
#pragma once

#include "pg/postgres.hpp"

namespace tenancy::pg {

// The owner of the extension. Raises 55000 if it is not created in this database, if the version of
// its SQL objects is not the library's, or if the database is not in UTF-8.
Oid require_extension();

// The same, but InvalidOid where that raises.
Oid usable_extension();

// The owner's rights and pinned settings for the extension's own SQL, with SPI connected.
// An error undoes all of it through the transaction's own clean-up.
struct OwnSql {
  Oid user;
  int security_context;
  int settings_level;
};
OwnSql begin_own_sql(Oid owner);
void end_own_sql(const OwnSql &saved);
// Whether the extension's own SQL runs: it is not the bound identity's, which may have ended.
bool in_own_sql() noexcept;

// Called once, from _PG_init.
void install_own_sql();

}  // namespace tenancy::pg
