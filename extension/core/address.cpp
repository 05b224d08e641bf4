#include "core/address.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace tenancy {
namespace {

// The first bits of an address are those of bytes.
template <std::size_t Size>
struct Prefix {
  std::array<std::uint8_t, Size> bytes;
  unsigned bits;

  constexpr bool holds(std::span<const std::uint8_t> address) const noexcept {
    const std::size_t whole = bits / 8;
    if (!std::equal(bytes.begin(), bytes.begin() + whole, address.begin())) return false;
    const unsigned rest = bits % 8;
    return rest == 0 || ((bytes[whole] ^ address[whole]) >> (8 - rest)) == 0;
  }
};

// The IANA IPv4 special-purpose address registry, with multicast and the reserved class E.
constexpr Prefix<4> special_v4[] = {
    {{0, 0, 0, 0}, 8},       {{10, 0, 0, 0}, 8},     {{100, 64, 0, 0}, 10},
    {{127, 0, 0, 0}, 8},     {{169, 254, 0, 0}, 16}, {{172, 16, 0, 0}, 12},
    {{192, 0, 0, 0}, 24},    {{192, 0, 2, 0}, 24},   {{192, 31, 196, 0}, 24},
    {{192, 52, 193, 0}, 24}, {{192, 88, 99, 0}, 24}, {{192, 168, 0, 0}, 16},
    {{192, 175, 48, 0}, 24}, {{198, 18, 0, 0}, 15},  {{198, 51, 100, 0}, 24},
    {{203, 0, 113, 0}, 24},  {{224, 0, 0, 0}, 4},    {{240, 0, 0, 0}, 4},
};

// Global unicast is 2000::/3 (RFC 4291 §2.4); within it the IPv6 registry names these.
constexpr Prefix<16> global_v6{{0x20}, 3};
constexpr Prefix<16> special_v6[] = {
    {{0x20, 0x01, 0x00}, 23},                    // protocol assignments, Teredo
    {{0x20, 0x01, 0x0d, 0xb8}, 32},              // documentation
    {{0x20, 0x02}, 16},                          // 6to4: holds any IPv4 address
    {{0x26, 0x20, 0x00, 0x4f, 0x80, 0x00}, 48},  // direct delegation AS112
    {{0x3f, 0xff, 0x00}, 20},                    // documentation
};

// IPv4 addresses in IPv6: mapped (RFC 4291 §2.5.5.2), NAT64 (RFC 6052 §2.1).
constexpr Prefix<16> holds_v4[] = {
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96},
    {{0x00, 0x64, 0xff, 0x9b}, 96},
};

template <std::size_t Size, std::size_t Count>
constexpr bool any_holds(const Prefix<Size> (&prefixes)[Count],
                         std::span<const std::uint8_t> address) noexcept {
  return std::any_of(std::begin(prefixes), std::end(prefixes),
                     [address](const auto &prefix) { return prefix.holds(address); });
}

}  // namespace

bool is_public_address(std::span<const std::uint8_t> address) noexcept {
  if (address.size() == 4) return !any_holds(special_v4, address);
  if (address.size() != 16) return false;
  if (any_holds(holds_v4, address)) return !any_holds(special_v4, address.subspan(12));
  return global_v6.holds(address) && !any_holds(special_v6, address);
}

}  // namespace tenancy
