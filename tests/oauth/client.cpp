// Opens a connection with a token, as an application of libpq 18 does, and runs statements in it.
//
//   oauth_client CONNINFO TOKEN STATEMENT...
//
// Prints for each statement its first value, or the SQLSTATE of its error; "sleep N" waits. Prints
// "no connection: ..." where the server takes none, "connection lost" where it ends one.
#include <libpq-fe.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

char *token = nullptr;

int give_token(PGauthData type, PGconn *connection, void *data) {
  if (type != PQAUTHDATA_OAUTH_BEARER_TOKEN) return PQdefaultAuthDataHook(type, connection, data);
  static_cast<PGoauthBearerRequest *>(data)->token = token;
  return 1;
}

void run(PGconn *connection, const char *statement) {
  if (std::strncmp(statement, "sleep ", 6) == 0) {
    sleep(static_cast<unsigned>(std::atoi(statement + 6)));
    return;
  }
  PQsendQuery(connection, statement);
  // The first of an error that ends the connection says why, the next one that it ended.
  bool is_first = true;
  while (PGresult *result = PQgetResult(connection)) {
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    if (is_first && state != nullptr)
      std::puts(state);
    else if (is_first && PQresultStatus(result) == PGRES_TUPLES_OK)
      std::puts(PQntuples(result) == 0 ? "no row" : PQgetvalue(result, 0, 0));
    else if (is_first)
      std::puts(PQcmdStatus(result));
    is_first = false;
    PQclear(result);
  }
}

}  // namespace

int main(int count, char **arguments) {
  if (count < 4) {
    std::fputs("usage: oauth_client CONNINFO TOKEN STATEMENT...\n", stderr);
    return 2;
  }
  token = arguments[2];
  PQsetAuthDataHook(give_token);
  PGconn *connection = PQconnectdb(arguments[1]);
  if (PQstatus(connection) != CONNECTION_OK) {
    std::printf("no connection: %s", PQerrorMessage(connection));
    PQfinish(connection);
    return 1;
  }
  for (int i = 3; i < count && PQstatus(connection) == CONNECTION_OK; ++i)
    run(connection, arguments[i]);
  if (PQstatus(connection) != CONNECTION_OK) std::puts("connection lost");
  PQfinish(connection);
  return 0;
}
