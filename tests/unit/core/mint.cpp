#include "mint.hpp"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <stdexcept>

namespace tenancy::test {
namespace {

void require(bool done) {
  if (!done) throw std::runtime_error("OpenSSL failed while minting");
}

const unsigned char *octets(std::string_view bytes) {
  return reinterpret_cast<const unsigned char *>(bytes.data());
}

unsigned char *octets(std::string &bytes) {
  return reinterpret_cast<unsigned char *>(bytes.data());
}

std::string number(const BIGNUM *value, int size) {
  std::string bytes(static_cast<std::size_t>(size), '\0');
  require(BN_bn2binpad(value, octets(bytes), size) == size);
  return bytes;
}

std::string parameter(EVP_PKEY *key, const char *name, int size) {
  BIGNUM *value = nullptr;
  require(EVP_PKEY_get_bn_param(key, name, &value) == 1);
  std::string bytes = number(value, size == 0 ? BN_num_bytes(value) : size);
  BN_free(value);
  return bytes;
}

std::string drain(BIO *bio) {
  char *data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string text(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  return text;
}

}  // namespace

std::string encode(std::string_view bytes) {
  std::string text(bytes.size() / 3 * 4 + 5, '\0');
  text.resize(static_cast<std::size_t>(
      EVP_EncodeBlock(octets(text), octets(bytes), static_cast<int>(bytes.size()))));
  while (!text.empty() && text.back() == '=') text.pop_back();
  for (char &c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return text;
}

std::string unhex(std::string_view digits) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

Signer Signer::rsa(unsigned bits, unsigned exponent) {
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr);
  BIGNUM *e = BN_new();
  EVP_PKEY *key = nullptr;
  require(BN_set_word(e, exponent) == 1 && EVP_PKEY_keygen_init(context) == 1 &&
          EVP_PKEY_CTX_set_rsa_keygen_bits(context, static_cast<int>(bits)) == 1 &&
          EVP_PKEY_CTX_set1_rsa_keygen_pubexp(context, e) == 1 &&
          EVP_PKEY_generate(context, &key) == 1);
  BN_free(e);
  EVP_PKEY_CTX_free(context);
  return Signer(key);
}

Signer Signer::ec(const char *curve) {
  EVP_PKEY *key = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve);
  require(key != nullptr);
  return Signer(key);
}

Signer Signer::ed25519() {
  EVP_PKEY *key = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
  require(key != nullptr);
  return Signer(key);
}

Signer Signer::ed448() {
  EVP_PKEY *key = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED448");
  require(key != nullptr);
  return Signer(key);
}

Signer Signer::oct(std::string secret) {
  Signer signer(nullptr);
  signer.secret_ = std::move(secret);
  return signer;
}

const Signer &Signer::rs256() {
  static const Signer signer = rsa(2048);
  return signer;
}
const Signer &Signer::es256() {
  static const Signer signer = ec("P-256");
  return signer;
}
const Signer &Signer::eddsa() {
  static const Signer signer = ed25519();
  return signer;
}
const Signer &Signer::hs256() {
  static const Signer signer = oct("0123456789abcdef0123456789ABCDEF");
  return signer;
}
const Signer &Signer::es384() {
  static const Signer signer = ec("P-384");
  return signer;
}
const Signer &Signer::es512() {
  static const Signer signer = ec("P-521");
  return signer;
}
const Signer &Signer::eddsa448() {
  static const Signer signer = ed448();
  return signer;
}
const Signer &Signer::hs512() {
  static const Signer signer = oct(std::string(64, 's'));
  return signer;
}

std::string Signer::jwk(std::string_view more) const {
  std::string text;
  const auto member = [&](std::string_view name, const std::string &value) {
    text += text.empty() ? "{" : ",";
    text.append("\"").append(name).append("\":\"").append(value).append("\"");
  };
  if (!key_) {
    member("kty", "oct");
    member("k", encode(secret_));
  } else if (EVP_PKEY_is_a(key(), "RSA")) {
    member("kty", "RSA");
    member("n", encode(parameter(key(), OSSL_PKEY_PARAM_RSA_N, 0)));
    member("e", encode(parameter(key(), OSSL_PKEY_PARAM_RSA_E, 0)));
  } else if (EVP_PKEY_is_a(key(), "EC")) {
    const int size = (EVP_PKEY_get_bits(key()) + 7) / 8;
    member("kty", "EC");
    member("crv", "P-" + std::to_string(EVP_PKEY_get_bits(key())));
    member("x", encode(parameter(key(), OSSL_PKEY_PARAM_EC_PUB_X, size)));
    member("y", encode(parameter(key(), OSSL_PKEY_PARAM_EC_PUB_Y, size)));
  } else {
    const bool is_448 = EVP_PKEY_is_a(key(), "ED448") == 1;
    std::string x(is_448 ? 57 : 32, '\0');
    std::size_t size = x.size();
    require(EVP_PKEY_get_raw_public_key(key(), octets(x), &size) == 1);
    member("kty", "OKP");
    member("crv", is_448 ? "Ed448" : "Ed25519");
    member("x", encode(x));
  }
  if (!more.empty()) text.append(",").append(more);
  return text += "}";
}

std::string Signer::public_pem() const {
  BIO *bio = BIO_new(BIO_s_mem());
  require(PEM_write_bio_PUBKEY(bio, key()) == 1);
  return drain(bio);
}

std::string Signer::public_der() const {
  BIO *bio = BIO_new(BIO_s_mem());
  require(i2d_PUBKEY_bio(bio, key()) == 1);
  return drain(bio);
}

std::string Signer::sign_raw(std::string_view input, const char *digest, const Pss *pss) const {
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  EVP_PKEY_CTX *options = nullptr;
  std::size_t size = 0;
  require(EVP_DigestSignInit_ex(context, &options, digest, nullptr, nullptr, key(), nullptr) == 1);
  if (pss != nullptr) {
    require(EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1 &&
            EVP_PKEY_CTX_set_rsa_pss_saltlen(options, pss->salt) == 1 &&
            (pss->mgf1 == nullptr ||
             EVP_PKEY_CTX_set_rsa_mgf1_md_name(options, pss->mgf1, nullptr) == 1));
  }
  require(EVP_DigestSign(context, nullptr, &size, octets(input), input.size()) == 1);
  std::string signature(size, '\0');
  require(EVP_DigestSign(context, octets(signature), &size, octets(input), input.size()) == 1);
  signature.resize(size);
  EVP_MD_CTX_free(context);
  return signature;
}

std::string Signer::sign(std::string_view input, const char *digest) const {
  if (!key_) {
    unsigned char code[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    require(HMAC(EVP_get_digestbyname(digest), secret_.data(), static_cast<int>(secret_.size()),
                 octets(input), input.size(), code, &size) != nullptr);
    return {reinterpret_cast<const char *>(code), size};
  }
  if (EVP_PKEY_is_a(key(), "ED25519") || EVP_PKEY_is_a(key(), "ED448")) {
    return sign_raw(input, nullptr, nullptr);
  }
  const std::string signature = sign_raw(input, digest, nullptr);
  if (!EVP_PKEY_is_a(key(), "EC")) return signature;
  const unsigned char *der = octets(std::string_view(signature));
  ECDSA_SIG *parts = d2i_ECDSA_SIG(nullptr, &der, static_cast<long>(signature.size()));
  require(parts != nullptr);
  const int size = (EVP_PKEY_get_bits(key()) + 7) / 8;
  const std::string raw =
      number(ECDSA_SIG_get0_r(parts), size) + number(ECDSA_SIG_get0_s(parts), size);
  ECDSA_SIG_free(parts);
  return raw;
}

std::string Signer::sign_by(std::string_view algorithm, std::string_view input) const {
  const std::string digest = "SHA" + std::string(algorithm.substr(2));
  if (algorithm.starts_with("PS")) return sign_pss(input, {digest.c_str()});
  return sign(input, digest.c_str());
}

std::string Signer::sign_pss(std::string_view input, Pss how) const {
  return sign_raw(input, how.digest, &how);
}

std::string Signer::sign_block(std::string_view block) const {
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key(), nullptr);
  std::string signature(block.size(), '\0');
  std::size_t size = signature.size();
  require(EVP_PKEY_sign_init(context) == 1 &&
          EVP_PKEY_CTX_set_rsa_padding(context, RSA_NO_PADDING) == 1 &&
          EVP_PKEY_sign(context, octets(signature), &size, octets(block), block.size()) == 1);
  EVP_PKEY_CTX_free(context);
  return signature;
}

std::string Signer::sign_der(std::string_view input) const {
  return sign_raw(input, "SHA256", nullptr);
}

const std::vector<Kind> &every_kind() {
  static const std::vector<Kind> kinds = {
      {"HS256", Signer::hs256()}, {"HS384", Signer::hs512()},    {"HS512", Signer::hs512()},
      {"RS256", Signer::rs256()}, {"RS384", Signer::rs256()},    {"RS512", Signer::rs256()},
      {"PS256", Signer::rs256()}, {"PS384", Signer::rs256()},    {"PS512", Signer::rs256()},
      {"ES256", Signer::es256()}, {"ES384", Signer::es384()},    {"ES512", Signer::es512()},
      {"EdDSA", Signer::eddsa()}, {"EdDSA", Signer::eddsa448()},
  };
  return kinds;
}

std::string compact(std::string_view header, std::string_view payload, std::string_view signature) {
  return encode(header) + "." + encode(payload) + "." + encode(signature);
}

std::string mint(const Signer &signer, std::string_view header, std::string_view payload) {
  const std::string input = encode(header) + "." + encode(payload);
  return input + "." + encode(signer.sign(input));
}

}  // namespace tenancy::test
