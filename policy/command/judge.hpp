// The verifier of the extension with keys and expectations that come from the command line.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/verify.hpp"

namespace tenancy::policy {

struct Destroy {
  void operator()(KeySet *keys) const noexcept { destroy(keys); }
  void operator()(Token *token) const noexcept { destroy(token); }
  void operator()(Issuer *issuer) const noexcept { destroy(issuer); }
};
using OwnedKeys = std::unique_ptr<KeySet, Destroy>;
using OwnedToken = std::unique_ptr<Token, Destroy>;

// What IssuerRules says, owned; algorithms are all.
struct Expectations {
  std::string issuer;
  std::vector<std::string> audiences;
  std::vector<std::string> audience_claims = {"aud"};
  std::vector<std::pair<std::string, std::string>> required;  // a name and, unless empty, a value
  bool subject_required = true;
  std::int64_t leeway = 0;
  std::int64_t now = 0;         // seconds since 1970
  bool signature_only = false;  // the payload is opaque and nothing else of this matters
};

struct Judgement {
  Refusal refusal;
  std::string key_id;     // of the key used; empty if it has none, or the token is refused
  std::string algorithm;  // empty if the token is refused
};

// Throws std::bad_alloc.
Judgement judge(std::string_view text, OwnedKeys keys, const Expectations &expected);

}  // namespace tenancy::policy
