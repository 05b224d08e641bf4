#include "core/secret_key.hpp"

#include <cstdio>
#include <exception>
#include <string>

#include "core/base64url.hpp"
#include "core/json.hpp"

namespace tenancy {

ParsedKeySet parse_secret_key(std::string_view key_id, std::string_view secret,
                              std::string_view algorithm) noexcept {
  try {
    std::string jwk = R"({"kty":"oct","kid":)";
    append_json(jwk, key_id);
    jwk += R"(,"alg":)";
    append_json(jwk, algorithm);
    jwk += R"(,"k":)";
    append_json(jwk, base64url_encode(secret));
    jwk += '}';
    return parse_key_set(jwk, KeySecrecy::allow_secrets);
  } catch (const std::exception &) {
    ParsedKeySet failed{};
    static_cast<void>(std::snprintf(failed.fault, sizeof failed.fault, "out of memory"));
    return failed;
  }
}

}  // namespace tenancy
