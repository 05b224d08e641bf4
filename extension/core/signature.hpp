// The signature algorithms themselves (RFC 7518 §3, RFC 8037 §3).
#pragma once

#include <string_view>

#include "core/jwk.hpp"
#include "core/refusal.hpp"

namespace tenancy {

// none if signature is the key's own over input, by the algorithm of row, with exactly the length
// that it has there; else bad_signature. out_of_memory where that could be told.
// REQUIRES: row is one that row_for() gives for the key.
Refusal check_signature(const Key &key, const AlgorithmRow &row, std::string_view input,
                        std::string_view signature) noexcept;

}  // namespace tenancy
