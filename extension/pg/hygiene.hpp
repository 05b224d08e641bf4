// Keeping tokens and secret keys out of logs and of pg_stat_activity.
#pragma once

#include "pg/postgres.hpp"

namespace tenancy::pg {

// Called once, from _PG_init: a hook that hides tokens in every report, and the statement that
// holds one; likewise what tenancy.add_secret_key is given. log_statement = all logs a login's
// parameters before login runs, so login cannot do it.
void install_hygiene();

// Blanks the statement that other sessions of the role see in pg_stat_activity, if it holds a
// token or a secret key. It stays blank until the session's next statement.
void hide_statement();

}  // namespace tenancy::pg
