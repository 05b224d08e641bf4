#include "core/sha256.hpp"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include <cstddef>

namespace tenancy {
namespace {

const unsigned char *octets(std::string_view bytes) noexcept {
  return reinterpret_cast<const unsigned char *>(bytes.data());
}

}  // namespace

std::optional<Digest> sha256(std::string_view bytes) noexcept {
  Digest digest;
  std::size_t size = 0;
  const bool done = EVP_Q_digest(nullptr, "SHA256", nullptr, bytes.data(), bytes.size(),
                                 digest.data(), &size) == 1 &&
                    size == digest.size();
  ERR_clear_error();
  return done ? std::optional(digest) : std::nullopt;
}

std::optional<Digest> hmac_sha256(std::string_view key, std::string_view bytes) noexcept {
  Digest digest;
  std::size_t size = 0;
  // A null pointer would mean "no key given", which is not the empty key.
  const bool done = EVP_Q_mac(nullptr, "HMAC", nullptr, "SHA256", nullptr,
                              key.empty() ? "" : key.data(), key.size(), octets(bytes),
                              bytes.size(), digest.data(), digest.size(), &size) != nullptr &&
                    size == digest.size();
  ERR_clear_error();
  return done ? std::optional(digest) : std::nullopt;
}

bool equal_digests(const Digest &a, const Digest &b) noexcept {
  return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace tenancy
