#include "policy/live/database.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace tenancy::policy {

namespace {

constexpr const char *no_connection = "08001";
constexpr const char *lost_connection = "08006";

std::string field(const PGresult *result, int code) {
  const char *text = PQresultErrorField(result, code);
  return text == nullptr ? "" : text;
}

std::string without_line_end(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

struct FreeOptions {
  void operator()(PQconninfoOption *options) const { PQconninfoFree(options); }
};

// libpq quotes what it cannot read, which may be where a password went astray.
void refuse_unreadable(const std::string &conninfo) {
  const auto refuse = [](const char *message, const char *hint) {
    throw DatabaseError(message, no_connection, "", hint);
  };
  const bool name = conninfo.find('=') == std::string::npos &&
                    !conninfo.starts_with("postgres://") && !conninfo.starts_with("postgresql://");
  if (name) {
    if (conninfo.find_first_of("@/:") != std::string::npos) {
      refuse("this is neither a connection string nor the name of a database",
             "write postgresql://user@host/database, or \"host=... dbname=... user=...\"");
    }
    return;
  }
  char *message = nullptr;
  const std::unique_ptr<PQconninfoOption, FreeOptions> options(
      PQconninfoParse(conninfo.c_str(), &message));
  PQfreemem(message);
  if (!options) {
    refuse("libpq cannot read this connection string",
           "write postgresql://user@host/database, or \"host=... dbname=... user=...\"; in a URI, "
           "special characters are written as %40 and the like");
  }
  for (const PQconninfoOption *option = options.get(); option->keyword != nullptr; ++option) {
    const std::string_view keyword = option->keyword;
    const std::string_view value = option->val == nullptr ? "" : option->val;
    // A host that begins with @ is an abstract socket.
    if ((keyword == "host" || keyword == "port") && value.find('@', 1) != value.npos) {
      refuse("the host in this connection string holds an \"@\"",
             "in a URI an @ of a password is written %40, a : %3A, a / %2F; better leave the "
             "password to PGPASSFILE or PGPASSWORD");
    }
  }
}

// The password that libpq used, blotted out.
std::string without_password(PGconn *connection, std::string message) {
  const char *password = PQpass(connection);
  if (password == nullptr || *password == '\0') return message;
  const std::string_view secret = password;
  for (std::size_t at = 0; (at = message.find(secret, at)) != std::string::npos; at += 3) {
    message.replace(at, secret.size(), "***");
  }
  return message;
}

void receive(void *hear, const PGresult *result) {
  const auto &call = *static_cast<const std::function<void(const Notice &)> *>(hear);
  if (!call) return;
  call({field(result, PG_DIAG_SEVERITY_NONLOCALIZED), field(result, PG_DIAG_SQLSTATE),
        field(result, PG_DIAG_MESSAGE_PRIMARY), field(result, PG_DIAG_MESSAGE_DETAIL),
        field(result, PG_DIAG_MESSAGE_HINT)});
}

}  // namespace

std::string DatabaseError::describe() const {
  std::string text = what();
  if (!detail_.empty()) text += "\ndetail: " + detail_;
  if (!hint_.empty()) text += "\nhint: " + hint_;
  return text;
}

void Rows::Clear::operator()(pg_result *result) const {
  PQclear(result);
}

std::size_t Rows::size() const {
  return static_cast<std::size_t>(PQntuples(result_.get()));
}

std::size_t Rows::columns() const {
  return static_cast<std::size_t>(PQnfields(result_.get()));
}

bool Rows::is_null(std::size_t row, std::size_t column) const {
  return PQgetisnull(result_.get(), static_cast<int>(row), static_cast<int>(column)) != 0;
}

std::string_view Rows::at(std::size_t row, std::size_t column) const {
  const int r = static_cast<int>(row);
  const int c = static_cast<int>(column);
  return {PQgetvalue(result_.get(), r, c),
          static_cast<std::size_t>(PQgetlength(result_.get(), r, c))};
}

std::size_t Rows::affected() const {
  return std::strtoull(PQcmdTuples(result_.get()), nullptr, 10);
}

void Database::Close::operator()(pg_conn *connection) const {
  PQfinish(connection);
}

Database::Database(const std::string &conninfo) : hear_(std::make_unique<Hear>()) {
  refuse_unreadable(conninfo);
  // What stands later wins: the encoding is ours, the application's name is the user's.
  static constexpr std::array keywords{"fallback_application_name", "dbname", "client_encoding",
                                       static_cast<const char *>(nullptr)};
  const std::array values{"tenancy", conninfo.c_str(), "UTF8", static_cast<const char *>(nullptr)};
  connection_.reset(PQconnectdbParams(keywords.data(), values.data(), 1));
  if (!connection_) throw std::bad_alloc();
  if (!is_open()) {
    throw DatabaseError(
        without_password(connection_.get(), without_line_end(PQerrorMessage(connection_.get()))),
        no_connection, "",
        PQconnectionNeedsPassword(connection_.get()) != 0
            ? "give the password by PGPASSWORD or in the file that PGPASSFILE names"
            : "see that the server runs, and that --db, or PGHOST, PGPORT, PGDATABASE and PGUSER, "
              "name it");
  }
  PQsetNoticeReceiver(connection_.get(), receive, hear_.get());
  // Whoever owns the database may have set another, with functions of his own in front: they would
  // run as whoever connects.
  execute("set search_path = pg_catalog, pg_temp");
}

Rows Database::checked(pg_result *result) {
  Rows rows(result);
  const ExecStatusType status = PQresultStatus(result);
  if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY) {
    return rows;
  }
  std::string message = field(result, PG_DIAG_MESSAGE_PRIMARY);
  std::string sqlstate = field(result, PG_DIAG_SQLSTATE);
  if (message.empty()) message = without_line_end(PQerrorMessage(connection_.get()));
  if (sqlstate.empty()) sqlstate = is_open() ? "XX000" : lost_connection;
  if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH) {
    // libpq leaves this state only when the connection ends.
    message = "COPY is not for this connection";
    connection_.reset();
  }
  throw DatabaseError(without_password(connection_.get(), message), sqlstate,
                      field(result, PG_DIAG_MESSAGE_DETAIL), field(result, PG_DIAG_MESSAGE_HINT));
}

Rows Database::query(const std::string &sql, const Parameters &parameters) {
  std::vector<const char *> values;
  for (const auto &parameter : parameters) {
    values.push_back(parameter ? parameter->c_str() : nullptr);
  }
  return checked(PQexecParams(connection_.get(), sql.c_str(), static_cast<int>(values.size()),
                              nullptr, values.data(), nullptr, nullptr, 0));
}

void Database::execute(const std::string &sql) {
  checked(PQexec(connection_.get(), sql.c_str()));
}

void Database::on_notice(std::function<void(const Notice &)> hear) {
  *hear_ = std::move(hear);
}

int Database::version() const {
  return PQserverVersion(connection_.get());
}

bool Database::is_open() const {
  return PQstatus(connection_.get()) == CONNECTION_OK;
}

bool Database::in_transaction() const {
  const PGTransactionStatusType status = PQtransactionStatus(connection_.get());
  return status == PQTRANS_INTRANS || status == PQTRANS_INERROR;
}

bool Database::has_failed() const {
  return PQtransactionStatus(connection_.get()) == PQTRANS_INERROR;
}

Transaction::Transaction(Database &database, std::string_view modes) : database_(database) {
  database_.execute(modes.empty() ? "begin" : "begin transaction " + std::string(modes));
}

Transaction::~Transaction() {
  if (!open_) return;
  try {
    database_.execute("rollback");
  } catch (const DatabaseError &) {
    // The connection is lost, and the transaction with it.
  }
}

void Transaction::commit() {
  open_ = false;
  // A transaction that failed answers COMMIT with ROLLBACK and no error.
  const bool failed = database_.has_failed();
  database_.execute("commit");
  if (failed)
    throw DatabaseError("the transaction had failed and was rolled back", "25P02", "", "");
}

}  // namespace tenancy::policy
