// tenancy.pool: the login roles through which tenants come.
#pragma once

#include "pg/postgres.hpp"

namespace tenancy::pg {

// Whether the role has a row in tenancy.pool, as of now and not of the transaction's snapshot.
// False also where the extension is not created. Works in parallel workers.
bool is_pool(Oid role);

}  // namespace tenancy::pg
