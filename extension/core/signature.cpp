#include "core/signature.hpp"

#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <array>
#include <cstddef>

#include "core/owner.hpp"

namespace tenancy {
namespace {

using Context = Owned<EVP_MD_CTX, EVP_MD_CTX_free>;
using EcdsaSignature = Owned<ECDSA_SIG, ECDSA_SIG_free>;

const unsigned char *octets(std::string_view bytes) noexcept {
  return reinterpret_cast<const unsigned char *>(bytes.data());
}

// RFC 7518 §3.2, compared in constant time.
Refusal check_hmac(const Key &key, const AlgorithmRow &row, std::string_view input,
                   std::string_view signature) noexcept {
  if (signature.size() != row.bytes) return Refusal::bad_signature;
  std::array<unsigned char, EVP_MAX_MD_SIZE> code;
  std::size_t size = 0;
  if (EVP_Q_mac(nullptr, "HMAC", nullptr, row.digest, nullptr, key.secret.data(), key.secret.size(),
                octets(input), input.size(), code.data(), code.size(), &size) == nullptr) {
    return Refusal::out_of_memory;
  }
  return size == signature.size() && CRYPTO_memcmp(code.data(), signature.data(), size) == 0
             ? Refusal::none
             : Refusal::bad_signature;
}

// RFC 7518 §3.5: the salt is exactly as long as the digest, which MGF1 uses too unless told
// otherwise.
bool demand_pss(EVP_PKEY_CTX *options) noexcept {
  return EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) == 1;
}

// EVP_R_PROVIDER_SIGNATURE_FAILURE, which 3.0 does not know and later releases add to every
// refusal.
constexpr int provider_signature_failure = 234;

// OpenSSL fails alike on a wrong signature and where memory ends. What is said to be wrong is
// remembered as wrong, so a good signature must not be. The queue of errors tells them apart, but
// for a few allocations whose failure leaves nothing there.
bool lacked_memory() noexcept {
  bool lacked = false;
  while (const unsigned long error = ERR_get_error()) {
    const int library = ERR_GET_LIB(error);
    const int reason = ERR_GET_REASON(error);
    lacked = lacked || (library == ERR_LIB_EVP && reason != provider_signature_failure) ||
             library == ERR_LIB_BN || reason == ERR_R_MALLOC_FAILURE;
  }
  return lacked;
}

Refusal check_public(const Key &key, const AlgorithmRow &row, std::string_view input,
                     const unsigned char *signature, std::size_t size) noexcept {
  const Context context(EVP_MD_CTX_new());
  if (!context) return Refusal::out_of_memory;
  EVP_PKEY_CTX *options = nullptr;  // the context's own
  if (EVP_DigestVerifyInit_ex(context.get(), &options, row.digest, nullptr, nullptr,
                              key.public_key.get(), nullptr) != 1 ||
      (row.method == Method::rsa_pss && !demand_pss(options))) {
    return Refusal::out_of_memory;  // nothing of the token's has been looked at
  }
  ERR_clear_error();
  const int good = EVP_DigestVerify(context.get(), signature, size, octets(input), input.size());
  if (good == 1) return Refusal::none;
  return lacked_memory() ? Refusal::out_of_memory : Refusal::bad_signature;
}

// RFC 7518 §3.4: r || s of fixed length, which OpenSSL wants in DER.
Refusal check_ecdsa(const Key &key, const AlgorithmRow &row, std::string_view input,
                    std::string_view signature) noexcept {
  if (signature.size() != row.bytes) return Refusal::bad_signature;
  const auto half = static_cast<int>(signature.size() / 2);
  const EcdsaSignature parts(ECDSA_SIG_new());
  BIGNUM *const r = BN_bin2bn(octets(signature), half, nullptr);
  BIGNUM *const s = BN_bin2bn(octets(signature) + half, half, nullptr);
  if (!parts || ECDSA_SIG_set0(parts.get(), r, s) != 1) {
    BN_free(r);
    BN_free(s);
    return Refusal::out_of_memory;
  }
  unsigned char *der = nullptr;
  const int size = i2d_ECDSA_SIG(parts.get(), &der);
  if (size <= 0) return Refusal::out_of_memory;
  const Refusal refusal = check_public(key, row, input, der, static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return refusal;
}

Refusal check(const Key &key, const AlgorithmRow &row, std::string_view input,
              std::string_view signature) noexcept {
  std::size_t size = row.bytes;
  switch (row.method) {
    case Method::hmac:
      return check_hmac(key, row, input, signature);
    case Method::ecdsa:
      return check_ecdsa(key, row, input, signature);
    case Method::rsa_pkcs1:  // RFC 7518 §3.3, RFC 8017 §8.2.2 step 1
    case Method::rsa_pss:    // RFC 7518 §3.5, RFC 8017 §8.1.2 step 1
      size = static_cast<std::size_t>(EVP_PKEY_get_size(key.public_key.get()));
      break;
    case Method::eddsa:  // RFC 8037 §3.1
      break;
  }
  if (signature.size() != size) return Refusal::bad_signature;
  return check_public(key, row, input, octets(signature), size);
}

}  // namespace

Refusal check_signature(const Key &key, const AlgorithmRow &row, std::string_view input,
                        std::string_view signature) noexcept {
  const Refusal refusal = check(key, row, input, signature);
  ERR_clear_error();  // the queue is shared with the server's TLS
  return refusal;
}

}  // namespace tenancy
