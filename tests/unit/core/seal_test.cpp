#include "core/seal.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "mint.hpp"

using namespace tenancy;
using namespace std::string_literals;

namespace {

const SealKey key{1, 2, 3}, other_key{1, 2, 4};

std::string sealed(const SealKey &with, std::string_view binding, std::string_view payload) {
  std::string text(sealed_size(payload.size()), '?');
  REQUIRE(seal(with, binding, payload, text));
  return text;
}

// The payload, or "no" where the seal does not open; then nothing was written.
std::string opened(const SealKey &with, std::string_view binding, std::string_view text) {
  std::string out(payload_size(text.size()), '?');
  if (out.empty()) return "no";
  const bool good = open_seal(with, binding, text, out);
  if (!good) CHECK(out == std::string(out.size(), '?'));
  return good ? out : "no";
}

}  // namespace

TEST_CASE("seal: it opens with its key and binding, whatever is sealed", "[seal]") {
  for (std::size_t size = 1; size < 100; size++) {
    const std::string payload = std::string(size - 1, '\xfe') + "\0"s;
    const std::string text = sealed(key, "binding", payload);
    CHECK(payload_size(text.size()) == size);
    CHECK(opened(key, "binding", text) == payload);
  }
}

TEST_CASE("seal: it is HMAC-SHA256 of binding and payload", "[seal]") {
  const auto tag = hmac_sha256(std::string("\1\2\3") + std::string(29, '\0'),
                               "\7\0\0\0\0\0\0\0binding"s + "payload");
  REQUIRE(tag);
  const std::string bytes(reinterpret_cast<const char *>(tag->data()), tag->size());
  CHECK(sealed(key, "binding", "payload") == test::encode(bytes + "payload"));
}

TEST_CASE("seal: it opens nowhere else", "[seal]") {
  const std::string text = sealed(key, "binding", "payload");
  REQUIRE(opened(key, "binding", text) == "payload");
  CHECK(opened(other_key, "binding", text) == "no");
  for (const char *binding : {"", "bindin", "bindingp", "Binding", "bindingpayload"}) {
    CHECK(opened(key, binding, text) == "no");
  }
  // A byte does not move between binding and payload.
  CHECK(opened(key, "bindingp", sealed(key, "binding", "payload")) == "no");
  CHECK(sealed(key, "ab", "c") != sealed(key, "a", "bc"));
}

TEST_CASE("seal: any change is seen", "[seal]") {
  const std::string text = sealed(key, "binding", "payload");
  for (std::size_t i = 0; i < text.size(); i++) {
    for (const char c : {'A', 'B', '_', '=', ' ', '\0'}) {
      if (text[i] == c) continue;
      std::string changed = text;
      changed[i] = c;
      CHECK(opened(key, "binding", changed) == "no");
    }
    CHECK(opened(key, "binding", text.substr(0, i)) == "no");
    CHECK(opened(key, "binding", text.substr(i + 1)) == "no");
  }
  CHECK(opened(key, "binding", text + "A") == "no");
  CHECK(opened(key, "binding", text + "AAAA") == "no");
  CHECK(opened(key, "binding", text + text) == "no");
}

TEST_CASE("seal: lengths", "[seal]") {
  CHECK(sealed_size(0) == 43);
  CHECK(sealed_size(1) == 44);
  CHECK(sealed_size(2) == 46);
  CHECK(sealed_size(3) == 47);
  for (const std::size_t none : {0, 1, 4, 42, 43, 45, 49}) CHECK(payload_size(none) == 0);
  CHECK(payload_size(44) == 1);
  CHECK(payload_size(46) == 2);
  std::string out(43, '?');
  CHECK_FALSE(seal(key, "binding", "payload", out));  // no room for it
}
