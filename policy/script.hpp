// What the compiler emits: statements in the order in which they are run, and their text as one
// script for psql.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/table_name.hpp"

namespace tenancy::policy {

enum class Phase { prepare, enforce };

struct Statement {
  Phase phase = Phase::enforce;
  std::optional<TableName> table;  // that it changes, if it is one
  std::string title;               // for the script's reader, and for progress
  std::string reference;           // `tenancy.yaml:44`, or empty
  std::string sql;                 // whole statements, each ending in a line of its own
  bool alone = false;              // outside of a transaction; else a transaction holds it whole
  bool generates = false;          // sql is one query without `;`: its rows are what is to be run
  bool checks = false;             // changes nothing, and is always run
  bool patient = false;            // while it waits for a lock, nobody waits for it
  std::string comments;            // the COMMENTs on what sql makes, also run where sql is skipped
  std::string hash;                // of a table's sql without notes; empty: it is not skipped
};

// Of one application. The form says what a table's statement is: in a script one transaction holds
// all tables, and what they have in common stands beside them; in steps each stands by itself.
enum class Form { script, steps };

struct Script {
  std::string application;
  std::string origin;       // the policy file's name, fit for a comment
  std::string source_hash;  // as tenancy.policy has it
  std::string frame_hash;   // of what is no table's: roles, functions, sequences
  std::string unfit;        // a query: what it gives, the frame must replace; empty: nothing
  bool removes = false;
  std::vector<Statement> statements;  // those of prepare first
  std::vector<std::string> remarks;   // what is left to a person, one paragraph each
};

// As a script for psql; what is enforced is one transaction, which any client may run.
std::string print(const Script &script, bool prepare = true, bool enforce = true);

// A piece of text that explains and does nothing: neither hashed, nor what a change is.
std::string note(std::string_view text);
std::string with_notes(std::string_view text);
std::string without_notes(std::string_view text);

// SHA-256 in hexadecimal digits. Throws std::runtime_error if it cannot be computed.
std::string hash_of(std::string_view text);

}  // namespace tenancy::policy
