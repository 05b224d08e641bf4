// A client's connection by libpq, as the load and the residue tests need it.
#pragma once

#include <libpq-fe.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace bouncer {

using Row = std::vector<std::string>;

// What the server said: the rows of the last statement that gave any, or the first error.
struct Answer {
  std::string sqlstate;  // empty: no error; 08006: the connection is lost
  std::string message;
  std::vector<Row> rows;

  bool ok() const { return sqlstate.empty(); }
};

struct Statement {
  std::string sql;
  std::vector<std::string> parameters;
};

class Connection {
 public:
  explicit Connection(const std::string &conninfo);

  bool is_open() const { return PQstatus(connection_.get()) == CONNECTION_OK; }
  std::string error() const { return PQerrorMessage(connection_.get()); }

  // The simple protocol: one message, with as many statements as it has.
  Answer run(const std::string &sql);
  // The extended protocol with the unnamed statement.
  Answer run(const std::string &sql, const std::vector<std::string> &parameters);
  // The extended protocol with a named statement; once prepared it is kept.
  Answer prepare(const std::string &name, const std::string &sql);
  Answer run_prepared(const std::string &name, const std::vector<std::string> &parameters);
  // All in one round trip, one answer for each statement.
  std::vector<Answer> run_pipeline(const std::vector<Statement> &statements);
  // Sends the statement and cancels it, again and again until it has ended.
  Answer run_and_cancel(const std::string &sql);

 private:
  struct Close {
    void operator()(PGconn *connection) const { PQfinish(connection); }
  };

  Answer lost() const;
  Answer collect();

  std::unique_ptr<PGconn, Close> connection_;
};

std::string quoted(std::string_view text);

}  // namespace bouncer
