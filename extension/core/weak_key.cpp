#include "core/weak_key.hpp"

#include <openssl/bn.h>

#include <cstddef>

namespace tenancy {

bool is_weak_modulus(const bignum_st &modulus) noexcept {
  // Factors of the form k * M + (65537^a mod M) leave a power of 65537 by every prime in M.
  constexpr unsigned primes[] = {3,   5,   7,   11,  13,  17,  19,  23,  29,  31,  37,  41,  43,
                                 47,  53,  59,  61,  67,  71,  73,  79,  83,  89,  97,  101, 103,
                                 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167};
  for (const unsigned prime : primes) {
    const BN_ULONG rest = BN_mod_word(&modulus, prime);
    BN_ULONG power = 1;
    while (power != rest) {
      power = power * 65537 % prime;
      if (power == 1) return false;  // came round without meeting it
    }
  }
  return true;
}

bool is_weak_ed25519_point(std::string_view x) noexcept {
  constexpr unsigned char small_order[][32] = {
      // order 4: y = 0; order 1: y = 1
      {0},
      {1},
      // order 8, y and -y
      {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
       0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
       0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
      {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
       0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
       0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
      // order 2: y = p - 1
      {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
       0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
       0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
  };
  // Without the highest bit, the sign of the other coordinate.
  const auto octet = [&](std::size_t i) {
    return static_cast<unsigned char>(i == 31 ? x[i] & 0x7f : x[i]);
  };
  for (const auto &y : small_order) {
    std::size_t i = 0;
    while (i < 32 && octet(i) == y[i]) i++;
    if (i == 32) return true;
  }
  // y >= p; p is ed ff .. ff 7f, the lowest byte first.
  for (std::size_t i = 1; i < 31; i++) {
    if (octet(i) != 0xff) return false;
  }
  return octet(0) >= 0xed && octet(31) == 0x7f;
}

}  // namespace tenancy
