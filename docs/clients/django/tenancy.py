"""One transaction for each request: begin, login, the work, commit. Login travels with the first query; begin has a
message of its own. Outside of a view nobody is logged in.

    MIDDLEWARE = [..., "tenancy.TenantMiddleware"]    # the last: it calls the view
    TENANCY_TOKEN = "shop.login.token"

token(request, fresh) gives the JWT of the request, or None for no login; fresh is true, once, where the first has
expired. A view may run twice: it should do nothing that a rollback does not undo. For what is no request, a worker, say:

    rows = as_tenant(token, lambda: list(Document.objects.all()))
"""
from django.conf import settings
from django.db import Error, connection, transaction
from django.utils.module_loading import import_string
from django.views.decorators.debug import sensitive_variables


class TenantMiddleware:
    def __init__(self, get_response):
        self.get_response = get_response
        self.token = import_string(settings.TENANCY_TOKEN)

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        def work():
            response = view(request, *args, **kwargs)
            return response.render() if callable(getattr(response, "render", None)) else response

        return as_tenant(lambda fresh: self.token(request, fresh), work)


@sensitive_variables("jwt")  # keeps it out of Django's error reports
def as_tenant(token, work):
    jwt = token(fresh=False)
    try:
        return _transaction(jwt, work)
    except Error as error:
        if sqlstate(error) not in ("28000", "28T02") or jwt is None:
            raise
        if sqlstate(error) == "28T02":
            jwt = token(fresh=True)
    return _transaction(jwt, work)


def sqlstate(error):
    return getattr(error.__cause__, "pgcode", None) or getattr(error.__cause__, "sqlstate", None)


def _transaction(jwt, work):
    @sensitive_variables("jwt", "login", "sql", "params")
    def log_in(execute, sql, params, many, context):
        nonlocal jwt
        if jwt is None:
            return execute(sql, params, many, context)
        login, jwt = jwt, None
        # A named cursor's first word is DECLARE, and psycopg 3 would answer with what login returns.
        if many or getattr(context["cursor"], "name", None) or connection.Database.__name__ != "psycopg2":
            with connection.cursor() as cursor:
                cursor.execute("select tenancy.login(%s)", [login])
            return execute(sql, params, many, context)
        if params is None:
            sql = sql.replace("%", "%%")
        # A line of its own: the message of an error shows the line that it is in.
        return execute("select tenancy.login(%s);\n" + sql, [login, *(params or ())], many, context)

    try:
        with connection.execute_wrapper(log_in), transaction.atomic():
            return work()
    except Error as error:
        if sqlstate(error) == "28T04":
            connection.close()
        raise
