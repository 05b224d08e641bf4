"""One transaction for each request: begin, login, the work, commit. psycopg2 knows no bind parameters, so the token is
in the text of the statement, where the extension hides it from log and activity; login shares a message with the
first query of the work, on a line of its own, which errors of the query do not show; begin has its own message.

    pool = psycopg2.pool.ThreadedConnectionPool(1, 10, "")
    def work(cursor):
        cursor.execute("select title from documents")
        return cursor.fetchall()
    rows = as_tenant(pool, token, work)

token(fresh) gives the JWT of the request; fresh is true, once, where the first has expired. The work may run twice: it
should do nothing that a rollback does not undo, and its first statement is to be by execute().
"""
import psycopg2


def as_tenant(pool, token, work):
    jwt = token(fresh=False)
    try:
        return _transaction(pool, jwt, work)
    except psycopg2.Error as error:
        if error.pgcode not in ("28000", "28T02"):
            raise
        if error.pgcode == "28T02":
            jwt = token(fresh=True)
    return _transaction(pool, jwt, work)


class _Cursor(psycopg2.extensions.cursor):
    """Sends what is in `first` in front of its first statement."""

    first = b""

    def execute(self, query, values=None):
        message, self.first = self.first + self.mogrify(query, values), b""
        super().execute(message)


def _transaction(pool, jwt, work):
    connection = pool.getconn()
    unfit = False
    try:
        with connection, connection.cursor(cursor_factory=_Cursor) as cursor:
            cursor.first = cursor.mogrify("select tenancy.login(%s);\n", (jwt,))
            return work(cursor)
    except psycopg2.Error as error:
        unfit = error.pgcode == "28T04"
        raise
    finally:
        pool.putconn(connection, close=unfit)
