// What the fuzz targets share: an issuer with a key of each type, and a check that cannot be
// compiled away.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "core/algorithm_table.hpp"
#include "core/verify.hpp"

namespace tenancy::fuzz {

struct Destroy {
  void operator()(KeySet *keys) const noexcept { destroy(keys); }
  void operator()(Token *token) const noexcept { destroy(token); }
  void operator()(Issuer *issuer) const noexcept { destroy(issuer); }
};
template <class T>
using Owned = std::unique_ptr<T, Destroy>;

inline constexpr std::int64_t now = 1'800'000'000;

// RFC 7515 A.2 and A.3, RFC 8037 A.2, and the blank key of RFC 8032 §7.4.
inline constexpr std::string_view public_keys = R"({"keys":[
  {"kid":"r","kty":"RSA","e":"AQAB","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"},
  {"kid":"e","kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},
  {"kid":"d","kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})";

// RFC 7515 A.1: the one key whose signatures are cheap enough to be checked at every turn.
inline constexpr std::string_view secret_key =
    R"({"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"})";

inline Owned<KeySet> keys_of(std::string_view text) {
  return Owned<KeySet>(parse_key_set(text, KeySecrecy::allow_secrets).keys);
}

inline AlgorithmSet every_algorithm() {
  AlgorithmSet set;
  for (const AlgorithmRow &row : algorithm_table) set.add(row.algorithm);
  return set;
}

// Rules that look at every claim there is.
inline Owned<Issuer> strict_issuer(std::string_view keys) {
  static constexpr std::string_view aliases[] = {"https://alias.example"};
  static constexpr std::string_view audience_claims[] = {"client_id", "aud"};
  static constexpr std::string_view audiences[] = {"app", "dashboard"};
  static constexpr RequiredClaim required[] = {{"token_use", "access"}, {"token_use", "id"}};
  IssuerRules rules;
  rules.issuer = "https://issuer.example";
  rules.aliases = aliases;
  rules.algorithms = every_algorithm();
  rules.audience_claims = audience_claims;
  rules.audiences = audiences;
  rules.required_claims = required;
  rules.leeway = 30;
  rules.max_lifetime = 86400;
  rules.account_claim = "account";
  rules.workspace_claim = "workspace";
  return Owned<Issuer>(make_issuer(rules, keys_of(keys).release()));
}

// Only a signature is asked for.
inline Owned<Issuer> lax_issuer(std::string_view keys) {
  IssuerRules rules;
  rules.algorithms = every_algorithm();
  return Owned<Issuer>(make_issuer(rules, keys_of(keys).release()));
}

inline void require(bool holds, const char *what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

inline std::string_view view(const std::uint8_t *data, std::size_t size) {
  return {reinterpret_cast<const char *>(data), size};
}

// What an accepted token is, whatever it says.
inline void require_sound(const Verdict &verdict) {
  const auto is_name = [](std::string_view text) {
    for (const char c : text) {
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
    }
    return text.size() <= 255;
  };
  if (verdict.refusal != Refusal::none) {
    require(verdict.subject.empty() && verdict.issuer.empty() && verdict.audience.empty() &&
                verdict.account.empty() && verdict.workspace.empty() && verdict.expires_at == 0,
            "a refusal tells nothing");
    return;
  }
  require(!verdict.subject.empty() && is_name(verdict.subject), "the subject is a name");
  require(is_name(verdict.account) && is_name(verdict.workspace), "tenants are names");
  require(verdict.expires_at > now, "an accepted token has not expired");
}

}  // namespace tenancy::fuzz
