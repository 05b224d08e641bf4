// What login bound: one flat, position-independent value that accessors read in place.
//
// The layout is private to one build of the library: an identity lives as long as a transaction or
// a connection, is never stored, and is sealed (core/seal.hpp) wherever SQL could reach it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "core/sha256.hpp"

namespace tenancy {

inline constexpr std::size_t max_identity_bytes = 64 * 1024;
inline constexpr std::size_t max_roles = 256;
inline constexpr std::size_t max_claims = 256;

// A key of the hierarchy in the three types that tables use, converted once, at login.
struct TenantKey {
  std::uint32_t offset;  // of the text, NUL-terminated
  std::uint32_t length;  // 0: no such key is bound
  bool is_uuid;          // the text is a canonical uuid and uuid is set
  bool is_bigint;        // the text is a canonical bigint and bigint is set
  std::array<std::uint8_t, 16> uuid;
  std::int64_t bigint;
};

struct Slice {
  std::uint32_t offset;
  std::uint32_t length;
};

// The header of a flat identity. Behind it in the same block of memory: the slices of roles and
// claims, then the texts in the order of the fields below, roles, claims.
struct Identity {
  std::uint32_t size;  // bytes, header included
  std::uint32_t role_count;
  std::uint32_t claim_count;
  std::uint32_t roles;      // offset of Slice[role_count]
  std::uint32_t claims;     // offset of Slice[2 * claim_count]: name, value, name, ...
  std::int64_t expires_at;  // seconds since 1970
  std::int64_t issued_at;   // seconds since 1970, or no_issue_time (core/verify.hpp)
  std::uint64_t serial;     // which binding of its backend this is; 0 until it is bound
  bool of_connection;       // bound until the connection ends, not the transaction
  TenantKey account;
  TenantKey workspace;
  TenantKey user;
  Slice subject;
  Slice issuer;
  Slice application;
  Slice api_context;
};

// Views into an identity; every text ends with a NUL that the view does not count.
std::string_view text_of(const Identity &identity, Slice slice) noexcept;
std::string_view text_of(const Identity &identity, const TenantKey &key) noexcept;
// REQUIRES: index < identity.role_count
std::string_view role_at(const Identity &identity, std::size_t index) noexcept;
bool has_role(const Identity &identity, std::string_view role) noexcept;
// The claim's text, or a view with a null data() if the token had no such claim.
std::string_view claim_named(const Identity &identity, std::string_view name) noexcept;

struct IdentityFields {
  std::string_view account;  // keys as text; empty: none
  std::string_view workspace;
  std::string_view user;
  std::string_view subject;
  std::string_view issuer;
  std::string_view application;
  std::string_view api_context;
  std::span<const std::string_view> roles;
  std::span<const std::string_view> claims;  // name, value, name, value, ...
  std::int64_t expires_at;
  std::int64_t issued_at;
};

// Bytes that encode_identity() needs; 0 if the fields exceed one of the limits above.
std::size_t identity_size(const IdentityFields &fields) noexcept;

// Writes the identity into memory of at least identity_size(fields) bytes, aligned to 8.
Identity *encode_identity(const IdentityFields &fields, std::span<char> memory) noexcept;

// Equal for two identities exactly when all but claims, times and serial is equal: a fresh token of
// the same subject in the same place is the same identity. Nothing if the hash fails.
std::optional<Digest> identity_digest(const Identity &identity) noexcept;

// Whether bytes hold a whole identity; what open_seal() gives is checked once more.
bool is_identity(std::string_view bytes) noexcept;

}  // namespace tenancy
