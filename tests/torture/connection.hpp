// A thin wrap of libpq for the torture clients: every failure that a client does not expect ends
// it.
#pragma once

#include <libpq-fe.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct Clear {
  void operator()(PGresult *result) const { PQclear(result); }
};
using Result = std::unique_ptr<PGresult, Clear>;

[[noreturn]] inline void fail(std::string_view what, std::string_view why) {
  std::fprintf(stderr, "%.*s: %.*s\n", static_cast<int>(what.size()), what.data(),
               static_cast<int>(why.size()), why.data());
  std::exit(1);
}

// Empty where the statement succeeded.
inline std::string sqlstate(const Result &result) {
  const ExecStatusType status = PQresultStatus(result.get());
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return {};
  const char *state = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
  return state == nullptr ? "lost" : state;
}

class Connection {
 public:
  Connection(const char *database, const char *role) {
    const char *names[] = {"dbname", "user", nullptr};
    const char *values[] = {database, role, nullptr};
    connection_ = PQconnectdbParams(names, values, 0);
    if (PQstatus(connection_) != CONNECTION_OK)
      fail(role == nullptr ? "connect" : role, PQerrorMessage(connection_));
    PQsetNoticeProcessor(
        connection_, [](void *, const char *) {}, nullptr);
  }
  Connection(const Connection &) = delete;
  ~Connection() { PQfinish(connection_); }

  PGconn *get() const { return connection_; }
  int backend() const { return PQbackendPID(connection_); }
  // libpq learns that a terminated backend is gone only when it next writes to it.
  bool is_open() const { return !terminated_ && PQstatus(connection_) == CONNECTION_OK; }
  void note(const Result &result) {
    if (sqlstate(result) == "57P01") terminated_ = true;
  }
  bool in_transaction() const { return PQtransactionStatus(connection_) != PQTRANS_IDLE; }

  Result run(const std::string &statement) {
    Result result(PQexec(connection_, statement.c_str()));
    note(result);
    return result;
  }
  void must(const std::string &statement) {
    if (!sqlstate(run(statement)).empty()) fail(statement, PQerrorMessage(connection_));
  }
  std::string value(const std::string &statement) {
    const Result result = run(statement);
    if (!sqlstate(result).empty()) fail(statement, PQerrorMessage(connection_));
    return PQgetvalue(result.get(), 0, 0);
  }
  Result login(const std::string &token) {
    const char *values[] = {token.c_str()};
    return Result(PQexecParams(connection_, "select tenancy.login($1)", 1, nullptr, values, nullptr,
                               nullptr, 0));
  }

 private:
  PGconn *connection_;
  bool terminated_ = false;
};

// One word of each line.
inline std::vector<std::string> lines_of(const char *path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);)
    if (!line.empty()) lines.push_back(line);
  if (lines.empty()) fail(path, "holds no token");
  return lines;
}
