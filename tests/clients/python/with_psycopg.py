import os

import psycopg_pool
import scenario
from tenancy import as_tenant

TITLES = "select title from documents"
options = {"autocommit": True}
if os.environ.get("BEHIND_PGBOUNCER"):
    options["prepare_threshold"] = None

with psycopg_pool.ConnectionPool(kwargs=options, min_size=1, max_size=1) as pool:

    def without_login():
        with pool.connection() as connection:
            return connection.execute(TITLES).fetchall()

    scenario.play(lambda token, work: as_tenant(pool, token, work),
                  lambda connection, sql, *values: connection.execute(sql, values).fetchall(),
                  without_login, lambda error: getattr(error, "sqlstate", None))
