"""Requests of tenants, refusals and errors, the same with each driver; prints what came of them."""
import os
import sys

EVE, GWEN, FORGED, EXPIRED = (os.environ["TOKEN_" + name] for name in ("EVE", "GWEN", "FORGED", "EXPIRED"))


def play(as_tenant, query, without_login, sqlstate):
    """as_tenant(token, work) is the helper over a pool of one connection; work is given what query(_, sql, *values)
    takes. without_login() makes a query outside of it; sqlstate(error) is None for what is no error of SQL."""

    def titles(request):
        return [title for title, in query(request, "select title from documents order by title")]

    def process(token):
        return as_tenant(lambda fresh: token, lambda request: query(request, "select pg_backend_pid()")[0][0])

    def insert(request):
        query(request, "insert into documents (owner_id, title) values (tenancy.user_uuid(), %s) returning id", "Acme: New")

    def failing(request):
        insert(request)
        return query(request, "select 1 / 0")

    def inserting(request):
        insert(request)
        return titles(request)

    def deleting(request):
        query(request, "delete from documents where title = %s returning id", "Acme: New")
        return titles(request)

    def report(name, tokens, work):
        asked, runs = [], []

        def token(fresh):
            asked.append("a fresh one" if fresh else "a token")
            return tokens[len(asked) - 1]

        def counted(request):
            runs.append(request)
            return work(request, len(runs)) if work in (losing_once, losing_always) else work(request)

        outcome = attempt(lambda: ", ".join(as_tenant(token, counted)))
        print("%s: %s; asked for %s" % (name, outcome, ", ".join(asked)))
        return len(runs)

    def losing_once(request, run):
        if run == 1:
            losing_always(request, run)
        return titles(request)

    def losing_always(request, _):
        query(request, "select tenancy.logout()")
        return titles(request)

    def attempt(work):
        try:
            return work()
        except Exception as error:
            if not sqlstate(error):
                raise
            return "token in the message" if EVE[-20:] in str(error) else sqlstate(error)

    if sys.argv[1:2] == ["trips"]:
        for _ in range(int(sys.argv[2])):
            as_tenant(lambda fresh: EVE, titles)
        return

    report("eve", [EVE], titles)
    report("gwen", [GWEN], titles)
    print("same connection:", str(process(EVE) == process(GWEN)).lower())
    print("no login:", attempt(without_login))
    print("runs:", report("identity lost", [EVE], losing_once))
    print("runs:", report("lost again", [EVE], losing_always))
    report("forged", [FORGED], titles)
    report("expired", [EXPIRED, EVE], titles)
    report("expired again", [EXPIRED, EXPIRED], titles)
    before = process(EVE)
    report("error", [EVE], failing)
    report("mistake", [EVE], lambda request: query(request, "select nothing"))
    print("same connection:", str(before == process(EVE)).lower())
    report("gwen after it", [GWEN], titles)
    report("eve after it", [EVE], titles)
    report("insert", [EVE], inserting)
    report("delete", [EVE], deleting)
    before = process(EVE)
    report("second identity", [EVE], lambda request: query(request, "select tenancy.login(%s)", GWEN))
    print("same connection:", str(before == process(EVE)).lower())
    report("gwen at last", [GWEN], titles)
