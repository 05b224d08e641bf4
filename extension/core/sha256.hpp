// SHA-256 (FIPS 180-4) and HMAC-SHA256 (RFC 2104) of bytes.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tenancy {

using Digest = std::array<std::uint8_t, 32>;

// Nothing when the cryptographic library fails (no memory, algorithm disabled). The caller must
// refuse then: a digest that stands for "failed" would equal every other such digest.
std::optional<Digest> sha256(std::string_view bytes) noexcept;
std::optional<Digest> hmac_sha256(std::string_view key, std::string_view bytes) noexcept;

// Whether two digests are equal, in a time that does not depend on where they differ.
bool equal_digests(const Digest &a, const Digest &b) noexcept;

}  // namespace tenancy
