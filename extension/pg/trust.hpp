// The issuers that this backend has met, with their parsed keys, until trust changes.
//
// INVARIANT: what is kept was read under the latest snapshot after the last invalidation that this
// backend has accepted. Every change to trust invalidates tenancy.signal (pg/signal.cpp), also on a
// standby, so a key that was removed and committed is refused by the next login.
#pragma once

#include "core/verify.hpp"
#include "pg/postgres.hpp"

namespace tenancy::pg {

struct TrustedIssuer {
  const Issuer *issuer;
  const char *name;     // as configured; what tenancy.pool refers to
  const char *account;  // the one account that the issuer may open; null: any
  std::int64_t leeway;  // seconds
  bool is_fetched;      // the worker fetches its keys
};

// Called once, from _PG_init.
void install_trust();

// The issuer of that name or alias; null if there is none, or if two rows claim the name. Valid
// until the next call. An issuer without a usable key is given with an empty key set. REQUIRES:
// between begin_own_sql() and end_own_sql()
const TrustedIssuer *trusted_issuer(std::string_view name);

}  // namespace tenancy::pg
