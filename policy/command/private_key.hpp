// Private keys as files hold them: PEM and JWK. Development and tests only, see signing_key.hpp.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/json.hpp"

struct evp_pkey_st;

namespace tenancy::policy {

struct FreePrivateKey {
  void operator()(evp_pkey_st *key) const noexcept;
};
using PrivateKey = std::unique_ptr<evp_pkey_st, FreePrivateKey>;

struct PemKey {
  std::string jwk;  // the public half, unchecked; empty if text holds no key that can be read
  PrivateKey key;   // null: text holds a public key
};

// The key of a PEM text. An encrypted one is not read, nobody is asked for a password.
PemKey read_pem(std::string_view text);

// The private half of a JWK whose public half parse_key_set() accepts (RFC 7518 §6.2.2 and
// §6.3.2, RFC 8037 §2). Null if it has none, or none that OpenSSL takes.
PrivateKey read_private_jwk(Json jwk);

}  // namespace tenancy::policy
