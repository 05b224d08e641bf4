// What login reads from the extension's tables, as of now and not of the transaction's snapshot: a
// REPEATABLE READ transaction must not keep a removed key or membership alive.
//
// REQUIRES for every function: between begin_own_sql() and end_own_sql(). Results are plain data in
// SPI's memory: gone with end_own_sql().
#pragma once

#include "core/verify.hpp"
#include "pg/postgres.hpp"

namespace tenancy::pg {

using Texts = std::span<const std::string_view>;

// A row of tenancy.pool with the directory of its application.
struct Pool {
  std::string_view api_context;
  std::string_view application;
  std::string_view issuer;
  Texts audiences;
  bool any_audience;
  std::string_view directory_schema;
  std::string_view directory_name;
  bool is_unsafe;  // the login role is, or may become, superuser or one with BYPASSRLS
};
std::span<const Pool> pools_of(Oid login_role);

struct IssuerRow {
  bool found;
  IssuerRules rules;
  std::string_view account;  // the one account that the issuer may open; empty: any
  std::string_view key_set;  // {"keys":[...]}
  bool has_secrets;          // the key set holds secret keys
  bool is_fetched;           // the worker fetches the key set
};
// The issuer of that name or alias. found is false also if two rows claim the name.
IssuerRow issuer_named(std::string_view name);

// Whether an account that names its own issuers names this one, or names none.
bool account_admits(std::string_view account, std::string_view issuer);

struct Membership {
  std::string_view account;
  std::string_view workspace;
  std::string_view user;
  Texts roles;
  std::string_view why_not;  // empty: granted
};
// Asks the directory of pool's application. An empty account or workspace is not asked for.
Membership membership_of(const Pool &pool, std::string_view issuer, std::string_view subject,
                         std::string_view account, std::string_view workspace);

}  // namespace tenancy::pg
