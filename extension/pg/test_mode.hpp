// What only a test server may do, for the extension pg_tenancy_test: sign tokens itself, and bind
// several identities in one transaction.
//
// Test tokens have an issuer of their own, "pg_tenancy_test:" and the name of the configured issuer
// that they speak for. They are verified like any other token and by that issuer's rules, but by a
// key of the test server, not by the issuer's: those keys stay as they are. So subjects, pools and
// directory are the application's real ones.
//
// The key is derived from the seal's, for each database: it is in no table, in no dump and ends
// with the server (unless tenancy.seal_key_file keeps the seal's). It is symmetric, since who
// verifies and who signs are one process.
//
// INVARIANT: each door asks for tenancy.test_mode, which only a start of the server sets, and for
// the extension pg_tenancy_test in this database. Signing and several identities also ask for the
// role that connected, whatever SET ROLE and SECURITY DEFINER say: a superuser or a member of
// tenancy_tester. Other names of the prefix are never trusted.
#pragma once

#include "core/verify.hpp"
#include "pg/postgres.hpp"

namespace tenancy::pg {

// Called once, from _PG_init, after the settings: warns where the mode is on.
void install_test_mode();

// Whether a tester allowed several identities in this transaction. Also for checks that hold a
// session to be a pool's shared one, which a test's session is not.
bool in_test() noexcept;

bool is_test_issuer(std::string_view issuer) noexcept;

// The configured issuer that a test issuer speaks for; empty where no test token is accepted.
// REQUIRES: is_test_issuer(issuer)
std::string_view issuer_tested(std::string_view issuer);

// Makes the rules of the configured issuer those of the test issuer: its name and algorithm, too.
void become_test_issuer(IssuerRules &rules, std::string_view issuer);
ParsedKeySet test_key_set();

}  // namespace tenancy::pg
