#include "core/sha256.hpp"

#include <catch2/catch.hpp>

#include "mint.hpp"

using tenancy::Digest;
using tenancy::test::unhex;

namespace {

Digest digest(std::string_view hex) {
  const std::string bytes = unhex(hex);
  Digest out{};
  REQUIRE(bytes.size() == out.size());
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return out;
}

}  // namespace

TEST_CASE("sha256: examples of FIPS 180-4", "[sha256]") {
  CHECK(tenancy::sha256("abc") ==
        digest("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
  CHECK(tenancy::sha256("") ==
        digest("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
  CHECK(tenancy::sha256(std::string(1000000, 'a')) ==
        digest("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"));
}

TEST_CASE("hmac_sha256: examples of RFC 4231", "[sha256]") {
  CHECK(tenancy::hmac_sha256(std::string(20, '\x0b'), "Hi There") ==
        digest("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"));
  CHECK(tenancy::hmac_sha256("Jefe", "what do ya want for nothing?") ==
        digest("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"));
  CHECK(tenancy::hmac_sha256(std::string(131, '\xaa'),
                             "Test Using Larger Than Block-Size Key - Hash Key First") ==
        digest("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"));
  CHECK(tenancy::hmac_sha256({}, {}) ==
        digest("b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"));
}

TEST_CASE("equal_digests: every byte counts", "[sha256]") {
  const Digest one{};
  CHECK(tenancy::equal_digests(one, one));
  for (std::size_t i = 0; i < one.size(); i++) {
    Digest other = one;
    other[i] = 1;
    CHECK_FALSE(tenancy::equal_digests(one, other));
  }
}
