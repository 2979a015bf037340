#!/usr/bin/env python3
"""`lode config` and `lode secrets`: where settings stand, and secrets that are written where nobody else reads them."""

import http.server
import json
import os
import pty
import signal
import stat
import subprocess
import threading
import time

import case
from case import EXIT_FAILED, EXIT_USAGE, CliCase

KEY = "sk_live_0123456789abcdef"
SHOP = """
local lode = require "lode"
local settings = lode.config.read {
  section = "sources.shop",
  fields = {
    { "api_key", "secret", required = true, doc = "from the settings page" },
    { "webhook_secret", "secret" },
    { "page_size", "integer", default = 100, doc = "rows of a page" },
    { "base_url", required = true },
  },
}
local token = lode.secret "sources.github.token"
print(settings.base_url .. tostring(token))
lode.pipeline { name = "shop", destination = "sqlite", dataset = "x" }
  :run(lode.resource { name = "rows", data = { { id = 1 } } })
"""


class Config(CliCase):
    def secrets(self, text, mode=0o600):
        path = self.file(".dlt/secrets.toml", text)
        path.chmod(mode)
        return path

    def test_show_masks_secrets_and_says_where_settings_come_from(self):
        self.secrets(f'[sources.stripe]\napi_key = "{KEY}"\n[destination.pg]\ncredentials = "postgresql://u:pw@h/db"\n')
        self.file(".dlt/config.toml", "[sources.stripe]\npage_size = 100\n")
        out = self.ok("config", env={"SOURCES__STRIPE__PAGE_SIZE": "7"}).out
        self.assertEqual(
            out,
            "[destination.pg]\n"
            "  credentials  postgresql://u:***@h/db  secrets.toml\n"
            "\n"
            "[sources.stripe]\n"
            "  api_key    sk_live_***************  secrets.toml\n"
            "  page_size  7                        environment SOURCES__STRIPE__PAGE_SIZE, hides config.toml\n"
            "\n"
            f"read  {self.folder.resolve()}/.dlt/secrets.toml\n"
            f"read  {self.folder.resolve()}/.dlt/config.toml\n",
        )

    def test_show_as_json(self):
        self.secrets(f'[sources.stripe]\napi_key = "{KEY}"\n')
        answer = self.ok("config", "show", "--json").json()
        (setting,) = answer["settings"]
        self.assertEqual(setting["key"], "sources.stripe.api_key")
        self.assertEqual(setting["value"], "sk_live_***************")
        self.assertNotIn(KEY, json.dumps(answer))

    def test_show_where_nothing_is(self):
        self.assertIn("nothing is configured", self.ok("config").out)

    def test_get(self):
        self.secrets(f'[sources.stripe]\napi_key = "{KEY}"\n')
        self.file(".dlt/config.toml", "[sources.stripe]\npage_size = 100\n")
        self.assertEqual(self.ok("config", "get", "sources.stripe.api_key").out, "sk_live_***************\n")
        self.assertEqual(self.ok("config", "get", "sources.stripe.api_key", "--reveal").out, KEY + "\n")
        self.assertEqual(self.ok("config", "get", "sources.stripe.page_size").out, "100\n")
        self.fails(EXIT_FAILED, "config", "get", "sources.stripe.none", says=["SOURCES__STRIPE__NONE", "config.toml"])

    def test_explain_lists_every_place_in_order_with_the_spelling_to_use_there(self):
        self.secrets(f'api_key = "far"\n[sources.shop]\napi_key = "{KEY}"\n')
        out = self.ok("config", "explain", "api_key", "--section", "sources.shop").out
        self.assertEqual(
            out,
            "api_key, a secret, as a source asks that has the section sources.shop\n"
            "  1  environment   SOURCES__SHOP__API_KEY       -\n"
            "  2  environment   SOURCES__API_KEY             -\n"
            "  3  environment   API_KEY                      -\n"
            "  4  secrets.toml  [sources.shop]  api_key = …  sk_live_***************  <- this one\n"
            "  5  secrets.toml  [sources]  api_key = …       -\n"
            "  6  secrets.toml  api_key = …                  ***************  (comes later)\n"
            "  7  environment   SHARED__API_KEY              -\n"
            "  8  secrets.toml  [shared]  api_key = …        -\n"
            f"from {self.folder.resolve()}/.dlt/secrets.toml\n",
        )
        steps = self.ok("config", "explain", "api_key", "--section", "sources.shop", "--json").json()["steps"]
        self.assertEqual([s["state"] for s in steps if s["state"] != "absent"], ["wins", "behind"])

    def test_explain_asks_as_the_engine_does(self):
        out = self.ok("config", "explain", "load.retry_delay_s").out
        self.assertIn("as the engine asks", out)
        self.assertIn("LOAD__RETRY_DELAY_S", out)
        self.assertIn("found nowhere", out)

    def test_explain_says_that_a_secret_is_in_the_wrong_file(self):
        self.file(".dlt/config.toml", '[sources.shop]\napi_key = "hunter2"\n')
        out = self.ok("config", "explain", "sources.shop.api_key").out
        self.assertIn("must not hold secrets", out)
        self.assertNotIn("hunter2", out)

    def test_check(self):
        self.secrets(f'[sources.shop]\napi_key = "{KEY}"\n', 0o644)
        self.file(".dlt/config.toml", "[load]\nretry_dely_s = 1\n[sources.shop]\npassword = 'hunter2'\n")
        answer = self.lode("config", "check")
        self.assertEqual(answer.code, EXIT_FAILED, answer)
        self.assertIn("chmod 600", answer.out)
        self.assertIn("did you mean 'retry_delay_s'?", answer.out)
        self.assertIn("'sources.shop.password' is a secret", answer.out)
        self.assertNotIn("hunter2", answer.out + answer.err)
        self.assertIn("1 error in the configuration", answer.err)
        findings = json.loads(self.lode("config", "check", "--json").out.splitlines()[0])["findings"]
        self.assertEqual(sorted(f["weight"] for f in findings), ["error", "warning", "warning"])

    def test_check_finds_files_that_git_keeps(self):
        self.secrets("a = 1\n")
        git = {"GIT_CONFIG_GLOBAL": "/dev/null", "HOME": str(self.folder), "PATH": os.environ["PATH"]}
        try:
            subprocess.run(["git", "init", "-q"], cwd=self.folder, env=git, check=True)
        except FileNotFoundError:
            self.skipTest("there is no git")
        answer = self.ok("config", "check")
        self.assertIn("no line of a .gitignore keeps it out of git", answer.out)
        for version in ("2", "4"):
            subprocess.run(["git", "add", "-f", ".dlt/secrets.toml"], cwd=self.folder, env=git, check=True)
            subprocess.run(["git", "update-index", "--index-version", version], cwd=self.folder, env=git, check=True)
            answer = self.lode("config", "check")
            self.assertEqual(answer.code, EXIT_FAILED, answer)
            self.assertIn("tracked by git", answer.out)
        subprocess.run(["git", "rm", "-q", "--cached", ".dlt/secrets.toml"], cwd=self.folder, env=git, check=True)
        self.file(".gitignore", "secrets.toml\n")
        self.assertEqual(self.ok("config", "check").out, "nothing to complain about\n")

    def test_check_of_a_script_says_what_it_misses_and_what_it_never_asks(self):
        self.file("shop.lua", SHOP)
        self.secrets('[sources.shop]\napi_key = "k"\napi_kye = "x"\n')
        self.file(".dlt/config.toml", '[sources.shop]\npage_szie = 5\nbase_url = "https://x"\n')
        answer = self.lode("config", "check", "shop.lua")
        self.assertEqual(answer.code, EXIT_FAILED, answer)
        self.assertIn("no value for secret 'sources.github.token'", answer.out)
        self.assertIn("lode secrets set sources.github.token", answer.out)
        self.assertIn("did you mean 'page_size'?", answer.out)
        self.assertIn("did you mean 'api_key'?", answer.out)
        self.assertNotIn("https://x***", answer.out)  # what the script prints
        self.assertFalse(list(self.folder.glob("*.db")))

    def test_check_of_a_script_knows_that_generators_ask_later(self):
        self.file(
            "late.lua",
            'local lode = require "lode"\nlode.resource { name = "r", data = function()\n'
            '  coroutine.yield { n = #lode.secret "sources.late.api_key" }\nend }\n',
        )
        self.secrets('[sources.late]\napi_key = "k"\nunused = 1\n')
        out = self.ok("config", "check", "late.lua").out
        self.assertNotIn("api_key'", out)
        self.assertIn("nobody reads 'sources.late.unused'", out)

    def test_check_of_a_script_that_stops(self):
        self.file("shop.lua", "error 'oops'")
        answer = self.lode("config", "check", "shop.lua")
        self.assertEqual(answer.code, EXIT_FAILED, answer)
        self.assertIn("the script stops: shop.lua:1: oops", answer.out)
        self.fails(EXIT_USAGE, "config", "check", "none.lua", says="none.lua")

    def test_malformed_toml_is_named_by_line_and_column(self):
        self.secrets("[a]\nb = hunter2\n")
        answer = self.fails(EXIT_FAILED, "config", "show", says=["secrets.toml:2:", "not valid TOML"])
        self.assertNotIn("hunter2", answer.err)

    def test_profile(self):
        self.file(".dlt/config.toml", "[load]\nretry_delay_s = 1\n")
        self.file(".dlt/prod.config.toml", "[load]\nretry_delay_s = 9\n")
        self.assertEqual(self.ok("config", "get", "load.retry_delay_s").out, "1\n")
        self.assertEqual(self.ok("config", "get", "load.retry_delay_s", "--profile", "prod").out, "9\n")
        self.fails(EXIT_FAILED, "config", "show", "--profile", "../x", says="no name of a profile")

    def test_words_that_do_not_fit(self):
        self.fails(EXIT_USAGE, "config", "get", says="a key is missing")
        self.fails(EXIT_USAGE, "config", "show", "x", says="one word too many")
        self.fails(EXIT_USAGE, "config", "expalin", "x", says="did you mean 'explain'?")
        self.fails(EXIT_USAGE, "config", "check", "--reveal", says="--reveal is of get")
        self.fails(EXIT_USAGE, "config", "get", "..", says="must have a name in it")


class Secrets(CliCase):
    def file_mode(self, name):
        return stat.S_IMODE((self.folder / name).stat().st_mode)

    def test_set_makes_a_file_for_its_owner_alone(self):
        answer = self.ok("secrets", "set", "sources.shop.api_key", stdin=KEY.encode() + b"\n")
        self.assertEqual(answer.out, f"sources.shop.api_key: written to {self.folder.resolve()}/.lode/secrets.toml\n")
        self.assertEqual((self.folder / ".lode/secrets.toml").read_text(), f'[sources.shop]\napi_key = "{KEY}"\n')
        self.assertEqual(self.file_mode(".lode/secrets.toml"), 0o600)
        self.assertEqual(self.file_mode(".lode"), 0o700)
        self.assertEqual(self.ok("config", "get", "sources.shop.api_key", "--reveal").out, KEY + "\n")

    def test_set_keeps_comments_and_order(self):
        path = self.file(".dlt/secrets.toml", "# mine\n[b]\nk = 'old' # why\n\n[a]\nx = 1\n")
        path.chmod(0o644)
        self.ok("secrets", "set", "b.k", stdin=b'n"ew')
        self.ok("secrets", "set", "b.two", stdin=b"line 1\nline 2\n")
        self.assertEqual(
            path.read_text(), '# mine\n[b]\nk = "n\\"ew" # why\ntwo = "line 1\\nline 2"\n\n[a]\nx = 1\n'
        )
        self.assertEqual(self.file_mode(".dlt/secrets.toml"), 0o600)

    def test_set_on_a_terminal_shows_nothing_of_what_is_typed(self):
        control, terminal = pty.openpty()
        process = self.start("secrets", "set", "a.b", stdin=terminal, stdout=terminal, stderr=terminal)
        shown = b""
        while b"a.b: " not in shown:
            shown += os.read(control, 1000)
        os.write(control, b"hunter2\n")
        self.assertEqual(process.wait(case.TIMEOUT_S), 0)
        os.close(terminal)
        try:
            while piece := os.read(control, 1000):
                shown += piece
        except OSError:
            pass
        os.close(control)
        self.assertNotIn(b"hunter2", shown)
        self.assertIn(b"a.b: written to", shown)
        self.assertEqual((self.folder / ".lode/secrets.toml").read_text(), '[a]\nb = "hunter2"\n')

    def test_a_terminal_shows_again_after_ctrl_c(self):
        import termios  # pylint: disable=import-outside-toplevel

        control, terminal = pty.openpty()
        process = self.start("secrets", "set", "a.b", stdin=terminal, stdout=terminal, stderr=terminal)
        shown = b""
        while b"a.b: " not in shown:
            shown += os.read(control, 1000)
        for _ in range(1000):
            if not termios.tcgetattr(terminal)[3] & termios.ECHO:
                break
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(case.TIMEOUT_S), -signal.SIGINT)
        self.assertTrue(termios.tcgetattr(terminal)[3] & termios.ECHO)
        os.close(terminal)
        os.close(control)
        self.assertFalse((self.folder / ".lode").exists())

    def test_declared_settings_may_follow_the_command(self):
        self.file("shop.lua", """
            local settings = require("lode").config.read { section = "sources.shop", args = true, fields = {
              { "api_key", "secret" }, { "size", "integer", default = 100 }, { "region", required = true },
              { "mode", one_of = { "fast", "slow" }, default = "fast" } } }
            print(settings.size + 1, settings.region, settings.mode, settings.api_key)
        """)
        self.file(".lode/config.toml", '[sources.shop]\nsize = 7\nregion = "eu"\n')
        self.assertEqual(self.ok("run", "shop.lua").out, "8\teu\tfast\tnil\n")
        answer = self.ok("run", "shop.lua", "--", "size=9", "region=us", "mode=slow")
        self.assertEqual(answer.out, "10\tus\tslow\tnil\n")
        for word, says in (("size=big", "argument 'size' must be a whole number, not 'big'"),
                           ("size=1.5", "must be a whole number"), ("regoin=us", "did you mean 'region'?"),
                           ("mode=fats", "did you mean 'fast'?"), ("api_key=k", "unknown argument 'api_key'")):
            self.assertIn(says, self.lode("run", "shop.lua", "--", word).err)

    def test_rotate_needs_a_secret_that_is_there_and_a_new_one(self):
        self.fails(EXIT_FAILED, "secrets", "rotate", "a.b", stdin=b"new", says="there is no 'a.b'")
        self.ok("secrets", "set", "a.b", stdin=b"old")
        self.fails(EXIT_FAILED, "secrets", "rotate", "a.c", stdin=b"new", says="there is no 'a.c'")
        self.fails(EXIT_USAGE, "secrets", "rotate", "a.b", stdin=b"old", says="has this value already")
        self.assertIn("revoke the old one", self.ok("secrets", "rotate", "a.b", stdin=b"new").out)
        self.assertEqual((self.folder / ".lode/secrets.toml").read_text(), '[a]\nb = "new"\n')

    def test_rm(self):
        self.file(".dlt/secrets.toml", "[a]\nb = 1 # one\nc = 2\n")
        self.ok("secrets", "rm", "a.b")
        self.assertEqual((self.folder / ".dlt/secrets.toml").read_text(), "[a]\nc = 2\n")
        self.fails(EXIT_FAILED, "secrets", "rm", "a.b", says="there is no 'a.b'")
        self.fails(EXIT_FAILED, "secrets", "rm", "a", says=["'a' is a section", "its keys: c"])

    def test_a_variable_that_comes_first_is_told(self):
        answer = self.ok("secrets", "set", "a.b", stdin=b"x", env={"A__B": "y"})
        self.assertIn("but A__B is set, and comes first", answer.out)

    def test_links_are_not_followed(self):
        victim = self.file("victim.toml", "keep = 1\n")
        (self.folder / ".dlt").mkdir()
        (self.folder / ".dlt/secrets.toml").symlink_to(victim)
        answer = self.fails(EXIT_FAILED, "secrets", "set", "a.b", stdin=b"hunter2", says="symbolic link")
        self.assertNotIn("hunter2", answer.err)
        self.assertEqual(victim.read_text(), "keep = 1\n")

    def test_a_file_that_is_no_toml_is_left_alone(self):
        path = self.file(".dlt/secrets.toml", "a = hunter2\n")
        path.chmod(0o600)
        answer = self.fails(EXIT_FAILED, "secrets", "set", "b.c", stdin=b"x", says="secrets.toml:1:")
        self.assertNotIn("hunter2", answer.err)
        self.assertEqual(path.read_text(), "a = hunter2\n")

    def test_words_that_do_not_fit(self):
        self.fails(EXIT_USAGE, "secrets", says="an operation is missing")
        self.fails(EXIT_USAGE, "secrets", "set", says="a key is missing")
        self.fails(EXIT_USAGE, "secrets", "set", "a.b", stdin=b"\n", says="the secret is empty")
        self.fails(EXIT_USAGE, "secrets", "set", "a.b", stdin=b"\xff", says="not UTF-8")
        answer = self.fails(EXIT_USAGE, "secrets", "set", "a.b", "hunter2", says="on a command line, others see it")
        self.assertNotIn("hunter2", answer.err)

    def test_template_has_what_the_script_needs(self):
        self.file("shop.lua", SHOP)
        out = self.ok("secrets", "template", "shop.lua").out
        self.assertEqual(
            out,
            "# The secrets of shop.lua. Fill in, save as .lode/secrets.toml, chmod 600, and keep it out of git.\n"
            "\n"
            "[sources.shop]\n"
            'api_key = "<configure me>"  # from the settings page\n'
            '# webhook_secret = "<configure me>"  # optional\n'
            "\n"
            "[sources.github]\n"
            'token = "<configure me>"\n'
            "\n"
            "# Its settings, for config.toml:\n"
            "#\n"
            "# [sources.shop]\n"
            "# page_size = 100  # rows of a page\n"
            '# base_url = "<configure me>"\n',
        )
        (self.folder / ".lode").mkdir()
        path = self.file(".lode/secrets.toml", out)
        path.chmod(0o600)
        self.fails(EXIT_FAILED, "run", "shop.lua", says=["placeholder", "'sources.shop.api_key'"])


class Audit(CliCase):
    def test_every_secret_that_is_asked_for_is_in_the_audit_file(self):
        self.file("shop.lua", SHOP)
        self.file(".dlt/config.toml", '[runtime]\naudit_file = "audit.jsonl"\n[sources.shop]\nbase_url = "x"\n')
        self.file(".dlt/secrets.toml", '[sources.shop]\napi_key = "hunter2"\n').chmod(0o600)
        self.ok("run", "shop.lua", "--destination", "sqlite:///s.db", env={"SOURCES__GITHUB__TOKEN": "hunter2"})
        text = (self.folder / "audit.jsonl").read_text()
        self.assertNotIn("hunter2", text)
        lines = [json.loads(line) for line in text.splitlines()]
        by_key = {line["key"]: line for line in lines}
        self.assertEqual(by_key["sources.shop.api_key"]["provider"], "secrets.toml")
        self.assertEqual(by_key["sources.shop.api_key"]["length"], 7)
        self.assertEqual(by_key["sources.shop.api_key"]["script"], "shop.lua")
        self.assertEqual(by_key["sources.github.token"]["place"], "SOURCES__GITHUB__TOKEN")
        self.assertEqual(by_key["sources.shop.webhook_secret"]["present"], False)


class Reading(CliCase):
    """What a run reads: .env files, variables in TOML, permissions."""

    def run_with(self, script, **more):
        self.file("x.lua", 'local lode = require "lode"\n' + script)
        return self.lode("run", "x.lua", **more)

    def test_dotenv_and_variables(self):
        self.file(".env", "STRIPE_API_KEY=sk_live_xxx\nSOURCES__SHOP__PAGE_SIZE=5\n")
        self.file(".dlt/secrets.toml", '[sources.stripe]\nstripe_secret_key = "${STRIPE_API_KEY}"\n').chmod(0o600)
        answer = self.run_with(
            'print(#lode.secret "sources.stripe.stripe_secret_key", lode.config "sources.shop.page_size" + 1)'
        )
        self.assertEqual((answer.code, answer.out), (0, "11\t6\n"), answer)

    def test_a_file_that_others_may_read_is_a_warning(self):
        self.file(".dlt/secrets.toml", "a = 1\n").chmod(0o644)
        answer = self.run_with("print(1)")
        self.assertEqual(answer.code, 0, answer)
        self.assertIn("can be read by other users", answer.err)
        self.assertIn("chmod 600", answer.err)


class DestinationOptions(CliCase):
    SCRIPT = """
local lode = require "lode"
lode.pipeline { name = "shop", destination = "%s", dataset = "x" }
  :run(lode.resource { name = "rows", data = { { id = 1 } } })
"""

    def test_a_destination_with_a_name_of_its_own(self):
        self.file("x.lua", self.SCRIPT % "warehouse")
        self.file(".dlt/config.toml", "[destination.warehouse]\ndestination_type = 'sqlite'\n")
        secrets = self.file(".dlt/secrets.toml", "[destination.warehouse]\ncredentials = 'sqlite:///named.db'\n")
        secrets.chmod(0o600)
        self.ok("run", "x.lua")
        self.assertEqual(self.rows("rows", "id"), [(1,)])
        self.assertTrue((self.folder / "named__x.db").exists())
        self.assertIn("warehouse", self.ok("pipeline", "shop", "state").out)  # dlt finds it by that, too
        # Commands without the script find it where the configuration says now.
        (self.folder / "named__x.db").rename(self.folder / "moved__x.db")
        secrets.write_text("[destination.warehouse]\ncredentials = 'sqlite:///moved.db'\n")
        self.assertEqual(self.ok("sql", "shop", "select count(*) n from rows", "--format", "csv").out, "n\n1\n")

    def test_options_reach_the_destination(self):
        self.file("x.lua", self.SCRIPT % "sqlite:///s.db")
        self.file(".dlt/config.toml", "[destination.sqlite]\nreplace_strategy = 'nope'\n")
        self.fails(EXIT_FAILED, "run", "x.lua", says=["replace_strategy", "nope"])
        self.ok("run", "x.lua", env={"DESTINATION__SQLITE__REPLACE_STRATEGY": "insert-from-staging"})


class VaultsThatWait(CliCase):
    """A vault that answers only when the other half of the script has gone on."""

    SCRIPT = """
local lode = require "lode"
local http = require "lode.http"
local function asking()
  local token = lode.secret "sources.shop.token"
  coroutine.yield { { id = 1, length = #token } }
end
local function going()
  http.client { base_url = lode.args { url = { required = true } }.url }:get "go"
  coroutine.yield { { id = 2, length = 0 } }
end
lode.pipeline { name = "shop", destination = "sqlite:///shop.db", dataset = "x" }:run {
  lode.resource { name = "a", data = asking }, lode.resource { name = "b", data = going },
}
"""

    def setUp(self):
        super().setUp()
        self.went = went = threading.Event()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):  # noqa: N802  (the name is http.server's)
                body, status = b"{}", 200
                if self.path == "/go":
                    went.set()
                elif self.path.endswith("/lookup-self"):
                    body = b'{"data": {"ttl": 0, "renewable": false}}'
                elif "/mounts/" in self.path:
                    body = b'{"data": {"path": "secret/", "type": "kv", "options": {"version": "2"}}}'
                elif "shop" not in self.path:
                    status = 404
                elif went.wait(8):
                    body = b'{"data": {"data": {"token": "hunter2"}}}'
                else:
                    status = 500
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.url = f"http://127.0.0.1:{server.server_port}"
        self.file("x.lua", self.SCRIPT)

    def run_it(self, **env):
        env.update(VAULT_ADDR=self.url, VAULT_TOKEN="root")
        self.ok("run", "x.lua", "--", f"url={self.url}", env=env)
        self.assertEqual(self.query("SELECT length FROM a UNION ALL SELECT length FROM b"), [(7,), (0,)])
        self.assertTrue(self.went.is_set())

    def test_a_reference_holds_up_nobody_else(self):
        self.run_it(SOURCES__SHOP__TOKEN="vault://secret/shop#token")

    def test_a_vault_that_is_switched_on_holds_up_nobody_else(self):
        self.run_it(PROVIDERS__ENABLE_HASHICORP_VAULT="true")


if __name__ == "__main__":
    case.main()
