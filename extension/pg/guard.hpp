// What a pool's session may not do: leave something in the shared connection, change its login role
// or stop its sisters.
#pragma once

#include "pg/postgres.hpp"

namespace tenancy::pg {

// Called once, from _PG_init: hooks on utility statements and on parsing.
//
// For login roles in tenancy.pool (pg/pool.hpp: acts_as_pool) it refuses DDL, SQL's PREPARE and
// PREPARE TRANSACTION, LISTEN, NOTIFY, DEALLOCATE of a pooler's names or inside a block, LOAD,
// LOCK, cursors WITH HOLD, DO in other languages than PL/pgSQL, and SET without LOCAL but for the
// drivers' settings (pg/kept_setting.hpp) where the transaction has no identity; and all but
// utility statements while standard_conforming_strings is off or transform_null_equals on. No other
// role is touched. RESET ALL and DISCARD ALL end the identity, whoever runs them.
void install_guard();

}  // namespace tenancy::pg
