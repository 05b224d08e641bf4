// One transaction for each request: begin, login, the work, commit, all in one round trip.
//
//   auto results = as_tenant(connection, token, [](PGconn *pipeline) {
//     PQsendQueryParams(pipeline, "select title from documents", 0, nullptr, nullptr, nullptr,
//     nullptr, 0);
//   });
//
// The work puts statements into the pipeline, and gets the result of each when all have succeeded.
// token(fresh) gives the JWT of the request; fresh is true, once, where the first has expired. The
// work may run twice.
#pragma once

#include <libpq-fe.h>

#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

struct ClearResult {
  void operator()(PGresult *result) const { PQclear(result); }
};
using Result = std::unique_ptr<PGresult, ClearResult>;

struct SqlError : std::runtime_error {
  SqlError(const char *message, const char *state)
      : std::runtime_error(message), sqlstate(state == nullptr ? "08006" : state) {}
  explicit SqlError(const PGresult *result)
      : SqlError(PQresultErrorMessage(result), PQresultErrorField(result, PG_DIAG_SQLSTATE)) {}
  std::string sqlstate;
};

inline std::vector<Result> transaction(PGconn *connection, const std::string &jwt,
                                       const std::function<void(PGconn *)> &work) {
  const auto send = [&](const char *sql, std::vector<const char *> values = {}) {
    PQsendQueryParams(connection, sql, static_cast<int>(values.size()), nullptr, values.data(),
                      nullptr, nullptr, 0);
  };
  std::exception_ptr thrown;
  PQenterPipelineMode(connection);
  send("begin");
  send("select tenancy.login($1)", {jwt.c_str()});
  try {
    work(connection);
  } catch (...) {
    thrown = std::current_exception();
  }
  send(thrown ? "rollback" : "commit");
  PQpipelineSync(connection);

  std::vector<Result> results;
  Result failed;
  for (int nothing = 0; nothing < 2;) {  // one nothing ends each statement's results
    Result result(PQgetResult(connection));
    const auto status = PQresultStatus(result.get());
    nothing = result ? 0 : nothing + 1;
    if (status == PGRES_PIPELINE_SYNC) break;
    if (status == PGRES_FATAL_ERROR && result && !failed) {
      failed = std::move(result);
    } else if (result) {
      results.push_back(std::move(result));
    }
  }
  PQexitPipelineMode(connection);
  if (PQstatus(connection) != CONNECTION_OK) throw SqlError(PQerrorMessage(connection), nullptr);
  if (failed) {
    Result(PQexec(connection, "rollback"));
    throw SqlError(failed.get());
  }
  if (thrown) std::rethrow_exception(thrown);
  results.erase(results.begin(), results.begin() + 2);  // of begin and login
  results.pop_back();                                   // of commit
  return results;
}

inline std::vector<Result> as_tenant(PGconn *connection,
                                     const std::function<std::string(bool fresh)> &token,
                                     const std::function<void(PGconn *)> &work) {
  std::string jwt = token(false);
  for (bool again = false;; again = true) {
    try {
      return transaction(connection, jwt, work);
    } catch (const SqlError &error) {
      if (error.sqlstate == "28T04") PQreset(connection);
      if (again || (error.sqlstate != "28000" && error.sqlstate != "28T02")) throw;
      if (error.sqlstate == "28T02") jwt = token(true);
    }
  }
}
