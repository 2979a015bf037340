#!/usr/bin/env python3
"""`lode preview`: what a load would make, and that it makes nothing."""

import contextlib
import http.server
import json
import os
import pty
import re
import sqlite3
import struct
import subprocess
import termios
import threading
import urllib.parse

import case
from case import EXIT_FAILED, EXIT_USAGE, CliCase

ORDERS = (
    '{"id": 1, "customer": {"name": "Ada"}, "total": 12.5, "at": "2024-03-01T10:00:00Z", '
    '"items": [{"sku": "A", "tags": ["x", "y"]}, {"sku": "B"}], "note": null}\n'
    '{"id": 2, "customer": {"name": "Grace"}, "total": "free", "items": []}\n'
)

SHOP = """
local lode = require "lode"
local args = lode.args { last = { default = 10 } }
local read = 0
local orders = lode.resource {
  name = "orders", primary_key = "id", write_disposition = "merge",
  data = function()
    for i = 1, args.last do
      read = i
      coroutine.yield { { id = i, lines = { { n = 1 }, { n = 2 } } } }
    end
  end,
}
local users = lode.resource { name = "users", data = lode.list { { id = 7, name = "Ada" } } }
local shop = lode.source { name = "shop", resources = { orders, users } }
local pipeline = lode.pipeline { name = "shop", destination = "sqlite:///shop.db", dataset = "main" }
local report = pipeline:run(shop)
print("pages of orders: " .. read)
"""

# A parent, a detail call for each of its rows, and a list of pages without an end.
REST = """
local lode = require "lode"
local http = require "lode.http"
local api = http.client { base_url = "%s" }
local pages = lode.resource {
  name = "pages",
  data = function()
    for page = 1, 1000 do coroutine.yield(api:get("list", { query = { page = page } }):json()) end
  end,
}
local details = lode.transformer {
  name = "details", data_from = pages,
  each = function(row) coroutine.yield(api:get("detail", { query = { id = row.id } }):json()) end,
}
lode.pipeline { name = "rest", destination = "sqlite:///rest.db" }:run { pages, details }
"""


class Api(http.server.BaseHTTPRequestHandler):
    """Answers pages of 100 rows for ever, and notes what was asked for."""

    requests = []

    def do_GET(self):  # pylint: disable=invalid-name
        Api.requests.append(self.path)
        query = urllib.parse.parse_qs(urllib.parse.urlparse(self.path).query)
        if self.path.startswith("/list"):
            first = 100 * (int(query["page"][0]) - 1)
            body = json.dumps([{"id": first + i} for i in range(100)])
        else:
            body = json.dumps({"id": int(query["id"][0]), "more": True})
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


class PreviewCase(CliCase):
    def tree(self):
        """Every file of the folder with its content."""
        return {
            str(path.relative_to(self.folder)): path.read_bytes() if path.is_file() else None
            for path in self.folder.rglob("*")
        }

    def preview(self, *words, **more):
        """A preview that must leave everything as it was."""
        before = self.tree()
        answer = self.ok("preview", *words, **more)
        self.assertEqual(self.tree(), before, "a preview leaves nothing behind")
        return answer

    def preview_json(self, *words, **more):
        outcome = self.preview(*words, "--json", **more).json()
        self.assertEqual((outcome["ok"], outcome["exit_code"]), (True, 0))
        return outcome["previews"]

    def preview_fails(self, code, *words, **more):
        before = self.tree()
        answer = self.fails(code, "preview", *words, **more)
        self.assertEqual(self.tree(), before)
        return answer


class Files(PreviewCase):
    def test_tables_columns_types_and_rows(self):
        self.file("orders.jsonl", ORDERS)
        (preview,) = self.preview_json("orders.jsonl", "--primary-key", "id")
        tables = {table["name"]: table for table in preview["tables"]}
        self.assertEqual(list(tables), ["orders", "orders__items", "orders__items__tags"])
        self.assertEqual([table["parent"] for table in tables.values()], [None, "orders", "orders__items"])
        self.assertEqual([table["rows"] for table in tables.values()], [2, 2, 2])
        columns = {column["name"]: column for column in tables["orders"]["columns"]}
        types = {name: column["data_type"] for name, column in columns.items() if not name.startswith("_dlt_")}
        self.assertEqual(
            types,
            {
                "id": "bigint",
                "customer__name": "text",
                "total": "double",
                "at": "timestamp",
                "total__v_text": "text",
            },
        )
        facts = ("nullable", "primary_key", "unique", "variant")
        self.assertEqual([columns["id"][fact] for fact in facts], [False, True, False, False])
        self.assertEqual([columns["total__v_text"][fact] for fact in facts], [True, False, False, True])
        self.assertEqual([columns["_dlt_id"][fact] for fact in facts], [False, False, True, False])
        first, second = tables["orders"]["first_rows"]
        self.assertEqual((first["id"], first["total"], first["total__v_text"]), (1, 12.5, None))
        self.assertEqual((second["id"], second["total"], second["total__v_text"]), (2, None, "free"))
        self.assertEqual(tables["orders__items"]["first_rows"][0]["_dlt_parent_id"], first["_dlt_id"])
        self.assertIsNone(preview["comparison"])

    def test_is_what_a_load_makes(self):
        self.file("orders.jsonl", ORDERS)
        (preview,) = self.preview_json("orders.jsonl")
        self.ok("load", "orders.jsonl", "--to", "sqlite:///out.db", "--dataset", "main")
        for table in preview["tables"]:
            made = [name for _, name, *_ in self.query(f"PRAGMA table_info({table['name']})")]
            self.assertEqual([column["name"] for column in table["columns"]], made)
            self.assertEqual(self.count(table["name"]), table["rows"])
        (schema,) = self.query("SELECT schema FROM _dlt_version")[0]
        stored = json.loads(schema)["tables"]
        for table in preview["tables"]:
            for column in table["columns"]:
                for name, value in stored[table["name"]]["columns"][column["name"]].items():
                    self.assertEqual(column.get(name), value, column)

    def test_for_people(self):
        self.file("orders.jsonl", ORDERS)
        out = self.preview("orders.jsonl", "--primary-key", "id").out
        expected = """\
orders  2 rows, append
      id   total  total__v_text  at                    customer__name
  bigint  double  text           timestamp             text
     key          variant
  ------  ------  -------------  --------------------  --------------
       1    12.5  null           2024-03-01 10:00:00Z  Ada
       2    null  free           null                  Grace

  orders__items  2 rows
    sku
    text
    ----
    A
    B

    orders__items__tags  2 rows
      value
      text
      -----
      x
      y

read all of orders, 2 rows
"""
        self.assertEqual(out[: len(expected)], expected)
        self.assertIn("column 'note' has no value", " ".join(out.split()))

    def test_fits_the_width(self):
        wide = {f"quite_a_long_name_{i}": "long values " * 20 for i in range(60)}
        wide["wide"] = "語" * 100
        self.file("wide.jsonl", json.dumps(wide) + "\n")
        for width in (20, 40, 80, 160):
            out = self.preview("wide.jsonl", env={"COLUMNS": str(width), "LC_ALL": "C.UTF-8"}).out
            for line in out.splitlines():
                shown = sum(2 if char == "語" else 1 for char in line)
                self.assertLessEqual(shown, width, line)
            self.assertIn("columns: ", out)
            self.assertIn("…", out)

    def test_terminal_gets_its_width_and_colours(self):
        self.file("orders.jsonl", ORDERS)
        reader, terminal = pty.openpty()
        self.addCleanup(os.close, reader)
        with contextlib.suppress(OSError):
            termios.tcsetwinsize(terminal, (30, 44))
        if not hasattr(termios, "tcsetwinsize"):
            import fcntl  # pylint: disable=import-outside-toplevel

            fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 44, 0, 0))
        env = {"TERM": "xterm", "LC_ALL": "C.UTF-8"}
        process = self.start("preview", "orders.jsonl", env=env, stdout=terminal, stderr=subprocess.DEVNULL)
        os.close(terminal)
        out = b""
        with contextlib.suppress(OSError):
            while chunk := os.read(reader, 65536):
                out += chunk
        self.assertEqual(process.wait(case.TIMEOUT_S), 0)
        text = out.decode()
        self.assertIn("\x1b[1morders\x1b[0m", text)
        plain = re.sub("\x1b\\[[0-9;]*m", "", text)
        self.assertLessEqual(max(len(line) for line in plain.splitlines()), 44)
        self.assertIn("+ 2 columns: at timestamp,", plain)

    def test_values_that_would_confuse(self):
        row = {"a": "", "b": "null", "c": "two\nlines\x1b[31m", "d": None, "e": " x"}
        self.file("odd.jsonl", json.dumps(row) + "\n")
        out = self.preview("odd.jsonl").out
        self.assertRegex(out, r'""\s+"null"\s+two lines\?\[31m\s+" x"')

    def test_limit_and_rows(self):
        self.file("many.jsonl", "".join(f'{{"n": {i}}}\n' for i in range(5000)))
        (preview,) = self.preview_json("many.jsonl")
        self.assertEqual(preview["tables"][0]["rows"], 1000)
        self.assertEqual(preview["resources"], [
            {"name": "many", "rows": 1000, "pages": 1, "requests": 0, "selected": True, "limited": True}
        ])
        self.assertEqual([row["n"] for row in preview["tables"][0]["first_rows"]], [0, 1, 2, 3, 4])
        (preview,) = self.preview_json("many.jsonl", "--limit", "7", "--rows", "2")
        self.assertEqual((preview["tables"][0]["rows"], len(preview["tables"][0]["first_rows"])), (7, 2))
        (preview,) = self.preview_json("many.jsonl", "--limit", "6000", "--rows", "0")
        self.assertEqual((preview["tables"][0]["rows"], preview["tables"][0]["first_rows"]), (5000, []))
        self.assertFalse(preview["resources"][0]["limited"])
        self.assertIn("read the first 1 000 rows of many; --limit N reads further", self.preview("many.jsonl").out)

    def test_takes_what_a_load_takes(self):
        data = b'{"data": {"items": [{"id": 1}, {"id": 2}]}}'
        words = ["-", "--format", "json", "--select", "data.items", "--table", "items", "--primary-key", "id"]
        words += ["--write-disposition", "merge", "--name", "mine", "--pipelines-dir", "work", "--progress", "none"]
        (preview,) = self.preview_json(*words, stdin=data)
        (table,) = preview["tables"]
        self.assertEqual((table["name"], table["rows"], table["write_disposition"]), ("items", 2, "merge"))

    def test_several_files(self):
        self.file("a.jsonl", '{"x": 1}\n')
        self.file("b.csv", "y\ntrue\n")
        (preview,) = self.preview_json("a.jsonl", "b.csv")
        self.assertEqual([table["name"] for table in preview["tables"]], ["a", "b"])

    def test_long_values_are_cut(self):
        self.file("long.jsonl", json.dumps({"text": "é" * 100_000}) + "\n")
        (preview,) = self.preview_json("long.jsonl")
        text = preview["tables"][0]["first_rows"][0]["text"]
        self.assertTrue(text.endswith("…") and 1000 < len(text) < 10_000, len(text))

    def test_nothing_in_it(self):
        self.file("empty.jsonl", "")
        self.assertEqual(self.preview("empty.jsonl").out, "no rows: a load would make no table\nempty has no rows\n")
        self.assertEqual(self.preview_json("empty.jsonl")[0]["tables"], [])

    # What is wrong

    def test_errors_are_those_of_a_load(self):
        self.file("bad.jsonl", '{"id": 1}\noops\n')
        self.file("data.bin", "x")
        self.preview_fails(EXIT_FAILED, "none.jsonl", says=["none.jsonl", "[file.not_found]"])
        answer = self.preview_fails(EXIT_FAILED, "bad.jsonl", says=["line 2", "[json.syntax]"])
        self.assertNotIn("kept:", answer.err)
        self.preview_fails(EXIT_USAGE, "data.bin", says="jsonl, json or csv")
        self.preview_fails(EXIT_USAGE, "-", says=["lode preview: standard input", "--format"])
        self.file("users.json", "[]")
        self.preview_fails(EXIT_USAGE, "users.json", "--select", "a[", says="[json.bad_path]")
        words = ["users.json", "--write-disposition", "merge"]
        self.preview_fails(EXIT_USAGE, *words, says=["lode preview: merge", "--primary-key"])

    def test_options_that_do_not_belong(self):
        self.file("a.jsonl", "{}\n")
        self.file("s.lua", "")
        for words, says in (
            (["a.jsonl", "--resource", "x"], "--resource is for scripts"),
            (["a.jsonl", "--", "x=1"], "what follows -- is for scripts"),
            (["a.jsonl", "--to", "sqlite:///x.db"], "--dataset is required"),
            (["a.jsonl", "--diff"], "--to URL --dataset NAME"),
            (["s.lua", "--table", "x"], "--table is for files"),
            (["s.lua", "a.jsonl"], "one word too many"),
        ):
            self.preview_fails(EXIT_USAGE, *words, says=[says, "[cli.usage]"])
        answer = self.lode("preview", "a.jsonl", "--diff", "--json")
        self.assertEqual((answer.code, answer.json()["previews"]), (EXIT_USAGE, []))
        self.assertEqual(answer.json()["error"]["code"], "cli.usage")


class Scripts(PreviewCase):
    def test_resources_stop_at_the_limit(self):
        self.file("shop.lua", SHOP)
        answer = self.preview("shop.lua", "--limit", "2")
        self.assertIn("shop  dataset main; a preview, nothing is loaded\n\norders  2 rows, merge\n", answer.out)
        self.assertIn("orders__lines  4 rows\n", answer.out)
        self.assertIn("pages of orders: 2\n", answer.out, "the generator is not resumed once there is enough")
        self.assertEqual(answer.err, "")

    def test_few_pages_without_a_limit(self):
        self.file("shop.lua", SHOP)
        self.assertIn("pages of orders: 3\n", self.preview("shop.lua").out)
        self.assertIn("pages of orders: 1\n", self.preview("shop.lua", "--", "last=1").out)
        self.assertIn("pages of orders: 5000\n", self.preview("shop.lua", "--limit", "9999", "--", "last=5000").out)

    def test_chosen_resource(self):
        self.file("shop.lua", SHOP)
        (preview,) = self.preview_json("shop.lua", "--resource", "users")
        self.assertEqual([table["name"] for table in preview["tables"]], ["users"])
        self.preview_fails(EXIT_USAGE, "shop.lua", "--resource", "usres", says="did you mean 'users'?")

    def test_several_runs(self):
        self.file("shop.lua", SHOP + "print(report, report.preview_only, report:rows 'users')\npipeline:run(users)\n")
        previews = self.preview_json("shop.lua")
        self.assertEqual([len(preview["tables"]) for preview in previews], [3, 1])
        out = self.preview("shop.lua").out
        self.assertIn("shop: a preview of 10 rows in 3 tables; nothing was loaded\ttrue\t1\n", out)
        self.assertEqual(out.count("shop  dataset main"), 2)

    def test_runs_itself_and_folder(self):
        self.file("shop", "#!/usr/bin/env -S lode run\n" + SHOP)
        self.assertIn("users  1 row, append", self.preview("shop").out)
        self.file("pipelines/shop/init.lua", SHOP)
        self.assertIn("users  1 row, append", self.preview("pipelines/shop").out)

    def test_without_a_run(self):
        self.file("none.lua", "local x = 1\n")
        self.assertEqual(self.preview("none.lua").out, "the script runs no pipeline\n")

    def test_errors(self):
        self.file("shop.lua", SHOP)
        self.preview_fails(EXIT_USAGE, "shpo.lua", says=["did you mean 'shop.lua'?", "[lua.no_script]"])
        self.file("nowhere.lua", SHOP.replace("sqlite:", "sqlit:"))
        self.preview_fails(EXIT_USAGE, "nowhere.lua", says=["did you mean 'sqlite'?", "[destination.unknown]"])
        self.file("bad.lua", SHOP.replace("{ id = i, lines", "{ id = i, lines = lines.x, l"))
        self.preview_fails(EXIT_FAILED, "bad.lua", says=["bad.lua:10", "resource 'orders'", "[lua.error]"])
        frozen = SHOP.replace('name = "users",', 'name = "users", schema_contract = { tables = "freeze" },')
        self.file("frozen.lua", frozen)
        self.preview_fails(EXIT_FAILED, "frozen.lua", says=["resource 'users'", "[schema.contract_violated]"])

    def test_first_run_shows_what_the_second_failed_to(self):
        self.file("shop.lua", SHOP + "error 'stop'\n")
        answer = self.lode("preview", "shop.lua")
        self.assertEqual(answer.code, EXIT_FAILED)
        self.assertIn("users  1 row, append", answer.out)
        self.assertIn("stop", answer.err)

    def test_few_requests(self):
        Api.requests = []
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Api)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.file("rest.lua", REST % f"http://127.0.0.1:{server.server_port}/")
        (preview,) = self.preview_json("rest.lua")
        tables = {table["name"]: table["rows"] for table in preview["tables"]}
        self.assertEqual(tables, {"pages": 300, "details": 10})
        lists = [path for path in Api.requests if path.startswith("/list")]
        self.assertEqual((len(lists), len(Api.requests)), (3, 13))
        out = self.preview("rest.lua", "--resource", "details").out
        self.assertRegex(out, r"details  10 rows(?s:.*)read pages for others(?s:.*)read the first 10 rows of details")


class Comparison(PreviewCase):
    AT = ("--to", "sqlite:///out.db", "--dataset", "main")

    def comparison(self, *words):
        (preview,) = self.preview_json(*words, *self.AT)
        return preview["comparison"]

    def test_database_that_is_not_there(self):
        self.file("orders.jsonl", ORDERS)
        comparison = self.comparison("orders.jsonl")
        self.assertEqual(comparison["destination"], "sqlite:///out.db")
        self.assertEqual([table["change"] for table in comparison["tables"]], ["new"] * 3)
        self.apply_and_load(comparison)

    def apply_and_load(self, comparison):
        """The statements are those that a load runs: after them it has nothing left to do."""
        with contextlib.closing(sqlite3.connect(self.folder / "copy.db")) as copy:
            if (self.folder / "out.db").exists():
                with contextlib.closing(sqlite3.connect(self.folder / "out.db")) as there:
                    there.backup(copy)
            for statement in comparison["statements"]:
                copy.execute(statement["sql"])
            copy.commit()
            tables = "SELECT name, sql FROM sqlite_master WHERE type = 'table' ORDER BY name"
            planned = copy.execute(tables).fetchall()
        (self.folder / "copy.db").unlink()
        self.ok("load", "orders.jsonl", *self.AT)
        self.assertEqual(self.query(tables), planned)

    def test_new_columns_and_tables(self):
        self.file("orders.jsonl", ORDERS)
        self.ok("load", "orders.jsonl", *self.AT)
        self.file("orders.jsonl", ORDERS + '{"id": "three", "coupon": "X", "items": [], "notes": ["n"]}\n')
        comparison = self.comparison("orders.jsonl")
        changes = {table["table"]: table for table in comparison["tables"]}
        self.assertEqual(
            {name: change["change"] for name, change in changes.items()},
            {"orders": "changed", "orders__items": "same", "orders__items__tags": "same", "orders__notes": "new"},
        )
        added = [(column["name"], column["data_type"], column["change"]) for column in changes["orders"]["columns"]]
        self.assertEqual(added, [("id__v_text", "text", "added"), ("coupon", "text", "added")])
        words = [statement["sql"].split(" (")[0] for statement in comparison["statements"]]
        self.assertEqual(words[0], "ALTER TABLE main.orders ADD COLUMN id__v_text TEXT")
        self.assertEqual(words[2], "CREATE TABLE main.orders__notes")
        out = self.preview("orders.jsonl", *self.AT).out
        self.assertIn("sqlite:///out.db, dataset main: a run would\n  change  orders", out)
        self.assertIn("  keep    orders__items\n", out)
        self.assertIn("  ALTER TABLE main.orders ADD COLUMN coupon TEXT;\n", out)
        self.apply_and_load(comparison)

    def test_hints_that_change(self):
        self.file("orders.jsonl", ORDERS)
        self.ok("load", "orders.jsonl", *self.AT)
        comparison = self.comparison("orders.jsonl", "--write-disposition", "replace")
        (change,) = [table for table in comparison["tables"] if table["table"] == "orders"]
        self.assertEqual(
            change["properties"], [{"name": "write_disposition", "before": "append", "after": "replace"}]
        )
        out = self.preview("orders.jsonl", *self.AT, "--write-disposition", "replace").out
        self.assertIn("note write_disposition append -> replace\n", out)

    def test_nothing_to_change(self):
        self.file("orders.jsonl", ORDERS)
        self.ok("load", "orders.jsonl", *self.AT)
        out = self.preview("orders.jsonl", *self.AT).out
        self.assertIn("sqlite:///out.db, dataset main: a run would leave the schema as it is\n", out)
        self.assertTrue(out.endswith("no DDL\n"), out)

    def test_database_may_be_read_only_and_in_use(self):
        self.file("orders.jsonl", ORDERS)
        self.ok("load", "orders.jsonl", *self.AT)
        with contextlib.closing(sqlite3.connect(self.folder / "out.db", isolation_level=None)) as writer:
            writer.execute("BEGIN IMMEDIATE")
            writer.execute("CREATE TABLE half (x)")
            answer = self.ok("preview", "orders.jsonl", *self.AT)
            writer.execute("ROLLBACK")
        self.assertIn("a run would leave the schema as it is", answer.out)
        (self.folder / "out.db").chmod(0o444)
        self.folder.chmod(0o555)
        try:
            self.assertEqual(self.comparison("orders.jsonl")["statements"], [])
        finally:
            self.folder.chmod(0o755)

    def test_no_such_destination(self):
        self.file("orders.jsonl", ORDERS)
        words = ["orders.jsonl", "--dataset", "d", "--to"]
        self.preview_fails(EXIT_USAGE, *words, "sqlit:///x.db", says=["sqlit", "[destination.unknown]"])
        self.preview_fails(EXIT_FAILED, *words, "sqlite:///no/where.db", says=["mkdir -p 'no'", "[file.not_found]"])
        self.file("x__d.db", "no database at all, but long enough to be taken for one" * 20)
        self.preview_fails(EXIT_FAILED, *words, "sqlite:///x.db", says="is not a SQLite database")

    def test_scripts_own_destination(self):
        self.file("shop.lua", SHOP)
        self.ok("run", "shop.lua")
        self.file("shop.lua", SHOP.replace("id = 7,", "id = 7, age = 36,"))
        (preview,) = self.preview_json("shop.lua", "--diff")
        self.assertEqual(
            [(table["table"], table["change"]) for table in preview["comparison"]["tables"]],
            [("orders", "same"), ("orders__lines", "same"), ("users", "changed")],
        )
        (elsewhere,) = self.preview_json("shop.lua", "--to", "sqlite:///other.db")
        self.assertEqual(elsewhere["comparison"]["destination"], "sqlite:///other.db")
        self.assertEqual([table["change"] for table in elsewhere["comparison"]["tables"]], ["new"] * 3)

    def test_cursor_of_the_destination_counts(self):
        script = SHOP.replace('primary_key = "id",', 'primary_key = "id", incremental = lode.incremental "id",')
        self.file("shop.lua", script)
        self.ok("run", "shop.lua")
        rows = {table["name"]: table["rows"] for table in self.preview_json("shop.lua", "--diff")[0]["tables"]}
        self.assertNotIn("orders", rows, "all of them are loaded already")
        rows = {table["name"]: table["rows"] for table in self.preview_json("shop.lua")[0]["tables"]}
        self.assertEqual(rows["orders"], 3)
        (preview,) = self.preview_json("shop.lua", "--diff", "--full-refresh")
        self.assertIn("orders", [table["name"] for table in preview["tables"]])


if __name__ == "__main__":
    case.main()
