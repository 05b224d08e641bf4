#include "core/seal.hpp"

#include <cstdint>
#include <cstring>
#include <exception>
#include <optional>
#include <string>

#include "core/base64url.hpp"

namespace tenancy {
namespace {

constexpr std::size_t mac_bytes = sizeof(Digest);

std::string_view view(const Digest &digest) noexcept {
  return {reinterpret_cast<const char *>(digest.data()), digest.size()};
}

// The length keeps a byte from moving between binding and payload.
std::optional<Digest> mac(const SealKey &key, std::string_view binding, std::string_view payload) {
  const auto length = static_cast<std::uint64_t>(binding.size());
  std::string message(reinterpret_cast<const char *>(&length), sizeof length);
  message.append(binding).append(payload);
  return hmac_sha256(view(key), message);
}

}  // namespace

std::size_t sealed_size(std::size_t payload_bytes) noexcept {
  const std::size_t bytes = mac_bytes + payload_bytes;
  return bytes / 3 * 4 + (bytes % 3 == 0 ? 0 : bytes % 3 + 1);
}

std::size_t payload_size(std::size_t text_characters) noexcept {
  if (text_characters % 4 == 1) return 0;
  const std::size_t bytes =
      text_characters / 4 * 3 + (text_characters % 4 == 0 ? 0 : text_characters % 4 - 1);
  return bytes > mac_bytes ? bytes - mac_bytes : 0;
}

bool seal(const SealKey &key, std::string_view binding, std::string_view payload,
          std::span<char> out) noexcept try {
  const auto tag = mac(key, binding, payload);
  if (!tag) return false;
  const std::string text = base64url_encode(std::string(view(*tag)).append(payload));
  if (text.size() != out.size()) return false;
  std::memcpy(out.data(), text.data(), text.size());
  return true;
} catch (const std::exception &) {
  return false;
}

bool open_seal(const SealKey &key, std::string_view binding, std::string_view text,
               std::span<char> out) noexcept try {
  const auto bytes = base64url_decode(text);
  if (!bytes || bytes->size() != mac_bytes + out.size()) return false;
  const std::string_view payload = std::string_view(*bytes).substr(mac_bytes);
  const auto expected = mac(key, binding, payload);
  Digest stated;
  std::memcpy(stated.data(), bytes->data(), mac_bytes);
  if (!expected || !equal_digests(*expected, stated)) return false;
  std::memcpy(out.data(), payload.data(), payload.size());
  return true;
} catch (const std::exception &) {
  return false;
}

}  // namespace tenancy
