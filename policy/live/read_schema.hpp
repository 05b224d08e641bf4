// What the compiler knows about the tables, from the catalog of a live database.
#pragma once

#include <string>
#include <vector>

#include "policy/live/database.hpp"
#include "policy/schema.hpp"

namespace tenancy::policy {

// Reads it in one REPEATABLE READ, READ ONLY transaction, in which the settings that change how the
// server prints SQL are pinned: the same catalog gives the same schema to whoever asks. Any role
// may.
//
// Read are the schemas named, or all but pg_* and information_schema; nothing of what belongs to an
// extension, but for the directory tables of pg_tenancy: account, workspace, app_user, membership.
// No temporary tables. Works on PostgreSQL 15 and later.
// Throws DatabaseError; with SQLSTATE 3F000 if a schema named is not there.
// REQUIRES: database is in no transaction.
Schema read_schema(Database &database, const std::vector<std::string> &schema_names = {});

}  // namespace tenancy::policy
