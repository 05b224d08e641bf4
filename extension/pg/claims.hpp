// The claims of a token as plain data.
#pragma once

#include "core/identity.hpp"
#include "core/verify.hpp"
#include "pg/postgres.hpp"

namespace tenancy::pg {

// Name, value, name, value, ...: views into the token, at most max_claims pairs, the array in the
// current memory context.
inline std::span<const std::string_view> claims_of(const Token &token) {
  struct List {
    std::string_view *texts;
    std::size_t count;
  } list{static_cast<std::string_view *>(palloc(sizeof(std::string_view) * 2 * max_claims)), 0};
  for_each_claim(
      token,
      [](void *state, Claim claim) noexcept {
        auto *claims = static_cast<List *>(state);
        if (claims->count == 2 * max_claims) return;
        claims->texts[claims->count++] = claim.name;
        claims->texts[claims->count++] = claim.value;
      },
      &list);
  return {list.texts, list.count};
}

}  // namespace tenancy::pg
