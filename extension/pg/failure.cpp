#include "pg/failure.hpp"

namespace tenancy::pg {
namespace {

struct Row {
  RefusalClass cls;
  int sqlstate;
  const char *message;
  const char *hint;
};

constexpr int token_refused = MAKE_SQLSTATE('2', '8', 'T', '0', '1');
constexpr int token_expired = MAKE_SQLSTATE('2', '8', 'T', '0', '2');
constexpr int wrong_pool = MAKE_SQLSTATE('2', '8', 'T', '0', '3');
constexpr int unclean_session = MAKE_SQLSTATE('2', '8', 'T', '0', '4');

constexpr Row rows[] = {
    {RefusalClass::token, token_refused, "token refused",
     "Do not retry with this token. The server log names the reason, and tenancy.verify(token) "
     "shows "
     "it to an administrator."},
    {RefusalClass::expired, token_expired, "token expired or revoked",
     "Log in again with a fresh token."},
    {RefusalClass::pool, wrong_pool, "this login role may not use this token",
     "tenancy.pool says which issuers, audiences and API contexts a login role serves. The server "
     "log names the reason."},
    {RefusalClass::denied, ERRCODE_INSUFFICIENT_PRIVILEGE,
     "no such account or workspace for this subject",
     "Name an account and a workspace of which the subject is an active member: "
     "tenancy.login(token, account => ..., workspace => ...)."},
    {RefusalClass::several, ERRCODE_INSUFFICIENT_PRIVILEGE, "this subject has several accounts",
     "Name one: tenancy.login(token, account => ...)."},
    {RefusalClass::session, unclean_session, "this session cannot take the identity",
     "Log in once per transaction, as the login role itself, and end the transaction before "
     "another identity logs in."},
    {RefusalClass::server, ERRCODE_SYSTEM_ERROR, "the server cannot judge tokens now",
     "The server log names the reason."},
};

const Row &row_of(RefusalClass cls) {
  for (const Row &row : rows)
    if (row.cls == cls) return row;
  elog(ERROR, "refusal without a class");
  pg_unreachable();
}

}  // namespace

void refuse(Refusal refusal) {
  const Row &row = row_of(refusal_class(refusal));
  ereport(ERROR, (errcode(row.sqlstate), errmsg("%s", row.message), errhint("%s", row.hint),
                  errhidestmt(true)));
  pg_unreachable();
}

void rename_as_expired(ErrorData *report) {
  const Row &row = row_of(RefusalClass::expired);
  report->sqlerrcode = row.sqlstate;
  report->message = MemoryContextStrdup(ErrorContext, row.message);
  report->hint = MemoryContextStrdup(ErrorContext, row.hint);
}

void raise_unclean(const char *what) {
  ereport(ERROR, (errcode(unclean_session), errmsg("this connection is not clean"),
                  errdetail("It holds %s.", what),
                  errhint("Run DISCARD ALL, or close the connection and log in through another.")));
  pg_unreachable();
}

void raise_no_connection_login() {
  ereport(ERROR,
          (errcode(wrong_pool), errmsg("this login role may not log in for the connection"),
           errhint("Log in once per transaction. Where every connection belongs to one "
                   "client, a superuser can turn tenancy.connection_login on for the role.")));
  pg_unreachable();
}

void raise_no_identity() {
  ereport(ERROR,
          (errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
           errmsg("no identity is bound in this transaction"),
           errhint("Call tenancy.login(token) first, in the same transaction (after BEGIN) and "
                   "as a statement of its own. A pooler must be in transaction or session mode.")));
  pg_unreachable();
}

}  // namespace tenancy::pg
