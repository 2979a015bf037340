#!/usr/bin/env python3
"""`lode source`: sources that are added by answering questions, against stand-ins of their servers."""

import os
import pathlib
import pty
import stat
import sys

import case
from case import EXIT_FAILED, EXIT_TEMPORARY, EXIT_USAGE, CliCase

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "pipelines"))
from stand_ins import Stripe  # noqa: E402  pylint: disable=import-error,wrong-import-position

SCRIPT = """-- A shop into tables
-- Run:  lode run elsewhere
local lode = require "lode"
local name = "shop"
local settings = lode.config.read {
  section = "sources." .. name,
  fields = {
    { "api_key", "secret", required = true, doc = "from the shop's settings page" },
    { "size", "integer", required = true },
    { "ratio", "number", default = 0.5 },
    { "fast", "boolean", default = false },
  },
}
local pipeline = lode.pipeline { name = name, destination = "sqlite:///shop.db", dataset = "shop" }
pipeline:run(lode.resource { name = "orders", data = function()
  assert(settings.api_key:reveal() == "hunter2", "the shop does not know this key")
  coroutine.yield { { id = 1, size = settings.size, fast = settings.fast } }
end })
"""


class Terminal:
    """A terminal with the program in it: what it shows, and somebody who types. A context manager."""

    def __init__(self, test, *words):
        self.test, self.words, self.shown = test, words, ""

    def __enter__(self):
        self.control, terminal = pty.openpty()
        self.process = self.test.start(*self.words, stdin=terminal, stdout=terminal, stderr=terminal)
        os.close(terminal)
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        os.close(self.control)

    def read(self):
        try:
            piece = os.read(self.control, 1000).decode(errors="replace")
        except OSError:  # the program has ended
            piece = ""
        self.shown += piece
        return piece

    def answers(self, prompt, text):
        while prompt not in self.shown:
            assert self.read(), f"'{prompt}' did not come: {self.shown}"
        self.shown = self.shown.split(prompt, 1)[1]
        os.write(self.control, (text + "\n").encode())

    def ends(self):
        """The exit code, and all that was shown since the last answer."""
        while self.read():
            pass
        return self.process.wait(case.TIMEOUT_S)


class SourceCase(CliCase):
    def setUp(self):
        super().setUp()
        stand_in = Stripe()
        stand_in.__enter__()
        stand_in.port = stand_in.server.server_port
        self.addCleanup(stand_in.__exit__)
        self.stripe = stand_in
        self.base_url = f"{stand_in.url}/v1"
        self.stdin = stand_in.token.encode()

    def added(self):
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*")
                      if path.is_file() and "home" not in path.parts)  # fmt: skip

    def read(self, name):
        return (self.folder / name).read_text()

    def test_types(self):
        answer = self.ok("source", "types").out
        for name in ("rest", "github", "stripe"):
            self.assertIn(f"{name} ", answer)
        self.assertEqual([entry["name"] for entry in self.ok("source", "types", "--json").json()["types"]],
                         ["rest", "github", "stripe"])  # fmt: skip

    def test_a_source_is_added_and_runs_without_an_argument(self):
        answer = self.ok("source", "add", "stripe", "billing", "--stdin", "api_key", "--set",
                         f"base_url={self.base_url}", "--set", "limit=3", stdin=self.stdin)  # fmt: skip
        self.assertIn("it answers: customers, subscriptions, invoices, charges, products, prices", answer.out)
        self.assertIn("next:  lode run billing.lua", answer.out)
        self.assertEqual(self.added(), [".lode/.gitignore", ".lode/config.toml", ".lode/secrets.toml", "billing.lua"])
        self.assertEqual(self.read(".lode/config.toml"),
                         f'[sources.billing]\nbase_url = "{self.base_url}"\nlimit = 3\n')  # fmt: skip
        self.assertEqual(self.read(".lode/secrets.toml"), f'[sources.billing]\napi_key = "{self.stripe.token}"\n')
        self.assertEqual(stat.S_IMODE((self.folder / ".lode/secrets.toml").stat().st_mode), 0o600)
        script = self.read("billing.lua")
        self.assertIn('local name = "billing"', script)
        self.assertIn("lode run billing.lua", script)
        self.assertNotIn("[sources.stripe]", script)
        self.ok("run", "billing.lua")
        self.assertEqual(self.rows("customers", "id"),
                         [(row["id"],) for row in sorted(self.stripe.rows(1)["customers"], key=lambda row: row["id"])])

    def test_what_a_server_refuses_is_not_added(self):
        answer = self.fails(EXIT_FAILED, "source", "add", "stripe", "billing", "--stdin", "api_key", "--set",
                            f"base_url={self.base_url}", stdin=b"wrong-key-4711",
                            says=["401", "nothing was written", "--no-test"])  # fmt: skip
        self.assertNotIn("wrong-key-4711", answer.err)
        self.assertEqual(self.added(), [])
        answer = self.fails(EXIT_TEMPORARY, "source", "add", "stripe", "billing", "--stdin", "api_key", "--set",
                            "base_url=http://127.0.0.1:9", stdin=b"k", says="cannot connect")  # fmt: skip
        self.assertNotIn("trying again", answer.err)
        self.ok("source", "add", "stripe", "billing", "--stdin", "api_key", "--no-test", stdin=b"k")
        self.assertIn("billing.lua", self.added())

    def test_what_is_there_already_is_used_and_stays(self):
        self.file(".dlt/secrets.toml", f'# mine\n[sources.billing]\napi_key = "{self.stripe.token}" # why\n')
        os.chmod(self.folder / ".dlt/secrets.toml", 0o600)
        self.file(".dlt/config.toml", f'# yours\n[sources.billing]\nbase_url = "{self.base_url}" # where\n')
        before = self.read(".dlt/secrets.toml")
        answer = self.ok("source", "add", "stripe", "billing", "--set", "limit=3", "--json").json()
        self.assertEqual(answer["file"], "billing.lua")
        self.assertEqual([entry["key"] for entry in answer["written"]], ["sources.billing.limit"])
        self.assertEqual(self.read(".dlt/secrets.toml"), before)
        self.assertEqual(self.read(".dlt/config.toml"),
                         f'# yours\n[sources.billing]\nbase_url = "{self.base_url}" # where\nlimit = 3\n')  # fmt: skip

    def test_somebody_answers(self):
        self.file("shop/init.lua", SCRIPT)
        with Terminal(self, "source", "add", "shop/init.lua", "tenant_a", "--output", "a.lua") as terminal:
            terminal.answers("api_key (from the shop's settings page; not shown): ", "hunter2")
            terminal.answers("size: ", "")
            terminal.answers("size: ", "12")
            self.assertEqual(terminal.ends(), 0, terminal.shown)
        self.assertNotIn("hunter2", terminal.shown)
        self.assertIn("it answers: orders", terminal.shown)
        self.assertEqual(self.read(".lode/config.toml"), "[sources.tenant_a]\nsize = 12\n")
        self.assertEqual(self.read(".lode/secrets.toml"), '[sources.tenant_a]\napi_key = "hunter2"\n')
        self.ok("run", "a.lua")
        self.assertEqual(self.rows("orders", "id", "size"), [(1, 12)])

    def test_somebody_who_ends_the_input_is_not_asked_again(self):
        self.file("shop.lua", SCRIPT)
        with Terminal(self, "source", "add", "./shop.lua", "tenant") as terminal:
            terminal.answers("not shown): ", "\x04")
            self.assertEqual(terminal.ends(), EXIT_USAGE, terminal.shown)
        self.assertIn("no answer", terminal.shown)
        self.assertEqual(self.added(), ["shop.lua"])

    def test_a_test_that_fails_need_not_be_the_end(self):
        self.file("shop.lua", SCRIPT)
        for word, code, files in (("n", EXIT_FAILED, []), ("y", 0, ["config.toml", "secrets.toml"])):
            with Terminal(self, "source", "add", "./shop.lua", "tenant", "--set", "size=1") as terminal:
                terminal.answers("not shown): ", "wrong")
                terminal.answers("write it all the same? [y/N] ", word)
                self.assertEqual(terminal.ends(), code, terminal.shown)
            self.assertEqual(sorted(path.name for path in self.folder.glob(".lode/*.toml")), files)

    def test_rest_is_written_from_an_answer(self):
        answer = self.ok("source", "add", "rest", "shop", "--stdin", "token", "--set",
                         f"url={self.base_url}/customers", stdin=self.stdin)  # fmt: skip
        self.assertIn("wrote sources.shop.token", answer.out)
        self.assertEqual(self.added(), [".lode/.gitignore", ".lode/secrets.toml", "shop.lua"])
        self.ok("check", "shop.lua")
        self.fails(EXIT_FAILED, "source", "add", "rest", "other", "--set", f"url={self.base_url}/customers",
                   says=["refuses", "nothing was written"])  # fmt: skip

    def test_values_have_their_types(self):
        self.file("shop.lua", SCRIPT)
        words = ("source", "add", "./shop.lua", "tenant", "--stdin", "api_key")
        self.fails(EXIT_USAGE, *words, "--set", "size=big", stdin=b"hunter2",
                   says="'sources.tenant.size' cannot be 'big'; its type is integer")  # fmt: skip
        self.assertEqual(self.added(), ["shop.lua"])
        self.ok(*words, "--set", "size=0x10", "--set", "ratio=1.5", "--set", "fast=yes", stdin=b"hunter2")
        self.assertEqual(self.read(".lode/config.toml"), "[sources.tenant]\nsize = 16\nratio = 1.5\nfast = true\n")

    def test_who_has_to_sign_in_is_told_so(self):
        declared = SCRIPT.replace('"api_key", "secret", required = true, doc = "from the shop\'s settings page"',
                                  '"credentials", { "oauth2", "string" }, required = true')  # fmt: skip
        declared = declared.replace("settings.api_key:reveal()", "settings.credentials.refresh_token:reveal()")
        self.file("any.lua", declared)
        answer = self.ok("source", "add", "./any.lua", "crm", "--set", "size=1")
        self.assertIn("sign in:  lode auth crm", answer.out)
        self.assertEqual(self.read(".lode/config.toml"), "[sources.crm]\nsize = 1\n")
        self.file(".lode/secrets.toml", "[sources.shop.credentials]\nclient_id = 'a'\nclient_secret = 'b'\n"
                  "refresh_token = 'hunter2'\ntoken_url = 'https://login.example/token'\n")  # fmt: skip
        answer = self.ok("source", "add", "./any.lua", "shop", "--set", "size=1")
        self.assertIn("it answers: orders", answer.out)
        self.assertNotIn("sign in", answer.out)

    def test_wrong_words(self):
        for words, says in (
            (("add",), "a type and a name are missing"),
            (("add", "stripe"), "a name is missing"),
            (("add", "stripes", "x"), "did you mean 'stripe'?"),
            (("add", "stripe", "a b"), "no name of a source"),
            (("add", "stripe", "x", "--set", "limt=3"), "did you mean 'limit'?"),
            (("add", "stripe", "x", "--set", "limit"), "--set takes FIELD=VALUE"),
            (("add", "stripe", "x", "--set", "api_key=sk_live_1"), "others see it"),
            (("add", "stripe", "x", "--stdin", "limit"), "'limit' is no secret"),
            (("add", "stripe", "x", "--stdin", "api_key"), "standard input is empty"),
            (("add", "stripe", "x"), "lode secrets set sources.x.api_key"),
            (("add", "./none.lua", "x"), "none.lua"),
            (("add", "rest", "x"), "an address that answers with rows"),
        ):
            answer = self.fails(EXIT_USAGE, "source", *words, says=says)
            self.assertNotIn("sk_live_1", answer.err)
        self.file("plain.lua", 'local lode = require "lode"\n')
        self.fails(EXIT_USAGE, "source", "add", "./plain.lua", "x", says="has no line  local name")
        self.file("x.lua", "-- mine\n")
        self.fails(EXIT_FAILED, "source", "add", "stripe", "x", "--no-test", "--stdin", "api_key", stdin=b"k",
                   says="'x.lua' is there already")  # fmt: skip
        self.assertEqual(self.read("x.lua"), "-- mine\n")
        self.assertEqual(self.added(), ["plain.lua", "x.lua"])


if __name__ == "__main__":
    case.main()
