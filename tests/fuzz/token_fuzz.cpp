// Any text as a token: parsed both ways, judged by public keys and by a secret.
#include <cstddef>
#include <cstdint>

#include "subject.hpp"

using namespace tenancy;
using namespace tenancy::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  static const Owned<Issuer> public_issuer = strict_issuer(public_keys);
  static const Owned<Issuer> secret_issuer = lax_issuer(secret_key);
  static const Owned<KeySet> keys = keys_of(public_keys);
  static const AlgorithmSet algorithms = every_algorithm();

  const std::string text(view(data, size));  // an allocation of its own: no byte past it is read
  const ParsedToken parsed = parse(text);
  const Owned<Token> token(parsed.token);
  require((token == nullptr) == (parsed.refusal != Refusal::none), "refused or parsed");

  const ParsedToken opaque = parse_jws(text);
  const Owned<Token> jws(opaque.token);
  require(jws != nullptr || token == nullptr, "what is a JWT is a JWS");
  if (jws) {
    require(verify_signature(*jws, *keys, AlgorithmSet()) == Refusal::algorithm_not_allowed,
            "no algorithm allowed, none accepted");
    static_cast<void>(verify_signature(*jws, *keys, algorithms));
    require(verify(*jws, *secret_issuer, now).refusal == Refusal::bad_json,
            "without claims there is nothing to accept");
  }
  if (token) {
    require(token_digest(*token) == sha256(text), "the digest is that of the text");
    require_sound(verify(*token, *public_issuer, now));
    require_sound(verify(*token, *secret_issuer, now));
  }
  return 0;
}
