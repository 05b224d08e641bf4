#include "core/hs256.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "core/base64url.hpp"
#include "core/key.hpp"
#include "core/secret_key.hpp"
#include "core/verify.hpp"

namespace {

std::string sign(std::string_view key, std::string_view header, std::string_view claims) {
  std::string out(tenancy::hs256_size(header.size(), claims.size()), '?');
  REQUIRE(tenancy::sign_hs256(key, header, claims, out));
  return out;
}

}  // namespace

TEST_CASE("sign_hs256: the example of RFC 7515 A.1", "[hs256]") {
  const auto key = tenancy::base64url_decode(
      "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");
  REQUIRE(key);
  CHECK(sign(*key, "{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}",
             "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n "
             "\"http://example.com/is_root\":true}") ==
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0"
        "cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
}

TEST_CASE("sign_hs256: every length is announced and verifies", "[hs256]") {
  const std::string key(32, 'k');
  const auto keys = tenancy::parse_secret_key("test", key, "HS256");
  REQUIRE(keys.keys != nullptr);
  tenancy::AlgorithmSet allowed;
  allowed.add(*tenancy::algorithm_of("HS256"));
  for (std::size_t length = 0; length < 7; ++length) {
    const auto token = tenancy::parse_jws(sign(key, R"({"alg":"HS256","kid":"test"})",
                                               "{\"x\":\"" + std::string(length, 'y') + "\"}"));
    REQUIRE(token.token != nullptr);
    CHECK(tenancy::verify_signature(*token.token, *keys.keys, allowed) == tenancy::Refusal::none);
    tenancy::destroy(token.token);
    const auto other = tenancy::parse_jws(
        sign(std::string(32, 'l'), R"({"alg":"HS256","kid":"test"})", "{\"x\":1}"));
    REQUIRE(other.token != nullptr);
    CHECK(tenancy::verify_signature(*other.token, *keys.keys, allowed) ==
          tenancy::Refusal::bad_signature);
    tenancy::destroy(other.token);
  }
  tenancy::destroy(keys.keys);
}

TEST_CASE("sign_hs256: room of another size is refused", "[hs256]") {
  std::string out(tenancy::hs256_size(2, 2) + 1, '?');
  CHECK_FALSE(tenancy::sign_hs256("k", "{}", "{}", out));
  CHECK(out == std::string(out.size(), '?'));
}
