// The seal that makes an identity unforgeable in a place that SQL can reach.
//
//   text = base64url(HMAC-SHA256(key, length(binding) || binding || payload) || payload)
//
// The binding names where the seal holds (login role, database, a nonce of the backend); it is not
// in the text, so whoever opens the seal states his own, and a seal carried elsewhere does not
// open.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "core/sha256.hpp"

namespace tenancy {

using SealKey = Digest;

// Characters of the text for a payload, and bytes of the payload in a text of that length; 0 if no
// text has that length.
std::size_t sealed_size(std::size_t payload_bytes) noexcept;
std::size_t payload_size(std::size_t text_characters) noexcept;

// Writes exactly sealed_size(payload.size()) characters to out, no NUL. False without memory.
bool seal(const SealKey &key, std::string_view binding, std::string_view payload,
          std::span<char> out) noexcept;

// True, with the payload in out, only if text was made by seal() with this key and this binding.
// REQUIRES: out.size() == payload_size(text.size()), not 0
bool open_seal(const SealKey &key, std::string_view binding, std::string_view text,
               std::span<char> out) noexcept;

}  // namespace tenancy
