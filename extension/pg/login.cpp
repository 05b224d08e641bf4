#include "pg/login.hpp"

#include "core/verify.hpp"
#include "pg/boundary.hpp"
#include "pg/catalog.hpp"
#include "pg/claims.hpp"
#include "pg/event.hpp"
#include "pg/extension.hpp"
#include "pg/failure.hpp"
#include "pg/fetch_request.hpp"
#include "pg/hygiene.hpp"
#include "pg/judgement.hpp"
#include "pg/pool.hpp"
#include "pg/residue.hpp"
#include "pg/revocation.hpp"
#include "pg/settings.hpp"
#include "pg/test_mode.hpp"
#include "pg/trust.hpp"

namespace tenancy::pg {
namespace {

void report_refusal(Refusal reason, const Pool *pool) {
  if (log_logins() != LogLogins::none)
    report({.name = "login_refused",
            .reason = reason,
            .application = pool == nullptr ? std::string_view{} : pool->application,
            .api_context = pool == nullptr ? std::string_view{} : pool->api_context});
}

[[noreturn]] void refuse_login(Refusal reason, const Pool *pool = nullptr) {
  report_refusal(reason, pool);
  refuse(reason);
}

// Under another role than the session's own, login would act for whoever wrote the code around it.
void require_own_role() {
  if (GetUserId() != GetSessionUserId()) refuse_login(Refusal::switched_role);
}

std::span<const Pool> require_pools() {
  const auto pools = pools_of(GetSessionUserId());
  if (pools.empty()) refuse_login(Refusal::no_pool);
  if (pools.front().is_unsafe) refuse_login(Refusal::unsafe_pool);
  return pools;
}

void require_clean_connection(const Pool &pool) {
  const char *residue = in_test() ? nullptr : residue_in_connection();
  if (residue == nullptr) return;
  report_refusal(Refusal::unclean_connection, &pool);
  raise_unclean(residue);
}

// The pool's row for the issuer and an audience of the token; a token for two rows fits neither.
const Pool &require_pool(std::span<const Pool> pools, const Token &token,
                         const TrustedIssuer &issuer) {
  const Pool *fitting = nullptr;
  for (const Pool &pool : pools) {
    if (pool.issuer != issuer.name) continue;
    bool fits = pool.any_audience;
    for (const auto audience : pool.audiences)
      fits = fits || token_audience_is(token, *issuer.issuer, audience);
    if (!fits) continue;
    if (fitting != nullptr) refuse_login(Refusal::ambiguous_pool);
    fitting = &pool;
  }
  if (fitting == nullptr) refuse_login(Refusal::wrong_pool);
  return *fitting;
}

// A claim asks, the directory answers; an argument chooses among what the claim leaves open.
std::string_view wanted(std::string_view argument, std::string_view claim, const Pool &pool) {
  if (!argument.empty() && !claim.empty() && argument != claim)
    refuse_login(Refusal::contradicted_claim, &pool);
  return argument.empty() ? claim : argument;
}

Membership authorize(const LoginRequest &request, const Verdict &verdict,
                     const TrustedIssuer &issuer, const Pool &pool) {
  const auto account = wanted(request.account, verdict.account, pool);
  const auto workspace = wanted(request.workspace, verdict.workspace, pool);
  const Membership membership =
      membership_of(pool, issuer.name, verdict.subject, account, workspace);
  if (membership.why_not == "unknown_subject" && request.account.empty() &&
      request.workspace.empty())
    return {};  // the subject alone: no floor lets it pass, sign-up can
  if (!membership.why_not.empty()) {
    const Refusal known = refusal_named(membership.why_not);
    refuse_login(known == Refusal::none ? Refusal::not_a_member : known, &pool);
  }
  if (membership.account.empty() || membership.user.empty())
    refuse_login(Refusal::not_a_member, &pool);
  if ((issuer.account != nullptr && issuer.account != membership.account) ||
      !account_admits(membership.account, issuer.name))
    refuse_login(Refusal::foreign_issuer, &pool);
  return membership;
}

Identity &compose(const Token &token, const Verdict &verdict, std::string_view issuer,
                  const Pool &pool, const Membership &membership) {
  const auto claims = claims_of(token);
  if (claims.data() == nullptr) refuse_login(Refusal::too_much_identity, &pool);
  const IdentityFields fields{.account = membership.account,
                              .workspace = membership.workspace,
                              .user = membership.user,
                              .subject = verdict.subject,
                              .issuer = issuer,
                              .application = pool.application,
                              .api_context = pool.api_context,
                              .roles = membership.roles,
                              .claims = claims,
                              .expires_at = verdict.expires_at,
                              .issued_at = verdict.issued_at};
  const std::size_t size = identity_size(fields);
  if (size == 0) refuse_login(Refusal::too_much_identity, &pool);
  return *encode_identity(fields, {static_cast<char *>(palloc(size)), size});
}

}  // namespace

void login(const LoginRequest &request) {
  hide_statement();
  const Oid owner = require_extension();
  if (acts_as_pool()) reset_settings();  // outside of the level that end_own_sql() rolls back
  require_own_role();
  const MemoryContext outer = CurrentMemoryContext;
  const OwnSql saved = begin_own_sql(owner);
  const auto pools = require_pools();

  Owned *token_slot = owned_slot(CurrentMemoryContext);
  const ParsedToken parsed = parse(request.token);
  if (parsed.token == nullptr) refuse_login(parsed.refusal);
  const Token &token = *own(token_slot, parsed.token);

  const TrustedIssuer *trusted = trusted_issuer(untrusted_issuer(token));
  if (trusted == nullptr) refuse_login(Refusal::unknown_issuer);
  const Verdict verdict = judge(token, *trusted->issuer, trusted->leeway);
  if (verdict.refusal == Refusal::unknown_key && trusted->is_fetched) request_fetch(trusted->name);
  if (verdict.refusal != Refusal::none) refuse_login(verdict.refusal);
  const Pool &pool = require_pool(pools, token, *trusted);
  require_clean_connection(pool);
  if (is_revoked(trusted->name, verdict.subject, verdict.issued_at))
    refuse_login(Refusal::revoked, &pool);
  // The directory is foreign code, in which trust may change: what is needed after it is copied.
  const TrustedIssuer issuer{nullptr, pstrdup(trusted->name),
                             trusted->account == nullptr ? nullptr : pstrdup(trusted->account),
                             trusted->leeway, trusted->is_fetched};
  const Membership membership = authorize(request, verdict, issuer, pool);
  Identity &composed = compose(token, verdict, issuer.name, pool, membership);

  // So must the identity be set.
  auto *identity = static_cast<Identity *>(MemoryContextAlloc(outer, composed.size));
  memcpy(static_cast<void *>(identity), &composed, composed.size);
  end_own_sql(saved);

  const Refusal refusal = bind_identity(*identity, request.scope);
  if (refusal != Refusal::none) refuse_login(refusal);
  if (log_logins() == LogLogins::all)
    report({.name = "login_accepted",
            .application = text_of(*identity, identity->application),
            .api_context = text_of(*identity, identity->api_context)});
}

}  // namespace tenancy::pg

extern "C" {

PG_FUNCTION_INFO_V1(tenancy_login);
Datum tenancy_login(PG_FUNCTION_ARGS) {
  const auto argument = [fcinfo](int n) -> std::string_view {
    return PG_ARGISNULL(n) ? std::string_view{} : tenancy::pg::view(PG_GETARG_TEXT_PP(n));
  };
  const bool for_connection = !PG_ARGISNULL(3) && PG_GETARG_BOOL(3);
  if (for_connection && !tenancy::pg::connection_login()) tenancy::pg::raise_no_connection_login();
  tenancy::pg::login(
      {argument(0), argument(1), argument(2),
       for_connection ? tenancy::pg::Scope::connection : tenancy::pg::Scope::transaction});
  PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(tenancy_logout);
Datum tenancy_logout(FunctionCallInfo) {
  tenancy::pg::require_extension();
  const bool ended = tenancy::pg::end_identity();
  if (ended && tenancy::pg::log_logins() == tenancy::pg::LogLogins::all)
    tenancy::pg::report({.name = "logout"});
  PG_RETURN_BOOL(ended);
}

}  // extern "C"
