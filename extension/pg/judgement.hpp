// Verifying in a backend: the core's verdict, with what earlier verdicts left behind.
//
// Results of signatures are kept per backend and in shared memory, under the digest of the token
// and the generation of its keys, so that a changed key set forgets them; everything but the
// signature is checked each time. The clock's high-water mark is shared by all backends.
#pragma once

#include "core/verify.hpp"
#include "pg/postgres.hpp"

namespace tenancy::pg {

// The shared memory that this needs, in bytes; the caller asks for it, and for a tranche of one
// lock.
Size judgement_bytes();
inline constexpr const char *judgement_tranche = "pg_tenancy";
// REQUIRES: memory of judgement_bytes(), which was filled with zeros when it was new
void attach_judgement(void *memory);

// verify() at the present time. Refusal::clock_stepped_back where the clock runs behind what some
// backend has already seen, by more than leeway seconds.
Verdict judge(const Token &token, const Issuer &issuer, std::int64_t leeway);

}  // namespace tenancy::pg
