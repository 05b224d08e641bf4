// The signature algorithms of RFC 7518 §3.1 and RFC 8037 that pg_tenancy verifies.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tenancy {

// clang-format off
enum class Algorithm : std::uint8_t {
  hs256, hs384, hs512,
  rs256, rs384, rs512,
  ps256, ps384, ps512,
  es256, es384, es512,
  eddsa,
};
// clang-format on

// The registered name, exactly: "RS256". Case matters (RFC 7515 §4.1.1).
std::optional<Algorithm> algorithm_of(std::string_view name) noexcept;
std::string_view algorithm_name(Algorithm algorithm) noexcept;

// A set of algorithms; a plain value.
class AlgorithmSet {
 public:
  constexpr AlgorithmSet() noexcept = default;
  constexpr void add(Algorithm algorithm) noexcept { bits_ |= bit(algorithm); }
  constexpr bool contains(Algorithm algorithm) const noexcept {
    return (bits_ & bit(algorithm)) != 0;
  }
  constexpr bool empty() const noexcept { return bits_ == 0; }

 private:
  static constexpr std::uint32_t bit(Algorithm algorithm) noexcept {
    return 1u << static_cast<unsigned>(algorithm);
  }
  std::uint32_t bits_ = 0;
};

}  // namespace tenancy
