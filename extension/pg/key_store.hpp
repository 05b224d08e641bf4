// The rows of tenancy.issuer_key.
//
// REQUIRES for every function: between begin_own_sql() and end_own_sql().
#pragma once

#include "core/key.hpp"
#include "pg/postgres.hpp"

namespace tenancy::pg {

// A public key of an issuer with secret keys could be taken for one of those (RFC 8725 §2.1).
bool has_secret_keys(std::string_view issuer);

// Whether the issuer's rows are these keys and no others.
bool holds_keys(std::string_view issuer, const KeySet &keys);

// REQUIRES: !has_secret_keys(issuer)
void replace_keys(std::string_view issuer, const KeySet &keys);

}  // namespace tenancy::pg
