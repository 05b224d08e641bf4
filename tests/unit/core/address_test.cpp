#include "core/address.hpp"

#include <arpa/inet.h>

#include <array>
#include <catch2/catch.hpp>
#include <string>

using namespace tenancy;

namespace {

bool is_public(const std::string &text) {
  std::array<std::uint8_t, 16> bytes{};
  const bool six = text.find(':') != std::string::npos;
  REQUIRE(inet_pton(six ? AF_INET6 : AF_INET, text.c_str(), bytes.data()) == 1);
  return is_public_address(std::span(bytes.data(), six ? 16U : 4U));
}

}  // namespace

TEST_CASE("hosts of the public internet are allowed", "[address]") {
  const auto address = GENERATE(
      as<std::string>(), "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255",
      "100.128.0.0", "126.255.255.255", "128.0.0.0", "169.253.255.255", "169.255.0.0",
      "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.167.255.255", "192.169.0.0",
      "198.17.255.255", "198.20.0.0", "223.255.255.255", "2001:200::1", "2600::1",
      "2a00:1450:4001:80b::200e", "3ffe::1", "::ffff:8.8.8.8", "64:ff9b::808:808");
  INFO(address);
  CHECK(is_public(address));
}

TEST_CASE("private, local and special addresses are not", "[address]") {
  const auto address = GENERATE(
      as<std::string>(), "0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0",
      "100.127.255.255", "127.0.0.1", "127.255.255.255", "169.254.0.1", "169.254.169.254",
      "172.16.0.0", "172.31.255.255", "192.0.0.170", "192.0.2.1", "192.88.99.1", "192.168.0.1",
      "192.168.255.255", "198.18.0.0", "198.19.255.255", "198.51.100.7", "203.0.113.255",
      "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1", "::7f00:1",
      "::ffff:127.0.0.1", "::ffff:10.1.2.3", "::ffff:169.254.169.254", "64:ff9b::7f00:1",
      "64:ff9b::a9fe:a9fe", "64:ff9b:1::808:808", "100::1", "1fff:ffff::1", "2001::1",
      "2001:1ff:ffff::1", "2001:db8::1", "2002:7f00:1::", "2002:808:808::", "3fff::1",
      "3fff:fff::1", "4000::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1");
  INFO(address);
  CHECK_FALSE(is_public(address));
}

TEST_CASE("what is no address is not public", "[address]") {
  const std::array<std::uint8_t, 17> eights{8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8};
  for (const std::size_t length : {0, 1, 3, 5, 15, 17}) {
    CHECK_FALSE(is_public_address(std::span(eights.data(), length)));
  }
}
