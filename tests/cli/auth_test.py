#!/usr/bin/env python3
"""`lode auth`: signing in through a browser and with a code, and looking after what came of it. The OAuth server is
tests/support/oauth_server.py; the browser is a script that follows redirects.
"""

import datetime
import json
import os
import pathlib
import re
import socket
import stat
import sys
import threading
import time
import tomllib
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

import case  # pylint: disable=wrong-import-position
from case import EXIT_FAILED, EXIT_TEMPORARY, EXIT_USAGE, CliCase  # pylint: disable=wrong-import-position
from oauth_server import CLIENT_ID, CLIENT_SECRET, PUBLIC_ID, OAuthServer  # pylint: disable=wrong-import-position

BROWSER = """#!%s
import sys, urllib.request
with open("browser.log", "a") as log:
    log.write(sys.argv[1] + "\\n")
try:
    urllib.request.urlopen(sys.argv[1], timeout=60).read()
except OSError as problem:
    with open("browser.log", "a") as log:
        log.write(repr(problem) + "\\n")
"""
PIPELINE = """
local lode = require "lode"
local http = require "lode.http"
local credentials = lode.credentials.find { section = "sources.shop", kind = "oauth2" }
local api = http.client { base_url = "%s", auth = credentials:auth() }
local body = api:get("rows"):json()
print("rows", #body.rows)
"""


class Auth(CliCase):
    def setUp(self):
        super().setUp()
        self.oauth = self.enterContext(OAuthServer())
        self.file("browser", BROWSER % sys.executable).chmod(0o755)
        self.browser = {"BROWSER": str(self.folder / "browser")}

    def configure(self, *, secret=True, **more):
        """An app in config.toml and secrets.toml, and where its server is."""
        lines = {"authorization_url": "/authorize", "token_url": "/token", "device_authorization_url": "/device",
                 "revocation_url": "/revoke"}  # fmt: skip
        text = "[sources.shop.credentials]\n"
        text += "".join(f'{name} = "{self.oauth.url}{path}"\n' for name, path in lines.items())
        text += f'client_id = "{CLIENT_ID if secret else PUBLIC_ID}"\n'
        text += "".join(f"{name} = {json.dumps(value)}\n" for name, value in more.items())
        self.file(".dlt/config.toml", text)
        if secret:
            path = self.file(
                ".dlt/secrets.toml",
                f'# mine\n[other]\nx = 1 # keep\n\n[sources.shop.credentials]\nclient_secret = "{CLIENT_SECRET}"\n',
            )
            path.chmod(0o600)

    def secrets_text(self):
        return (self.folder / ".dlt/secrets.toml").read_text()

    def stored(self):
        return tomllib.loads(self.secrets_text())["sources"]["shop"]["credentials"]

    def sign_in(self, *words, **more):
        return self.ok("auth", "shop", *words, env={**self.browser, **more.pop("env", {})}, **more)

    def fails_to_sign_in(self, code, *words, says=(), env=None):
        """Says what is wrong; nothing is written, and no token is shown."""
        path = self.folder / ".dlt/secrets.toml"
        before = path.read_text() if path.exists() else None
        answer = self.lode("auth", "shop", *words, env={**self.browser, **(env or {})}, start_new_session=True)
        self.assertEqual(answer.code, code, answer)
        for text in [says] if isinstance(says, str) else says:
            self.assertIn(text, answer.err)
        self.assertEqual(path.read_text() if path.exists() else None, before)
        self.nothing_shown(answer)
        return answer

    def nothing_shown(self, answer):
        for token in [*self.oauth.secrets(), CLIENT_SECRET, *self.oauth.codes, *self.oauth.devices]:
            self.assertNotIn(token, answer.out + answer.err)

    def runs(self, **more):
        self.file("shop.lua", PIPELINE % self.oauth.url)
        return self.lode("run", "shop.lua", **more)


class Browser(Auth):
    def test_a_person_signs_in_and_the_pipeline_works(self):
        self.configure(scopes=["read", "write"])
        answer = self.sign_in()
        self.nothing_shown(answer)
        self.assertIn("shop is signed in", answer.out)
        self.assertIn("/.dlt/secrets.toml, [sources.shop.credentials]", answer.out)
        stored = self.stored()
        self.assertEqual({stored["refresh_token"]}, self.oauth.refresh_tokens)
        self.assertEqual({stored["token"]}, self.oauth.access_tokens)
        self.assertEqual(stored["client_secret"], CLIENT_SECRET)
        self.assertEqual(stored["token_url"], self.oauth.url + "/token")
        ends = datetime.datetime.fromisoformat(stored["token_expiry"].replace("Z", "+00:00"))
        left_s = (ends - datetime.datetime.now(datetime.timezone.utc)).total_seconds()
        self.assertTrue(3000 < left_s <= 3600, left_s)
        self.assertIn("# mine\n[other]\nx = 1 # keep\n", self.secrets_text())
        self.assertEqual(stat.S_IMODE((self.folder / ".dlt/secrets.toml").stat().st_mode), 0o600)
        (asked,) = self.oauth.asked("/authorize")
        self.assertEqual(asked["scope"], "read write")
        self.assertRegex(asked["redirect_uri"], r"^http://127\.0\.0\.1:\d+/callback$")
        self.assertGreaterEqual(len(asked["state"]), 32)
        (exchanged,) = self.oauth.asked("/token")
        self.assertTrue(43 <= len(exchanged["code_verifier"]) <= 128)
        ran = self.runs()
        self.assertIn("rows\t2", ran.out, ran)

    def test_each_sign_in_has_a_state_and_a_verifier_of_its_own(self):
        self.configure()
        self.sign_in()
        self.sign_in()
        one, two = self.oauth.asked("/authorize")
        for name in ("state", "code_challenge"):
            self.assertNotEqual(one[name], two[name])

    def test_the_address_is_printed_whole_and_no_browser_opens_if_so_wished(self):
        self.configure()
        process = self.start("auth", "shop", "--no-browser", env=self.browser, stdout=-1, stderr=-1)
        url = None
        for line in process.stdout:
            if match := re.search(rb"(http://127\.0\.0\.1:\d+/authorize\S+)", line):
                url = match[1].decode()
                break
        self.assertIsNotNone(url)
        self.assertFalse((self.folder / "browser.log").exists())
        page = urllib.request.urlopen(url, timeout=60).read().decode()
        self.assertIn("go back to the terminal", page)
        out, err = process.communicate(timeout=case.TIMEOUT_S)
        self.assertEqual(process.returncode, 0, err)
        self.assertIn(b"shop is signed in", out)

    def test_without_a_screen_no_browser_is_tried(self):
        self.configure()
        answer = self.lode("auth", "shop", "--timeout", "1", start_new_session=True)
        self.assertEqual(answer.code, EXIT_TEMPORARY, answer)
        self.assertIn("ssh -L", answer.out)

    def test_json(self):
        self.configure()
        answer = self.sign_in("--json")
        result = answer.json()
        self.assertEqual(result["source"], "shop")
        self.assertTrue(result["refresh_token"])
        self.assertFalse(result["encrypted"])
        self.assertIn("/authorize?", answer.err)
        self.nothing_shown(answer)

    def test_another_service_than_before(self):
        """Nothing of the new sign-in goes to the old one's addresses."""
        url = self.oauth.url
        self.file(".dlt/secrets.toml", f"""[sources.shop.credentials]
issuer = "http://localhost:1"
authorization_url = "http://localhost:1/authorize"
token_url = "http://localhost:1/token"
scopes = "of the old one"
client_id = "{PUBLIC_ID}"
client_secret = ""
""").chmod(0o600)  # fmt: skip
        self.sign_in("--issuer", url, "--client-id", PUBLIC_ID, stdin=b"")
        self.assertNotIn("scope", self.oauth.asked("/authorize")[0])
        self.assertEqual((self.stored()["issuer"], self.stored()["token_url"]), (url, url + "/token"))
        self.assertNotIn("localhost:1", self.secrets_text())
        self.assertNotIn("scopes", self.stored())
        self.ok("auth", "refresh", "shop")

    def test_discovery(self):
        self.sign_in("--issuer", self.oauth.url, "--client-id", PUBLIC_ID, start_new_session=True)
        stored = tomllib.loads((self.folder / ".lode/secrets.toml").read_text())["sources"]["shop"]["credentials"]
        self.assertEqual(stored["issuer"], self.oauth.url)
        self.assertEqual(stored["client_id"], PUBLIC_ID)
        self.assertEqual(stored["client_secret"], "")
        self.file("shop.lua", PIPELINE % self.oauth.url)
        self.assertEqual(self.ok("run", "shop.lua").out, "rows\t2\n")
        self.ok("auth", "shop", env=self.browser)  # what was said once need not be said again
        self.ok("auth", "refresh", "shop")

    def test_discovery_that_cannot_be_trusted(self):
        words = ("--issuer", self.oauth.url, "--client-id", PUBLIC_ID)
        self.oauth.mode = "another issuer"
        says = ["speaks for the issuer 'https://evil.example'", "[auth.failed]"]
        self.fails_to_sign_in(EXIT_FAILED, *words, says=says)
        self.oauth.mode = "no discovery"
        self.fails_to_sign_in(EXIT_FAILED, *words, says=["does not say where to sign in", "authorization_url"])

    def test_encrypted(self):
        self.configure()
        phrase = {"LODE_PASSPHRASE": "correct horse"}
        answer = self.sign_in("--passphrase", env=phrase)
        self.assertIn("encrypted", answer.out)
        for token in self.oauth.secrets() | {CLIENT_SECRET}:
            self.assertNotIn(token, self.secrets_text())
        self.assertEqual(self.runs(env=phrase).out, "rows\t2\n")
        (row,) = self.ok("auth", "status", "--json").json()["sources"]
        self.assertEqual(row["encrypted"], "passphrase")
        # It stays so when it changes.
        self.oauth.rotates = True
        self.ok("auth", "refresh", "shop", env=phrase)
        self.sign_in(env=phrase)
        for token in self.oauth.secrets():
            self.assertNotIn(token, self.secrets_text())

    def test_the_app_is_asked_for_its_secret_without_showing_it(self):
        words = ("auth", "shop", "--authorization-url", self.oauth.url + "/authorize", "--token-url",
                 self.oauth.url + "/token")  # fmt: skip
        answers = [("client id: ", CLIENT_ID), ("client secret (empty: the app has none): ", CLIENT_SECRET)]
        code, shown = self.at_terminal(*words, answers=answers, env=self.browser)
        self.assertEqual(code, 0, shown)
        self.assertIn("shop is signed in", shown)
        self.assertNotIn(CLIENT_SECRET, shown)
        stored = tomllib.loads((self.folder / ".lode/secrets.toml").read_text())["sources"]["shop"]["credentials"]
        self.assertEqual((stored["client_id"], stored["client_secret"]), (CLIENT_ID, CLIENT_SECRET))
        # Once it is known, nobody is asked.
        self.ok("auth", "shop", env=self.browser, start_new_session=True)

    def test_without_a_terminal_the_missing_app_is_named(self):
        words = ("--authorization-url", self.oauth.url + "/authorize", "--token-url", self.oauth.url + "/token")
        self.fails_to_sign_in(
            EXIT_FAILED, *words, says=["client id is missing", "--client-id", "lode secrets set", "[cli.no_terminal]"]
        )

    def test_a_client_file(self):
        content = {"installed": {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "project_id": "p-1"}}
        self.file("client.json", json.dumps(content))
        words = ("--authorization-url", self.oauth.url + "/authorize", "--token-url", self.oauth.url + "/token")
        self.sign_in(*words, "--client-file", "client.json")
        self.fails(EXIT_FAILED, "auth", "x", "--client-file", "none.json", says="'none.json' cannot be read")
        self.file("client.json", "[]")
        self.fails_to_sign_in(EXIT_FAILED, *words, "--client-file", "client.json", says="no client_id")

    def test_the_kind_of_credentials_that_google_has(self):
        self.file(
            ".dlt/config.toml",
            "[sources.google_sheets.credentials]\n"
            f'auth_uri = "{self.oauth.url}/authorize"\ntoken_uri = "{self.oauth.url}/token"\n'
            f'client_id = "{CLIENT_ID}"\nproject_id = "p-1"\nprovider = "google"\n',
        )
        path = self.file(
            ".dlt/secrets.toml", f'[sources.google_sheets.credentials]\nclient_secret = "{CLIENT_SECRET}"\n'
        )
        path.chmod(0o600)
        self.ok("auth", "google_sheets", env=self.browser)
        (asked,) = self.oauth.asked("/authorize")
        self.assertEqual(asked["access_type"], "offline")
        self.assertEqual(asked["scope"], "https://www.googleapis.com/auth/spreadsheets.readonly")
        stored = tomllib.loads(path.read_text())["sources"]["google_sheets"]["credentials"]
        self.assertEqual(stored["project_id"], "p-1")
        self.file("g.lua", PIPELINE.replace("sources.shop", "sources.google_sheets").replace('"oauth2"', '"gcp_oauth"')
                  % self.oauth.url)  # fmt: skip
        self.assertEqual(self.ok("run", "g.lua").out, "rows\t2\n")
        self.oauth.mode = "revoked"
        self.oauth.access_tokens.clear()
        says = ["the sign-in of 'google_sheets' has ended", "lode auth google_sheets", "[auth.expired]"]
        self.nothing_shown(self.fails(EXIT_FAILED, "run", "g.lua", says=says))

    def test_no_refresh_token(self):
        self.configure()
        self.oauth.gives_refresh_token = False
        answer = self.sign_in()
        self.assertIn("no refresh token came", answer.out)
        self.assertNotIn("refresh_token", self.stored())

    def test_a_variable_that_comes_first_is_told(self):
        self.configure()
        answer = self.sign_in(env={"SOURCES__SHOP__CREDENTIALS__REFRESH_TOKEN": "old"})
        self.assertIn("SOURCES__SHOP__CREDENTIALS__REFRESH_TOKEN is set, and comes first", answer.out)


class Trouble(Auth):
    def test_the_person_says_no(self):
        self.configure()
        self.oauth.mode = "declined"
        self.fails_to_sign_in(EXIT_FAILED, says=["access_denied: The person said no", "[auth.denied]"])

    def test_another_state(self):
        self.configure()
        self.oauth.mode = "another state"
        self.fails_to_sign_in(EXIT_FAILED, says=["does not belong to this sign-in", "state", "[auth.failed]"])
        self.assertEqual(self.oauth.asked("/token"), [])
        for _ in range(600):  # the browser goes on when lode has ended
            if "400" in (self.folder / "browser.log").read_text():
                break
            time.sleep(0.1)
        self.assertIn("400", (self.folder / "browser.log").read_text())

    def test_a_server_that_refuses_says_why_on_one_plain_line(self):
        self.configure()
        self.oauth.mode = "bad scope"
        answer = self.fails_to_sign_in(EXIT_FAILED, says=["invalid_scope", "--scope"])
        self.assertNotIn("\x1b", answer.err)

    def test_a_server_that_answers_garbage(self):
        self.configure()
        self.oauth.mode = "garbage"
        self.fails_to_sign_in(EXIT_FAILED, says=["no JSON object", "It works!", "[auth.failed]"])
        self.oauth.mode = "no token"
        self.fails_to_sign_in(EXIT_FAILED, says="no access_token")

    def test_a_wrong_client(self):
        self.configure()
        self.file(".dlt/secrets.toml", '[sources.shop.credentials]\nclient_secret = "wrong"\n')
        self.fails_to_sign_in(EXIT_FAILED, says=["invalid_client: unknown app", "check client id and client secret"])
        self.oauth.mode = "errors with 200"
        self.fails_to_sign_in(EXIT_FAILED, says="invalid_client")

    def test_addresses_that_are_not_safe(self):
        self.configure()
        for name, address in (
            ("token_url", "http://login.example.com/token"), ("token_url", "http://127.0.0.1.example.com/token"),
            ("token_url", "http://localhost:1@example.com/token"), ("authorization_url", "file:///etc/passwd"),
            ("authorization_url", "--new-window"), ("authorization_url", "https://example.com/\x1b[31m"),
        ):  # fmt: skip
            with self.subTest(address):
                option = f"--{name.replace('_', '-')}={address}"
                answer = self.fails_to_sign_in(EXIT_FAILED, option, says=["is not safe", "https://"])
                self.assertNotIn("\x1b", answer.err)
        self.file(".dlt/config.toml", "")
        for issuer in ("http://login.example.com", "login.example.com"):
            self.fails_to_sign_in(EXIT_FAILED, "--issuer", issuer, says=["the issuer", "is not safe"])
        self.assertEqual(self.oauth.requests, [])
        self.assertFalse((self.folder / "browser.log").exists())

    def test_nobody_comes_back(self):
        self.configure()
        self.oauth.mode = "never comes back"
        self.fails_to_sign_in(EXIT_TEMPORARY, "--timeout", "1", says=["nobody signed in", "1 second", "[auth.timeout]"])

    def test_a_port_in_use(self):
        self.configure()
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            self.fails_to_sign_in(
                EXIT_FAILED, "--port", str(port), says=[f"port {port} of this machine is in use", "[auth.port_in_use]"]
            )

    def test_a_port_that_is_named(self):
        self.configure()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.sign_in("--port", str(port))
        self.assertEqual(self.oauth.asked("/authorize")[0]["redirect_uri"], f"http://127.0.0.1:{port}/callback")

    def test_a_source_of_which_nothing_is_known(self):
        self.fails_to_sign_in(
            EXIT_FAILED, says=["not known where to sign in", "--provider", "issuer", "[sources.shop.credentials]"]
        )
        self.fails_to_sign_in(EXIT_USAGE, "--provider", "gogle", says="did you mean 'google'?")

    def test_a_server_that_is_away(self):
        self.configure()
        self.file(".dlt/config.toml", (self.folder / ".dlt/config.toml").read_text().replace("/token", ":1/token"))
        text = (self.folder / ".dlt/config.toml").read_text()
        self.file(".dlt/config.toml", re.sub(r'token_url = "[^"]*"', 'token_url = "http://127.0.0.1:1/token"', text))
        self.fails_to_sign_in(
            EXIT_TEMPORARY, says="127.0.0.1:1", env={"RUNTIME__REQUEST_MAX_ATTEMPTS": "1"}
        )

    def test_a_locked_file_system_keeps_what_was_there(self):
        self.configure()
        self.sign_in()
        victim = self.file("victim.toml", self.secrets_text())
        (self.folder / ".dlt/secrets.toml").unlink()
        (self.folder / ".dlt/secrets.toml").symlink_to(victim)
        answer = self.lode("auth", "shop", env=self.browser)
        self.assertEqual(answer.code, EXIT_FAILED)
        self.assertIn("symbolic link", answer.err)
        self.nothing_shown(answer)

    def test_ctrl_c_while_it_waits(self):
        self.configure()
        process = self.start("auth", "shop", "--no-browser", stdout=-1, stderr=-1)
        for line in process.stdout:
            if b"waiting" in line:
                break
        process.send_signal(2)
        self.assertEqual(process.wait(case.TIMEOUT_S), case.EXIT_INTERRUPTED)
        process.communicate()

    def test_words_that_do_not_fit(self):
        self.fails(EXIT_USAGE, "auth", says="a source is missing")
        self.fails(EXIT_USAGE, "auth", "refresh", says="a source is missing")
        self.fails(EXIT_USAGE, "auth", "shop", "more", says="'more' is one word too many")
        self.fails(EXIT_USAGE, "auth", "a.b", says="no name of a source")
        self.fails(EXIT_USAGE, "auth", "status", "--device", says="these options are of a sign-in")
        self.fails(EXIT_USAGE, "auth", "shop", "--revoke", says="--revoke is of remove")
        self.fails(EXIT_USAGE, "auth", "shop", "--device", "--port", "1", says="--device needs no port")
        self.fails(EXIT_USAGE, "auth", "shop", "--port", "70000", says="at most 65535")
        self.assertIn("lode auth google_sheets", self.ok("auth", "--help").out)


class Device(Auth):
    def test_a_code_is_entered_elsewhere(self):
        self.configure()
        answer = self.ok("auth", "shop", "--device")
        self.assertIn(self.oauth.url + "/enter", answer.out)
        self.assertIn("WDJB-MJHT", answer.out)
        self.nothing_shown(answer)
        self.assertEqual({self.stored()["refresh_token"]}, self.oauth.refresh_tokens)
        self.assertEqual(len(self.oauth.asked("/token")), 2)  # once it was pending
        self.assertEqual(self.runs().out, "rows\t2\n")

    def test_a_server_that_says_slow_down_is_asked_less_often(self):
        self.configure()
        self.oauth.mode = "slow down"
        self.ok("auth", "shop", "--device")
        (state,) = self.oauth.devices.values()
        self.assertGreaterEqual(state["gaps"][-1], 5)

    def test_a_server_that_wants_long_pauses_does_not_hold_up_the_end(self):
        self.configure()
        self.oauth.interval_s = 36000
        self.fails_to_sign_in(EXIT_TEMPORARY, "--device", "--timeout", "1", says="[auth.timeout]")

    def test_declined_and_expired(self):
        self.configure()
        self.oauth.mode = "declined"
        self.fails_to_sign_in(EXIT_FAILED, "--device", says=["access_denied", "[auth.denied]"])
        for mode in ("expired code", "short code"):
            self.oauth.mode = mode
            self.fails_to_sign_in(EXIT_TEMPORARY, "--device", says=["expired_token", "in time", "[auth.timeout]"])
        self.oauth.mode = "garbage"
        self.fails_to_sign_in(EXIT_FAILED, "--device", says="no JSON object")

    def test_errors_with_status_200_are_errors(self):
        self.configure()
        self.oauth.mode = "errors with 200"
        self.ok("auth", "shop", "--device")  # "pending" among them

    def test_a_service_without_codes(self):
        words = ("--authorization-url", self.oauth.url + "/authorize", "--token-url", self.oauth.url + "/token")
        self.fails_to_sign_in(EXIT_FAILED, *words, "--device", says=["no sign-in by code", "device_authorization_url"])


class Care(Auth):
    def stamp(self, seconds):
        moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")

    def test_status(self):
        self.assertIn("no source is signed in", self.ok("auth", "status").out)
        soon = self.stamp(1230)
        sections = {
            "google_sheets": f'client_id = "c"\nrefresh_token = "r"\ntoken = "t"\ntoken_expiry = "{soon}"\n',
            "crm": f'client_id = "c"\ntoken = "t"\ntoken_expiry = "{self.stamp(-3 * 86400)}"\n',
            "github": 'client_id = "c"\ntoken = "t"\n',
            "shop": 'client_id = "c"\n',
            "db": 'host = "h"\npassword = "p"\n',
        }
        text = "".join(f"[sources.{name}.credentials]\n{body}" for name, body in sections.items())
        self.file(".dlt/secrets.toml", text).chmod(0o600)
        self.assertEqual(
            [re.split("  +", line) for line in self.ok("auth", "status").out.splitlines()],
            [
                ["crm", "ended", "access token ended 3 days ago, no refresh token", "lode auth crm"],
                ["github", "signed in", "access token without an end that is known"],
                ["google_sheets", "signed in", "access token ends in 20 minutes"],
                ["shop", "not signed in", "there is an app, but no token", "lode auth shop"],
            ],
        )
        rows = {row["source"]: row for row in self.ok("auth", "status", "--json").json()["sources"]}
        self.assertEqual(rows["crm"]["state"], "ended")
        self.assertEqual(rows["crm"]["todo"], "lode auth crm")
        self.assertTrue(1200 <= rows["google_sheets"]["expires_in_s"] <= 1230)
        self.assertIn("github", self.ok("auth", "status", "github").out)
        self.fails(EXIT_FAILED, "auth", "status", "none", says="no credentials under [sources.none.credentials]")

    def test_refresh(self):
        self.configure()
        self.sign_in()
        old = self.stored()
        answer = self.ok("auth", "refresh", "shop")
        self.assertIn("a new access token, ends in 60 minutes", answer.out)
        self.nothing_shown(answer)
        self.assertNotEqual(self.stored()["token"], old["token"])
        self.assertEqual(self.stored()["refresh_token"], old["refresh_token"])
        self.oauth.rotates = True
        self.assertTrue(self.ok("auth", "refresh", "shop", "--json").json()["rotated"])
        self.assertEqual({self.stored()["refresh_token"]}, self.oauth.refresh_tokens)

    def test_refresh_while_a_pipeline_renews_the_same(self):
        self.configure()
        self.sign_in()
        old = self.stored()["refresh_token"]
        self.oauth.rotates = True

        def pipeline():
            new = self.oauth.new_tokens(old)["refresh_token"]
            self.file(".dlt/secrets.toml", self.secrets_text().replace(old, new)).chmod(0o600)

        self.oauth.before_refresh = pipeline
        answer = self.ok("auth", "refresh", "shop")
        self.assertEqual(len([form for form in self.oauth.asked("/token") if "refresh_token" in form]), 2)
        self.assertEqual({self.stored()["refresh_token"]}, self.oauth.refresh_tokens)
        self.nothing_shown(answer)

    def test_refresh_of_what_has_ended(self):
        self.configure()
        says = ["no refresh token", "lode auth shop", "[auth.expired]"]
        self.fails(EXIT_FAILED, "auth", "refresh", "shop", says=says)
        self.sign_in()
        self.oauth.mode = "revoked"
        answer = self.fails(
            EXIT_FAILED, "auth", "refresh", "shop",
            says=["the sign-in of 'shop' has ended", "expired or revoked", "lode auth shop", "[auth.expired]"],
        )  # fmt: skip
        self.nothing_shown(answer)

    def test_remove(self):
        self.configure()
        self.sign_in()
        answer = self.ok("auth", "remove", "shop")
        self.assertIn("removed from", answer.out)
        self.assertEqual(set(self.stored()), {"client_id", "client_secret", "token_url"})
        self.assertEqual(self.oauth.revoked, [])
        self.assertIn("not signed in", self.ok("auth", "status").out)
        self.fails(EXIT_FAILED, "auth", "remove", "shop", says="there is no token")

    def test_remove_and_revoke(self):
        self.configure()
        self.sign_in()
        token = self.stored()["refresh_token"]
        self.oauth.mode = "no revocation"
        self.fails(EXIT_FAILED, "auth", "remove", "shop", "--revoke", says=["not revoked", "without --revoke"])
        self.assertEqual(self.stored()["refresh_token"], token)
        self.oauth.mode = ""
        self.assertIn("revoked and removed", self.ok("auth", "remove", "shop", "--revoke").out)
        self.assertEqual(self.oauth.revoked, [token])
        self.assertNotIn("refresh_token", self.stored())


class Renewal(Auth):
    """Refresh tokens that the server replaces while a pipeline runs."""

    def setUp(self):
        super().setUp()
        self.configure()
        self.oauth.rotates = True

    def end_access_tokens(self):
        self.oauth.access_tokens.clear()

    def test_a_new_refresh_token_takes_the_place_of_the_old_one(self):
        self.sign_in()
        for _ in range(3):
            before = self.stored()
            self.end_access_tokens()
            ran = self.runs()
            self.assertEqual(ran.out, "rows\t2\n", ran)
            self.nothing_shown(ran)
            self.assertEqual({self.stored()["refresh_token"]}, self.oauth.refresh_tokens)
            self.assertNotEqual(self.stored()["refresh_token"], before["refresh_token"])
        self.assertIn("# mine\n[other]\nx = 1 # keep\n", self.secrets_text())

    def test_it_stays_encrypted(self):
        phrase = {"LODE_PASSPHRASE": "correct horse"}
        self.sign_in("--passphrase", env=phrase)
        for _ in range(2):
            self.end_access_tokens()
            self.assertEqual(self.runs(env=phrase).out, "rows\t2\n")
            for token in self.oauth.secrets():
                self.assertNotIn(token, self.secrets_text())

    def test_all_that_asks_later_in_the_run_gets_the_new_one(self):
        self.sign_in()
        self.end_access_tokens()
        script = PIPELINE % self.oauth.url
        self.file("twice.lua", f"do {script} end do {script} end")
        self.assertEqual(self.ok("run", "twice.lua").out, "rows\t2\nrows\t2\n")
        self.assertEqual({self.stored()["refresh_token"]}, self.oauth.refresh_tokens)

    def test_one_that_another_program_has_put_there_is_used_and_kept(self):
        self.sign_in()
        self.end_access_tokens()
        newer = self.oauth.new_tokens()["refresh_token"]
        self.end_access_tokens()
        script = PIPELINE % self.oauth.url
        path = self.folder / ".dlt/secrets.toml"
        write = (
            f"local f = assert(io.open '{path}') local t = f:read '*a' f:close() f = io.open('{path}', 'w') "
            f"f:write((t:gsub('ReFrEsH[^\"]*', '{newer}'))) f:close()\n"
        )
        self.oauth.refresh_tokens = {newer}
        self.file("late.lua", write + script)
        answer = self.lode("run", "late.lua")
        self.assertEqual(answer.out, "rows\t2\n", answer)
        self.assertEqual({self.stored()["refresh_token"]}, self.oauth.refresh_tokens)

    def test_one_in_a_variable_cannot_be_replaced_and_a_warning_says_so(self):
        self.sign_in()
        self.end_access_tokens()
        stored = self.stored()
        before = self.secrets_text()
        answer = self.runs(env={"SOURCES__SHOP__CREDENTIALS__REFRESH_TOKEN": stored["refresh_token"]})
        self.assertEqual(answer.out, "rows\t2\n", answer)
        self.assertIn("SOURCES__SHOP__CREDENTIALS__REFRESH_TOKEN", answer.err)
        self.assertIn("was not kept", answer.err)
        self.assertIn("lode auth shop", answer.err)
        self.nothing_shown(answer)
        self.assertEqual(self.secrets_text(), before)

    def test_a_sign_in_that_has_ended(self):
        self.sign_in()
        self.end_access_tokens()
        self.oauth.mode = "revoked"
        answer = self.runs()
        self.assertEqual(answer.code, EXIT_FAILED, answer)
        for text in ("the sign-in of 'shop' has ended", "expired or revoked", "hint: lode auth shop", "[auth.expired]"):
            self.assertIn(text, answer.err)
        self.nothing_shown(answer)

    def test_an_access_token_that_has_ended_is_not_tried(self):
        self.oauth.lifetime_s = 1
        self.sign_in()
        time.sleep(1.1)
        asked = len(self.oauth.asked("/rows"))
        self.assertEqual(self.runs().out, "rows\t2\n")
        self.assertEqual(len(self.oauth.asked("/rows")), asked + 1)


if __name__ == "__main__":
    case.main()
