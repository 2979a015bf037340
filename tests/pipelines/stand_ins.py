"""Stand-ins for GitHub and Stripe: as much of their APIs as the pipelines ask for, with rows made up here.

Each knows its rows (`rows(generation)`), so that a test can compare. Generation 2 is what is there a day later.
"""

import http.server
import json
import threading
import urllib.parse

DAY = 24 * 60 * 60


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        pass  # a client that had enough is no news


class StandIn:
    """A server on a fixed port, so that recordings have the same addresses. A context manager."""

    port = 0
    token = "stand-in-token"
    generation = 1

    def __enter__(self):
        stand_in = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):  # noqa: N802  (the name is http.server's)
                url = urllib.parse.urlsplit(self.path)
                query = dict(urllib.parse.parse_qsl(url.query))
                if self.headers["Authorization"] != f"Bearer {stand_in.token}":
                    return self.answer(401, {"message": "Bad credentials"}, {})
                return self.answer(*stand_in.answer(url.path, query))

            def answer(self, status, body, headers):
                text = json.dumps(body).encode()
                self.send_response(status)
                headers = {"Content-Type": "application/json", "Content-Length": str(len(text)), **headers}
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self.server = Server(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"


def user(number):
    return {"login": f"user{number}", "id": 900 + number, "type": "User", "site_admin": False}


class GitHub(StandIn):
    """https://docs.github.com/en/rest: lists by page with a Link header; `since` is about updated_at and inclusive."""

    port = 40481
    repository = "studio/game"

    def rows(self, generation):
        issues = []
        for n in range(1, 9):
            is_pull = n % 3 == 0
            at = f"2026-03-{n:02}T10:00:00Z"
            issue = {
                "id": 5000 + n, "number": n, "title": f"Thing {n} \U0001f98a", "state": "open", "user": user(n % 2),
                "labels": [{"id": 70 + k, "name": f"label {k}"} for k in range(n % 3)], "comments": n % 2,
                "created_at": at, "updated_at": at, "closed_at": None, "body": None if n == 2 else f"Body of {n}",
            }  # fmt: skip
            if is_pull:
                issue["pull_request"] = {"url": f"{self.url}/repos/{self.repository}/pulls/{n}"}
            issues.append(issue)
        comments = [
            {"id": 8000 + n, "issue_url": f"{self.url}/issues/{n}", "user": user(1), "body": f"Comment {n}",
             "created_at": f"2026-03-{n:02}T11:00:00Z", "updated_at": f"2026-03-{n:02}T11:00:00Z"}
            for n in range(1, 5)
        ]  # fmt: skip
        pulls = [
            {"id": 6000 + n, "number": n, "title": f"Thing {n}", "state": "open", "draft": n == 6, "user": user(0),
             "head": {"ref": f"branch-{n}", "sha": f"{n:040x}"}, "base": {"ref": "main", "sha": "0" * 40},
             "merged_at": None, "created_at": f"2026-03-{n:02}T10:00:00Z", "updated_at": f"2026-03-{n:02}T10:00:00Z"}
            for n in (3, 6)
        ]  # fmt: skip
        reviews = {3: [self.review(3, 1), self.review(3, 2)], 6: []}
        if generation == 2:
            issues[0].update(state="closed", closed_at="2026-03-20T09:00:00Z", updated_at="2026-03-20T09:00:00Z")
            issues.append({**issues[1], "id": 5009, "number": 9, "created_at": "2026-03-20T10:00:00Z",
                           "updated_at": "2026-03-20T10:00:00Z"})  # fmt: skip
            comments[2].update(body="Edited", updated_at="2026-03-20T12:00:00Z")
            pulls[1].update(state="closed", merged_at="2026-03-20T13:00:00Z", updated_at="2026-03-20T13:00:00Z")
            reviews[6] = [self.review(6, 1)]
        return {"issues": issues, "comments": comments, "pulls": pulls, "reviews": reviews}

    @staticmethod
    def review(pull, number):
        return {"id": 7000 + 10 * pull + number, "user": user(1), "state": "APPROVED", "body": "",
                "submitted_at": f"2026-03-{pull:02}T1{number}:00:00Z"}  # fmt: skip

    def answer(self, path, query):
        rows = self.rows(self.generation)
        root = f"/repos/{self.repository}"
        if path == root:
            counts = {"open_issues_count": 8, "stargazers_count": 42, "topics": ["game", "lua"]}
            return 200, {"id": 77, "full_name": self.repository, "private": False, "owner": user(1), **counts}, {}
        if path == f"{root}/issues":
            return self.page(path, query, rows["issues"])
        if path == f"{root}/issues/comments":
            return self.page(path, query, rows["comments"])
        if path == f"{root}/pulls":
            return self.page(path, query, rows["pulls"])
        if path.startswith(f"{root}/pulls/") and path.endswith("/reviews"):
            return self.page(path, query, rows["reviews"][int(path.split("/")[-2])])
        return 404, {"message": "Not Found"}, {}

    def page(self, path, query, rows):
        if "since" in query:
            rows = [row for row in rows if row["updated_at"] >= query["since"]]
        if query.get("sort") == "updated":
            rows = sorted(rows, key=lambda row: row["updated_at"], reverse=query.get("direction", "desc") == "desc")
        page, size = int(query.get("page", 1)), int(query.get("per_page", 30))
        links = []
        if page * size < len(rows):
            more = urllib.parse.urlencode({**query, "page": page + 1})
            links.append(f'<{self.url}{path}?{more}>; rel="next"')
        return 200, rows[(page - 1) * size : page * size], {"Link": ", ".join(links)} if links else {}


class Stripe(StandIn):
    """https://docs.stripe.com/api/pagination: newest first, `starting_after` an id, `has_more`."""

    port = 40482
    begin = 1_772_000_000

    def rows(self, generation):
        days = range(1, 8 if generation == 1 else 10)
        customers = [
            {"id": f"cus_{n}", "object": "customer", "created": self.begin + n * DAY, "email": f"c{n}@post.example",
             "balance": 0, "metadata": {"plan": "pro"} if n % 2 else {}, "address": None}
            for n in days
        ]  # fmt: skip
        charges = [
            {"id": f"ch_{n}", "object": "charge", "created": self.begin + n * DAY + 60, "amount": 1999 + n,
             "amount_refunded": 1999 + n if generation == 2 and n == 6 else 0, "currency": "eur",
             "customer": f"cus_{n}", "paid": True, "refunded": generation == 2 and n == 6,
             "payment_method_details": {"type": "card", "card": {"brand": "visa", "last4": "4242"}}}
            for n in days
        ]  # fmt: skip
        invoices = [
            {"id": f"in_{n}", "object": "invoice", "created": self.begin + n * DAY + 30, "total": 1999 + n,
             "status": "paid", "customer": f"cus_{n}",
             "lines": {"object": "list", "has_more": False,
                       "data": [{"id": f"il_{n}_{k}", "amount": 1000 + k, "description": "Seat"} for k in range(2)]}}
            for n in days if n % 2
        ]  # fmt: skip
        subscriptions = [
            {"id": "sub_1", "object": "subscription", "created": self.begin + DAY, "customer": "cus_1",
             "status": "active" if generation == 1 else "canceled", "cancel_at": None}
        ]  # fmt: skip
        products = [{"id": "prod_1", "object": "product", "created": self.begin, "name": "Game", "active": True}]
        prices = [
            {"id": f"price_{n}", "object": "price", "created": self.begin, "product": "prod_1", "unit_amount": n,
             "unit_amount_decimal": f"{n}.5", "recurring": {"interval": "month"} if n == 2 else None}
            for n in (1, 2)
        ]  # fmt: skip
        return {"customers": customers, "charges": charges, "invoices": invoices, "subscriptions": subscriptions,
                "products": products, "prices": prices}  # fmt: skip

    def answer(self, path, query):
        rows = self.rows(self.generation).get(path.removeprefix("/v1/"))
        if rows is None:
            return 404, {"error": {"type": "invalid_request_error", "message": f"Unrecognized request URL {path}"}}, {}
        rows = sorted(rows, key=lambda row: row["created"], reverse=True)
        rows = [row for row in rows if row["created"] >= int(query.get("created[gte]", 0))]
        ids = [row["id"] for row in rows]
        first = ids.index(query["starting_after"]) + 1 if "starting_after" in query else 0
        end = first + int(query.get("limit", 10))
        page = {"object": "list", "url": path, "has_more": end < len(rows), "data": rows[first:end]}
        return 200, page, {"Request-Id": "req_stand_in"}
