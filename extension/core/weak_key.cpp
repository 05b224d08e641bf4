#include "core/weak_key.hpp"

#include <openssl/bn.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace tenancy {
namespace {

// The y of a point of either curve, the lowest byte first (RFC 8032 §5.1.2 and §5.2.2).
using Coordinate = std::array<std::uint8_t, 57>;

bool below(const Coordinate &a, const Coordinate &b) noexcept {
  return std::lexicographical_compare(a.rbegin(), a.rend(), b.rbegin(), b.rend());
}

constexpr Coordinate one{1};

// p - 1, for p = 2^255 - 19.
constexpr Coordinate last_25519 = [] {
  Coordinate y{};
  for (std::size_t i = 0; i < 32; i++) y[i] = 0xff;
  y[0] = 0xec;
  y[31] = 0x7f;
  return y;
}();

// p - 1, for p = 2^448 - 2^224 - 1.
constexpr Coordinate last_448 = [] {
  Coordinate y{};
  for (std::size_t i = 0; i < 56; i++) y[i] = 0xff;
  y[0] = 0xfe;
  y[28] = 0xfe;
  return y;
}();

// The points of order 8 of edwards25519, y and -y; edwards448 has none.
constexpr std::array<Coordinate, 2> order_8{{
    {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
     0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
     0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
    {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
     0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
     0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
}};

}  // namespace

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

bool is_weak_edwards_point(std::string_view x) noexcept {
  const bool is_25519 = x.size() == 32;
  Coordinate y{};
  std::copy(x.begin(), x.end(), y.begin());
  y[x.size() - 1] &= 0x7f;  // the highest bit is the sign of the other coordinate
  // Order 4 has y = 0, order 1 has y = 1, order 2 has y = p - 1; from p on it is no field element.
  if (!below(one, y) || !below(y, is_25519 ? last_25519 : last_448)) return true;
  return is_25519 && std::find(order_8.begin(), order_8.end(), y) != order_8.end();
}

}  // namespace tenancy
