"""One transaction for each request: begin, login, the work, commit. Login travels with the first query of the work,
and begin too where the pool's connections are in autocommit mode.

    pool = psycopg_pool.ConnectionPool(kwargs={"autocommit": True})
    rows = as_tenant(pool, token, lambda connection: connection.execute("select title from documents").fetchall())

token(fresh) gives the JWT of the request; fresh is true, once, where the first has expired. The work may run twice: it
should do nothing that a rollback does not undo.
"""
import psycopg


def as_tenant(pool, token, work):
    jwt = token(fresh=False)
    try:
        return _transaction(pool, jwt, work)
    except psycopg.Error as error:
        if error.sqlstate not in ("28000", "28T02"):
            raise
        if error.sqlstate == "28T02":
            jwt = token(fresh=True)
    return _transaction(pool, jwt, work)


def _transaction(pool, jwt, work):
    with pool.connection() as connection:
        try:
            with connection.pipeline():
                connection.execute("begin")
                connection.execute("select tenancy.login(%s)", (jwt,))
                result = work(connection)
                connection.execute("commit")
            return result
        except psycopg.Error as error:
            if error.sqlstate == "28T04":
                connection.close()  # the pool replaces it
            raise
