// JSON Web Keys (RFC 7517) and sets of them, parsed strictly and held ready for verification.
#pragma once

#include <cstddef>
#include <string_view>

#include "core/algorithm.hpp"
#include "core/sha256.hpp"

namespace tenancy {

inline constexpr std::size_t max_key_set_bytes = std::size_t{1024} * 1024;
inline constexpr std::size_t max_key_set_keys = 100;
inline constexpr std::size_t max_key_id_bytes = 1024;

struct KeySet;

enum class KeySecrecy : bool {
  public_only,    // a published set: oct keys and private members are refused
  allow_secrets,  // a set from tenancy.add_secret_key or a file on the command line
};

struct ParsedKeySet {
  KeySet *keys;     // owned by the caller, ends with destroy(); null when the set is refused
  char fault[160];  // why it is refused, for whoever imports it: "key \"a\" has an even exponent".
                    // Holds no key material. Empty when keys is set.
  std::size_t skipped;      // keys left out: unknown kty, use other than sig, a fault of their own
  char first_skipped[160];  // why the first was left out; empty if none
};

// {"keys":[...]} or one bare JWK. Refused: not strict JSON, duplicate kid, oct and public keys
// together, more than max_key_set_keys, no usable key. A single bad key is skipped, not fatal.
ParsedKeySet parse_key_set(std::string_view text, KeySecrecy secrecy) noexcept;
void destroy(KeySet *keys) noexcept;  // null is allowed

// The SHA-256 of the keys in their canonical form, whatever their order was: it changes with any
// change of a key. Covers secrets too, so it is not for showing.
const Digest &key_set_generation(const KeySet &keys) noexcept;

// For storing keys one by one. Views live as long as the set.
struct KeyView {
  std::string_view key_id;     // empty if the JWK has none
  std::string_view type;       // "RSA", "EC", "OKP", "oct"
  std::string_view algorithm;  // the one algorithm the key is good for: "RS256"; empty if the JWK
                               // has no alg, then it is good for all of its type
  std::string_view jwk;        // canonical: only the members that matter, sorted, no white space
};
std::size_t key_count(const KeySet &keys) noexcept;
KeyView key_at(const KeySet &keys, std::size_t index) noexcept;

}  // namespace tenancy
