// A client that calls functions by the protocol's fast path, which no SQL statement can.
//
//   fast_path CONNECTION STEP...
//
// A step is a statement of SQL, or "call FUNCTION(TYPES) ARGUMENT...": the function by its
// signature, with arguments as text, or as a boolean where it is the word true or false. Prints
// what each step gave.
#include <libpq-fe.h>

#include <cstdio>
#include <sstream>
#include <string>
#include <vector>

namespace {

void print(const char *text) {
  std::printf("%s\n", text);
}

std::string first_value(PGconn *connection, const std::string &sql) {
  PGresult *result = PQexec(connection, sql.c_str());
  std::string value = PQresultErrorMessage(result);
  if (PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) > 0)
    value = PQgetvalue(result, 0, 0);
  PQclear(result);
  return value;
}

void call(PGconn *connection, std::istringstream words) {
  std::string word;
  words >> word >> word;
  const std::string function = "'" + word + "'::regprocedure::oid";
  const int oid = std::stoi(first_value(connection, "select " + function));
  std::vector<std::string> values;
  while (words >> word)
    values.push_back(word == "true"    ? std::string(1, '\1')
                     : word == "false" ? std::string(1, '\0')
                                       : word);
  std::vector<PQArgBlock> arguments;
  for (auto &value : values) {
    PQArgBlock argument{};
    argument.len = static_cast<int>(value.size());
    argument.u.ptr = reinterpret_cast<int *>(value.data());
    arguments.push_back(argument);
  }
  static int answer[16384];
  int length = 0;
  PGresult *result = PQfn(connection, oid, answer, &length, 0, arguments.data(),
                          static_cast<int>(arguments.size()));
  if (PQresultStatus(result) == PGRES_COMMAND_OK)
    print(std::string(reinterpret_cast<char *>(answer), length > 0 ? length : 0).c_str());
  else
    print(PQerrorMessage(connection));
  PQclear(result);
}

}  // namespace

int main(int count, char **arguments) {
  if (count < 3) return 2;
  PGconn *connection = PQconnectdb(arguments[1]);
  if (PQstatus(connection) != CONNECTION_OK) {
    print(PQerrorMessage(connection));
    return 1;
  }
  for (int i = 2; i < count; ++i) {
    const std::string step = arguments[i];
    if (step.starts_with("call "))
      call(connection, std::istringstream(step));
    else
      print(first_value(connection, step).c_str());
  }
  PQfinish(connection);
}
