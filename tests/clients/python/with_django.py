import os
import sys

import django
from django.conf import settings
from django.http import JsonResponse
from django.template import engines
from django.template.response import TemplateResponse
from django.urls import path


def token(request, fresh):
    return request.headers.get("Authorization", "").removeprefix("Bearer ") or None


settings.configure(
    DATABASES={"default": {
        "ENGINE": "django.db.backends.postgresql", "HOST": os.environ["PGHOST"], "PORT": os.environ["PGPORT"],
        "USER": os.environ["PGUSER"], "NAME": os.environ["PGDATABASE"], "PASSWORD": os.environ["PGPASSWORD"], "CONN_MAX_AGE": None}},
    USE_TZ=True, TIME_ZONE="Europe/Berlin", ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"],
    SECRET_KEY="of no use here", LOGGING_CONFIG=None, DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    MIDDLEWARE=["django.middleware.common.CommonMiddleware", "tenancy.TenantMiddleware"],
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
    TENANCY_TOKEN=__name__ + ".token")
django.setup()

import scenario
import tenancy
from django.db import Error, connection, models
from django.test import Client, RequestFactory
from django.views.debug import ExceptionReporter


class Document(models.Model):
    id = models.UUIDField(primary_key=True)
    title = models.TextField()

    class Meta:
        app_label = "saas"
        db_table = "documents"
        managed = False


def documents(request):
    return JsonResponse({"titles": [document.title for document in Document.objects.order_by("title")]})


def streamed(request):
    return JsonResponse({"titles": sorted(document.title for document in Document.objects.iterator())})


def lazy(request):
    page = engines["django"].from_string("{% for document in documents %}{{ document.title }};{% endfor %}")
    return TemplateResponse(request, page, {"documents": Document.objects.order_by("title")})


urlpatterns = [path("documents", documents), path("streamed", streamed), path("lazy", lazy)]


def query(_, sql, *values):
    with connection.cursor() as cursor:
        cursor.execute(sql, values or None)
        return cursor.fetchall()


def views():
    browser = Client(raise_request_exception=False)
    for name in ("documents", "streamed", "lazy"):
        for bearer in (scenario.EVE, scenario.GWEN):
            print(name, browser.get("/" + name, HTTP_AUTHORIZATION="Bearer " + bearer).content.decode())
    with connection.cursor() as cursor:
        try:
            cursor.execute("declare one cursor with hold for select 1")  # as iterator() does outside of a transaction
        except Error as error:
            print("with hold", tenancy.sqlstate(error))
    print("no login", browser.get("/documents").status_code)
    print("forged", browser.get("/documents", HTTP_AUTHORIZATION="Bearer " + scenario.FORGED).status_code)
    try:
        tenancy.as_tenant(lambda fresh: scenario.FORGED, lambda: list(Document.objects.all()))
    except Error:
        report = ExceptionReporter(RequestFactory().get("/"), *sys.exc_info()).get_traceback_html()
        print("token in the error report", scenario.FORGED in report)


if sys.argv[1:2] == ["views"]:
    views()
else:
    scenario.play(lambda token, work: tenancy.as_tenant(token, lambda: work(None)), query,
                  lambda: query(None, "select title from documents"), tenancy.sqlstate)
