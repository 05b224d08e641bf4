// Hiding tokens in text that goes to a log.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace tenancy {

// Overwrites what is shaped like a compact JWS with asterisks, in place, length kept: base64url
// segments joined by dots, of which the first encodes the opening of a JSON object. Gives the
// number of such places. Allocates nothing.
std::size_t redact_tokens(std::span<char> text) noexcept;

// Whether redact_tokens() would find something.
bool has_token(std::string_view text) noexcept;

}  // namespace tenancy
