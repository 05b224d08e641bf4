// Any text as a key or a key set, published or secret; and what its keys say of a token.
#include <cstddef>
#include <cstdint>

#include "core/base64url.hpp"
#include "subject.hpp"

using namespace tenancy;
using namespace tenancy::fuzz;

namespace {

// Whether all of it is keys.
bool read(const std::string &text, KeySecrecy secrecy) {
  const ParsedKeySet parsed = parse_key_set(text, secrecy);
  const Owned<KeySet> keys(parsed.keys);
  require((keys == nullptr) == (parsed.fault[0] != '\0'), "refused or parsed");
  require((parsed.skipped == 0) == (parsed.first_skipped[0] == '\0'), "what is left out is named");
  if (keys == nullptr) return false;
  require(key_count(*keys) > 0 && key_count(*keys) <= max_key_set_keys, "1 to 100 keys");

  std::string set;
  for (std::size_t i = 0; i < key_count(*keys); i++) {
    const KeyView key = key_at(*keys, i);
    require(secrecy == KeySecrecy::allow_secrets || key.type != "oct", "no secret is published");
    set.append(set.empty() ? "{\"keys\":[" : ",").append(key.jwk);
  }
  const ParsedKeySet again = parse_key_set(set + "]}", secrecy);
  const Owned<KeySet> copy(again.keys);
  require(copy != nullptr && again.skipped == 0, "the canonical form is read");
  require(key_set_generation(*copy) == key_set_generation(*keys), "and is the same set");

  static const Owned<Token> token(parse_jws(base64url_encode(R"({"alg":"ES256"})") + ".e30." +
                                            base64url_encode(std::string(64, '\0')))
                                      .token);
  require(verify_signature(*token, *keys, every_algorithm()) != Refusal::none,
          "zeros are no signature");
  return parsed.skipped == 0;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  const std::string text(view(data, size));
  // Where nothing was refused as secret, secrets make no difference: looked at once in a while.
  if (!read(text, KeySecrecy::public_only) || size % 8 == 0) read(text, KeySecrecy::allow_secrets);
  return 0;
}
