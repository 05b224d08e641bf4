// What is known of the signatures of tokens seen before, in a memory of fixed size that the caller
// owns: a backend's own, or one that several share.
//
// A state machine. It does not lock: whoever shares the memory lets one in at a time. It does not
// allocate, and every operation takes the same small number of steps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/sha256.hpp"
#include "core/verify.hpp"

namespace tenancy {

// A view; copying it copies no entry.
class DigestCache {
 public:
  struct Set;

  // The bytes for that many entries at least, half of them for good signatures.
  static std::size_t bytes_for(std::size_t entries) noexcept;

  // A cache in memory aligned as for a std::uint64_t, which was filled with zeros before its
  // first use; that is the empty cache. What does not make up a whole set of entries is not used;
  // a cache of no set remembers nothing.
  DigestCache(void *memory, std::size_t bytes) noexcept;

  // What was remembered last of a token under a generation of keys.
  SignatureKnown find(const Digest &token, const Digest &generation) noexcept;

  // Displaces what was used longest ago among those that share its few places. Good and bad
  // signatures have places of their own: a flood of forged tokens displaces no good one.
  // SignatureKnown::unknown forgets.
  void remember(const Digest &token, const Digest &generation, SignatureKnown known) noexcept;

 private:
  Set *set_of(const Digest &token) noexcept;
  std::span<Set> sets_;
};

}  // namespace tenancy
