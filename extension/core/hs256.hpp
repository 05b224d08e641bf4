// Signing a compact JWS by HS256 (RFC 7515 §7.1, RFC 7518 §3.2), for test servers: the one token
// that a server itself makes. What it makes is verified like any other (core/verify.hpp).
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace tenancy {

// Characters of the JWS of a header and claims of these lengths.
std::size_t hs256_size(std::size_t header_bytes, std::size_t claims_bytes) noexcept;

// Writes the JWS of the two JSON texts, which are taken as they are. False without memory, or if
// out is not exactly hs256_size() long.
bool sign_hs256(std::string_view key, std::string_view header, std::string_view claims,
                std::span<char> out) noexcept;

}  // namespace tenancy
