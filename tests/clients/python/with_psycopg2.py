import psycopg2.pool
import scenario
from tenancy import as_tenant

pool = psycopg2.pool.ThreadedConnectionPool(1, 1, "")


def query(cursor, sql, *values):
    cursor.execute(sql, values)
    return cursor.fetchall()


def without_login():
    connection = pool.getconn()
    try:
        with connection.cursor() as cursor:
            return query(cursor, "select title from documents")
    finally:
        pool.putconn(connection)


scenario.play(lambda token, work: as_tenant(pool, token, work), query, without_login,
              lambda error: getattr(error, "pgcode", None))
pool.closeall()
