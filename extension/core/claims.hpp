// The claims of a bearer token (RFC 7519 §4.1, RFC 8725) held against its issuer's rules.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/jws.hpp"
#include "core/verify.hpp"

namespace tenancy {

// What outlives make_issuer(): its rules, owned. See IssuerRules for what each means.
struct Issuer {
  struct Required {
    std::string name;
    std::string value;
  };

  std::string name;
  std::vector<std::string> aliases;
  AlgorithmSet algorithms;
  std::string type;
  std::vector<std::string> audience_claims;
  std::vector<std::string> audiences;
  std::vector<Required> required_claims;
  std::int64_t leeway;
  std::int64_t max_lifetime;
  std::string subject_claim;
  bool subject_required;
  std::string account_claim;
  std::string workspace_claim;
  std::unique_ptr<KeySet> keys;
};

inline constexpr std::int64_t max_leeway = 86400;       // seconds; keeps arithmetic in range
inline constexpr std::int64_t max_date = 253402300799;  // the last second of the year 9999
inline constexpr std::size_t max_name_bytes = 255;      // of a subject, account or workspace

// The claim that names the token's audience: the first there is of those that the issuer names.
Json audience_of(Json claims, const Issuer &issuer) noexcept;

// Fills verdict but for key_id; on refusal verdict holds the reason and fields of no meaning.
// The token has claims.
void check_claims(const Token &token, const Issuer &issuer, std::int64_t now,
                  Verdict &verdict) noexcept;

}  // namespace tenancy
