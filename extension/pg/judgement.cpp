#include "pg/judgement.hpp"

#include "core/clock.hpp"
#include "core/digest_cache.hpp"

namespace tenancy::pg {
namespace {

constexpr std::size_t shared_entries = 8192;
constexpr std::size_t own_entries = 64;

struct SharedJudgement {
  pg_atomic_uint64 clock_mark;  // seconds since 1970
  alignas(MAXIMUM_ALIGNOF) char signatures[FLEXIBLE_ARRAY_MEMBER];
};

constinit SharedJudgement *shared = nullptr;
constinit void *own_signatures = nullptr;

LWLock *signatures_lock() {
  return &GetNamedLWLockTranche(judgement_tranche)->lock;
}

DigestCache own_cache() {
  if (own_signatures == nullptr)
    own_signatures = MemoryContextAllocZero(TopMemoryContext, DigestCache::bytes_for(own_entries));
  return {own_signatures, DigestCache::bytes_for(own_entries)};
}

DigestCache shared_cache() {
  return {shared->signatures, DigestCache::bytes_for(shared_entries)};
}

SignatureKnown recall(const Digest &token, const Digest &generation) {
  const SignatureKnown known = own_cache().find(token, generation);
  if (known != SignatureKnown::unknown) return known;
  LWLockAcquire(signatures_lock(), LW_EXCLUSIVE);
  const SignatureKnown found = shared_cache().find(token, generation);
  LWLockRelease(signatures_lock());
  if (found != SignatureKnown::unknown) own_cache().remember(token, generation, found);
  return found;
}

void remember(const Digest &token, const Digest &generation, SignatureKnown known) {
  own_cache().remember(token, generation, known);
  LWLockAcquire(signatures_lock(), LW_EXCLUSIVE);
  shared_cache().remember(token, generation, known);
  LWLockRelease(signatures_lock());
}

// The mark before this reading of the clock, which may raise it.
std::int64_t read_mark(std::int64_t now) {
  std::uint64_t mark = pg_atomic_read_u64(&shared->clock_mark);
  const auto before = static_cast<std::int64_t>(mark);
  while (raised_mark(static_cast<std::int64_t>(mark), now) != static_cast<std::int64_t>(mark) &&
         !pg_atomic_compare_exchange_u64(&shared->clock_mark, &mark,
                                         static_cast<std::uint64_t>(now))) {
  }
  return before;
}

}  // namespace

Size judgement_bytes() {
  return add_size(offsetof(SharedJudgement, signatures), DigestCache::bytes_for(shared_entries));
}

void attach_judgement(void *memory) {
  shared = static_cast<SharedJudgement *>(memory);
}

Verdict judge(const Token &token, const Issuer &issuer, std::int64_t leeway) {
  const std::int64_t now = unix_now();
  if (clock_stepped_back(read_mark(now), now, leeway)) {
    Verdict refused{};
    refused.refusal = Refusal::clock_stepped_back;
    return refused;
  }
  const std::optional<Digest> digest = token_digest(token);
  if (!digest) return verify(token, issuer, now);
  const Digest &generation = key_set_generation(issuer);
  const SignatureKnown known = recall(*digest, generation);
  const Verdict verdict = verify(token, issuer, now, known);
  if (known == SignatureKnown::unknown) {
    if (verdict.refusal == Refusal::none) remember(*digest, generation, SignatureKnown::good);
    if (verdict.refusal == Refusal::bad_signature)
      remember(*digest, generation, SignatureKnown::bad);
  }
  return verdict;
}

}  // namespace tenancy::pg
