#!/usr/bin/env python3
"""`lode run`, `lode check` and `lode pipeline`: scripts good and bad."""

import json

import case
from case import EXIT_FAILED, EXIT_USAGE, CliCase

SHOP = """
local lode = require "lode"
local orders = lode.resource {
  name = "orders", primary_key = "id",
  data = function()
    for i = 1, 3 do coroutine.yield { id = i, total = i * 10 } end
  end,
}
local users = lode.resource { name = "users", data = lode.list { { id = 7, name = "Ada" } } }
local shop = lode.source { name = "shop", resources = { orders, users } }
local pipeline = lode.pipeline { name = "shop", destination = "sqlite:///shop.db", dataset = "main" }
local report = pipeline:run(shop)
"""


class Run(CliCase):
    def test_loads_and_says_so_once(self):
        self.file("shop.lua", SHOP)
        answer = self.ok("run", "shop.lua")
        self.assertEqual(self.rows("orders", "id", "total"), [(1, 10), (2, 20), (3, 30)])
        self.assertEqual(self.rows("users", "id", "name"), [(7, "Ada")])
        self.assertEqual(answer.out, "")
        self.assertEqual(answer.err.count("shop: loaded package"), 1, answer)

    def test_printed_report_is_not_repeated(self):
        self.file("shop.lua", SHOP + "print(report)\n")
        answer = self.ok("run", "shop.lua")
        self.assertRegex(answer.out, r"(?s)\Ashop: loaded package .* into sqlite:///shop.db .*orders +3 rows +append")
        self.assertNotIn("loaded package", answer.err)

    def test_folder_with_init(self):
        self.file("pipelines/shop/init.lua", 'local rows = require "rows"\n' + SHOP.replace("lode.list", "rows.keep"))
        self.file("pipelines/shop/rows.lua", "return { keep = function(list) return list end }\n")
        self.ok("run", "pipelines/shop/")
        self.assertEqual(self.count("users"), 1)

    def test_arguments_reach_the_script(self):
        self.file(
            "args.lua",
            'local args = require("lode").args { repo = { default = "none" }, n = { default = 1 } }\n'
            "print(args.repo, args.n + 1)\n",
        )
        self.assertEqual(self.ok("run", "args.lua", "--", "repo=a=b", "n=41").out, "a=b\t42\n")

    def test_unknown_argument(self):
        self.file("args.lua", 'require("lode").args { repo = { default = "none" } }\n')
        self.fails(
            EXIT_USAGE, "run", "args.lua", "--", "rpo=x", says=["unknown argument 'rpo'", "did you mean 'repo'?"]
        )

    def test_destination_dataset_and_folder_can_be_replaced(self):
        self.file("shop.lua", SHOP)
        self.ok(
            "run", "shop.lua", "--destination", "sqlite:///other.db", "--dataset", "main", "--pipelines-dir", "work"
        )
        self.assertEqual([path.name for path in self.databases()], ["other.db"])
        self.assertTrue((self.folder / "work" / "shop" / "state.json").exists())
        self.assertFalse((self.folder / "home" / "pipelines").exists())

    def test_resource_selects(self):
        self.file("shop.lua", SHOP)
        self.ok("run", "shop.lua", "--resource", "users")
        tables = [name for (name,) in self.query("SELECT name FROM sqlite_master WHERE type = 'table'")]
        self.assertIn("users", tables)
        self.assertNotIn("orders", tables)

    def test_unknown_resource_is_guessed(self):
        self.file("shop.lua", SHOP)
        self.fails(EXIT_USAGE, "run", "shop.lua", "--resource", "oders", says="did you mean 'orders'?")

    def test_limit(self):
        self.file("shop.lua", SHOP)
        self.ok("run", "shop.lua", "--limit", "2")
        self.assertEqual(self.rows("orders", "id"), [(1,), (2,)])

    def test_full_refresh_loads_everything_anew(self):
        self.file("shop.lua", SHOP)
        for _ in range(2):
            self.ok("run", "shop.lua")
        self.assertEqual(self.count("orders"), 6)
        self.ok("run", "shop.lua", "--full-refresh")
        self.assertEqual(self.count("orders"), 3)

    def test_naming_convention_is_configured_and_then_kept(self):
        self.file(
            "names.lua",
            """
            local lode = require "lode"
            local row = { ["Camel Case"] = 1, a = { ["B c"] = 2 }, List = lode.list { { X = 3 } } }
            local things = lode.resource { name = "Things", data = lode.list { row } }
            lode.pipeline { name = "names", destination = "sqlite:///shop.db", dataset = "main" }:run(things)
            """,
        )
        direct = {"SCHEMA__NAMING": "direct"}
        self.ok("run", "names.lua", env=self.env(**direct))
        self.assertEqual(self.rows("Things", '"Camel Case"', '"a▶B c"'), [(1, 2)])
        self.assertEqual(self.rows('"Things▶List"', '"X"'), [(3,)])

        self.ok("run", "names.lua")  # the stored schema says it
        self.assertEqual(self.count("Things"), 2)

        self.fails(
            EXIT_FAILED,
            "run",
            "names.lua",
            env=self.env(SCHEMA__NAMING="snake_case"),
            says=["names its tables and columns by direct", "by snake_case", "schema.naming_frozen"],
        )
        self.assertEqual(self.count("Things"), 2)
        unknown = self.env(SCHEMA__NAMING="kebab")
        self.fails(EXIT_FAILED, "run", "names.lua", env=unknown, says=["kebab"])

    def test_first_line_for_the_system(self):
        self.file("tool.lua", "#!/usr/bin/env -S lode run\nprint 'hello'\nerror 'here'\n")
        answer = self.lode("run", "tool.lua")
        self.assertEqual(answer.out, "hello\n")
        self.assertIn("tool.lua:3: here", answer.err)

    def test_json_is_all_of_standard_output(self):
        self.file("shop.lua", SHOP + "print 'printed'\n")
        answer = self.ok("run", "shop.lua", "--json")
        self.assertEqual(answer.out.count("\n"), 1)
        outcome = answer.json()
        self.assertEqual((outcome["ok"], outcome["exit_code"]), (True, 0))
        self.assertNotIn("error", outcome)
        report = outcome["reports"][0]
        self.assertEqual((report["pipeline"], report["dataset"], report["rows"]), ("shop", "main", 4))
        self.assertEqual(
            [(table["name"], table["rows"]) for table in report["tables"]], [("orders", 3), ("users", 1)]
        )
        self.assertIn("printed\n", answer.err)


class BadScripts(CliCase):
    def test_missing_script_is_guessed(self):
        self.file("pipelines/shop.lua", "")
        self.fails(
            EXIT_USAGE,
            "run",
            "pipelines/shopp.lua",
            says=["pipelines/shopp.lua", "did you mean 'pipelines/shop.lua'?", "[lua.no_script]"],
        )
        self.fails(EXIT_USAGE, "run", "pipelines/shop", says="did you mean 'pipelines/shop.lua'?")

    def test_folder_without_init(self):
        self.file("empty/readme.txt", "")
        self.fails(EXIT_USAGE, "run", "empty", says=["no init.lua", "[lua.no_script]"])

    def test_no_text(self):
        self.file("code.lua", b"\x1bLJ\x02\x00\x00")
        self.fails(EXIT_USAGE, "run", "code.lua", says="not a Lua script")

    def test_syntax_error(self):
        self.file("bad.lua", "local x = 1\nlocal y = = 2\n")
        for command in ("run", "check"):
            self.fails(EXIT_USAGE, command, "bad.lua", says=["bad.lua:2:", "[lua.syntax]"])

    def test_unknown_field(self):
        self.file(
            "bad.lua",
            'local lode = require "lode"\nlode.resource { name = "orders", data = {},\n'
            '  write_dispostion = "merge" }\n',
        )
        self.fails(
            EXIT_USAGE,
            "check",
            "bad.lua",
            says=[
                "bad.lua:2: lode.resource \"orders\": unknown field 'write_dispostion'",
                "did you mean 'write_disposition'?",
                "[lua.unknown_field]",
            ],
        )

    def test_missing_secret(self):
        self.file("bad.lua", 'local lode = require "lode"\n\nlocal key = lode.secret "sources.shop.api_key"\n')
        self.fails(
            EXIT_FAILED,
            "run",
            "bad.lua",
            says=[
                "bad.lua:3:",
                "sources.shop.api_key",
                "SOURCES__SHOP__API_KEY",
                "secrets.toml",
                "[config.missing_secret]",
            ],
        )

    def test_error_in_a_generator_loads_nothing(self):
        self.file("shop.lua", SHOP.replace("coroutine.yield {", "local row = nil + i; coroutine.yield {"))
        answer = self.fails(EXIT_FAILED, "run", "shop.lua", says=["shop.lua:6:", "[lua.error]"])
        self.assertNotIn("loaded package", answer.err)
        self.nothing_loaded()

    def test_yield_of_nil(self):
        self.file(
            "shop.lua",
            SHOP.replace("coroutine.yield { id", "coroutine.yield(nil, { id").replace("i * 10 }", "i * 10 })"),
        )
        self.fails(EXIT_FAILED, "run", "shop.lua", says=["orders", "nil", "[lua.bad_yield]"])
        self.nothing_loaded()

    def test_error_value_that_is_no_text(self):
        self.file("bad.lua", "error({})\n")
        self.fails(EXIT_FAILED, "run", "bad.lua", says="[lua.error]")

    def test_unknown_destination(self):
        self.file("shop.lua", SHOP)
        self.fails(EXIT_USAGE, "run", "shop.lua", "--destination", "sqlit:///x.db", says="[destination.unknown]")

    def test_failure_as_json(self):
        self.file("bad.lua", "local x = 1\nlocal y = = 2\n")
        answer = self.lode("run", "bad.lua", "--json")
        self.assertEqual(answer.code, EXIT_USAGE)
        outcome = answer.json()
        self.assertEqual((outcome["ok"], outcome["exit_code"], outcome["reports"]), (False, EXIT_USAGE, []))
        self.assertEqual(outcome["error"]["code"], "lua.syntax")
        self.assertEqual(json.loads(answer.err), outcome["error"])

    def test_what_a_terminal_would_obey_is_not_printed(self):
        self.file("bad.lua", 'error("a\\27[2Jb")\n')
        self.assertNotIn("\x1b", self.fails(EXIT_FAILED, "run", "bad.lua", says="a?[2Jb").err)


class Check(CliCase):
    def test_runs_nothing(self):
        self.file("shop.lua", SHOP.replace("for i = 1, 3", "error 'ran' for i = 1, 3"))
        answer = self.ok("check", "shop.lua")
        self.assertEqual(answer.out, "shop.lua: ok, 1 pipeline run\n")
        self.assertEqual(self.databases(), [])
        self.assertFalse((self.folder / "home" / "pipelines").exists())

    def test_script_without_a_pipeline(self):
        self.file("none.lua", "local x = 1\n")
        self.assertIn("it runs no pipeline", self.ok("check", "none.lua").out)

    def test_script_that_reads_its_report(self):
        self.file(
            "shop.lua", SHOP + "for name, rows in report:row_counts() do print(name, rows) end\nprint(report)\n"
        )
        self.assertIn("checked, nothing was run", self.ok("check", "shop.lua").out)

    def test_json(self):
        self.file("shop.lua", SHOP)
        outcome = self.ok("check", "shop.lua", "--json").json()
        self.assertEqual([report["checked_only"] for report in outcome["reports"]], [True])


class Pipeline(CliCase):
    def test_info(self):
        self.file("shop.lua", SHOP.replace('primary_key = "id",', 'primary_key = "id", incremental = "id",'))
        self.ok("run", "shop.lua")
        answer = self.ok("pipeline", "shop", "info")
        for text in ("shop  sqlite:///", "shop.db, dataset main", "4 rows", "shop.orders", "id = 3"):
            self.assertIn(text, answer.out)

    def test_schema(self):
        self.file("shop.lua", SHOP)
        self.ok("run", "shop.lua")
        self.assertTrue(self.ok("pipeline", "shop", "schema").out.startswith("version: 2\nversion_hash: "))
        diagram = self.ok("pipeline", "shop", "schema", "--format", "mermaid").out
        self.assertTrue(diagram.startswith("erDiagram\n"))
        self.assertIn("Table \"orders\"", self.ok("pipeline", "shop", "schema", "--format", "dbml").out)
        self.assertEqual(self.ok("pipeline", "shop", "schema", "--json").json()["name"], "shop")
        self.fails(EXIT_FAILED, "pipeline", "shop", "schema", "--schema", "crm",
                   says=["no schema 'crm'", "its schemas: shop", "[schema.not_found]"])

    def test_info_as_json(self):
        self.file("shop.lua", SHOP.replace('primary_key = "id",', 'primary_key = "id", incremental = "id",'))
        self.ok("run", "shop.lua")
        info = self.ok("pipeline", "shop", "--json").json()
        self.assertEqual((info["name"], info["last_run"]["rows"], info["pending"]), ("shop", 4, []))
        self.assertEqual(
            info["cursors"], [{"source": "shop", "resource": "orders", "cursor_path": "id", "last_value": 3}]
        )
        self.assertEqual(info["state"]["pipeline_name"], "shop")

    def test_unknown_name_is_guessed(self):
        self.file("shop.lua", SHOP)
        self.ok("run", "shop.lua")
        self.fails(
            EXIT_FAILED, "pipeline", "shpo", "info", says=["'shpo'", "did you mean 'shop'?", "[pipeline.not_found]"]
        )

    def test_folder_of_the_users_choice(self):
        self.file("shop.lua", SHOP)
        self.ok("run", "shop.lua", "--pipelines-dir", "work")
        self.assertIn("work/shop", self.ok("pipeline", "shop", "--pipelines-dir", "work").out)


if __name__ == "__main__":
    case.main()
