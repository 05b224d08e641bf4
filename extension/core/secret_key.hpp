// A secret for HMAC as a key set of one, for those who hold bytes and not a JWK.
#pragma once

#include <string_view>

#include "core/key.hpp"

namespace tenancy {

// The JWK {"kty":"oct"} of these bytes with that kid and alg, parsed like any other: at least as
// long as the hash (RFC 7518 §3.2). key_id is UTF-8, algorithm a registered name.
ParsedKeySet parse_secret_key(std::string_view key_id, std::string_view secret,
                              std::string_view algorithm) noexcept;

}  // namespace tenancy
