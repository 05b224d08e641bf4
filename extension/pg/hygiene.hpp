// Keeping tokens and secret keys out of logs, and of what others can see of a session.
#pragma once

#include "pg/postgres.hpp"

namespace tenancy::pg {

// Called once, from _PG_init: hooks that hide tokens in every report and in the text of every
// statement, as soon as it is parsed; likewise what tenancy.add_secret_key is given. log_statement
// = all logs a login's parameters before login runs, so login cannot do it.
void install_hygiene();

// Hides the tokens and secrets in the client's statement, for pg_stat_activity too.
void hide_statement();

}  // namespace tenancy::pg
