#include "core/hs256.hpp"

#include <cstring>
#include <exception>
#include <string>

#include "core/base64url.hpp"
#include "core/sha256.hpp"

namespace tenancy {
namespace {

constexpr std::size_t encoded_size(std::size_t bytes) noexcept {
  return bytes / 3 * 4 + (bytes % 3 == 0 ? 0 : bytes % 3 + 1);
}

}  // namespace

std::size_t hs256_size(std::size_t header_bytes, std::size_t claims_bytes) noexcept {
  return encoded_size(header_bytes) + 1 + encoded_size(claims_bytes) + 1 +
         encoded_size(sizeof(Digest));
}

bool sign_hs256(std::string_view key, std::string_view header, std::string_view claims,
                std::span<char> out) noexcept try {
  std::string jws = base64url_encode(header) + '.' + base64url_encode(claims);
  const auto mac = hmac_sha256(key, jws);
  if (!mac) return false;
  jws += '.' + base64url_encode({reinterpret_cast<const char *>(mac->data()), mac->size()});
  if (jws.size() != out.size()) return false;
  std::memcpy(out.data(), jws.data(), jws.size());
  return true;
} catch (const std::exception &) {
  return false;
}

}  // namespace tenancy
