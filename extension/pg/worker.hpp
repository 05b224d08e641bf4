// The background workers that fetch key sets: one for each database of tenancy.databases.
//
// A worker reads in a short transaction which issuers are due, fetches them over HTTPS with no
// transaction open and several at a time, and stores each result in a short transaction of its own.
// A set that is unusable in any way is not stored: the keys that are held stay. It starts when
// recovery has ended: a standby gets keys by replication.
#pragma once

#include "pg/postgres.hpp"

namespace tenancy::pg {

// Called once, from _PG_init, after the settings are defined.
void register_workers();

}  // namespace tenancy::pg
