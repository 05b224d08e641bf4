// The base64url encoding of RFC 4648 §5 as JWS uses it: without padding (RFC 7515 §2).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tenancy {

// The bytes that text encodes. Nothing if text is not the one canonical encoding of its bytes: a
// byte outside the alphabet, padding, white space, an impossible length, or bits set after the
// last whole byte (RFC 4648 §3.5). Throws std::bad_alloc.
std::optional<std::string> base64url_decode(std::string_view text);
std::string base64url_encode(std::string_view bytes);

}  // namespace tenancy
