#include "policy/command/private_key.hpp"

#include <fmt/core.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include <stdexcept>
#include <utility>
#include <vector>

#include "core/base64url.hpp"
#include "core/owner.hpp"

namespace tenancy::policy {
namespace {

using Bio = Owned<BIO, BIO_vfree>;
using Number = Owned<BIGNUM, BN_clear_free>;
using Context = Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using ParamBuilder = Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>;
using Params = Owned<OSSL_PARAM, OSSL_PARAM_free>;

const unsigned char *octets(std::string_view bytes) noexcept {
  return reinterpret_cast<const unsigned char *>(bytes.data());
}

unsigned char *octets(std::string &bytes) noexcept {
  return reinterpret_cast<unsigned char *>(bytes.data());
}

void require(bool done) {
  if (!done) throw std::runtime_error("OpenSSL failed to read a key");
}

int no_password(char *, int, int, void *) {
  return -1;
}

std::string number_of(EVP_PKEY *key, const char *name, int size = 0) {
  BIGNUM *value = nullptr;
  require(EVP_PKEY_get_bn_param(key, name, &value) == 1);
  const Number owner(value);
  std::string bytes(static_cast<std::size_t>(size == 0 ? BN_num_bytes(value) : size), '\0');
  require(BN_bn2binpad(value, octets(bytes), static_cast<int>(bytes.size())) >= 0);
  return base64url_encode(bytes);
}

// RFC 7518 §6.2.1.1; another curve keeps the name that OpenSSL gives it.
std::string jose_name(const std::string &curve) {
  if (curve == "prime256v1") return "P-256";
  if (curve == "secp384r1") return "P-384";
  if (curve == "secp521r1") return "P-521";
  return curve;
}

// The public half as a JWK; its faults are for parse_key_set() to find.
std::string jwk_of(EVP_PKEY *key) {
  if (EVP_PKEY_is_a(key, "RSA")) {
    return fmt::format(R"({{"kty":"RSA","n":"{}","e":"{}"}})",
                       number_of(key, OSSL_PKEY_PARAM_RSA_N),
                       number_of(key, OSSL_PKEY_PARAM_RSA_E));
  }
  if (EVP_PKEY_is_a(key, "EC")) {
    const int size = (EVP_PKEY_get_bits(key) + 7) / 8;
    std::string curve(64, '\0');
    require(EVP_PKEY_get_group_name(key, curve.data(), curve.size(), nullptr) == 1);
    curve.resize(curve.find('\0'));
    return fmt::format(R"({{"kty":"EC","crv":"{}","x":"{}","y":"{}"}})", jose_name(curve),
                       number_of(key, OSSL_PKEY_PARAM_EC_PUB_X, size),
                       number_of(key, OSSL_PKEY_PARAM_EC_PUB_Y, size));
  }
  const bool is_448 = EVP_PKEY_is_a(key, "ED448") == 1;
  if (is_448 || EVP_PKEY_is_a(key, "ED25519")) {
    std::string x(is_448 ? 57 : 32, '\0');
    std::size_t size = x.size();
    require(EVP_PKEY_get_raw_public_key(key, octets(x), &size) == 1);
    return fmt::format(R"({{"kty":"OKP","crv":"{}","x":"{}"}})", is_448 ? "Ed448" : "Ed25519",
                       base64url_encode(x));
  }
  const char *const type = EVP_PKEY_get0_type_name(key);
  return fmt::format(R"({{"kty":"{}"}})", type != nullptr ? type : "unknown");
}

}  // namespace

void FreePrivateKey::operator()(evp_pkey_st *key) const noexcept {
  EVP_PKEY_free(key);
}

PemKey read_pem(std::string_view text) {
  const auto open = [&] {
    return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  };
  PrivateKey key(PEM_read_bio_PrivateKey(open().get(), nullptr, no_password, nullptr));
  if (key) return {jwk_of(key.get()), std::move(key)};
  key.reset(PEM_read_bio_PUBKEY(open().get(), nullptr, no_password, nullptr));
  return {key ? jwk_of(key.get()) : "", nullptr};
}

PrivateKey read_private_jwk(Json jwk) {
  const auto bytes = [&](const char *name) {
    return base64url_decode(jwk[name].string()).value_or("");
  };
  const std::string d = bytes("d");
  if (d.empty()) return nullptr;
  const std::string curve(jwk["crv"].string());
  if (jwk["kty"].string() == "OKP") {
    return PrivateKey(EVP_PKEY_new_raw_private_key_ex(nullptr, curve.c_str(), nullptr,
                                                      octets(std::string_view(d)), d.size()));
  }

  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  std::vector<Number> numbers;
  const auto push = [&](const char *parameter, const std::string &value) {
    numbers.emplace_back(
        BN_bin2bn(octets(std::string_view(value)), static_cast<int>(value.size()), nullptr));
    require(OSSL_PARAM_BLD_push_BN(builder.get(), parameter, numbers.back().get()) == 1);
  };
  const bool is_rsa = jwk["kty"].string() == "RSA";
  std::string point;
  if (is_rsa) {
    constexpr std::pair<const char *, const char *> members[] = {
        {"n", OSSL_PKEY_PARAM_RSA_N},          {"e", OSSL_PKEY_PARAM_RSA_E},
        {"d", OSSL_PKEY_PARAM_RSA_D},          {"p", OSSL_PKEY_PARAM_RSA_FACTOR1},
        {"q", OSSL_PKEY_PARAM_RSA_FACTOR2},    {"dp", OSSL_PKEY_PARAM_RSA_EXPONENT1},
        {"dq", OSSL_PKEY_PARAM_RSA_EXPONENT2}, {"qi", OSSL_PKEY_PARAM_RSA_COEFFICIENT1}};
    for (const auto &[name, parameter] : members) {
      if (jwk[name].exists()) push(parameter, bytes(name));
    }
  } else {
    point = '\x04' + bytes("x") + bytes("y");
    require(OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME,
                                            curve.c_str(), 0) == 1 &&
            OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                             point.size()) == 1);
    push(OSSL_PKEY_PARAM_PRIV_KEY, d);
  }
  const Params params(OSSL_PARAM_BLD_to_param(builder.get()));
  const Context context(EVP_PKEY_CTX_new_from_name(nullptr, is_rsa ? "RSA" : "EC", nullptr));
  EVP_PKEY *key = nullptr;
  require(params && context && EVP_PKEY_fromdata_init(context.get()) == 1);
  if (EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, params.get()) != 1) return nullptr;
  return PrivateKey(key);
}

}  // namespace tenancy::policy
