#!/usr/bin/env python3
"""`lode init`: scripts written for an API. What is written is checked and run against the same server."""

import http.server
import json
import threading
import urllib.parse

import case
from case import EXIT_FAILED, EXIT_USAGE, CliCase

ORDERS = [{"id": n, "total": n * 1.5, "updated_at": f"2024-01-{n:02d}T10:00:00Z"} for n in range(1, 8)]
TOKEN = "opensesame-4711"


class Server(http.server.ThreadingHTTPServer):
    """Answers from `pages`: a function of the query for each path. Keeps what was asked."""

    daemon_threads = True

    def __init__(self, pages):
        super().__init__(("127.0.0.1", 0), Handler)
        self.pages = pages
        self.asked = []
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):  # pylint: disable=invalid-name
        path, _, query = self.path.partition("?")
        params = dict(urllib.parse.parse_qsl(query))
        self.server.asked.append((path, params, dict(self.headers)))
        make = self.server.pages.get(path)
        status, body, headers = make(self, params) if make else (404, {"error": "nothing here"}, {})
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_words):  # pylint: disable=arguments-differ
        pass


def linked(handler, params):
    """Three rows a page, the next one in a Link header."""
    page = int(params.get("page", 1))
    rows = ORDERS[(page - 1) * 3 : page * 3]
    more = page * 3 < len(ORDERS)
    link = {"Link": f'<{handler.server.url}/api/v2/orders?page={page + 1}>; rel="next"'} if more else {}
    return 200, rows, link


def numbered(_handler, params):
    """Pages with their number and a total, rows one level down."""
    page = int(params.get("page", 1))
    return 200, {"data": {"items": ORDERS[(page - 1) * 3 : page * 3]}, "page": page, "total_pages": 3}, {}


def offset(_handler, params):
    start, limit = int(params.get("offset", 0)), int(params.get("limit", 100))
    return 200, {"total": len(ORDERS), "orders": ORDERS[start : start + limit]}, {}


def guarded(_handler, params):
    if params.get("api_key") != TOKEN:
        return 401, {"error": "no key"}, {}
    return 200, {"results": ORDERS}, {}


def bearer(handler, _params):
    if handler.headers.get("Authorization") != f"Bearer {TOKEN}":
        return 403, {"error": "who are you?"}, {}
    return 200, ORDERS, {}


class InitCase(CliCase):
    pages = {}

    def setUp(self):
        super().setUp()
        self.server = Server(self.pages)
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)

    def script(self, name):
        return (self.folder / name).read_text()

    def flat(self, name):
        """The script without its line breaks."""
        return " ".join(self.script(name).split()).replace(", }", " }")

    def files(self):
        return sorted(path.name for path in self.folder.iterdir() if path.name != "home")

    def check_and_run(self, name, *words, **more):
        self.ok("check", name, *words, **more)
        self.assertEqual(self.databases(), [], "checking loads nothing")
        return self.ok("run", name, *words, **more)


class Probe(InitCase):
    pages = {
        "/api/v2/orders": linked,
        "/numbered": numbered,
        "/offset": offset,
        "/guarded": guarded,
        "/bearer": bearer,
        "/made": lambda *_: (200, [{"id": 1, "created_at": "2024-01-01"}, {"id": 2, "created_at": "2024-01-02"}], {}),
        "/strange": lambda *_: (200, [{"a b": 1, "x_id": 1, "y_id": 2}, {"a b": 1, "x_id": 2, "y_id": 3}], {}),
        "/evil": lambda *_: (200, {'x"..os.exit(1).."\n--]]': [{"id": 1}]}, {}),
        "/html": lambda *_: (200, "<html>hello</html>", {"Content-Type": "text/html"}),
        "/one": lambda *_: (200, {"id": 1, "name": "one"}, {}),
        "/empty": lambda *_: (200, {"data": []}, {}),
        "/words": lambda *_: (200, {"data": ["a", "b"]}, {}),
        "/broken": lambda *_: (418, {"error": "teapot"}, {}),
    }

    def init(self, path, *words, **more):
        return self.ok("init", self.server.url + path, "--name", "shop", *words, **more)

    def loads_all(self, table, **more):
        self.check_and_run("shop.lua", **more)
        self.assertEqual(self.rows(table, "id", "total"), [(row["id"], row["total"]) for row in ORDERS])

    def test_link_header_key_and_cursor(self):
        answer = self.init("/api/v2/orders?status=open")
        self.assertIn("wrote shop.lua\n", answer.out)
        self.assertEqual(len(self.server.asked), 1, "the server is asked once")
        text = self.script("shop.lua")
        for part in (
            f'base_url = "{self.server.url}/api/v2/"',
            'path = "orders"',
            'params = { status = "open" }',
            'primary_key = "id"',
            'write_disposition = "merge"',
            'paginator = "header_link"',
            'incremental = { cursor_path = "updated_at", on_cursor_value_missing = "include" }',
        ):
            self.assertIn(part, text)
        self.loads_all("orders")
        self.assertEqual(self.server.asked[1][1], {"status": "open"})

    def test_second_run_loads_nothing_twice(self):
        self.init("/api/v2/orders")
        self.loads_all("orders")
        self.ok("run", "shop.lua")
        self.assertEqual(self.count("orders"), len(ORDERS))

    def test_page_numbers_and_rows_inside(self):
        self.init("/numbered?page=1")
        text = self.script("shop.lua")
        self.assertIn('data_selector = "data.items"', text)
        self.assertIn(
            'paginator = { type = "page_number", base_page = 1, page_param = "page", total_path = "total_pages" }', text
        )
        self.assertNotIn("params", text, "the paginator sets the page")
        self.loads_all("numbered")

    def test_offset_is_known_by_the_parameters_of_the_url(self):
        self.init("/offset?offset=0&limit=3")
        paginator = 'limit = 3, offset_param = "offset", limit_param = "limit", total_path = "total" }'
        self.assertIn(paginator, self.flat("shop.lua"))
        self.loads_all("offset")

    def test_without_paging_key_or_cursor_it_says_so(self):
        self.init("/strange")
        text = self.script("shop.lua")
        self.assertIn("-- No key was found: x_id, y_id are different in all rows.", text)
        self.assertIn("-- No cursor was found", text)
        self.assertIn("-- Nothing in the answer leads to a next page.", text)
        self.assertNotRegex(text, r"\n *(primary_key|paginator|incremental) =")
        self.check_and_run("shop.lua")
        self.assertEqual(self.count("strange"), 2)

    def test_time_of_making_is_no_cursor_but_a_hint(self):
        self.init("/made")
        self.assertIn('-- incremental = { cursor_path = "created_at" },', self.script("shop.lua"))
        self.check_and_run("shop.lua")
        self.assertEqual(self.count("made"), 2)

    def test_secret_of_the_url_is_not_written_down(self):
        answer = self.init(f"/guarded?api_key={TOKEN}&x=1")
        text = self.script("shop.lua")
        self.assertNotIn(TOKEN, text + answer.out + answer.err)
        self.assertIn('api_key = lode.secret "sources.shop.api_key"', text)
        self.assertIn("lode secrets set sources.shop.api_key", answer.out)
        self.loads_all("guarded", env={"SOURCES__SHOP__API_KEY": TOKEN})

    def test_token_is_used_and_asked_for(self):
        env = {"SOURCES__SHOP__TOKEN": TOKEN}
        answer = self.init("/bearer", env=env)
        text = self.script("shop.lua")
        self.assertIn('auth = { type = "bearer", token = lode.secret "sources.shop.token" }', text)
        self.assertNotIn(TOKEN, text + answer.out + answer.err)
        self.assertNotIn("lode secrets set", answer.out, "it is there already")
        self.loads_all("bearer", env=env)

    def test_names_from_outside_stay_text(self):
        self.init("/evil")
        self.check_and_run("shop.lua")
        self.assertEqual(self.rows("evil", "id"), [(1,)])

    def test_json_answer(self):
        answer = self.init("/api/v2/orders", "--json").json()
        self.assertEqual((answer["ok"], answer["file"], answer["resources"]), (True, "shop.lua", ["orders"]))

    def test_output_in_a_folder_and_a_file(self):
        (self.folder / "sub").mkdir()
        self.init("/made", "--output", "sub")
        self.init("/made", "--output", "mine.lua")
        written = self.script("sub/shop.lua")
        self.assertIn("lode run sub/shop.lua\n", written)
        self.assertEqual(written.replace("sub/shop.lua", "mine.lua"), self.script("mine.lua"))

    # What is wrong, and that nothing is written

    def wrong(self, code, path, *words, says, **more):
        answer = self.fails(code, "init", self.server.url + path, "--name", "shop", *words, says=says, **more)
        self.assertEqual(self.files(), [], "nothing is written")
        return answer

    def test_not_json(self):
        self.wrong(EXIT_FAILED, "/html", says=["body is not JSON", "text/html", "[json.syntax]"])

    def test_no_rows(self):
        for path, says in (("/one", "no list in it"), ("/empty", "or an empty one"), ("/words", "no objects in it")):
            self.wrong(EXIT_USAGE, path, says=["no rows were found", says])

    def test_refused_without_a_token(self):
        says = ["refuses to answer without credentials", "lode secrets set sources.shop.token"]
        self.wrong(EXIT_FAILED, "/bearer", says=[*says, "who are you?", "[http.auth]"])

    def test_refused_with_a_token(self):
        env = {"SOURCES__SHOP__TOKEN": "wrong-token"}
        answer = self.wrong(EXIT_FAILED, "/bearer", says=["refuses the token 'sources.shop.token'"], env=env)
        self.assertNotIn("wrong-token", answer.err)

    def test_other_statuses(self):
        self.wrong(EXIT_FAILED, "/broken", says=["418", "[http.status]"])

    def test_password_in_the_url(self):
        answer = self.fails(EXIT_USAGE, "init", "http://me:hunter2@127.0.0.1/x", says="user name or a password")
        self.assertNotIn("hunter2", answer.err)

    def test_an_existing_file_stays(self):
        self.file("shop.lua", "mine")
        for words in (["--name", "shop"], ["--output", "shop.lua"]):
            url = self.server.url + "/made"
            self.fails(EXIT_FAILED, "init", url, *words, says=["is there already", "[file.exists]"])
        self.file("api.lua", "mine")
        self.fails(EXIT_FAILED, "init", self.server.url + "/made", says="'api.lua' is there already")
        self.assertEqual((self.script("shop.lua"), self.script("api.lua")), ("mine", "mine"))

    def test_wrong_words(self):
        self.fails(EXIT_USAGE, "init", says="a URL is missing")
        self.fails(EXIT_USAGE, "init", "shop", says="'shop' is no URL")
        self.fails(EXIT_USAGE, "init", "http://a/b", "--openapi", "x.json", says="not both")
        self.fails(EXIT_USAGE, "init", "http://a/b", "--name", "my shop", says="--name my_shop")


def listing(rows):
    return lambda *_: (200, rows, {})


def users(_handler, params):
    """Two a page; without a key nobody gets them."""
    page = int(params.get("page", 1))
    rows = [{"id": n, "name": f"user {n}"} for n in range(1, 6)]
    return 200, {"users": rows[(page - 1) * 2 : page * 2]}, {}


def keyed(make):
    def check(handler, params):
        return make(handler, params) if handler.headers.get("X-Key") == TOKEN else (401, {"error": "no key"}, {})

    return check


def schema_of(**properties):
    return {"type": "object", "properties": {name: {"type": kind} for name, kind in properties.items()}}


def answers(schema):
    return {"200": {"description": "ok", "content": {"application/json": {"schema": schema}}}}


def list_of(name):
    return {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}}


PAGE = {"name": "page", "in": "query", "schema": {"type": "integer", "default": 1}}


def path_param(name):
    return {"name": name, "in": "path", "required": True, "schema": {"type": "integer"}}


SHOP = {
    "openapi": "3.0.3",
    "info": {"title": "Corner Shop", "version": "1"},
    "servers": [{"url": "{host}/v1", "variables": {"host": {"default": "SERVER"}}}],
    "security": [{"key": []}],
    "components": {
        "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}},
        "parameters": {"page": PAGE},
        "schemas": {
            "User": schema_of(id="integer", name="string"),
            "Order": {"allOf": [{"$ref": "#/components/schemas/Base"}, schema_of(total="number")]},
            "Base": schema_of(order_id="integer"),
            "Line": schema_of(sku="string", count="integer"),
            "Node": {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Node"}}},
        },
    },
    "paths": {
        "/users": {
            "get": {
                "summary": "All users]]\n-- os.exit(1)",
                "parameters": [{"$ref": "#/components/parameters/page"}],
                "responses": answers(
                    {"type": "object", "properties": {"users": list_of("User"), "total": {"type": "integer"}}}
                ),
            },
            "post": {"responses": {"201": {"description": "made"}}},
        },
        "/users/{user_id}": {"get": {"responses": answers({"$ref": "#/components/schemas/User"})}},
        "/users/{user_id}/orders": {
            "parameters": [path_param("user_id")],
            "get": {"responses": answers(list_of("Order"))},
        },
        "/users/{user_id}/orders/{order}/parts": {"get": {"responses": answers(list_of("Line"))}},
        "/users/{name}/pets": {"get": {"responses": answers(list_of("Line"))}},
        "/users/{login}/cars": {"get": {"responses": answers(list_of("Line"))}},
        "/shops/{id}/lines": {
            "get": {
                "parameters": [
                    path_param("id"),
                    {"name": "status", "in": "query", "required": True, "schema": {"enum": ["open", "done"]}},
                ],
                "responses": answers(list_of("Line")),
            },
        },
        "/tree": {"get": {"responses": answers({"$ref": "#/components/schemas/Node"})}},
        "/lost": {"get": {"responses": answers({"$ref": "other.json#/x"})}},
        "/words": {"get": {"responses": answers({"type": "array", "items": {"type": "string"}})}},
        "/line\nos.exit(1)": {"get": {"responses": {}}},
        "/file": {"get": {"responses": {"200": {"description": "a file", "content": {"text/csv": {}}}}}},
    },
}


class OpenApi(InitCase):
    pages = {
        "/v1/users": keyed(users),
        **{f"/v1/users/{n}/orders": keyed(listing([{"order_id": n * 10, "total": n}])) for n in range(1, 6)},
        **{f"/v1/users/{n}/orders/{n * 10}/parts": keyed(listing([{"sku": f"p{n}"}])) for n in range(1, 6)},
        **{f"/v1/users/user%20{n}/pets": keyed(listing([])) for n in range(1, 6)},
        "/v1/users/ann/cars": keyed(listing([{"sku": "c"}])),
        "/v1/shops/7/lines": keyed(listing([{"sku": "a", "count": 2}])),
        "/openapi.json": lambda handler, _: (200, {**SHOP, "servers": [{"url": "/v1"}]}, {}),
    }
    key = {"SOURCES__CORNER_SHOP__API_KEY": TOKEN}

    def shop(self, **changes):
        return json.dumps({**SHOP, **changes}).replace("SERVER", self.server.url)

    def runs(self):
        self.check_and_run("corner_shop.lua", "--", "shop_id=7", "login=ann", env=self.key)
        self.assertEqual(self.rows("users", "id"), [(n,) for n in range(1, 6)])
        self.assertEqual(self.rows("orders", "order_id", "_users_id"), [(n * 10, n) for n in range(1, 6)])
        self.assertEqual(self.rows("parts", "sku", "_orders_order_id"), [(f"p{n}", n * 10) for n in range(1, 6)])
        self.assertEqual(self.rows("lines", "sku", "count"), [("a", 2)])
        self.assertEqual(self.rows("cars", "sku"), [("c",)])
        self.assertEqual([query for path, query, _ in self.server.asked if "lines" in path], [{"status": "open"}])

    def test_document_becomes_a_script_that_runs(self):
        self.file("shop.json", self.shop())
        answer = self.ok("init", "--openapi", "shop.json")
        self.assertEqual(self.server.asked, [], "a document says it all")
        for text in (
            "wrote corner_shop.lua",
            "6 resources",
            "with the reason in a comment: 6",
            "lode secrets set sources.corner_shop.api_key",
        ):
            self.assertIn(text, answer.out)
        text = self.flat("corner_shop.lua")
        for part in (
            f'base_url = "{self.server.url}/v1"',
            'auth = { type = "api_key", name = "X-Key", location = "header", '
            'api_key = lode.secret "sources.corner_shop.api_key" }',
            'path = "users/{resources.users.id}/orders"',
            'include_from_parent = { "id" }',
            'path = "users/{resources.orders._users_id}/orders/{resources.orders.order_id}/parts"',
            'include_from_parent = { "_users_id", "order_id" }',
            'path = "users/{resources.users.name}/pets"',
            'path = "users/" .. args.login .. "/cars"',
            'path = "shops/" .. args.shop_id .. "/lines"',
            'status = { default = "open" }',
            'primary_key = "order_id"',
            'data_selector = "users"',
        ):
            self.assertIn(part, text)
        self.runs()

    def test_what_is_left_out_is_listed_with_the_reason(self):
        self.file("shop.json", self.shop())
        left_out = self.ok("init", "--openapi", "shop.json", "--json").json()["left_out"]
        reasons = {
            "/users/{user_id}": "one thing, not a list",
            "/tree": "its answer has no list of objects",
            "/lost": "the schema of its answer is not in the document",
            "/words": "its answer is a list of plain values",
            "/file": "its answer is not JSON",
            "/line\nos.exit(1)": "no answer that went well is described",
        }
        self.assertEqual({entry["path"]: entry["reason"] for entry in left_out}, reasons)
        for path, reason in reasons.items():
            line = f"-- GET {path}: {reason}\n".replace("\nos", " os")
            self.assertIn(line, self.script("corner_shop.lua"))

    def test_document_from_a_server_that_names_itself_by_a_path(self):
        self.ok("init", "--openapi", self.server.url + "/openapi.json")
        self.assertIn(f'base_url = "{self.server.url}/v1"', self.script("corner_shop.lua"))
        self.server.asked.clear()
        self.runs()

    def test_yaml_and_swagger_2(self):
        host = self.server.url.removeprefix("http://")
        self.file(
            "shop.yaml",
            f"""swagger: "2.0"
info: {{title: Corner Shop}}
host: {host}
basePath: /v1
schemes: [http]
securityDefinitions:
  key: {{type: apiKey, in: header, name: X-Key}}
security: [{{key: []}}]
definitions:
  User: {{type: object, properties: {{id: {{type: integer}}}}}}
paths:
  /users:
    get:
      parameters:
        - {{name: page, in: query, type: integer, minimum: 1}}
      responses:
        200:
          description: ok
          schema: {{type: object, properties: {{users: {{type: array, items: {{$ref: '#/definitions/User'}}}}}}}}
""",
        )
        self.ok("init", "--openapi", "shop.yaml")
        self.check_and_run("corner_shop.lua", env=self.key)
        self.assertEqual(self.rows("users", "id"), [(n,) for n in range(1, 6)])

    def test_auth_of_each_kind(self):
        kinds = {
            'type = "bearer", token': {"type": "http", "scheme": "bearer"},
            'type = "http_basic", username': {"type": "http", "scheme": "Basic"},
            'location = "query"': {"type": "apiKey", "in": "query", "name": "k"},
            'location = "cookie"': {"type": "apiKey", "in": "cookie", "name": "k"},
            f'access_token_url = "{self.server.url}/token"': {
                "type": "oauth2",
                "flows": {"clientCredentials": {"tokenUrl": "/token", "scopes": {}}},
            },
            "OAuth 2, but no client credentials": {"type": "oauth2", "flows": {"implicit": {}}},
            "auth that could not be read: key": {"type": "mutualTLS"},
        }
        env = {
            f"SOURCES__CORNER_SHOP__{word}": "x"
            for word in ("TOKEN", "USERNAME", "PASSWORD", "API_KEY", "CLIENT_ID", "CLIENT_SECRET")
        }
        for number, (part, scheme) in enumerate(kinds.items()):
            with self.subTest(part):
                components = {**SHOP["components"], "securitySchemes": {"key": scheme}}
                self.file("shop.json", self.shop(components=components))
                self.ok("init", "--openapi", "shop.json", "--output", f"{number}.lua")
                self.assertIn(part, self.flat(f"{number}.lua"))
                self.ok("check", f"{number}.lua", "--", "shop_id=1", "login=ann", env=env)

    def test_paging_by_names(self):
        def param(name, **schema):
            return {"name": name, "in": "query", "schema": {"type": "integer", **schema}}

        more = {"next_cursor": {"type": "string"}, "total": {"type": "integer"}}
        cases = {
            'type = "cursor", cursor_path = "next_cursor", cursor_param = "after"': ([param("after")], more),
            'type = "offset", limit = 50,': ([param("offset"), param("limit", maximum=50)], {}),
            'params = { per_page = 200 }': ([param("pageNumber"), param("per_page", maximum=200)], {}),
            'type = "json_link", next_url_path = "next"': ([], {"next": {"type": "string", "format": "uri"}}),
        }
        for number, (part, (params, fields)) in enumerate(cases.items()):
            with self.subTest(part):
                schema = {"type": "object", "properties": {"rows": list_of("User"), **fields}}
                path = {"/users": {"get": {"parameters": params, "responses": answers(schema)}}}
                self.file("shop.json", self.shop(paths=path))
                self.ok("init", "--openapi", "shop.json", "--output", f"{number}.lua")
                self.assertIn(part, self.flat(f"{number}.lua"))
                self.ok("check", f"{number}.lua", env=self.key)

    def test_broken_documents(self):
        cycle = {"a": {"$ref": "#/components/schemas/b"}, "b": {"$ref": "#/components/schemas/a"}}
        documents = {
            '{"openapi": "3.0.0", "paths": {': "is not JSON",
            "openapi: [": "is not YAML",
            "hello": "is no OpenAPI document",
            '{"openapi": "3.1.0"}': "describes no paths",
            '{"openapi": "3.1.0", "paths": {"/x": {"get": 5}, "/y": 7, "/z": {"get": {"responses": [1]}}}}': "no list",
            self.shop(paths={"/x": {"get": {"responses": answers(list_of("a"))}}}, components={"schemas": cycle}): "",
        }
        for document, says in documents.items():
            with self.subTest(says):
                self.file("bad.json", document)
                if says:
                    self.fails(EXIT_USAGE, "init", "--openapi", "bad.json", says=["bad.json", says])
                self.assertEqual([name for name in self.files() if name.endswith(".lua")], [])
        self.fails(EXIT_FAILED, "init", "--openapi", "none.json", says=["none.json", "[file.not_found]"])
        self.fails(EXIT_FAILED, "init", "--openapi", self.server.url + "/none", says=["404", "[http.status]"])


if __name__ == "__main__":
    case.main()
