#include "core/jwk.hpp"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <array>
#include <new>
#include <span>
#include <string_view>
#include <utility>

#include "core/base64url.hpp"
#include "core/owner.hpp"
#include "core/weak_key.hpp"

namespace tenancy {
namespace {

constexpr int min_modulus_bits = 2048;
constexpr int max_modulus_bits = 16384;
constexpr int max_exponent_bits = 64;  // what OpenSSL verifies with, whatever the modulus
// Beyond this modulus an exponent over 65537 would cost a forged token more than 10 ms or 64 KiB.
constexpr int long_modulus_bits = 8192;
constexpr int max_exponent_bits_of_long = 17;

using Number = Owned<BIGNUM, BN_free>;
using Context = Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using ParamBuilder = Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>;
using Params = Owned<OSSL_PARAM, OSSL_PARAM_free>;

const unsigned char *octets(const std::string &bytes) noexcept {
  return reinterpret_cast<const unsigned char *>(bytes.data());
}

// The bytes of a member in base64url; empty if it is absent, no string or not canonical.
std::string bytes_of(Json member) {
  return base64url_decode(member.string()).value_or("");
}

template <class Pointer>
Pointer need(Pointer pointer) {
  if (!pointer) throw std::bad_alloc();
  return pointer;
}

Number number_of(const std::string &bytes) {
  return need(Number(BN_bin2bn(octets(bytes), static_cast<int>(bytes.size()), nullptr)));
}

// Null if OpenSSL does not take the parameters.
PublicKey make_key(const char *type, OSSL_PARAM *params) {
  const auto context = need(Context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr)));
  EVP_PKEY *key = nullptr;
  if (EVP_PKEY_fromdata_init(context.get()) <= 0 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params) <= 0) {
    return nullptr;
  }
  return PublicKey(key);
}

// RFC 7518 §6.3.1.
const char *read_rsa(Json jwk, Key &key) {
  const std::string n = bytes_of(jwk["n"]);
  const std::string e = bytes_of(jwk["e"]);
  if (n.empty() || e.empty()) return "has no n or e in base64url";
  if (n[0] == 0 || e[0] == 0) return "has leading zeros in n or e";
  if (n.size() > max_modulus_bits / 8) return "has a modulus over 16384 bits";
  if (e.size() > max_exponent_bits / 8) return "has an exponent over 64 bits";
  const Number modulus = number_of(n);
  const Number exponent = number_of(e);
  if (BN_num_bits(modulus.get()) > long_modulus_bits &&
      BN_num_bits(exponent.get()) > max_exponent_bits_of_long) {
    return "has an exponent over 17 bits with a modulus over 8192";
  }
  if (BN_num_bits(modulus.get()) < min_modulus_bits) return "has a modulus under 2048 bits";
  if (!BN_is_odd(modulus.get())) return "has an even modulus";
  if (!BN_is_odd(exponent.get())) return "has an even exponent";
  if (BN_is_one(exponent.get())) return "has the exponent 1";
  if (is_weak_modulus(*modulus)) return "has a modulus that can be factored (ROCA)";

  const auto builder = need(ParamBuilder(OSSL_PARAM_BLD_new()));
  if (!OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) ||
      !OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get())) {
    throw std::bad_alloc();
  }
  const auto params = need(Params(OSSL_PARAM_BLD_to_param(builder.get())));
  key.public_key = make_key("RSA", params.get());
  return key.public_key ? nullptr : "is not taken by OpenSSL";
}

// RFC 7518 §6.2.1. OpenSSL takes no point that is not on the curve.
const char *read_ec(Json jwk, Key &key) {
  const std::string x = bytes_of(jwk["x"]);
  const std::string y = bytes_of(jwk["y"]);
  const std::size_t coordinate = key.row->bytes / 2;
  if (x.size() != coordinate || y.size() != coordinate) return "has no x and y of full length";
  std::string point = '\x04' + x + y;  // uncompressed, SEC 1 §2.3.3
  std::string group = key.row->curve;
  OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group.data(), group.size()),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()),
      OSSL_PARAM_construct_end(),
  };
  key.public_key = make_key("EC", params);
  return key.public_key ? nullptr : "has a point that is not on its curve";
}

// RFC 8037 §2.
const char *read_okp(Json jwk, Key &key) {
  const std::string x = bytes_of(jwk["x"]);
  if (x.size() != key.row->bytes / 2) return "has no x of full length";
  if (is_weak_edwards_point(x)) return "has a malformed point, or one of small order";
  key.public_key.reset(
      EVP_PKEY_new_raw_public_key_ex(nullptr, key.row->curve, nullptr, octets(x), x.size()));
  return key.public_key ? nullptr : "is not taken by OpenSSL";
}

// RFC 7518 §6.4.
const char *read_oct(Json jwk, Key &key) {
  key.secret = bytes_of(jwk["k"]);
  if (key.secret.empty()) return "has no k in base64url";
  const AlgorithmSet wanted = std::exchange(key.algorithms, {});
  for (const AlgorithmRow &row : algorithm_table) {
    if (wanted.contains(row.algorithm) && key.secret.size() >= row.bytes) {
      key.algorithms.add(row.algorithm);
    }
  }
  return key.algorithms.empty() ? "has a secret shorter than the digest" : nullptr;
}

const char *read_material(Json jwk, Key &key) {
  switch (key.row->method) {
    case Method::hmac:
      return read_oct(jwk, key);
    case Method::rsa_pkcs1:
    case Method::rsa_pss:
      return read_rsa(jwk, key);
    case Method::ecdsa:
      return read_ec(jwk, key);
    case Method::eddsa:
      break;
  }
  return read_okp(jwk, key);
}

// RFC 7517 §4.2 and §4.3.
const char *check_use(Json jwk) {
  const Json use = jwk["use"];
  if (use.exists() && use.string() != "sig") return "has a use other than sig";
  const Json key_ops = jwk["key_ops"];
  if (!key_ops.exists()) return nullptr;
  bool verifies = false;
  for (std::size_t i = 0; i < key_ops.size(); i++) {
    if (!key_ops[i].is(JsonType::string)) return "has key_ops that are not all strings";
    verifies = verifies || key_ops[i].string() == "verify";
  }
  return verifies ? nullptr : "has key_ops without verify";
}

// RFC 7517 §4.1 and §4.4.
const char *choose_algorithms(Json jwk, Key &key) {
  const Json alg = jwk["alg"];
  if (alg.exists() && !alg.is(JsonType::string)) return "has an alg that is no string";
  bool known_type = false;
  bool known_curve = false;
  for (const AlgorithmRow &row : algorithm_table) {
    if (jwk["kty"].string() != row.key_type) continue;
    known_type = true;
    if (*row.curve != '\0' && jwk["crv"].string() != row.curve) continue;
    known_curve = true;
    if (alg.exists() && alg.string() != row.name) continue;
    key.algorithms.add(row.algorithm);
    if (key.row == nullptr) key.row = &row;
    if (alg.exists()) key.named = row.name;
  }
  if (key.row != nullptr) return nullptr;
  if (!known_type) return "has a kty that is not supported";
  if (!known_curve) return "has a crv that is not supported";
  return "has an alg that is not supported or does not fit its kty";
}

const char *check_secrecy(Json jwk) {
  if (jwk["kty"].string() == "oct") return "is a secret in a public key set";
  for (const char *name : {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}) {
    if (jwk[name].exists()) return "publishes its private half";
  }
  return nullptr;
}

// The members that are the key, in the order of their names (RFC 7638 §3.2) with alg and kid.
std::span<const std::string_view> members_of(Method method) noexcept {
  static constexpr std::array<std::string_view, 4> oct{"alg", "k", "kid", "kty"};
  static constexpr std::array<std::string_view, 5> rsa{"alg", "e", "kid", "kty", "n"};
  static constexpr std::array<std::string_view, 6> ec{"alg", "crv", "kid", "kty", "x", "y"};
  static constexpr std::array<std::string_view, 5> okp{"alg", "crv", "kid", "kty", "x"};
  switch (method) {
    case Method::hmac:
      return oct;
    case Method::rsa_pkcs1:
    case Method::rsa_pss:
      return rsa;
    case Method::ecdsa:
      return ec;
    case Method::eddsa:
      break;
  }
  return okp;
}

std::string canonical_jwk(Json jwk, Method method) {
  std::string text;
  for (const std::string_view name : members_of(method)) {
    if (!jwk[name].exists()) continue;  // alg and kid are optional
    text += text.empty() ? '{' : ',';
    append_json(text, name);
    text += ':';
    append_json(text, jwk[name]);
  }
  return text += '}';
}

const char *read(Json jwk, KeySecrecy secrecy, Key &key) {
  if (!jwk.is(JsonType::object)) return "is not a JSON object";
  if (const char *fault = choose_algorithms(jwk, key)) return fault;
  const Json kid = jwk["kid"];
  if (kid.exists() && !valid_key_id(kid)) return "has a kid that is no string of 1 to 1024 bytes";
  key.id = kid.string();
  if (secrecy == KeySecrecy::public_only) {
    if (const char *fault = check_secrecy(jwk)) return fault;
  }
  if (const char *fault = check_use(jwk)) return fault;
  if (const char *fault = read_material(jwk, key)) return fault;
  key.canonical = canonical_jwk(jwk, key.row->method);
  return nullptr;
}

}  // namespace

void FreePublicKey::operator()(evp_pkey_st *key) const noexcept {
  EVP_PKEY_free(key);
}

const AlgorithmRow *row_for(const Key &key, Algorithm algorithm) noexcept {
  if (!key.algorithms.contains(algorithm)) return nullptr;
  for (const AlgorithmRow &row : algorithm_table) {
    if (row.algorithm == algorithm && row.curve == std::string_view(key.row->curve)) return &row;
  }
  return nullptr;
}

bool valid_key_id(Json kid) noexcept {
  const std::string_view text = kid.string();
  return !text.empty() && text.size() <= max_key_id_bytes && !has_control_character(text);
}

ParsedJwk parse_jwk(Json jwk, KeySecrecy secrecy) {
  Key key{};
  const char *const fault = read(jwk, secrecy, key);
  ERR_clear_error();
  if (fault != nullptr) return {std::nullopt, fault};
  return {std::move(key), nullptr};
}

}  // namespace tenancy
