#include "pg/oauth.hpp"

#ifdef HAS_OAUTH

#include <cstring>

#include "core/verify.hpp"
#include "pg/login.hpp"

namespace tenancy::pg {
namespace {

constinit post_parse_analyze_hook_type previous_analyze = nullptr;
constinit object_access_hook_type previous_access = nullptr;

// The token that the connection was opened with, until the transaction that bound it has committed.
constinit char *pending_token = nullptr;
constinit bool is_bound = false;
constinit bool is_binding = false;

bool validate(const ValidatorModuleState *, const char *token, const char *,
              ValidatorModuleResult *result) {
  result->authorized = false;
  result->authn_id = nullptr;  // which login role a token may use is tenancy.pool's to say
  if (am_walsender) return true;
  const ParsedToken parsed = parse(token);
  if (parsed.token == nullptr) return true;
  destroy(parsed.token);
  pending_token = MemoryContextStrdup(TopMemoryContext, token);
  result->authorized = true;
  return true;
}

// A refusal must not leave a connection open that nobody has opened with a good token.
void bind_pending() {
  if (pending_token == nullptr || is_bound || is_binding || IsAbortedTransactionBlockState())
    return;
  is_binding = true;
  ExitOnAnyError = true;
  login({pending_token, {}, {}, Scope::connection});
  ExitOnAnyError = false;
  is_binding = false;
  is_bound = true;
}

void on_analyze(ParseState *state, Query *query, JumbleState *jumble) {
  bind_pending();
  if (previous_analyze != nullptr) previous_analyze(state, query, jumble);
}

// A function called by the fast path is no statement.
void on_access(ObjectAccessType access, Oid cls, Oid object, int column, void *argument) {
  if (access == OAT_FUNCTION_EXECUTE) bind_pending();
  if (previous_access != nullptr) previous_access(access, cls, object, column, argument);
}

void end_of_transaction(XactEvent event, void *) {
  if (pending_token == nullptr) return;
  if (event == XACT_EVENT_ABORT) is_bound = false;
  if (event != XACT_EVENT_COMMIT || !is_bound) return;
  explicit_bzero(pending_token, std::strlen(pending_token));
  pfree(pending_token);
  pending_token = nullptr;
}

constexpr OAuthValidatorCallbacks callbacks{PG_OAUTH_VALIDATOR_MAGIC, nullptr, nullptr, validate};

}  // namespace

void install_oauth() {
  previous_analyze = post_parse_analyze_hook;
  post_parse_analyze_hook = on_analyze;
  previous_access = object_access_hook;
  object_access_hook = on_access;
  RegisterXactCallback(end_of_transaction, nullptr);
}

}  // namespace tenancy::pg

extern "C" {

PGDLLEXPORT const OAuthValidatorCallbacks *_PG_oauth_validator_module_init(void) {
  return &tenancy::pg::callbacks;
}

}  // extern "C"

#else

namespace tenancy::pg {

void install_oauth() {}

}  // namespace tenancy::pg

#endif
