// The signature algorithms themselves (RFC 7518 §3, RFC 8037 §3).
#pragma once

#include <string_view>

#include "core/jwk.hpp"
#include "core/refusal.hpp"

namespace tenancy {

// none if signature is the key's own over input, by the key's one algorithm, with exactly the
// length that the algorithm has; else bad_signature. out_of_memory where that could be told.
Refusal check_signature(const Key &key, std::string_view input,
                        std::string_view signature) noexcept;

}  // namespace tenancy
