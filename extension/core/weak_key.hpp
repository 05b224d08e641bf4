// Public keys that are well formed and protect nothing. The cryptographic library takes them.
#pragma once

#include <string_view>

struct bignum_st;

namespace tenancy {

// Whether an RSA modulus bears the fingerprint of the generator that CVE-2017-15361 (ROCA) is
// about: its keys can be factored. A sound modulus bears it once in some 2^30.
bool is_weak_modulus(const bignum_st &modulus) noexcept;

// Whether the 32 or 57 bytes of x encode a point of small order on edwards25519 or edwards448,
// under which one signature is good for many messages, or a y that is no field element
// (RFC 8032 §5.1.3 and §5.2.3).
bool is_weak_edwards_point(std::string_view x) noexcept;

}  // namespace tenancy
