// Where an issuer publishes its keys: the addresses that may be fetched, and OpenID Connect
// Discovery 1.0. Nothing here touches the network.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace tenancy {

inline constexpr std::size_t max_address_bytes = 2048;
inline constexpr std::size_t max_discovery_bytes = std::size_t{1024} * 1024;

// Whether text is an https address with a host, in printable ASCII, without user name, password and
// fragment, at most max_address_bytes long.
bool is_https_address(std::string_view text) noexcept;

// Discovery 1.0 §4: the address of the issuer's discovery document, written to out; empty if the
// issuer is no https address, has a query (§3), or out is too small.
std::string_view discovery_address(std::string_view issuer, std::span<char> out) noexcept;

enum class DiscoveryFault : std::uint8_t {
  none,
  malformed,     // not one strict JSON object, or larger than max_discovery_bytes
  wrong_issuer,  // issuer is not the one asked, byte for byte (§4.3)
  bad_address,   // jwks_uri is absent, no https address, or longer than out
  no_memory,
};

struct Discovery {
  DiscoveryFault fault;
  std::string_view jwks_uri;  // in out
};
Discovery read_discovery(std::string_view document, std::string_view issuer,
                         std::span<char> out) noexcept;

// How long an answer stays fresh, in seconds, by its Cache-Control (RFC 9111 §5.2.2): max-age; 0
// for no-store, no-cache, and a max-age that is no number; nothing if the header names none of
// them. Saturates at the largest value.
std::optional<std::int64_t> freshness_of(std::string_view cache_control) noexcept;

}  // namespace tenancy
