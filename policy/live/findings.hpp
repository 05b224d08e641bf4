// What a live database does not hold of its policy file, and what it opens besides. The catalog
// alone is read, by any role; the one write is a temporary table that is rolled back.
//
//   inspection     what the checks share: tables, roles, who can become whom
//   find_tables    the tables themselves        find_keys      what leads past the tenant columns
//   find_policies  floors, policies, defaults   find_grants    privileges
//   find_rules     what the extension knows     find_code      views, functions, triggers
//   find_roles     context roles and pools      find_pools     the rows of tenancy.pool_findings()
//                                                              that no check has said better
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/diagnostic.hpp"
#include "policy/live/database.hpp"
#include "policy/plan.hpp"
#include "policy/source.hpp"

namespace tenancy::policy {

struct Check {
  std::string_view name;  // stable, kebab-case
  Severity severity;
  std::string_view what;  // lower case, no full stop
};

// All of them, in the order in which their findings are shown. A finding of pool_findings() has the
// name pool-x-y for its x_y, is an error, and comes last.
std::span<const Check> checks();

struct Fix {
  enum class Kind { sql, command, advice };  // of psql, of the shell, of neither
  Kind kind = Kind::sql;
  std::string text;  // never empty; may have several lines
};

struct LiveFinding {
  std::string check;  // its name
  Severity severity;
  std::optional<std::size_t> at;  // where in the source the table that it is about is declared
  std::string object;  // public.documents, "title_key on public.documents", saas_app: as in SQL
  std::string what;    // lower case, no full stop
  Fix fix;
};

struct Findings {
  std::vector<LiveFinding> all;     // in the order of the checks, then of objects
  std::vector<std::string> unseen;  // what could not be looked at, and why
  std::size_t tables = 0;           // that are there
  std::size_t pools = 0;

  bool failed() const;  // warnings do not fail
};

// Throws DatabaseError, and std::runtime_error if the extension is not there. The session's
// settings are changed. REQUIRES: no transaction is open.
Findings find(Database &database, const Plan &plan, const Source &source);

}  // namespace tenancy::policy
