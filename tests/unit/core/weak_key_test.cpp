#include "core/weak_key.hpp"

#include <openssl/bn.h>

#include <catch2/catch.hpp>
#include <memory>
#include <string>

#include "mint.hpp"
#include "subjects.hpp"

using namespace tenancy;

namespace {

constexpr unsigned primes[] = {3,   5,   7,   11,  13,  17,  19,  23,  29,  31,  37,  41,  43,
                               47,  53,  59,  61,  67,  71,  73,  79,  83,  89,  97,  101, 103,
                               107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167};

struct Free {
  void operator()(BIGNUM *number) const { BN_free(number); }
};
using Number = std::unique_ptr<BIGNUM, Free>;

// start + factor * 2^1830 * (the product of all the primes but one), 2048 bits or a few more.
Number modulus(unsigned start, unsigned factor, unsigned but) {
  Number n(BN_new());
  BN_one(n.get());
  for (const unsigned prime : primes) {
    if (prime != but) BN_mul_word(n.get(), prime);
  }
  BN_mul_word(n.get(), factor);
  BN_lshift(n.get(), n.get(), 1830);
  BN_add_word(n.get(), start);
  return n;
}

}  // namespace

TEST_CASE("weak key: a modulus that is a power of 65537 by every prime is ROCA's", "[weak_key]") {
  CHECK(is_weak_modulus(*modulus(1, 1, 0)));
  CHECK(is_weak_modulus(*modulus(65537, 1, 0)));
  CHECK(is_weak_modulus(*modulus(1, 3, 0)));

  const Number weak = modulus(65537, 1, 0);
  std::string bytes(static_cast<std::size_t>(BN_num_bytes(weak.get())), '\0');
  BN_bn2bin(weak.get(), reinterpret_cast<unsigned char *>(bytes.data()));
  REQUIRE(bytes.size() >= 256);
  const ParsedKeySet parsed = parse_key_set(
      R"({"kty":"RSA","e":"AQAB","n":")" + test::encode(bytes) + "\"}", KeySecrecy::public_only);
  const test::OwnedKeys keys(parsed.keys);
  CHECK(parsed.first_skipped ==
        std::string_view("key 1 has a modulus that can be factored (ROCA)"));
}

TEST_CASE("weak key: one prime by which it is no such power clears it", "[weak_key]") {
  for (const unsigned prime : primes) {
    INFO(prime);
    // 1 by all the others, and by this one each rest in turn: those that are powers of 65537 are
    // the only ones to be taken for ROCA's.
    unsigned cleared = 0;
    for (unsigned factor = 0; factor < prime; factor++) {
      const Number n = modulus(1, factor + prime * 2, prime);
      const auto rest = static_cast<unsigned>(BN_mod_word(n.get(), prime));
      bool is_power = false;
      unsigned power = 1;
      do {
        is_power = is_power || power == rest;
        power = power * (65537 % prime) % prime;
      } while (power != 1);
      CHECK(is_weak_modulus(*n) == is_power);
      cleared += is_power ? 0 : 1;
    }
    CHECK(cleared >= 1);  // by zero at least
  }
}

TEST_CASE("weak key: what generators of today make is sound", "[weak_key]") {
  for (int i = 0; i < 3; i++) {
    const test::Signer signer = test::Signer::rsa(2048);
    CHECK(test::keys_of(signer.jwk()));
  }
}

TEST_CASE("weak key: points of small order, and what is no field element", "[weak_key]") {
  const auto point = [](std::size_t size, unsigned first, unsigned rest, unsigned last) {
    std::string x(size, static_cast<char>(rest));
    x.front() = static_cast<char>(first);
    x.back() = static_cast<char>(last);
    return x;
  };
  // Around p of edwards25519, with either sign of the other coordinate.
  for (const unsigned sign : {0x00u, 0x80u}) {
    for (unsigned first = 0; first < 256; first++) {
      INFO(first);
      CHECK(is_weak_edwards_point(point(32, first, 0xff, 0x7f | sign)) == (first >= 0xec));
      CHECK_FALSE(is_weak_edwards_point(point(32, first, 0xff, 0x7e | sign)));
      CHECK(is_weak_edwards_point(point(32, first, 0x00, sign)) == (first <= 1));
      CHECK(is_weak_edwards_point(point(57, first, 0x00, sign)) == (first <= 1));
      CHECK(is_weak_edwards_point(point(57, first, 0x00, 0x01 | sign)));
    }
    // Around p of edwards448, whose byte 28 is fe.
    std::string x = point(57, 0xfe, 0xff, sign);
    CHECK(is_weak_edwards_point(x));
    x[28] = '\xfe';
    CHECK(is_weak_edwards_point(x));  // p - 1
    x[0] = '\xfd';
    CHECK_FALSE(is_weak_edwards_point(x));  // p - 2
    x[0] = '\xff';
    CHECK(is_weak_edwards_point(x));  // p
    for (std::size_t i = 1; i < 56; i++) {
      std::string below = x;
      below[i] = static_cast<char>(below[i] - 1);
      INFO(i);
      CHECK_FALSE(is_weak_edwards_point(below));
    }
  }
}
