#include "core/secret_key.hpp"

#include <catch2/catch.hpp>

#include "mint.hpp"
#include "subjects.hpp"

using namespace tenancy;
using tenancy::test::OwnedKeys;

TEST_CASE("secret key: bytes become a key set of one", "[secret_key]") {
  const std::string secret = std::string(31, '\xff') + '\0';
  const ParsedKeySet parsed = parse_secret_key("a\"b", secret, "HS256");
  const OwnedKeys keys(parsed.keys);
  REQUIRE(keys);
  REQUIRE(key_count(*keys) == 1);
  const KeyView key = key_at(*keys, 0);
  CHECK(key.key_id == "a\"b");
  CHECK(key.type == "oct");
  CHECK(key.algorithm == "HS256");
  CHECK(key.jwk ==
        R"({"alg":"HS256","k":")" + test::encode(secret) + R"(","kid":"a\"b","kty":"oct"})");
}

TEST_CASE("secret key: it is held to what any key is held to", "[secret_key]") {
  const auto fault = [](std::string_view key_id, std::size_t bytes, std::string_view algorithm) {
    const ParsedKeySet parsed = parse_secret_key(key_id, std::string(bytes, 's'), algorithm);
    const OwnedKeys keys(parsed.keys);
    CHECK((keys == nullptr) == (parsed.fault[0] != '\0'));
    return keys ? std::string() : std::string(parsed.first_skipped);
  };
  CHECK(fault("a", 32, "HS256").empty());
  CHECK(fault("a", 64, "HS512").empty());
  CHECK(fault("a", 31, "HS256") == "key \"a\" has a secret shorter than the digest");
  CHECK(fault("a", 63, "HS512") == "key \"a\" has a secret shorter than the digest");
  CHECK(fault("a", 0, "HS256") == "key \"a\" has no k in base64url");
  CHECK(fault("a", 32, "RS256") ==
        "key \"a\" has an alg that is not supported or does not fit its kty");
  CHECK(fault("", 32, "HS256") == "key 1 has a kid that is no string of 1 to 1024 bytes");
}
