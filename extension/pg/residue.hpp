// What one client leaves in a connection that another client takes over.
//
// A genuine identity does not make a shared connection clean: a temporary table in front of a real
// one takes the next tenant's rows, a statement prepared under a driver's name runs under his
// identity. A pool's session is kept from leaving such things (pg/guard.hpp); this undoes what
// functions can still leave, and finds what nevertheless is there.
#pragma once

#include "pg/postgres.hpp"

namespace tenancy::pg {

// Called once, from _PG_init: the hooks that see set_config() and advisory locks, and the end of a
// pool's transaction, which takes back what set_config(..., false) did in it.
void install_residue();

// To be told of each utility statement before it runs, whoever runs it.
void note_statement(const Node *statement);

// Resets what earlier clients have set, but for pg/kept_setting.hpp. REQUIRES: a pool's session
void reset_settings();

// What the connection still holds that is not the next client's, for an error's detail: "temporary
// objects"; null if it is clean. Looks closely only where it has been told of something. REQUIRES:
// between begin_own_sql() and end_own_sql()
const char *residue_in_connection();

}  // namespace tenancy::pg
