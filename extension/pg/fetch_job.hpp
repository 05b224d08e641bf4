// One issuer's fetch: from its address, by way of discovery or not, to parsed keys or an error.
#pragma once

#include "pg/fetch.hpp"
#include "pg/fetch_schedule.hpp"
#include "pg/postgres.hpp"

namespace tenancy::pg {

// Further errors than those of pg/fetch.hpp; docs/keys.md lists them too. An error is such a name,
// with the status or a reason of our own after it, never with text from the network.
// clang-format off
#define TENANCY_KEY_SET_FAULTS(X)                                                        \
  X(bad_discovery,   "the discovery document is no JSON object with an https jwks_uri")  \
  X(wrong_issuer,    "the discovery document is another issuer's")                       \
  X(bad_key_set,     "the answer is no key set with a usable public key")                \
  X(has_secret_keys, "the issuer has secret keys, which public ones cannot be mixed with")
// clang-format on

inline constexpr int first_retry_seconds = 10;  // after a failure; doubled by each further one
inline constexpr int min_refresh_seconds = 60;  // however short Cache-Control would have it

struct FetchJob {
  MemoryContext memory;  // of all that follows; null: no job
  bool is_done;
  bool in_discovery;
  Transfer *transfer;
  char *issuer;
  char *jwks_url;  // as configured; empty: by discovery
  char *held_url;  // where the keys held came from, and what that answer was called
  char *held_etag;
  int refresh_seconds;
  int failures;  // before this one
  TimestampTz attempted_at;

  TimestampTz store_at;  // the rest holds when is_done
  int refused_stores;
  char *url;  // of the key set; empty: not known
  char *etag;
  char *error;           // empty: none
  const KeySet *keys;    // null: not modified, or an error
  std::int64_t refresh;  // seconds from attempted_at until the next fetch, if there is no error
};

// Waits for nothing and runs no SQL. The job is done at once if its address is refused.
void begin_job(FetchJob &job, Fetcher &fetcher, const DueIssuer &issuer);
// REQUIRES: the job's transfer has ended
void continue_job(FetchJob &job, Fetcher &fetcher);
void end_job(FetchJob &job) noexcept;  // done or not

// REQUIRES: job.is_done
FetchOutcome outcome_of(const FetchJob &job, TimestampTz now) noexcept;

}  // namespace tenancy::pg
