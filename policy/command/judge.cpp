#include "policy/command/judge.hpp"

#include <new>

#include "core/algorithm_table.hpp"
#include "core/jws.hpp"

namespace tenancy::policy {
namespace {

AlgorithmSet every_algorithm() {
  AlgorithmSet set;
  for (const AlgorithmRow &row : algorithm_table) set.add(row.algorithm);
  return set;
}

std::vector<std::string_view> views(const std::vector<std::string> &texts) {
  return {texts.begin(), texts.end()};
}

Refusal judge_claims(const Token &token, OwnedKeys keys, const Expectations &expected) {
  const auto audiences = views(expected.audiences);
  const auto audience_claims = views(expected.audience_claims);
  std::vector<RequiredClaim> required;
  for (const auto &[name, value] : expected.required) required.push_back({name, value});
  IssuerRules rules;
  rules.issuer = expected.issuer;
  rules.algorithms = every_algorithm();
  rules.audience_claims = audience_claims;
  rules.audiences = audiences;
  rules.required_claims = required;
  rules.leeway = expected.leeway;
  rules.subject_required = expected.subject_required;
  const std::unique_ptr<Issuer, Destroy> issuer(make_issuer(rules, keys.release()));
  if (!issuer) throw std::bad_alloc();
  return verify(token, *issuer, expected.now).refusal;
}

}  // namespace

Judgement judge(std::string_view text, OwnedKeys keys, const Expectations &expected) {
  const ParsedToken parsed = expected.signature_only ? parse_jws(text) : parse(text);
  const OwnedToken token(parsed.token);
  if (!token) return {parsed.refusal, "", ""};
  // A token without kid is judged by the only key there is.
  Judgement accepted{Refusal::none, std::string(key_at(*keys, 0).key_id), ""};
  if (!token->key_id.empty()) accepted.key_id = token->key_id;
  const Refusal refusal = expected.signature_only
                              ? verify_signature(*token, *keys, every_algorithm())
                              : judge_claims(*token, std::move(keys), expected);
  if (refusal != Refusal::none) return {refusal, "", ""};
  accepted.algorithm = algorithm_name(token->algorithm.value());
  return accepted;
}

}  // namespace tenancy::policy
