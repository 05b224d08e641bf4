// Owners for what extension/core hands out, for tests.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/verify.hpp"

namespace tenancy::test {

struct Destroy {
  void operator()(KeySet *keys) const noexcept { destroy(keys); }
  void operator()(Token *token) const noexcept { destroy(token); }
  void operator()(Issuer *issuer) const noexcept { destroy(issuer); }
};
using OwnedKeys = std::unique_ptr<KeySet, Destroy>;
using OwnedToken = std::unique_ptr<Token, Destroy>;
using OwnedIssuer = std::unique_ptr<Issuer, Destroy>;

inline AlgorithmSet every_algorithm() {
  AlgorithmSet set;
  for (const char *name : {"HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384",
                           "PS512", "ES256", "ES384", "ES512", "EdDSA"}) {
    set.add(*algorithm_of(name));
  }
  return set;
}

inline OwnedKeys keys_of(std::string_view text) {
  return OwnedKeys(parse_key_set(text, KeySecrecy::allow_secrets).keys);
}

// The verdict on the signature alone.
inline Refusal check_jws(std::string_view text, std::string_view key_set) {
  const OwnedKeys keys = keys_of(key_set);
  const ParsedToken parsed = parse_jws(text);
  const OwnedToken token(parsed.token);
  if (!keys) return Refusal::unknown_key;
  return token ? verify_signature(*token, *keys, every_algorithm()) : parsed.refusal;
}

inline std::string name(Refusal refusal) {
  return std::string(refusal_name(refusal));
}

}  // namespace tenancy::test
