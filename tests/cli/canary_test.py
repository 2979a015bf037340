#!/usr/bin/env python3
"""A canary in every place that secrets come from, every kind of failure, and no trace of it anywhere.

Goal: no secret gets into what people and programs see: output, errors, JSON, logs, progress, traces, packages,
databases, metrics, recordings, the audit file. Method: the same text stands as secret in each place in turn; runs fail
in each way in turn; then all output and all files that lode made are searched for it, as it is and encoded.
"""

import http.server
import json
import pathlib
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

import case  # pylint: disable=wrong-import-position
from canary_case import CANARY, CanaryCase  # pylint: disable=wrong-import-position
from oauth_server import PUBLIC_ID, OAuthServer  # pylint: disable=wrong-import-position

# How a run goes wrong, with the secret in hand.
FAILURES = {
    "an error of the script": "error('oops ' .. tostring(secret))",
    "an error object": "error({ secret = secret })",
    "a secret joined with a table": "local _ = secret .. {}",
    "a secret in a row": "run { { id = 1, token = secret } }",
    "a secret in a nested row": "run { { id = 1, deep = { { token = 'x' .. secret } } } }",
    "a secret as a table name": "lode.resource { name = secret, data = {} }",
    "an unknown field": "lode.resource { name = 'x', data = {}, tokne = secret }",
    "a wrong type": "lode.secrets.get('sources.shop.token', 'integer')",
    "a secret that is no connection string": "lode.credentials.find { section = 'sources.shop', name = 'token',"
    " kind = 'postgres' }",
    "a destination that is none": "run({ { id = 1 } }, 'nope://user:' .. secret .. '@h/d')",
    "a destination that nobody serves": "run({ { id = 1 } }, 'postgresql://user:' .. secret .. '@127.0.0.1:1/d')",
    "credentials that nobody takes": "run({ { id = 1 } }, lode.credentials.connection_string { username = 'user',"
    " password = secret, host = '127.0.0.1', port = 1, database = 'd' }:to_native_representation())",
    "a refused request": "api:get('refused', { auth = { type = 'bearer', token = secret } })",
    "a refused request with the secret in the URL": "api:get('refused', { params = { api_key = secret } })",
    "a refused request with a password": "api:get('refused', { auth = { type = 'http_basic', username = 'user',"
    " password = secret } })",
    "an answer that repeats the secret": "api:get('echo', { headers = { ['X-Api-Key'] = secret } })",
    "an answer that is no JSON and repeats the secret": "api:get('broken', { headers = { ['X-Api-Key'] = secret } })"
    ":json()",
    "a redirect to nowhere": "api:get('away', { params = { token = secret } })",
    "a log line": "lode.log.warning('token ' .. tostring(secret)) print(secret) error('end')",
}

SCRIPT = """
local lode = require "lode"
local http = require "lode.http"
local function run(rows, to)
  lode.pipeline { name = "canary", destination = to or "sqlite:///canary.db", dataset = "d" }
    :run(lode.resource { name = "rows", data = rows })
end
local secret = lode.secret "sources.shop.token"
local api = http.client { base_url = "%(url)s", retry = { attempts = 2, backoff_s = 0.01 } }
local _ = { run, api }
%(failure)s
"""


SIGN_IN_ADDRESSES = {"authorization_url": "/authorize", "token_url": "/token", "device_authorization_url": "/device",
                     "revocation_url": "/revoke"}  # fmt: skip
BROWSER = """#!%s
import sys, urllib.request
urllib.request.urlopen(sys.argv[1], timeout=60).read()
"""
SIGNED_IN = """
local lode = require "lode"
local credentials = lode.credentials.find { section = "sources.shop", kind = "oauth2" }
local api = require("lode.http").client { base_url = "%s", auth = credentials:auth() }
local body = api:get("rows"):json()
lode.pipeline { name = "canary", destination = "sqlite:///canary.db", dataset = "d" }
  :run(lode.resource { name = "rows", data = body.rows })
"""


class Refusing(http.server.BaseHTTPRequestHandler):
    def do_GET(self):  # pylint: disable=invalid-name
        status, body = 403, b'{"error": "no"}'
        if self.path.startswith("/echo"):
            body = json.dumps({"error": "bad key", "api_key": self.headers.get("X-Api-Key", "")}).encode()
        if self.path.startswith("/broken"):
            status, body = 200, b'{"key": ' + self.headers.get("X-Api-Key", "").encode() + b"}"
        if self.path.startswith("/away"):
            status = 302
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "http://127.0.0.1:1/" + self.path)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args):
        pass


class Canary(CanaryCase):
    def setUp(self):
        super().setUp()
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.url = f"http://127.0.0.1:{server.server_port}/"

    def test_no_failure_shows_it(self):
        self.plant(".dlt/secrets.toml", f"[sources.shop]\ntoken = {json.dumps(CANARY)}\n")
        audit = {"RUNTIME__AUDIT_FILE": "audit.jsonl", "RUNTIME__METRICS_FILE": "metrics.prom"}
        for number, (what, failure) in enumerate(FAILURES.items()):
            self.file("canary.lua", SCRIPT % {"url": self.url, "failure": failure})
            for words in (["--json"], ["--progress", "json"], ["--progress", "log"], ["--record", f"tape{number}"]):
                answer = self.lode("run", "canary.lua", *words, env=audit)
                self.assertNotEqual(answer.code, 0, f"{what}: {answer}")
                self.search(what, answer.out, answer.err)
        self.assertTrue(any(path.stat().st_size for path in self.folder.glob("tape*/*")))
        lines = (self.folder / "audit.jsonl").read_text().splitlines()
        self.assertEqual({json.loads(line)["length"] for line in lines if "shop.token" in line}, {len(CANARY)})

    def test_no_place_shows_it(self):
        script = 'local lode = require "lode"\nlocal s = lode.secret "sources.shop.token"\nerror("end " .. #s)'
        self.file("place.lua", script)
        toml = f"[sources.shop]\ntoken = {json.dumps(CANARY)}\n"
        places = {
            ".dlt/secrets.toml": (toml, {}),
            ".lode/secrets.toml": (toml, {}),
            ".lode/prod.secrets.toml": (toml, {"LODE_PROFILE": "prod"}),
            "user/.lode/secrets.toml": (toml, {"HOME": str(self.folder / "user"), "LODE_HOME": ""}),
            ".env": (f"SOURCES__SHOP__TOKEN='{CANARY}'\n", {}),
            "": ("", {"SOURCES__SHOP__TOKEN": CANARY}),
        }
        for place, (content, env) in places.items():
            if place:
                self.plant(place, content)
            for words in (
                ["run", "place.lua"],
                ["run", "place.lua", "--json"],
                ["config", "show"],
                ["config", "show", "--json"],
                ["config", "get", "sources.shop.token"],
                ["config", "explain", "sources.shop.token"],
                ["config", "explain", "token", "--section", "sources.shop", "--json"],
                ["config", "check"],
                ["config", "check", "place.lua", "--json"],
                ["secrets", "template", "place.lua"],
            ):
                answer = self.lode(*words, env=env)
                self.search(f"{place} {words}", answer.out, answer.err)
                if words == ["run", "place.lua"]:
                    self.assertIn(f"end {len(CANARY)}", answer.err, place)
            if place:
                (self.folder / place).unlink()

    def test_no_encrypted_value_shows_it(self):
        env = {"LODE_PASSPHRASE": "cAnArY-phrase", "RUNTIME__AUDIT_FILE": "audit.jsonl"}
        self.ok("secrets", "set", "sources.shop.token", "--passphrase", stdin=CANARY.encode(), env=env)
        for what, failure in FAILURES.items():
            self.file("canary.lua", SCRIPT % {"url": self.url, "failure": failure})
            answer = self.lode("run", "canary.lua", "--progress", "log", env=env)
            self.assertNotEqual(answer.code, 0, f"{what}: {answer}")
            self.search(what, answer.out, answer.err)  # the secrets file is among those that are searched
            self.assertNotIn("cAnArY-phrase", answer.out + answer.err)
        self.file("canary.lua", 'require("lode").config("sources.shop.token", 5)')
        answer = self.lode("run", "canary.lua", env=env)
        self.assertNotEqual(answer.code, 0)
        self.search("a number", answer.out, answer.err)

    def test_no_sign_in_shows_it(self):
        with OAuthServer() as oauth:
            oauth.mark, oauth.rotates = CANARY, True
            self.file(
                ".dlt/config.toml",
                f'[sources.shop.credentials]\nclient_id = "{PUBLIC_ID}"\n'
                + "".join(f'{n} = "{oauth.url}{p}"\n' for n, p in SIGN_IN_ADDRESSES.items()),
            )
            self.plant(".dlt/secrets.toml", "")
            self.file("browser", BROWSER % sys.executable).chmod(0o755)
            env = {"BROWSER": str(self.folder / "browser"), "RUNTIME__AUDIT_FILE": "audit.jsonl"}
            self.file("shop.lua", SIGNED_IN % oauth.url)
            words = [
                ["auth", "shop"], ["auth", "shop", "--json"], ["auth", "shop", "--device"], ["auth", "status"],
                ["auth", "refresh", "shop"], ["auth", "status", "--json"], ["run", "shop.lua", "--record", "tape"],
                ["run", "shop.lua", "--progress", "json"], ["config", "show"],
                ["config", "explain", "sources.shop.credentials.refresh_token"], ["config", "check", "shop.lua"],
                ["auth", "remove", "shop", "--revoke"],
            ]  # fmt: skip
            for each in words:
                oauth.access_tokens.clear()
                answer = self.lode(*each, env=env, start_new_session=True)
                self.assertEqual(answer.code, 0, f"{each} {answer}")
                self.search(each, answer.out, answer.err)
            self.assertTrue(list((self.folder / "tape").iterdir()))
            for mode in ("declined", "another state", "garbage", "no token", "bad scope", "revoked", "errors with 200"):
                oauth.mode = mode
                for each in (
                    ["auth", "shop", "--timeout", "20"],
                    ["auth", "shop", "--device"],
                    ["auth", "refresh", "shop"],
                    ["run", "shop.lua", "--json"],
                ):
                    oauth.access_tokens.clear()
                    answer = self.lode(*each, env=env, start_new_session=True)
                    self.search(f"{mode} {each}", answer.out, answer.err)

    def test_no_broken_file_shows_it(self):
        broken = {
            ".dlt/secrets.toml": [f"token = {CANARY}\n", f'token = "{CANARY}\n', f'a = 1\na = "{CANARY}"\n'],
            ".env": [f"{CANARY}\n", f'A="{CANARY}\n', f"A='x' {CANARY}\n"],
            ".dlt/config.toml": [f'[sources.shop]\ntoken = "{CANARY}"\n'],
        }
        self.file("broken.lua", 'require("lode").secret "sources.shop.token"')
        for name, contents in broken.items():
            for content in contents:
                self.plant(name, content)
                for words in (["run", "broken.lua"], ["config", "check"], ["config", "show"]):
                    answer = self.lode(*words)
                    self.search(f"{name}: {content!r}", answer.out, answer.err)
                for words in (["secrets", "set", "a.b"], ["secrets", "rm", "a.b"]):
                    answer = self.lode(*words, stdin=CANARY.encode())
                    self.planted.add(self.folder / ".dlt/secrets.toml")
                    self.search(f"{name}: {content!r} {words}", answer.out, answer.err)
            (self.folder / name).unlink()


if __name__ == "__main__":
    case.main()
