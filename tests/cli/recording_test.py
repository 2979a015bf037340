#!/usr/bin/env python3
"""`lode run --record DIR` and `--replay DIR`: the same tables without a network, and no secret in what is kept."""

import http.server
import json
import threading

from case import EXIT_FAILED, EXIT_USAGE, CliCase, main

SCRIPT = """
local lode = require "lode"
local rest = require "lode.rest"
local args = lode.args { base_url = { required = true } }
local shop = rest.source {
  name = "shop",
  client = { base_url = args.base_url, auth = { type = "bearer", token = lode.secret "sources.shop.token" } },
  resources = {
    { name = "orders", endpoint = { path = "orders", data_selector = "items",
        paginator = { type = "json_link", next_url_path = "next" } } },
    { name = "secrets", endpoint = { path = "echo/" .. lode.secret("sources.shop.token"):reveal() } },
  },
}
lode.pipeline { name = "shop", destination = "sqlite:///shop.db", dataset = "main" }:run(shop)
"""
TOKEN = "canary-9a8b7c6d"


class Shop(http.server.BaseHTTPRequestHandler):
    """Two pages of orders, the first only at the second attempt, and an answer that repeats the token."""

    attempts = 0

    def do_GET(self):  # noqa: N802  (the name is http.server's)
        if self.headers["Authorization"] != f"Bearer {TOKEN}":
            return self.answer(401, {})
        if self.path == "/orders":
            Shop.attempts += 1
            if Shop.attempts == 1:
                return self.answer(503, {}, ("Retry-After", "1"))
            return self.answer(200, {"items": [{"id": 1}, {"id": 2}], "next": "/orders?page=2"})
        if self.path == "/orders?page=2":
            return self.answer(200, {"items": [{"id": 3, "price": 1.5}], "next": None})
        return self.answer(200, {"you_said": TOKEN, "where": self.path})

    def answer(self, status, body, *headers):
        text = json.dumps(body).encode()
        self.send_response(status)
        for name, value in (("Content-Type", "application/json"), ("Content-Length", str(len(text))), *headers):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


class Recordings(CliCase):
    def setUp(self):
        super().setUp()
        Shop.attempts = 0
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Shop)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.file("shop.lua", SCRIPT)
        self.ok("run", "shop.lua", "--record", "kept", "--", f"base_url={self.url}",
                env={"SOURCES__SHOP__TOKEN": TOKEN})
        self.server.shutdown()
        self.server.server_close()

    def replay(self, *words, **more):
        options = ("--replay", "kept", "--destination", "sqlite:///again.db", *words)
        return self.lode("run", "shop.lua", *options, "--", f"base_url={self.url}",
                         env={"SOURCES__SHOP__TOKEN": "another", "LODE_HOME": str(self.folder / "other")}, **more)

    def test_the_same_tables_come_without_a_network(self):
        answer = self.replay()
        self.assertEqual(answer.code, 0, answer)
        for file in ("shop.db", "again.db"):
            rows = self.query("SELECT id, price FROM orders ORDER BY id", self.folder / file)
            self.assertEqual(rows, [(1, None), (2, None), (3, 1.5)])

    def test_no_secret_is_kept(self):
        files = sorted((self.folder / "kept").iterdir())
        self.assertEqual(len(files), 4, files)
        for file in files:
            self.assertNotIn(TOKEN, file.name + file.read_text())
        self.assertIn('"you_said": "***"', "".join(file.read_text() for file in files))

    def test_a_changed_recording_changes_the_rows(self):
        [page] = [file for file in (self.folder / "kept").iterdir() if '"price"' in file.read_text()]
        page.write_text(page.read_text().replace("1.5", "7.25"))
        self.assertEqual(self.replay().code, 0)
        self.assertEqual(self.query("SELECT price FROM orders WHERE id = 3", self.folder / "again.db"), [(7.25,)])

    def test_what_is_missing_is_an_error(self):
        for file in (self.folder / "kept").iterdir():
            if '"price"' in file.read_text():
                file.unlink()
        answer = self.replay()
        self.assertEqual(answer.code, EXIT_FAILED, answer)
        self.assertIn("/orders?page=2: it is not in the recording", answer.err)
        self.assertFalse((self.folder / "again.db").exists())

    def test_a_recording_is_not_written_over(self):
        self.fails(EXIT_USAGE, "run", "shop.lua", "--record", "kept", "--", f"base_url={self.url}",
                   says="it holds a recording already")

    def test_both_at_once_are_refused(self):
        self.fails(EXIT_USAGE, "run", "shop.lua", "--record", "a", "--replay", "kept", says="--record")


if __name__ == "__main__":
    main()
