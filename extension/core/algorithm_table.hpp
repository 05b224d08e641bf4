// What each algorithm needs: the one table behind keys and signatures. Another algorithm of these
// methods is an enumerator in algorithm.hpp and a row here; one of several curves has several rows.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/algorithm.hpp"

namespace tenancy {

enum class Method : std::uint8_t { hmac, rsa_pkcs1, rsa_pss, ecdsa, eddsa };

struct AlgorithmRow {
  Algorithm algorithm;
  Method method;
  std::string_view name;  // alg, RFC 7518 §3.1 and RFC 8037 §3.1
  const char *key_type;   // kty, RFC 7518 §6.1
  const char *curve;      // crv; empty if the key type has none
  const char *digest;     // null where the algorithm brings its own
  std::size_t bytes;      // of a signature, and of the shortest HMAC secret (RFC 7518 §3.2); a
                          // coordinate or an Edwards point has half as many. 0: as the modulus
};

// clang-format off
inline constexpr std::array algorithm_table{
    AlgorithmRow{Algorithm::hs256, Method::hmac,      "HS256", "oct", "",        "SHA256", 32},
    AlgorithmRow{Algorithm::hs384, Method::hmac,      "HS384", "oct", "",        "SHA384", 48},
    AlgorithmRow{Algorithm::hs512, Method::hmac,      "HS512", "oct", "",        "SHA512", 64},
    AlgorithmRow{Algorithm::rs256, Method::rsa_pkcs1, "RS256", "RSA", "",        "SHA256", 0},
    AlgorithmRow{Algorithm::rs384, Method::rsa_pkcs1, "RS384", "RSA", "",        "SHA384", 0},
    AlgorithmRow{Algorithm::rs512, Method::rsa_pkcs1, "RS512", "RSA", "",        "SHA512", 0},
    AlgorithmRow{Algorithm::ps256, Method::rsa_pss,   "PS256", "RSA", "",        "SHA256", 0},
    AlgorithmRow{Algorithm::ps384, Method::rsa_pss,   "PS384", "RSA", "",        "SHA384", 0},
    AlgorithmRow{Algorithm::ps512, Method::rsa_pss,   "PS512", "RSA", "",        "SHA512", 0},
    AlgorithmRow{Algorithm::es256, Method::ecdsa,     "ES256", "EC",  "P-256",   "SHA256", 64},
    AlgorithmRow{Algorithm::es384, Method::ecdsa,     "ES384", "EC",  "P-384",   "SHA384", 96},
    AlgorithmRow{Algorithm::es512, Method::ecdsa,     "ES512", "EC",  "P-521",   "SHA512", 132},
    AlgorithmRow{Algorithm::eddsa, Method::eddsa,     "EdDSA", "OKP", "Ed25519", nullptr,  64},
    AlgorithmRow{Algorithm::eddsa, Method::eddsa,     "EdDSA", "OKP", "Ed448",   nullptr,  114},
};
// clang-format on

}  // namespace tenancy
