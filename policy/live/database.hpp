// A connection to PostgreSQL by libpq. No error of it holds a password.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct pg_conn;
struct pg_result;

namespace tenancy::policy {

// What the server, or libpq, refused. what() is the primary message.
class DatabaseError : public std::runtime_error {
 public:
  DatabaseError(const std::string &message, std::string sqlstate, std::string detail,
                std::string hint)
      : std::runtime_error(message),
        sqlstate_(std::move(sqlstate)),
        detail_(std::move(detail)),
        hint_(std::move(hint)) {}

  // 08006: the connection is lost; 08001: there was none.
  const std::string &sqlstate() const noexcept { return sqlstate_; }
  const std::string &detail() const noexcept { return detail_; }  // empty: none
  const std::string &hint() const noexcept { return hint_; }      // empty: none
  // Message, detail and hint on lines of their own, for a person.
  std::string describe() const;

 private:
  std::string sqlstate_;
  std::string detail_;
  std::string hint_;
};

struct Notice {
  std::string severity;  // WARNING, NOTICE, INFO, ...; not translated
  std::string sqlstate;
  std::string message;
  std::string detail;
  std::string hint;
};

using Parameters = std::vector<std::optional<std::string>>;  // nothing: null

// The rows of one statement, every value as text.
class Rows {
 public:
  std::size_t size() const;
  std::size_t columns() const;
  bool is_null(std::size_t row, std::size_t column) const;
  // Empty for null; lives as long as the rows. REQUIRES: row and column are there.
  std::string_view at(std::size_t row, std::size_t column) const;
  std::size_t affected() const;  // by INSERT, UPDATE, DELETE, ...

 private:
  friend class Database;
  struct Clear {
    void operator()(pg_result *result) const;
  };
  explicit Rows(pg_result *result) : result_(result) {}
  std::unique_ptr<pg_result, Clear> result_;
};

class Database {
 public:
  // conninfo: a connection string or URI of libpq, or the name of a database; what it leaves out,
  // and all if it is empty, comes from the environment (PGHOST, PGSERVICE, ...) and ~/.pgpass.
  // Never asks for a password. The search path is pg_catalog alone: names are qualified. Throws
  // DatabaseError.
  explicit Database(const std::string &conninfo);

  // One statement, by the extended protocol: $1 is parameters[0]. Throws DatabaseError.
  Rows query(const std::string &sql, const Parameters &parameters = {});
  // Any number of statements, by the simple protocol: one transaction unless they say otherwise.
  void execute(const std::string &sql);

  // Hears each notice and warning; without, they are dropped. It must not throw nor use this.
  void on_notice(std::function<void(const Notice &)> hear);

  int version() const;          // 150020
  bool is_open() const;         // false once the connection is lost
  bool in_transaction() const;  // also in one that failed
  bool has_failed() const;      // in a transaction that can only be rolled back

 private:
  struct Close {
    void operator()(pg_conn *connection) const;
  };
  using Hear = std::function<void(const Notice &)>;

  Rows checked(pg_result *result);

  std::unique_ptr<pg_conn, Close> connection_;
  std::unique_ptr<Hear> hear_;  // libpq keeps its address
};

// A transaction: rolled back at the end of the scope unless it was committed.
class Transaction {
 public:
  // modes: "isolation level repeatable read, read only".
  explicit Transaction(Database &database, std::string_view modes = {});
  ~Transaction();
  Transaction(const Transaction &) = delete;
  Transaction &operator=(const Transaction &) = delete;

  // Throws DatabaseError, 25P02, if a statement of it had failed: it is rolled back then.
  void commit();

 private:
  Database &database_;
  bool open_ = true;
};

}  // namespace tenancy::policy
