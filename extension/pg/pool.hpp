// tenancy.pool: the login roles through which tenants come.
#pragma once

#include "pg/postgres.hpp"

namespace tenancy::pg {

// Called once, from _PG_init.
void install_pools();

// Whether the role has a row in tenancy.pool, as of now and not of the transaction's snapshot; the
// answer for one role is kept until trust changes. False also where the extension is not created.
// Works in parallel workers.
bool is_pool(Oid role);

// Whether the session's own role is a pool, and what runs is not the code of somebody with other
// rights: a SECURITY DEFINER function of a role that the session's is no member of. False in a test
// (pg/test_mode.hpp), whose session nobody shares.
bool acts_as_pool();

}  // namespace tenancy::pg
