// Runs what the compiler emits on a live database: beside the application what it can, and the rest
// table by table, each in a transaction of its own under a short lock timeout.
#pragma once

#include <chrono>
#include <iosfwd>
#include <stdexcept>
#include <string>
#include <vector>

#include "policy/live/database.hpp"
#include "policy/script.hpp"

namespace tenancy::policy {

struct ApplyOptions {
  bool prepare = true;
  bool enforce = true;
  bool dry_run = false;                         // says what would be run
  std::chrono::milliseconds lock_timeout{200};  // longest wait for a lock that others queue behind
  int retries = 100;                            // of a statement, until it has got its locks
};

// A statement that the server refused; what() names it, its source and what the server said.
class ApplyError : public std::runtime_error {
 public:
  using runtime_error::runtime_error;
};

// Holds off any other run on the database for as long as it lives, and lets the server end a
// statement soon after this process has died. Throws ApplyError that names the other run.
class ApplyLock {
 public:
  explicit ApplyLock(Database &database);
  ~ApplyLock();
  ApplyLock(const ApplyLock &) = delete;
  ApplyLock &operator=(const ApplyLock &) = delete;

 private:
  Database &database_;
};

struct ApplyResult {
  std::size_t prepared = 0;   // statements of prepare that had something to do
  std::size_t enforced = 0;   // tables
  std::size_t unchanged = 0;  // tables that were right, and were not locked
};

// Runs a script of Form::steps. What was done already is passed over, so a run that was broken off
// is gone on with by the next. progress: a line for each statement, with what the server notes.
// Throws ApplyError; what was committed before stays. REQUIRES: an ApplyLock.
ApplyResult apply(Database &database, const Script &script, const ApplyOptions &options,
                  std::ostream &progress);

// The tables that the application's policy manages, and that are there.
std::vector<TableName> managed_tables(Database &database, const std::string &application);

// Tables of the schemas that the script's tables are in, which it is silent about.
std::vector<TableName> other_tables(Database &database, const Script &script);

}  // namespace tenancy::policy
