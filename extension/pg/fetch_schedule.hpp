// Which issuers' keys are to be fetched and when, and what came of it: tenancy.issuer_fetch.
//
// REQUIRES for every function: between begin_own_sql() and end_own_sql(), in a transaction of its
// own, so that it sees what is committed. Results are in SPI's memory: gone with end_own_sql().
#pragma once

#include "core/key.hpp"
#include "pg/fetch_request.hpp"
#include "pg/postgres.hpp"

namespace tenancy::pg {

// An issuer's fetch is due at next_at, but at once if its address has changed or nothing was tried
// yet, and when it was requested, unknown_key_cooldown after the last attempt.
struct DueIssuer {
  std::string_view issuer;
  std::string_view jwks_url;  // empty: by discovery
  std::string_view url;       // where the set was last fetched from
  std::string_view etag;      // empty if the keys held may not be those of that answer
  int refresh_seconds;
  int failures;  // in a row
  TimestampTz due_at;
};

// The issuers with the earliest due_at, earliest first, at most limit; those not yet due too.
std::span<const DueIssuer> next_fetches(std::span<const IssuerHash> requests, int limit);

struct FetchOutcome {
  std::string_view issuer;
  std::string_view jwks_url;  // as it was configured when the fetch began
  TimestampTz attempted_at;
  TimestampTz next_at;     // of the next fetch, if there is no error
  TimestampTz retry_at;    // if there is one
  std::string_view error;  // empty: none
  std::string_view url;    // of the key set; empty if it did not become known
  std::string_view etag;
  const KeySet *keys;  // null if they are those that are held, or on an error
};

enum class Recorded : std::uint8_t {
  nothing,      // the issuer is gone, or is configured otherwise by now
  outcome,      // and the keys were those held already, or there were none
  new_keys,     // and the issuer's keys were replaced
  has_secrets,  // recorded as this error: the issuer has secret keys
};
Recorded record(const FetchOutcome &outcome);

// The error of Recorded::has_secrets.
inline constexpr std::string_view has_secrets_error = "has_secret_keys";

// tenancy.refresh_keys: due now, whatever was planned. False if the issuer is not fetched.
bool plan_fetch_now(std::string_view issuer);

}  // namespace tenancy::pg
