// An identity ends at its time: between statements, inside long ones, in cursors and in COPY. And
// it ends at the next statement after its subject was revoked.
#pragma once

#include "pg/postgres.hpp"

namespace tenancy::pg {

// Called once, from _PG_init.
//
// The clock is compared once for each run of an executor over tables, never for a row. Inside one
// run a timer cancels at the time, again and again until the identity is gone; it is armed anew at
// each run, since an error disarms all timers, and disarmed at the end of the transaction, so that
// the next client is not cancelled. While the cancel unwinds it is a 57014, which WHEN OTHERS does
// not catch; the client is told 28T02.
void install_expiry();

}  // namespace tenancy::pg
