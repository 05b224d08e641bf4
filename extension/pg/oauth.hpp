// PostgreSQL 18: a connection that is opened with a token (SASL OAUTHBEARER) gets its identity from
// it.
//
//   pg_hba.conf      host all helpdesk_pool all oauth issuer="https://id.example" scope="openid"
//                    delegate_ident_mapping=1
//   postgresql.conf  oauth_validator_libraries = 'pg_tenancy'
//
// The server asks a validator before the connection has a database, and issuers, keys and directory
// are in one. So the validator refuses what is no token at all and keeps the rest; what the first
// statement finds before it is analyzed is the login, for the connection, and a refusal there ends
// the connection. Until then nothing of the session's has run.
#pragma once

#include "pg/postgres.hpp"

namespace tenancy::pg {

// Called once, from _PG_init. Does nothing before PostgreSQL 18.
void install_oauth();

}  // namespace tenancy::pg
