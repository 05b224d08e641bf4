#include "core/base64url.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tenancy {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t not_a_digit = 0xff;

constexpr auto digits = [] {
  std::array<std::uint8_t, 256> table{};
  table.fill(not_a_digit);
  for (std::size_t i = 0; i < alphabet.size(); i++) {
    table[static_cast<std::uint8_t>(alphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return table;
}();

}  // namespace

std::optional<std::string> base64url_decode(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t pending = 0;  // bits read and not yet written, always below 2^14
  unsigned count = 0;         // how many
  for (const char c : text) {
    const std::uint8_t digit = digits[static_cast<std::uint8_t>(c)];
    if (digit == not_a_digit) return std::nullopt;
    pending = pending << 6 | digit;
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes.push_back(static_cast<char>(pending >> count));
      pending &= (1u << count) - 1;
    }
  }
  // Six left over bits are a digit that encodes no byte; two or four must be zero.
  if (count == 6 || pending != 0) return std::nullopt;
  return bytes;
}

std::string base64url_encode(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() * 4 + 2) / 3);
  std::uint32_t pending = 0;
  unsigned count = 0;
  for (const char c : bytes) {
    pending = pending << 8 | static_cast<std::uint8_t>(c);
    count += 8;
    while (count >= 6) {
      count -= 6;
      text.push_back(alphabet[pending >> count]);
      pending &= (1u << count) - 1;
    }
  }
  if (count != 0) text.push_back(alphabet[pending << (6 - count)]);
  return text;
}

}  // namespace tenancy
