#!/usr/bin/env python3
"""A canary in every vault, another in what each is reached with, every kind of failure, and no trace of either.

One server plays all vaults, by their API references. The secret stands where its API puts it; the credentials come back
wherever an answer could repeat what it was asked with.
"""

import base64
import http.server
import json
import os
import pathlib
import re
import resource
import signal
import subprocess
import threading

import case
from canary_case import CANARY, FORMS, CanaryCase, forms_of

KEY = "kEyOfVaUlT7Xq+/v9z"  # what lets us in
# How the server answers questions for secrets.
MODES = {
    "refused": 403,
    "absent": 404,
    "not taken": 401,
    "busy": 503,
    "throttled": 429,
    "a bad question": 400,
    "broken inside": 500,
    "led elsewhere": 302,
    "no JSON": 200,
    "of the wrong shape": 200,
    "cut off": 200,
    "a malformed fragment": 200,
    "fine": 200,
}
SCRIPT = """
local lode = require "lode"
local secret = lode.secret "sources.shop.token"
print(secret)
lode.pipeline { name = "canary", destination = "sqlite:///canary.db", dataset = "d" }
  :run(lode.resource { name = "rows", data = { { id = 1, length = #secret } } })
error("end " .. #secret .. tostring(secret))
"""


class Vaults(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.mode = "fine"
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_args):
        pass

    def secret(self):
        """Where each API puts it."""
        text = json.dumps({"token": CANARY})
        if self.server.mode == "a malformed fragment":
            text = '{"token": "' + CANARY
        encoded = base64.b64encode(text.encode()).decode()
        if self.path.startswith("/v1/projects/"):
            return {"payload": {"data": encoded}}
        if self.path.startswith("/v1/"):
            data = {"token": CANARY}
            if self.server.mode == "a malformed fragment":
                data = {"value": "token = " + CANARY}
            return {"data": {"data": data}}
        if self.path.startswith("/secrets/"):
            return {"value": text}
        return {"SecretString": text, "Parameter": {"Value": text}}

    def log_in(self):
        """What gives out tokens, and Vault's own questions; None: it is for a secret."""
        if self.path.endswith("/token") or self.path.startswith("/token"):
            return {"access_token": KEY, "expires_in": 3600}
        if self.path.startswith("/v1/sys/internal/ui/mounts/"):
            return {"data": {"path": "secret/", "type": "kv", "options": {"version": "2"}}}
        if self.path.startswith("/v1/auth/"):
            return {"data": {"ttl": 0, "renewable": False}}
        return None

    def answer(self):
        length = int(self.headers.get("Content-Length", 0))
        asked = self.rfile.read(length).decode()
        body = self.log_in()
        if body is not None:
            return 200, json.dumps(body)
        mode, status = self.server.mode, MODES[self.server.mode]
        if mode in ("fine", "a malformed fragment", "cut off"):
            return 200, json.dumps(self.secret())
        if mode == "no JSON":
            return 200, "<b>" + CANARY
        if mode == "of the wrong shape":
            wrong = [CANARY]
            return 200, json.dumps({"value": wrong, "data": {"data": wrong}, "payload": {"data": CANARY + "%"},
                                    "SecretString": wrong, "Parameter": wrong})  # fmt: skip
        text = f"you sent {dict(self.headers)} {asked}, key {KEY}"
        named = {"message": text, "code": "X", "innererror": {"code": "ForbiddenByConnection"}}
        return status, json.dumps({"error": named, "errors": [text], "message": text, "__type": "x#Internal"})

    def serve(self):
        status, body = self.answer()
        self.send_response(status)
        if status == 302:
            self.send_header("Location", f"http://127.0.0.1:1/?token={KEY}")
        if status in (429, 503):
            self.send_header("Retry-After", "0")
        self.send_header("Content-Length", str(len(body) + (100 if self.server.mode == "cut off" else 0)))
        self.end_headers()
        self.wfile.write(body.encode())
        self.close_connection = True

    do_GET = do_POST = do_PUT = serve  # noqa: N815


class VaultCanary(CanaryCase):
    forms = FORMS + forms_of(KEY)

    def setUp(self):
        super().setUp()
        self.server = Vaults()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.file("vault.lua", SCRIPT)

    def kinds(self):
        """Of each vault: its section, how it is reached, a reference to its secret."""
        url = self.server.url
        aws = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": KEY, "AWS_REGION": "r"}
        person = {"client_id": "c", "client_secret": KEY, "refresh_token": KEY, "token_uri": url + "/token"}
        client = "PROVIDERS__AZURE_KEYVAULT__CREDENTIALS__AZURE_"
        return [
            ("aws_secrets", {**aws, "PROVIDERS__AWS_SECRETS__CREDENTIALS__ENDPOINT_URL": url}, "aws-sm://s#token"),
            ("aws_parameters", {**aws, "PROVIDERS__AWS_PARAMETERS__CREDENTIALS__ENDPOINT_URL": url,
                                "PROVIDERS__AWS_PARAMETERS__ONLY_TOML_FRAGMENTS": "true"}, "aws-ssm:///s#token"),
            ("google_secrets", {"PROVIDERS__GOOGLE_SECRETS__CREDENTIALS": json.dumps({**person, "project_id": "p"}),
                                "PROVIDERS__GOOGLE_SECRETS__ENDPOINT_URL": url}, "gcp-sm://s#token"),
            ("azure_keyvault", {client + "TENANT_ID": "t", client + "CLIENT_ID": "c", client + "CLIENT_SECRET": KEY,
                                "AZURE_AUTHORITY_HOST": url, "PROVIDERS__AZURE_KEYVAULT__VAULT_URL": url},
             "azure-kv://s#token"),
            ("hashicorp_vault", {"VAULT_ADDR": url, "VAULT_TOKEN": KEY}, "vault://secret/s#token"),
        ]  # fmt: skip

    def commands(self):
        yield ["run", "vault.lua", "--progress", "log"]
        if self.server.mode in ("fine", "refused"):  # the rest is the same for all failures
            yield ["run", "vault.lua", "--json"]
            yield ["run", "vault.lua", "--record", "tape"]
            yield ["config", "explain", "sources.shop.token"]
            yield ["config", "get", "sources.shop.token", "--json"]
            yield ["config", "show"]
            yield ["config", "check", "vault.lua"]

    def check(self, what, env, wanted):
        for words in self.commands():
            answer = self.lode(*words, env=env)
            self.search(f"{what} {words}", answer.out, answer.err)
            if words[0] == "run":
                self.assertNotEqual(answer.code, 0, f"{what}: {answer}")
                self.assertIn(wanted, answer.out + answer.err, f"{what}: {answer}")

    def run_all(self, env_of):
        for section, env, reference in self.kinds():
            env = {**env, "RUNTIME__AUDIT_FILE": "audit.jsonl", "RUNTIME__METRICS_FILE": "metrics.prom",
                   f"PROVIDERS__{section.upper()}__ATTEMPTS": "2", **env_of(section, reference)}  # fmt: skip
            for mode in MODES:
                self.server.mode = mode
                self.check(f"{section}, {mode}", env, f"end {len(CANARY)}***" if mode == "fine" else "")
        self.assertIn(f'"length":{len(CANARY)}', (self.folder / "audit.jsonl").read_text())

    def test_as_places(self):
        self.run_all(lambda section, _: {f"PROVIDERS__ENABLE_{section.upper()}": "true"})

    def test_a_crash_leaves_no_core_file(self):
        """Though the shell wants one; only who asks lode for it gets it."""
        self.file("crash.lua", 'require("lode").secret "sources.shop.token" print("here") require("lode").sleep(60)')
        _, env, reference = self.kinds()[-1]
        env = {**env, "SOURCES__SHOP__TOKEN": reference}

        def crash(**more):
            # The limit of a shell that wants core files; where they go is the machine's to say.
            words = [case.PROGRAM, "run", "crash.lua", "--progress", "none"]
            command = ["bash", "-c", 'ulimit -c "$(ulimit -H -c)"; exec "$@"', "bash", *words]
            child = subprocess.Popen(command, cwd=self.folder, env=self.env(**env, **more), stdout=subprocess.PIPE)
            self.addCleanup(child.stdout.close)
            self.assertEqual(child.stdout.readline(), b"here\n")
            limits = pathlib.Path(f"/proc/{child.pid}/limits").read_text()
            child.send_signal(signal.SIGQUIT)
            child.wait(60)
            return re.search(r"Max core file size +(\w+)", limits).group(1)

        self.assertEqual(crash(), "0")
        self.search("a crash")
        self.assertEqual(list(self.folder.glob("core*")), [])
        if resource.getrlimit(resource.RLIMIT_CORE)[1] != 0:
            # AddressSanitizer sets the limit, too, unless it is told not to; its shadow memory stays out of core files.
            options = os.environ.get("ASAN_OPTIONS", "")
            self.assertNotEqual(crash(LODE_CORE_FILES="1", ASAN_OPTIONS=f"{options}:disable_coredump=0"), "0")

    def test_behind_references(self):
        self.run_all(lambda _, reference: {"SOURCES__SHOP__TOKEN": reference})


if __name__ == "__main__":
    case.main()
