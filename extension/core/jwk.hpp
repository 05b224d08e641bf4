// One JSON Web Key (RFC 7517 §4), checked for everything that the cryptographic library leaves
// unchecked, and ready to verify signatures.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/algorithm_table.hpp"
#include "core/json.hpp"
#include "core/key.hpp"

struct evp_pkey_st;

namespace tenancy {

struct FreePublicKey {
  void operator()(evp_pkey_st *key) const noexcept;
};
using PublicKey = std::unique_ptr<evp_pkey_st, FreePublicKey>;

struct Key {
  std::string id;           // empty if the JWK has no kid
  AlgorithmSet algorithms;  // the one that alg names, else all that fit type, curve and secret
  std::string_view named;   // the name of the one; empty if the JWK has no alg
  const AlgorithmRow *row;  // the first of them; type and curve are the same in all
  PublicKey public_key;     // null for an oct key
  std::string secret;       // of an oct key
  std::string canonical;    // see KeyView::jwk
};

// The row by which the key verifies signatures of an algorithm; null if it is not good for it.
const AlgorithmRow *row_for(const Key &key, Algorithm algorithm) noexcept;

// The key set of key.hpp.
struct KeySet {
  std::vector<Key> keys;
  Digest generation{};  // all zero while there are no keys
};

struct ParsedJwk {
  std::optional<Key> key;
  const char *fault;  // why there is no key, to follow its name: "has an even modulus"; else null
};

// Throws std::bad_alloc.
ParsedJwk parse_jwk(Json jwk, KeySecrecy secrecy);

// Whether a kid is a string of 1 to max_key_id_bytes bytes without control characters.
bool valid_key_id(Json kid) noexcept;

}  // namespace tenancy
