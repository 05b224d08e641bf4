#include "connection.hpp"

#include <poll.h>

namespace bouncer {
namespace {

struct Clear {
  void operator()(PGresult *result) const { PQclear(result); }
};
using Result = std::unique_ptr<PGresult, Clear>;

Answer answer_of(const PGresult *result) {
  Answer answer;
  switch (PQresultStatus(result)) {
    case PGRES_FATAL_ERROR:
    case PGRES_BAD_RESPONSE: {
      const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
      answer.sqlstate = state == nullptr ? "08006" : state;
      const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
      answer.message = message == nullptr ? PQresultErrorMessage(result) : message;
      break;
    }
    case PGRES_PIPELINE_ABORTED:
      answer.sqlstate = "25P02";
      break;
    default:
      for (int row = 0; row < PQntuples(result); ++row) {
        Row &fields = answer.rows.emplace_back();
        for (int field = 0; field < PQnfields(result); ++field)
          fields.emplace_back(PQgetvalue(result, row, field));
      }
  }
  return answer;
}

std::vector<const char *> pointers(const std::vector<std::string> &parameters) {
  std::vector<const char *> values;
  for (const auto &parameter : parameters) values.push_back(parameter.c_str());
  return values;
}

}  // namespace

Connection::Connection(const std::string &conninfo) : connection_{PQconnectdb(conninfo.c_str())} {
  PQsetNoticeProcessor(
      connection_.get(), [](void *, const char *) {}, nullptr);
}

Answer Connection::lost() const {
  return {"08006", error(), {}};
}

Answer Connection::collect() {
  Answer answer;
  while (Result result{PQgetResult(connection_.get())}) {
    Answer next = answer_of(result.get());
    if (!answer.ok()) continue;
    if (!next.ok() || PQnfields(result.get()) > 0) answer = std::move(next);
  }
  if (answer.ok() && !is_open()) return lost();
  return answer;
}

Answer Connection::run(const std::string &sql) {
  return PQsendQuery(connection_.get(), sql.c_str()) == 1 ? collect() : lost();
}

Answer Connection::run(const std::string &sql, const std::vector<std::string> &parameters) {
  const auto values = pointers(parameters);
  return PQsendQueryParams(connection_.get(), sql.c_str(), static_cast<int>(values.size()), nullptr,
                           values.data(), nullptr, nullptr, 0) == 1
             ? collect()
             : lost();
}

Answer Connection::prepare(const std::string &name, const std::string &sql) {
  return PQsendPrepare(connection_.get(), name.c_str(), sql.c_str(), 0, nullptr) == 1 ? collect()
                                                                                      : lost();
}

Answer Connection::run_prepared(const std::string &name,
                                const std::vector<std::string> &parameters) {
  const auto values = pointers(parameters);
  return PQsendQueryPrepared(connection_.get(), name.c_str(), static_cast<int>(values.size()),
                             values.data(), nullptr, nullptr, 0) == 1
             ? collect()
             : lost();
}

std::vector<Answer> Connection::run_pipeline(const std::vector<Statement> &statements) {
  PGconn *connection = connection_.get();
  PQenterPipelineMode(connection);
  for (const auto &statement : statements) {
    const auto values = pointers(statement.parameters);
    PQsendQueryParams(connection, statement.sql.c_str(), static_cast<int>(values.size()), nullptr,
                      values.data(), nullptr, nullptr, 0);
  }
  PQpipelineSync(connection);
  std::vector<Answer> answers;
  for (std::size_t i = 0; i < statements.size(); ++i) answers.push_back(collect());
  while (Result result{PQgetResult(connection)})
    if (PQresultStatus(result.get()) == PGRES_PIPELINE_SYNC) break;
  PQexitPipelineMode(connection);
  return answers;
}

Answer Connection::run_and_cancel(const std::string &sql) {
  PGconn *connection = connection_.get();
  if (PQsendQuery(connection, sql.c_str()) != 1) return lost();
  const auto wait = [connection](int milliseconds) {
    pollfd socket{PQsocket(connection), POLLIN, 0};
    poll(&socket, 1, milliseconds);
  };
  wait(5);  // a cancel that comes before the statement does nothing
  do {
    PGcancel *cancel = PQgetCancel(connection);
    char reason[256];
    PQcancel(cancel, reason, sizeof reason);
    PQfreeCancel(cancel);
    wait(50);
    if (PQconsumeInput(connection) != 1) return lost();
  } while (PQisBusy(connection) == 1);
  return collect();
}

std::string quoted(std::string_view text) {
  std::string literal{"'"};
  for (const char c : text) {
    if (c == '\'') literal += c;
    literal += c;
  }
  return literal + "'";
}

}  // namespace bouncer
