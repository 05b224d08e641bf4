// What tables with enforcement report would have refused or hidden: counted in shared memory, by
// table, verb, login role and kind.
#pragma once

#include "pg/managed_table.hpp"
#include "pg/postgres.hpp"

namespace tenancy::pg {

enum class Finding : std::uint8_t {
  hidden_row,
  refused_row,
  missing_column,
  missing_right,
  no_identity
};

// Called once, from _PG_init: hooks on the end of an executor and of a transaction, where what this
// process has counted goes to shared memory.
void install_report();

// The shared memory that this needs, in bytes; the caller asks for it, and for a tranche of one
// lock.
Size report_bytes();
inline constexpr const char *report_tranche = "pg_tenancy report";
// REQUIRES: memory of report_bytes(), which was filled with zeros when it was new
void attach_report(void *memory);

// Counts a statement, once for all that is found in it, and its rows. Takes no lock but where the
// process has found very many kinds of things.
void count(Oid table, Verb verb, Finding finding, std::uint64_t rows);

}  // namespace tenancy::pg
