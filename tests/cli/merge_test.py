#!/usr/bin/env python3
"""Merges from the script to the tables, run after run. What each strategy does is in tests/conformance."""

import json

import case
from case import EXIT_FAILED, CliCase

SCRIPT = """
local lode = require "lode"
local json = require("lode").args {{ rows = {{ default = "[]" }} }}
local things = lode.resource {{
  name = "things", {hints},
  data = function() coroutine.yield(lode.json_decode(json.rows)) end,
}}
lode.pipeline {{ name = "shop", destination = "sqlite:///shop.db", dataset = "main" }}:run(things)
"""


class Merge(CliCase):
    def script(self, hints):
        self.file("shop.lua", SCRIPT.format(hints=hints))

    def run_with(self, *rows):
        self.ok("run", "shop.lua", "--", "rows=" + json.dumps(rows))

    def things(self, *columns):
        return self.rows("things", *columns)

    def test_upsert_with_twins_in_a_batch(self):
        self.script('primary_key = "id", write_disposition = { disposition = "merge", strategy = "upsert" }')
        self.run_with({"id": 1, "v": 1, "l": [1, 2]}, {"id": 2, "v": 1})
        before = self.things("id", "_dlt_id")
        self.run_with({"id": 1, "v": 2, "l": [3]}, {"id": 1, "v": 3, "l": [4, 5, 6]}, {"id": 3, "v": 1, "l": [7]})
        self.assertEqual(self.things("id", "v"), [(1, 2), (2, 1), (3, 1)])
        self.assertEqual(self.rows("things__l", "value"), [(3,), (7,)])
        self.assertEqual(self.things("id", "_dlt_id")[:2], before)
        roots = self.query("SELECT count(*) FROM things__l WHERE _dlt_root_id IN (SELECT _dlt_id FROM things)")
        self.assertEqual(roots, [(2,)])

    def test_a_preview_shows_ids_as_they_will_be(self):
        self.script('primary_key = "id", write_disposition = { disposition = "merge", strategy = "upsert" }')
        words = ["rows=" + json.dumps([{"id": 1, "l": [1]}])]
        shown = self.ok("preview", "shop.lua", "--json", "--", *words).out
        self.assertNotIn("\\u001f", shown)
        self.run_with({"id": 1, "l": [1]})
        self.assertIn(self.things("_dlt_id")[0][0], shown)

    def test_insert_only(self):
        self.script('primary_key = "id", write_disposition = { disposition = "merge", strategy = "insert-only" }')
        self.run_with({"id": 1, "v": 1, "l": [1]})
        self.run_with({"id": 1, "v": 2, "l": [2, 3]}, {"id": 2, "v": 2, "l": [4]})
        self.assertEqual(self.things("id", "v"), [(1, 1), (2, 2)])
        self.assertEqual(self.rows("things__l", "value"), [(1,), (4,)])

    def test_scd2_of_snapshots(self):
        self.script('write_disposition = { disposition = "merge", strategy = "scd2" }')
        self.run_with({"id": 1, "v": 1}, {"id": 2, "v": 1})
        self.run_with({"id": 1, "v": 2}, {"id": 2, "v": 1})
        self.assertEqual(
            self.things("id", "v", "_dlt_valid_to IS NULL"), [(1, 1, 0), (1, 2, 1), (2, 1, 1)]
        )
        loads = self.query("SELECT load_id FROM _dlt_loads ORDER BY load_id")
        ends = self.query(
            "SELECT strftime('%s', _dlt_valid_from) || substr(_dlt_valid_from, 20) FROM things WHERE v = 2"
        )
        self.assertEqual(ends, [loads[1]])  # since the start of the load
        # A snapshot without rows ends all versions; again it has nothing to end.
        self.run_with()
        self.assertEqual(self.query("SELECT count(*) FROM things WHERE _dlt_valid_to IS NULL"), [(0,)])
        ended = self.things("id", "v", "_dlt_valid_to")
        self.run_with()
        self.assertEqual(self.things("id", "v", "_dlt_valid_to"), ended)
        self.run_with({"id": 2, "v": 1})
        self.assertEqual(self.query("SELECT id FROM things WHERE _dlt_valid_to IS NULL"), [(2,)])

    def test_scd2_of_parts_ends_only_what_is_replaced(self):
        self.script('merge_key = "id", write_disposition = { disposition = "merge", strategy = "scd2" }')
        self.run_with({"id": 1, "v": 1}, {"id": 2, "v": 1})
        self.run_with()
        self.run_with({"id": 1, "v": 2})
        active = self.query("SELECT id, v FROM things WHERE _dlt_valid_to IS NULL ORDER BY id")
        self.assertEqual(active, [(1, 2), (2, 1)])

    def test_a_missing_key_is_found_before_anything_is_kept(self):
        self.script('write_disposition = { disposition = "merge", strategy = "upsert" }')
        self.fails(
            EXIT_FAILED,
            "run",
            "shop.lua",
            "--",
            'rows=[{"id": 1}]',
            says=["table 'things': merging by upsert needs a primary key", "hint:", "[schema.invalid]"],
        )
        self.nothing_loaded()
        # Nothing waits to be loaded, so the corrected script runs.
        self.script('primary_key = "id", write_disposition = { disposition = "merge", strategy = "upsert" }')
        self.run_with({"id": 1})
        self.assertEqual(self.things("id"), [(1,)])


if __name__ == "__main__":
    case.main()
