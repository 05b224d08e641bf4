// Start here: a compact JWS goes in, a verdict comes out.
//
//   Token *token = parse(text)              shape, base64url, JSON; nothing is trusted yet
//   Issuer *issuer = ...                    found by untrusted_issuer(*token)
//   Verdict verdict = verify(*token, *issuer, now)
//
// Pure: no clock (now is an argument), no I/O, no globals, no exception leaves these functions.
// Const objects may be shared between threads.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "core/key.hpp"
#include "core/refusal.hpp"
#include "core/sha256.hpp"

namespace tenancy {

inline constexpr std::size_t max_token_bytes = std::size_t{16} * 1024;

struct Token;

struct ParsedToken {
  Token *token;     // owned by the caller, ends with destroy(); null when refused
  Refusal refusal;  // none exactly when token is set
};

// Splits, decodes and parses text (RFC 7515 §7.1, RFC 8725 §3.11) and keeps a copy of what it
// needs.
ParsedToken parse(std::string_view text) noexcept;
void destroy(Token *token) noexcept;  // null is allowed

// The iss claim as the token states it: good for finding an issuer, for nothing else.
// Empty if the claim is missing or no string. Lives as long as the token.
std::string_view untrusted_issuer(const Token &token) noexcept;

// The SHA-256 of the text that was parsed: it stands for the token in a cache. Since a token has
// one text only, no other token has it. Nothing when the cryptographic library fails.
std::optional<Digest> token_digest(const Token &token) noexcept;

// Several values of one name: the claim must be one of them.
struct RequiredClaim {
  std::string_view name;
  std::string_view value;  // the claim must be a string of exactly these bytes; empty: any
                           // non-empty string, or a NumericDate for exp, nbf and iat
};

inline constexpr std::string_view default_audience_claims[] = {"aud"};

// What an issuer's tokens must be. Views; make_issuer() copies them.
struct IssuerRules {
  // Compared byte for byte with iss (RFC 8725 §3.8). Empty: not compared (command line only).
  std::string_view issuer;
  // Further names with the same keys.
  std::span<const std::string_view> aliases;
  AlgorithmSet algorithms;
  // Required typ, compared without case and without a leading "application/". Empty: not looked at.
  std::string_view type;
  // The claims that may name the audience, each a string or an array of strings. The first that
  // the token has is read and no other: client_id, then aud, fits both tokens of Cognito.
  std::span<const std::string_view> audience_claims = default_audience_claims;
  // One must match. Empty: not looked at (command line only).
  std::span<const std::string_view> audiences;
  std::span<const RequiredClaim> required_claims;
  // Seconds, for exp, nbf and iat. Taken as the nearer end if outside 0 to 86400.
  std::int64_t leeway = 0;
  // Seconds from iat (else nbf) to exp; a token with neither is refused. 0: no limit.
  std::int64_t max_lifetime = 0;
  std::string_view subject_claim = "sub";
  // Whether a token without that claim is refused. False: command line only.
  bool subject_required = true;
  // Strings, or integers taken by their digits. Empty: the issuer's tokens name none.
  std::string_view account_claim;
  std::string_view workspace_claim;
};

struct Issuer;

// An issuer's rules with its parsed keys; takes ownership of keys. Null only without memory.
Issuer *make_issuer(const IssuerRules &rules, KeySet *keys) noexcept;
void destroy(Issuer *issuer) noexcept;  // null is allowed

// Of the issuer's keys, see key.hpp.
const Digest &key_set_generation(const Issuer &issuer) noexcept;

// What is known of a token's signature before it is looked at. Only an earlier verdict on the
// same token_digest() under the same key_set_generation() may say other than unknown: none says
// good, bad_signature says bad.
enum class SignatureKnown : std::uint8_t { unknown, good, bad };

struct Verdict {
  Refusal refusal;  // the rest is empty unless none
  // Views into the token and the issuer.
  std::string_view issuer;     // the iss that matched
  std::string_view subject;    // not empty, no control characters, at most 255 bytes
  std::string_view audience;   // the first of the token's that is accepted
  std::string_view account;    // asked for, not granted; empty if the token names none
  std::string_view workspace;  // asked for, not granted
  std::string_view key_id;
  std::int64_t expires_at;  // seconds since 1970: floor(exp) + leeway
  std::int64_t issued_at;   // seconds since 1970: floor(iat); no_issue_time without iat
};

inline constexpr std::int64_t no_issue_time = INT64_MIN;

// All rules of RFC 7515, 7518, 7519 and 8725 that hold for a bearer token, cheap ones first,
// the signature last. now is in seconds since 1970. A signature that is known is not computed
// again; everything else is always checked, so that the verdict is the same as without.
Verdict verify(const Token &token, const Issuer &issuer, std::int64_t now,
               SignatureKnown known = SignatureKnown::unknown) noexcept;

// Whether the token's audience, which may be several, holds this one. Of a token that verify()
// accepted for this issuer; Verdict::audience is only the first that the issuer accepts.
bool token_audience_is(const Token &token, const Issuer &issuer,
                       std::string_view audience) noexcept;

// The signature alone, the payload opaque (RFC 7515 §5.2), for test vectors. parse_jws() skips
// what parse() demands of the claims.
ParsedToken parse_jws(std::string_view text) noexcept;
Refusal verify_signature(const Token &token, const KeySet &keys, AlgorithmSet allowed) noexcept;

// The top-level claims of a token: strings as they are, numbers and booleans as JSON text, arrays
// of strings as JSON text; other members are left out. visit must not throw. Order of the token.
struct Claim {
  std::string_view name;
  std::string_view value;
};
using ClaimVisitor = void (*)(void *state, Claim claim) noexcept;
void for_each_claim(const Token &token, ClaimVisitor visit, void *state) noexcept;

}  // namespace tenancy
