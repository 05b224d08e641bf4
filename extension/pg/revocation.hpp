// tenancy.revocation: subjects whose tokens, up to a time, are no longer good.
//
// Read under the latest snapshot, also in a REPEATABLE READ transaction. A change invalidates
// tenancy.revocation_signal, also on standbys, and each backend looks again.
#pragma once

#include "core/verify.hpp"
#include "pg/postgres.hpp"

namespace tenancy::pg {

// Called once, from _PG_init.
void install_revocation();

// Whether a revocation of the issuer's (as configured) subject is later than issued_at, in seconds
// since 1970 (core/verify.hpp: no_issue_time). REQUIRES: not in parallel mode
bool is_revoked(std::string_view issuer, std::string_view subject, std::int64_t issued_at);

// Accepts what other backends have sent. The number rises whenever revocations may have changed;
// never 0.
std::uint64_t revocation_generation();

}  // namespace tenancy::pg
