// Any text as the header of a token whose claims are right.
#include <cstddef>
#include <cstdint>

#include "core/base64url.hpp"
#include "subject.hpp"

using namespace tenancy;
using namespace tenancy::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  static const Owned<Issuer> issuer = lax_issuer(public_keys);
  static const Owned<Issuer> secret_issuer = lax_issuer(secret_key);
  static const std::string tail = "." + base64url_encode(R"({"sub":"s","exp":1900000000})") + ".";

  const std::string header = base64url_encode(view(data, size));
  require(base64url_decode(header) == view(data, size), "base64url goes there and back");
  const ParsedToken parsed = parse(header + tail);
  const Owned<Token> token(parsed.token);
  require((token == nullptr) == (parsed.refusal != Refusal::none), "refused or parsed");
  if (token == nullptr) return 0;
  // The empty signature is nobody's, so no header may make it good.
  require(verify(*token, *issuer, now).refusal != Refusal::none, "no signature, no login");
  require(verify(*token, *secret_issuer, now).refusal != Refusal::none, "no signature, no login");
  require_sound(verify(*token, *issuer, now, SignatureKnown::good));
  return 0;
}
