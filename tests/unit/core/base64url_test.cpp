#include "core/base64url.hpp"

#include <catch2/catch.hpp>

#include "mint.hpp"

using tenancy::base64url_decode;
using tenancy::base64url_encode;

TEST_CASE("base64url: what is encoded is decoded", "[base64url]") {
  // RFC 4648 §10, without the padding.
  const std::pair<const char *, const char *> examples[] = {
      {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
      {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"},
  };
  for (const auto &[bytes, text] : examples) {
    CHECK(base64url_encode(bytes) == text);
    CHECK(base64url_decode(text) == bytes);
  }
  std::string all;
  for (int byte = 255; byte >= 0; byte--) {
    all += static_cast<char>(byte);
    CHECK(base64url_encode(all) == tenancy::test::encode(all));
    CHECK(base64url_decode(base64url_encode(all)) == all);
  }
}

TEST_CASE("base64url: one text for each value", "[base64url]") {
  REQUIRE(base64url_decode("-_-_") == "\xfb\xff\xbf");
  const std::string_view refused[] = {
      "Zg==",        "Zm8=",  "Zm9v=",  // padding (RFC 7515 §2)
      "+/+/",        "Zm 9v", "Zm9v\n", "Zm9v\r\n", "Zm%39", "Zm9v.", "\xef\xbb\xbfZm9v",
      {"Zm9v\0", 5}, "Z",     "Zm9vY",          // six bits are no byte
      "Zh",          "Zv",    "Zm9",    "Zm-",  // bits after the last byte
  };
  for (const std::string_view text : refused) {
    INFO(text);
    CHECK(base64url_decode(text) == std::nullopt);
  }
}

TEST_CASE("base64url: every text of three letters is refused or comes back", "[base64url]") {
  std::size_t decoded = 0;
  std::string text(3, '\0');
  for (int a = 0; a < 256; a += 5) {
    for (int b = 0; b < 256; b += 3) {
      for (int c = 0; c < 256; c++) {
        text = {static_cast<char>(a), static_cast<char>(b), static_cast<char>(c)};
        if (const auto bytes = base64url_decode(text)) {
          decoded++;
          if (base64url_encode(*bytes) != text) FAIL(text);
        }
      }
    }
  }
  CHECK(decoded > 0);
}
