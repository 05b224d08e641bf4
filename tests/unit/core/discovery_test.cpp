#include "core/discovery.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <limits>
#include <string>

using namespace tenancy;
using namespace std::string_literals;

namespace {

struct Read {
  DiscoveryFault fault;
  std::string jwks_uri;
};

Read read(const std::string &document, const std::string &issuer = "https://id.example") {
  std::array<char, max_address_bytes> out{};
  const Discovery found = read_discovery(document, issuer, out);
  return {found.fault, std::string(found.jwks_uri)};
}

std::string address_of(const std::string &issuer) {
  std::array<char, max_address_bytes> out{};
  return std::string(discovery_address(issuer, out));
}

std::string document(const std::string &jwks_uri,
                     const std::string &issuer = "https://id.example") {
  return R"({"issuer":")" + issuer + R"(","jwks_uri":")" + jwks_uri + "\"}";
}

}  // namespace

TEST_CASE("https addresses", "[discovery]") {
  for (const auto *address : {"https://a", "https://a/", "https://a.example:8443/keys?x=1&y=@",
                              "https://[2001:db8::1]/k", "https://a?b"}) {
    INFO(address);
    CHECK(is_https_address(address));
  }
  for (const auto &address : {""s,
                              "https://"s,
                              "https:///keys"s,
                              "https://?a"s,
                              "https://:443/"s,
                              "http://a/"s,
                              "HTTPS://a/"s,
                              "ftp://a/"s,
                              "file:///etc/passwd"s,
                              "//a/"s,
                              "a"s,
                              "https:/a"s,
                              "https://u@a/"s,
                              "https://u:p@a/"s,
                              "https://a@b"s,
                              "https://a/#f"s,
                              "https://a/ b"s,
                              " https://a/"s,
                              "https://a/\n"s,
                              "https://a/\0"s,
                              "https://a/\x7f"s,
                              "https://\xc3\xa4/"s,
                              "https://a\\@b/"s}) {
    INFO(address);
    CHECK_FALSE(is_https_address(address));
  }
  const std::string longest = "https://a/" + std::string(max_address_bytes - 10, 'x');
  CHECK(is_https_address(longest));
  CHECK_FALSE(is_https_address(longest + "x"));
}

TEST_CASE("the address of the discovery document", "[discovery]") {
  CHECK(address_of("https://id.example") == "https://id.example/.well-known/openid-configuration");
  CHECK(address_of("https://id.example/") == "https://id.example/.well-known/openid-configuration");
  CHECK(address_of("https://id.example/realms/a") ==
        "https://id.example/realms/a/.well-known/openid-configuration");
  CHECK(address_of("https://id.example/a//") ==
        "https://id.example/a//.well-known/openid-configuration");
  CHECK(address_of("http://id.example").empty());
  CHECK(address_of("id.example").empty());
  CHECK(address_of("https://id.example?tenant=a").empty());
  CHECK(address_of("https://id.example/#a").empty());
  CHECK(address_of("").empty());
  CHECK(address_of("https://a/" + std::string(max_address_bytes - 10, 'x')).empty());
}

TEST_CASE("a discovery document names the key set", "[discovery]") {
  const Read found = read(document("https://keys.example/jwks"));
  CHECK(found.fault == DiscoveryFault::none);
  CHECK(found.jwks_uri == "https://keys.example/jwks");
}

TEST_CASE("the issuer must be equal byte for byte", "[discovery]") {
  for (const auto *issuer : {"https://id.example/", "https://ID.example", "https://id.example.evil",
                             "https://id.exampl", "", "http://id.example"}) {
    INFO(issuer);
    CHECK(read(document("https://keys.example/jwks", issuer)).fault ==
          DiscoveryFault::wrong_issuer);
  }
  CHECK(read(R"({"jwks_uri":"https://k/"})").fault == DiscoveryFault::wrong_issuer);
  CHECK(read(R"({"issuer":["https://id.example"],"jwks_uri":"https://k/"})").fault ==
        DiscoveryFault::wrong_issuer);
  CHECK(read(R"({"jwks_uri":"https://k/"})", "").fault == DiscoveryFault::wrong_issuer);
}

TEST_CASE("the key set's address must be https", "[discovery]") {
  for (const auto *address : {"http://keys.example/jwks", "", "/jwks", "file:///etc/passwd",
                              "https://user@keys.example/", "https://"}) {
    INFO(address);
    CHECK(read(document(address)).fault == DiscoveryFault::bad_address);
  }
  CHECK(read(R"({"issuer":"https://id.example"})").fault == DiscoveryFault::bad_address);
  CHECK(read(R"({"issuer":"https://id.example","jwks_uri":7})").fault ==
        DiscoveryFault::bad_address);
  std::array<char, 8> small{};
  CHECK(read_discovery(document("https://k/"), "https://id.example", small).fault ==
        DiscoveryFault::bad_address);
}

TEST_CASE("what is no JSON object is no discovery document", "[discovery]") {
  for (const auto &text : {""s, "<html>"s, "[]"s, "{"s, document("https://k/") + "x",
                           R"({"issuer":"a","issuer":"https://id.example"})"s}) {
    INFO(text);
    CHECK(read(text).fault == DiscoveryFault::malformed);
  }
  CHECK(read(document("https://k/") + std::string(max_discovery_bytes, ' ')).fault ==
        DiscoveryFault::malformed);
}

TEST_CASE("freshness by Cache-Control", "[discovery]") {
  CHECK_FALSE(freshness_of("").has_value());
  CHECK_FALSE(freshness_of("public, must-revalidate").has_value());
  CHECK_FALSE(freshness_of("s-maxage=5, x-max-age=6").has_value());
  CHECK(freshness_of("max-age=600") == 600);
  CHECK(freshness_of("public, Max-Age = 600 , must-revalidate") == 600);
  CHECK(freshness_of("max-age=\"60\"") == 60);
  CHECK(freshness_of("max-age=0") == 0);
  CHECK(freshness_of("max-age=") == 0);
  CHECK(freshness_of("max-age") == 0);
  CHECK(freshness_of("max-age=-1") == 0);
  CHECK(freshness_of("max-age=1e9") == 0);
  CHECK(freshness_of("max-age=5, max-age=900") == 5);
  CHECK(freshness_of("max-age=600, no-store") == 0);
  CHECK(freshness_of("no-cache=\"set-cookie\"") == 0);
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  CHECK(freshness_of("max-age=9223372036854775807") == most);
  CHECK(freshness_of("max-age=9223372036854775808") == most);
  CHECK(freshness_of("max-age=" + std::string(400, '9')) == most);
  CHECK(freshness_of(",,;=,\"") == std::nullopt);
}
