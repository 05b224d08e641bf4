// Any text as the claims of a token whose signature is known to be good.
#include <cstddef>
#include <cstdint>

#include "core/base64url.hpp"
#include "core/json.hpp"
#include "subject.hpp"

using namespace tenancy;
using namespace tenancy::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  static const Owned<Issuer> strict = strict_issuer(secret_key);
  static const Owned<Issuer> lax = lax_issuer(secret_key);
  static const std::string header = base64url_encode(R"({"alg":"HS256"})") + ".";

  const ParsedToken parsed = parse(header + base64url_encode(view(data, size)) + ".");
  const Owned<Token> token(parsed.token);
  require((token == nullptr) == (parsed.refusal != Refusal::none), "refused or parsed");
  if (token == nullptr) return 0;

  const Verdict lax_verdict = verify(*token, *lax, now, SignatureKnown::good);
  const Verdict verdict = verify(*token, *strict, now, SignatureKnown::good);
  require_sound(lax_verdict);
  require_sound(verdict);
  require(verify(*token, *strict, now).refusal != Refusal::none, "no signature, no login");
  if (verdict.refusal == Refusal::none) {
    require(verdict.issuer == "https://issuer.example" || verdict.issuer == "https://alias.example",
            "the issuer is one of its names");
    require(verdict.audience == "app" || verdict.audience == "dashboard",
            "the audience is accepted");
    require(token_audience_is(*token, *strict, verdict.audience), "and the token's own");
    require(untrusted_issuer(*token) == verdict.issuer, "found by what it was judged by");
  }
  // What is written of a claim is read back as the same.
  for_each_claim(
      *token,
      [](void *, Claim claim) noexcept {
        std::string text = "{\"v\":";
        append_json(text, claim.value);
        const auto document = JsonDocument::parse(text + "}");
        require(document && document->root()["v"].string() == claim.value, "a text is a string");
      },
      nullptr);
  return 0;
}
