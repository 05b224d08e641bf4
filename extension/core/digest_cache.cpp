#include "core/digest_cache.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace tenancy {
namespace {

constexpr std::size_t places = 4;  // for either kind, in each set

struct Entry {
  Digest token;
  Digest generation;
  std::uint64_t used;  // the set's clock when it was used last; 0: empty

  bool is(const Digest &other_token, const Digest &other_generation) const noexcept {
    return used != 0 && token == other_token && generation == other_generation;
  }
};

using Entries = std::array<Entry, places>;

Entry *find_in(Entries &entries, const Digest &token, const Digest &generation) noexcept {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const Entry &entry) { return entry.is(token, generation); });
  return found == entries.end() ? nullptr : &*found;
}

}  // namespace

struct DigestCache::Set {
  std::uint64_t clock;  // counts the uses; would wrap after centuries
  Entries good;
  Entries bad;
};

std::size_t DigestCache::bytes_for(std::size_t entries) noexcept {
  return (entries + 2 * places - 1) / (2 * places) * sizeof(Set);
}

DigestCache::DigestCache(void *memory, std::size_t bytes) noexcept
    : sets_(static_cast<Set *>(memory), bytes / sizeof(Set)) {}

// A SHA-256 is as good as a hash of itself.
DigestCache::Set *DigestCache::set_of(const Digest &token) noexcept {
  if (sets_.empty()) return nullptr;
  std::uint64_t hash = 0;
  std::memcpy(&hash, token.data(), sizeof hash);
  return &sets_[hash % sets_.size()];
}

SignatureKnown DigestCache::find(const Digest &token, const Digest &generation) noexcept {
  Set *const set = set_of(token);
  if (set == nullptr) return SignatureKnown::unknown;
  Entry *const good = find_in(set->good, token, generation);
  Entry *const bad = find_in(set->bad, token, generation);
  Entry *const found = good != nullptr ? good : bad;
  if (found == nullptr) return SignatureKnown::unknown;
  found->used = ++set->clock;
  return good != nullptr ? SignatureKnown::good : SignatureKnown::bad;
}

void DigestCache::remember(const Digest &token, const Digest &generation,
                           SignatureKnown known) noexcept {
  Set *const set = set_of(token);
  if (set == nullptr) return;
  for (Entries *entries : {&set->good, &set->bad}) {
    if (Entry *const old = find_in(*entries, token, generation)) old->used = 0;
  }
  if (known == SignatureKnown::unknown) return;
  Entries &entries = known == SignatureKnown::good ? set->good : set->bad;
  Entry &place = *std::min_element(entries.begin(), entries.end(),
                                   [](const Entry &a, const Entry &b) { return a.used < b.used; });
  place = {token, generation, ++set->clock};
}

}  // namespace tenancy
