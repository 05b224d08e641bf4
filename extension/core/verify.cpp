#include "core/verify.hpp"

#include <algorithm>
#include <memory>
#include <new>

#include "core/claims.hpp"
#include "core/jwk.hpp"
#include "core/jws.hpp"
#include "core/signature.hpp"

namespace tenancy {
namespace {

ParsedToken parse(std::string_view text, Payload payload) noexcept {
  try {
    Refusal refusal = Refusal::none;
    Token *const token = read_token(text, payload, refusal).release();
    return {token, refusal};
  } catch (const std::bad_alloc &) {
    return {nullptr, Refusal::out_of_memory};
  }
}

struct Selection {
  const Key *key;
  const AlgorithmRow *row;
  Refusal refusal;  // none exactly when key and row are set
};

// The key decides the algorithm; the header has only to agree (RFC 8725 §3.1).
Selection select_key(const Token &token, const KeySet &set, AlgorithmSet allowed) noexcept {
  if (!token.algorithm || !allowed.contains(*token.algorithm)) {
    return {nullptr, nullptr, Refusal::algorithm_not_allowed};
  }
  const Key *selected = nullptr;
  if (!token.key_id.empty()) {
    for (const Key &key : set.keys) {
      if (key.id == token.key_id) selected = &key;
    }
  } else if (set.keys.size() == 1) {
    selected = &set.keys.front();
  } else {
    return {nullptr, nullptr, Refusal::bad_header};
  }
  if (selected == nullptr) return {nullptr, nullptr, Refusal::unknown_key};
  const AlgorithmRow *const row = row_for(*selected, *token.algorithm);
  return {selected, row, row == nullptr ? Refusal::algorithm_not_allowed : Refusal::none};
}

Refusal judge(const Token &token, const Issuer &issuer, std::int64_t now, SignatureKnown known,
              Verdict &verdict) noexcept {
  if (!token.claims.root().exists()) return Refusal::bad_json;  // from parse_jws()
  if (!issuer.type.empty() && !same_type(token.type, issuer.type)) return Refusal::wrong_type;
  const auto [key, row, refusal] = select_key(token, *issuer.keys, issuer.algorithms);
  if (refusal != Refusal::none) return refusal;
  verdict.key_id = key->id;
  check_claims(token, issuer, now, verdict);
  if (verdict.refusal != Refusal::none) return verdict.refusal;
  if (known == SignatureKnown::good) return Refusal::none;
  if (known == SignatureKnown::bad) return Refusal::bad_signature;
  return check_signature(*key, *row, token.signing_input(), token.signature);
}

}  // namespace

ParsedToken parse(std::string_view text) noexcept {
  return parse(text, Payload::claims);
}
ParsedToken parse_jws(std::string_view text) noexcept {
  return parse(text, Payload::opaque);
}
void destroy(Token *token) noexcept {
  delete token;
}

std::string_view untrusted_issuer(const Token &token) noexcept {
  return token.claims.root()["iss"].string();
}

std::optional<Digest> token_digest(const Token &token) noexcept {
  return sha256(token.text);
}

Issuer *make_issuer(const IssuerRules &rules, KeySet *keys) noexcept {
  std::unique_ptr<KeySet> owned_keys(keys);
  try {
    if (!owned_keys) owned_keys = std::make_unique<KeySet>();
    auto issuer = std::make_unique<Issuer>(Issuer{
        .name = std::string(rules.issuer),
        .aliases = {rules.aliases.begin(), rules.aliases.end()},
        .algorithms = rules.algorithms,
        .type = std::string(rules.type),
        .audience_claims = {rules.audience_claims.begin(), rules.audience_claims.end()},
        .audiences = {rules.audiences.begin(), rules.audiences.end()},
        .required_claims = {},
        .leeway = std::clamp<std::int64_t>(rules.leeway, 0, max_leeway),
        .max_lifetime = rules.max_lifetime,
        .subject_claim = std::string(rules.subject_claim),
        .subject_required = rules.subject_required,
        .account_claim = std::string(rules.account_claim),
        .workspace_claim = std::string(rules.workspace_claim),
        .keys = std::move(owned_keys),
    });
    for (const RequiredClaim &claim : rules.required_claims) {
      issuer->required_claims.push_back({std::string(claim.name), std::string(claim.value)});
    }
    return issuer.release();
  } catch (const std::bad_alloc &) {
    return nullptr;
  }
}

void destroy(Issuer *issuer) noexcept {
  delete issuer;
}

const Digest &key_set_generation(const Issuer &issuer) noexcept {
  return key_set_generation(*issuer.keys);
}

Verdict verify(const Token &token, const Issuer &issuer, std::int64_t now,
               SignatureKnown known) noexcept {
  Verdict verdict{};
  const Refusal refusal = judge(token, issuer, now, known, verdict);
  if (refusal == Refusal::none) return verdict;
  Verdict refused{};
  refused.refusal = refusal;
  return refused;
}

bool token_audience_is(const Token &token, const Issuer &issuer,
                       std::string_view audience) noexcept {
  const Json claim = audience_of(token.claims.root(), issuer);
  if (claim.is(JsonType::string)) return claim.string() == audience;
  for (std::size_t i = 0; i < claim.size(); i++) {
    if (claim[i].is(JsonType::string) && claim[i].string() == audience) return true;
  }
  return false;
}

Refusal verify_signature(const Token &token, const KeySet &keys, AlgorithmSet allowed) noexcept {
  const auto [key, row, refusal] = select_key(token, keys, allowed);
  if (refusal != Refusal::none) return refusal;
  return check_signature(*key, *row, token.signing_input(), token.signature);
}

void for_each_claim(const Token &token, ClaimVisitor visit, void *state) noexcept {
  for (const Token::Text &text : token.texts) visit(state, {text.name, text.value});
}

}  // namespace tenancy
