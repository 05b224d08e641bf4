// Prepare: what both of its files need.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "policy/emit.hpp"

namespace tenancy::policy {

struct Preparation {
  const Plan &plan;
  const Source &source;
  const Schema *schema;  // null: not known
  Script &script;
  std::map<TableName, const TablePlan *> tables;  // of the plan
};

// A child's way to its parent, and the tenant columns that come from there.
struct Lineage {
  using Pairs = std::vector<std::pair<std::string, std::string>>;  // this table's, the parent's
  Pairs key;
  Pairs tenant;
  Pairs all() const;
};
Lineage lineage_of(const Table &table);

std::vector<std::string> firsts(const Lineage::Pairs &pairs);
std::vector<std::string> seconds(const Lineage::Pairs &pairs);

// What prepare makes for a table is called after it: `comments_tenant_fkey`. Cut where it is too
// long for an identifier, with a hash in place of what is cut.
std::string structure_name(std::string_view table, std::string_view suffix);

// Appends a statement of prepare for the table.
Statement &add_step(const Preparation &preparation, const Table &table, std::string title,
                    std::string sql);

// Without a schema the script must ask, when it is run: whether this one is partitioned, and what
// to say where it is and the script cannot do what it is there for.
std::string is_partitioned(const TableName &table);
std::string remark_on_partitions(const TableName &table, std::string_view what);

// One query that gives the commands, in their order, whose conditions hold when it is run.
struct Command {
  std::string text;  // an SQL expression of type text
  std::string condition;
};
std::string choose(const std::vector<Command> &commands);

// Keys and indexes. The parent's are made before the child's foreign key.
void prepare_index(const Preparation &preparation, const TablePlan &table);
void prepare_foreign_key(const Preparation &preparation, const Table &table);

}  // namespace tenancy::policy
