// What the checks of findings.hpp share. Each group adds what it finds.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/live/findings.hpp"
#include "policy/live/text_array.hpp"

namespace tenancy::policy {

// A table of the policy that is there.
struct LiveTable {
  std::string id;         // its oid
  std::string object;     // public.documents
  const TablePlan *plan;  // of a partition, its table's

  bool enforced() const { return plan->table->enforcement == Enforcement::enforce; }
};

// What the file declares besides tables, by the server's spelling, and for which context roles.
struct Declared {
  std::set<std::string> outside;  // roles that it leaves alone
  std::map<std::string, std::set<std::string>> views;
  std::map<std::string, std::vector<std::string>> view_columns;  // where not all are given
  std::map<std::string, std::set<std::string>> sequences;
  std::map<std::string, std::set<std::string>> functions;  // relations' too
  std::set<std::string> definers;  // of functions, those that may be SECURITY DEFINER
};

class Inspection {
 public:
  // Looks up what is below. Throws std::runtime_error if the extension is not there.
  Inspection(Database &db, const Plan &compiled, const Source &file);

  Database &database;
  const Plan &plan;
  const Source &source;
  Declared declared;

  std::vector<LiveTable> tables;
  std::vector<LiveTable> partitions;          // of enforced tables: they have floors of their own
  std::vector<std::string> missing;           // tables and views of the policy that are not there
  std::map<std::string, ApiContext> context;  // by the name of the role, of those that are there
  std::vector<std::string> missing_roles;
  std::size_t pool_count = 0;

  // Parameters for queries, arrays of oid. An API role is a context role or a pool's login role.
  std::string managed;     // tables
  std::string closed;      // enforced tables and their partitions
  std::string family;      // tables, their partitions and their inheritance children
  std::string family_top;  // for each of family, the table that it belongs to
  std::string schemas;     // of the tables
  std::string contexts;    // roles
  std::string pools;       // roles
  // Roles that an API role is, inherits from or can become: whose privileges are its own.
  std::string reached;
  // Tenant columns: table, column, accessor (text[]) in parallel.
  std::string pinned;
  std::string pin_columns;
  std::string pin_levels;

  // SQL: whether the role with oid `member` can have the rights of the other. From 16 on a
  // membership may give neither.
  std::string reaches(std::string_view member, std::string_view role) const;
  // The command that applies the file.
  Fix apply() const;

  // covers: what pool_findings() may call the same thing, besides the object.
  void find(std::string_view check, std::string object, std::string what, Fix fix,
            const std::vector<std::string> &covers = {});
  // The same for each row of object, what, SQL and perhaps covers, each on a line of its own.
  void find_all(std::string_view check, const std::string &sql, const Parameters &parameters);
  void not_seen(std::string what) { findings.unseen.push_back(std::move(what)); }
  // Whether a finding speaks of the object.
  bool is_covered(const std::string &check, const std::string &object) const;
  bool may(const std::string &sql) const;  // one boolean

  Findings findings;

 private:
  void look_up_tables();
  void look_up_roles();
  void look_up_declared();
  std::optional<std::size_t> place(std::string_view object) const;

  std::set<std::pair<std::string, std::string>> covered_;  // check, object
};

void find_tables(Inspection &inspection);
void find_keys(Inspection &inspection);
void find_policies(Inspection &inspection);
void find_rules(Inspection &inspection);
void find_code(Inspection &inspection);
void find_grants(Inspection &inspection);  // after find_code
void find_roles(Inspection &inspection);
void find_pools(Inspection &inspection);  // after all others

}  // namespace tenancy::policy
