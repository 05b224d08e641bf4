// The claims of a token as plain data.
#pragma once

#include "core/identity.hpp"
#include "core/verify.hpp"
#include "pg/postgres.hpp"

namespace tenancy::pg {

// Name, value, name, value, ...: views into the token, the array in the current memory context. A
// null data() where the token has more than max_claims: some of them would be missing, and a policy
// may depend on what is not there.
inline std::span<const std::string_view> claims_of(const Token &token) {
  struct List {
    std::string_view *texts;
    std::size_t count;
    bool overflow;
  } list{static_cast<std::string_view *>(palloc(sizeof(std::string_view) * 2 * max_claims)), 0,
         false};
  for_each_claim(
      token,
      [](void *state, Claim claim) noexcept {
        auto *claims = static_cast<List *>(state);
        claims->overflow = claims->overflow || claims->count == 2 * max_claims;
        if (claims->overflow) return;
        claims->texts[claims->count++] = claim.name;
        claims->texts[claims->count++] = claim.value;
      },
      &list);
  if (list.overflow) return {};
  return {list.texts, list.count};
}

}  // namespace tenancy::pg
