// Why a login is refused: the one table of reasons.
//
// A client learns the class only (the SQLSTATE); the name is stable and goes to events and to
// a DBA's debugging functions. docs/errors.md lists the same rows, held to this table by a lint.
#pragma once

#include <cstdint>
#include <string_view>

namespace tenancy {

enum class RefusalClass : std::uint8_t {
  none,
  token,    // 28T01: this token will never be accepted; do not retry
  expired,  // 28T02: expired or revoked; get a fresh token
  pool,     // 28T03: this pool may not use this token
  denied,   // 42501: the directory gives the subject no such account or workspace
  several,  // 42501: the directory gives him more than one
  session,  // 28T04: the connection or transaction cannot take this identity
  server,   // 58000: the server cannot judge any token now
};

// clang-format off
#define TENANCY_REFUSALS(X)                                                                        \
  X(none,                  none,    "accepted")                                                    \
  X(too_large,             token,   "the token is longer than 16 KiB")                             \
  X(malformed,             token,   "not three segments of canonical unpadded base64url")          \
  X(bad_json,              token,   "header or claims are not one strict JSON object")             \
  X(bad_header,            token,   "alg, kid or typ is no legal string, or one needed is absent") \
  X(forbidden_header,      token,   "the header holds crit, jku, jwk, x5*, zip, b64, enc or cty")  \
  X(wrong_type,            token,   "typ is not what the issuer requires")                         \
  X(algorithm_not_allowed, token,   "alg is not one that the issuer and the key allow")            \
  X(unknown_issuer,        token,   "iss is no configured issuer, byte for byte")                  \
  X(unknown_key,           token,   "kid is not in the issuer's key set")                          \
  X(bad_signature,         token,   "the signature does not verify")                               \
  X(missing_claim,         token,   "a required claim is absent")                                  \
  X(bad_claim,             token,   "a claim has the wrong type, or a date is out of range")       \
  X(wrong_claim,           token,   "a claim has not the value that the issuer requires")          \
  X(wrong_audience,        token,   "no audience of the token is accepted")                        \
  X(sender_constrained,    token,   "the token has cnf: it is not a bearer token")                 \
  X(lifetime_too_long,     token,   "exp - iat exceeds the issuer's maximum lifetime")             \
  X(not_yet_valid,         token,   "nbf or iat lies in the future")                               \
  X(expired,               expired, "exp has passed")                                              \
  X(revoked,               expired, "the subject's tokens were revoked after this one was issued")   \
  X(no_pool,               pool,    "the login role is not in tenancy.pool")                       \
  X(wrong_pool,            pool,    "the pool does not serve this issuer and audience")            \
  X(ambiguous_pool,        pool,    "two rows of tenancy.pool fit the token")                      \
  X(unsafe_pool,           pool,    "the login role is, or may become, superuser or BYPASSRLS")      \
  X(contradicted_claim,    denied,  "account or workspace asked for is not the one in the token")  \
  X(not_a_member,          denied,  "the subject has no such active account or workspace")         \
  X(inactive_user,         denied,  "the subject is a user that is not active")                      \
  X(ambiguous_account,     several, "the subject has several accounts and named none")             \
  X(foreign_issuer,        denied,  "the issuer belongs to another account")                       \
  X(second_identity,       session, "the transaction already has, or had, another identity")       \
  X(unclean_connection,    session, "an earlier client left objects in the connection")              \
  X(switched_role,         session, "the current role is not the session's own")                   \
  X(too_much_identity,     session, "roles and claims do not fit into 64 KiB")                     \
  X(clock_stepped_back,    server,  "the clock is behind what it has already shown")             \
  X(out_of_memory,         server,  "no memory to verify the token")
// clang-format on

enum class Refusal : std::uint8_t {
#define X(name, cls, meaning) name,
  TENANCY_REFUSALS(X)
#undef X
};

// The stable name of a reason: "bad_signature". Never null.
std::string_view refusal_name(Refusal refusal) noexcept;
// The reason of that name; none if there is no such reason.
Refusal refusal_named(std::string_view name) noexcept;
// One line for a DBA, as in the table above.
std::string_view refusal_meaning(Refusal refusal) noexcept;
RefusalClass refusal_class(Refusal refusal) noexcept;

}  // namespace tenancy
