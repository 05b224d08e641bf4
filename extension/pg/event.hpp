// The one call that reports what happened; its sink is the server log.
//
// No token and no claim value is ever part of an event: what identifies is configuration (roles,
// applications, configured issuers) and stable reason names.
#pragma once

#include "core/refusal.hpp"
#include "pg/postgres.hpp"

namespace tenancy::pg {

struct Event {
  const char *name;                // login_refused, keys_fetched, fetch_failed, changed, ...
  Refusal reason = Refusal::none;  // of a refusal
  std::string_view object;         // what changed: a table, an issuer as configured
  std::string_view application;
  std::string_view api_context;
  std::string_view error;  // why a fetch failed: a name of pg/fetch.hpp or pg/fetch_job.hpp
  int count = -1;          // of keys or rows; -1: none
};

// Reports to the server log alone (no client setting shows it), with the session's role, without
// the statement and its parameters. May raise, like every ereport; reports before an error survive
// that error.
void report(const Event &event);

}  // namespace tenancy::pg
