// The compact serialization of a JWS (RFC 7515 §7.1): its three segments and the header's rules.
#pragma once

#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/algorithm.hpp"
#include "core/json.hpp"
#include "core/verify.hpp"

namespace tenancy {

// The token of verify.hpp: everything in it is only what the token says.
struct Token {
  struct Text {
    std::string_view name;
    std::string_view value;
  };

  // The first two segments with the dot between: what is signed.
  std::string_view signing_input() const noexcept {
    return std::string_view(text).substr(0, text.rfind('.'));
  }

  std::string text;
  std::string signature;               // decoded
  JsonDocument claims;                 // its root is absent if the payload is opaque
  std::optional<Algorithm> algorithm;  // nothing if alg is none or unknown
  std::string key_id;                  // empty: no kid
  std::string type;                    // empty: no typ
  std::vector<Text> texts;             // the claims that have a text, see for_each_claim()
  std::list<std::string> written;      // the texts that are not strings of the claims themselves
};

enum class Payload : bool { opaque, claims };

// Null, and why in refusal. Throws std::bad_alloc.
std::unique_ptr<Token> read_token(std::string_view text, Payload payload, Refusal &refusal);

// Whether a token's typ is the wanted media type (RFC 7515 §4.1.9): compared without case, and
// "application/" may be left out on either side.
bool same_type(std::string_view typ, std::string_view wanted) noexcept;

}  // namespace tenancy
