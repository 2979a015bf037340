"""Random documents with hints, contracts and later runs: the cases that dlt and lode are compared on.

A chain is a list of runs (see dlt_oracle.py for what a run is) that share a schema name, naming convention and
maximal length; each run but the first goes on with the schema that the one before left. Everything follows from the
seed. Keys are few per chain, so that shapes of rows return, collide and change.
"""

import copy
import random

LOAD_ID = "1700000000.123456"
TEXTS = [
    "", " ", "a", "abc", "ÄÖ€", "1", "0", "-7", "1.5", "1e3", " 12 ", "0x1F", "1_000", "true", "False", "yes", "n",
    "null", "None", "2024-01-02", "2024-01-02T03:04:05Z", "2024-01-02 03:04:05", "2024-01-02T03:04:05.123456+02:00",
    "2024-02-30T00:00:00Z", "20240102T030405Z", "2024 10:00", "12:30", "12:30:00", "2024-W01-1T00:00:00", "1704164645",
    "AAE=", "0x00ff", "[1,2]", '{"a": 1}', '"x"', "x" * 40, "2024-01-02T25:00:00", "\u0661\u0662", "٣",
    "9223372036854775807", "1E+3", "12.50", "2024-01-02T03:04", "99999-01-01", "T12:30", "a\u0000b", "\U0001f600",
    "inf", "NaN", "1e400", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "0000-12-31T00:00:00Z",
    "10000-01-01T00:00:00Z", "9999-12-31T23:59:59-01:00", "-1", "1704164645.25", "\u2028", "'", "\\", "2024-123",
]  # fmt: skip
TYPED = [
    "\uf02612.50", "\uf0261E+3", "\uf026-0.00", "\uf0260.1", "\uf0272024-01-02T03:04:05+00:00",
    "\uf0272024-01-02T03:04:05.678000+00:00", "\uf0271969-12-31T23:59:59.999999+00:00", "\uf0282024-01-02",
    "\uf02bAAE=", "\uf02c1000000000000000000", "\uf02c7", "\uf02d03:04:05.000006",
]  # fmt: skip
NUMBERS = [0, 1, -1, 2, 42, 10**6, 2**31, 2**53, 2**63 - 1, -(2**63), 1700000000, 253402300799, 253402300800, 10**14]
BIG = [2**63, -(2**63) - 1, 10**25, 12345678901234567890123456789012345678901, 2**127, 2**64]
DOUBLES = [0.0, 1.0, -0.5, 1.5, 2.0, 1e16, 1e-7, 123456.789, 1.5e-300, 0.1, -3.0, 1700000000.25, 1e300, 1e17, -0.0]
KEYS = [
    "id", "a", "b", "A", "a b", "aB", "a__b", "v", "value", "list", "x", "Name", "_x", "x_", "__typename", "9lives",
    "é", "名", "", " ", "a-b", "a+b", "HTTPCode", "at", "created_at", "total", "k1", "k2", "items", "Items", "v__v_text",
    "_dlt_x", "a__", "a▶b", 'q"uote', "it's", "new\nline", "a.b", "a/b", "ID", "user@example.com", "$price", "100%",
    "v__v_double", "v__v_json", "__", "a___b", "k" * 30, "k" * 29 + "1", "aVeryLongKeyThatNoShortTableCanHold", "t",
    "_dlt_list_idx", "camelCase", "a\u0000b", "\u00a0", "İ", "ß", "٣x",
]  # fmt: skip
ENGINE_KEYS = ["_dlt_id", "_dlt_load_id", "_dlt_parent_id", "_dlt_root_id", "_dlt_list_idx"]
NAMINGS = ["snake_case", "duck_case", "direct", "sql_cs_v1", "sql_ci_v1", "s3_tables"]
TYPES = ["text", "bigint", "double", "bool", "timestamp", "date", "time", "decimal", "json", "binary", "wei"]
MODES = ["evolve", "freeze", "discard_row", "discard_value"]
TABLES = ["t", "Other Table", "t__items", "_under", "Täble", "t__a", "tableWithAVeryLongNameThatMustBeShortened"]


def is_name(key):
    return bool(key.strip(" _\u00a0")) and key.isprintable()


class Maker:
    """Makes one chain. `pool`: recorded rows to start from, or None for invented ones."""

    def __init__(self, seed, pool=None):
        self.random = random.Random(seed)
        self.pool = pool
        r = self.random
        self.keys = r.sample(KEYS, r.choice([3, 5, 8]))
        if r.random() < 0.5:
            self.keys = ["id", *[k for k in self.keys if k != "id"]]
        if pool:
            self.pool = r.sample(pool, min(len(pool), 3))
            self.keys = [k for row in self.pool for k in row] or self.keys
        self.types = {key: r.choice("tndb") for key in self.keys}
        self.has_typed = r.random() < 0.15
        self.has_big = r.random() < 0.06
        self.names = r.sample(TABLES[1:], 1) if r.random() < 0.2 else ["t"]
        if r.random() < 0.2:
            self.names.append(r.choice([n for n in TABLES if n not in self.names]))

    # --- rows

    def scalar(self, stable=None):
        r = self.random
        kind = stable if stable and r.random() < 0.85 else r.choice("tndbz")
        if self.has_typed and r.random() < 0.2:
            return r.choice(TYPED)
        if kind == "t":
            return r.choice(TEXTS)
        if kind == "n":
            return r.choice(BIG if self.has_big and r.random() < 0.2 else NUMBERS)
        if kind == "d":
            return r.choice(DOUBLES)
        if kind == "b":
            return r.random() < 0.5
        return None

    def value(self, depth, stable=None):
        r = self.random
        p = r.random()
        if depth > 0 and p < 0.22:
            return self.object(depth - 1)
        if depth > 0 and p < 0.40:
            return [self.value(depth - 1, stable) for _ in range(r.choice([0, 1, 1, 2, 3]))]
        return self.scalar(stable)

    def object(self, depth):
        r = self.random
        keys = r.sample(self.keys, min(len(self.keys), r.choice([0, 1, 2, 3, 4, 6])))
        return {key: self.value(depth, self.types.get(key)) for key in keys}

    def changed(self, value, depth=0):
        """A recorded value with a few things about it changed."""
        r = self.random
        p = r.random()
        if isinstance(value, dict):
            out = {}
            for key, item in value.items():
                if r.random() < 0.04:
                    continue
                if r.random() < 0.02:
                    key = r.choice([key.upper(), key + "_", "_" + key, key.replace("_", " ")])
                out[key] = self.changed(item, depth + 1)
            return out
        if isinstance(value, list):
            return [self.changed(item, depth + 1) for item in value[: r.choice([1, 3, 5])]]
        if p < 0.02:
            return self.value(1)
        return [value] if p < 0.025 else value

    def rows(self, count, depth):
        r = self.random
        rows = []
        for _ in range(count):
            if rows and r.random() < 0.5:
                row = copy.deepcopy(r.choice(rows))  # shapes that return are what the fast path is for
                if isinstance(row, dict) and row and r.random() < 0.6:
                    key = r.choice(list(row))
                    row[key] = self.value(depth - 1, self.types.get(key))
                if isinstance(row, dict) and row and r.random() < 0.2:
                    items = list(row.items())
                    r.shuffle(items)
                    row = dict(items)
            elif self.pool:
                row = self.changed(r.choice(self.pool))
            else:
                row = self.object(depth)
                if r.random() < 0.03:
                    row = self.value(1)
            if isinstance(row, dict) and "id" in self.keys and r.random() < 0.7:
                row["id"] = r.choice([1, 2, 3, "k", 7.5])
            if isinstance(row, dict) and r.random() < 0.02:
                row[r.choice(ENGINE_KEYS)] = r.choice(["u1", "", None, 7])
            rows.append(row)
        return rows

    # --- hints

    def column(self):
        r = self.random
        hint = {}
        if r.random() < 0.75:
            hint["data_type"] = r.choice(TYPES)
        for name, chance, values in [
            ("nullable", 0.15, [True, False]),
            ("unique", 0.1, [True, False]),
            ("precision", 0.1, [8, 16, 32, 38]),
            ("scale", 0.05, [0, 2]),
            ("timezone", 0.1, [True, False]),
            ("primary_key", 0.04, [True]),
            ("merge_key", 0.04, [True]),
            ("partition", 0.04, [True]),
            ("cluster", 0.04, [True]),
            ("sort", 0.04, [True]),
            ("dedup_sort", 0.04, ["asc", "desc"]),
            ("hard_delete", 0.04, [True]),
            ("description", 0.05, ["what it is", ""]),
            ("x-own", 0.04, [1, "text", {"a": [1]}]),
        ]:
            if r.random() < chance:
                hint[name] = r.choice(values)
        return hint

    def columns(self, may_be_list):
        r = self.random
        names = [k for k in self.keys if is_name(k)] or ["id"]
        chosen = {key: self.column() for key in r.sample(names, min(len(names), r.choice([1, 1, 2, 3])))}
        if r.random() < 0.1:
            chosen[r.choice(["never", "a__b", "v__v_text", "list", "items"])] = self.column()
        if may_be_list and r.random() < 0.2:
            return [{"name": name, **hint} for name, hint in chosen.items()]
        return chosen

    def contract(self):
        r = self.random
        if r.random() < 0.3:
            return r.choice(MODES)
        return {k: r.choice(MODES) for k in ("tables", "columns", "data_type") if r.random() < 0.45} or "evolve"

    def disposition(self):
        r = self.random
        name = r.choice(["append", "replace", "merge", "merge"])
        if name != "merge" or r.random() < 0.5:
            return name
        strategy = r.choice(["delete-insert", "upsert", "scd2", "insert-only"])
        out = {"disposition": "merge", "strategy": strategy}
        if strategy == "scd2" and r.random() < 0.3:
            out["validity_column_names"] = ["from", "to"]
        if strategy == "scd2" and r.random() < 0.2:
            out["row_version_column_name"] = "version"
        if strategy == "scd2" and r.random() < 0.3:
            out["active_record_timestamp"] = r.choice([None, "9999-12-31"])
        if strategy == "delete-insert" and r.random() < 0.2:
            out["deduplicated"] = r.random() < 0.5
        return out

    def table_hints(self, is_nested=False):
        r = self.random
        hints = {}
        if not is_nested and r.random() < 0.5:
            hints["write_disposition"] = self.disposition()
        if r.random() < (0.15 if is_nested else 0.3):
            hints["primary_key"] = r.choice(["id", ["id"], ["id", "a"], self.first_name()])
        if r.random() < 0.1:
            hints["merge_key"] = r.choice(["k1", "id", self.first_name()])
        if r.random() < 0.35:
            hints["columns"] = self.columns(may_be_list=not is_nested)
        if r.random() < (0.1 if is_nested else 0.25):
            hints["schema_contract"] = self.contract()
        if r.random() < 0.04:
            hints["references"] = [{"columns": ["id"], "referenced_table": "Other Table", "referenced_columns": ["ID"]}]
        return hints

    def first_name(self):
        return next((k for k in self.keys if is_name(k)), "id")

    def hints(self, name):
        r = self.random
        hints = {"name": name, **self.table_hints()}
        if r.random() < 0.2:
            hints["max_table_nesting"] = r.choice([0, 1, 2, 3])
        if r.random() < 0.05:
            hints["table_name"] = r.choice(["renamed", "Renamed Table", "re__named"])
        if r.random() < 0.04:
            hints["file_format"] = r.choice(["jsonl", "parquet", "preferred"])
        if r.random() < 0.12:
            names = [k for k in self.keys if is_name(k)] or ["items"]
            paths = [[r.choice(names)]]
            if r.random() < 0.3:
                paths.append([*paths[0], r.choice(names)])
            hints["nested_hints"] = [{"path": path, **self.table_hints(True)} for path in paths]
        return hints

    # --- runs

    def settings(self):
        r = self.random
        settings = {}
        if r.random() < 0.15:
            settings["preferred_types"] = {
                r.choice(["re:^a", "v", "re:_b$", "id"]): r.choice(["json", "text", "double", "timestamp", "bigint"])
            }
        if r.random() < 0.1:
            settings["detections"] = r.choice(
                [[], ["iso_date"], ["iso_date", "iso_timestamp"], ["iso_timestamp", "large_integer"]]
            )
        if r.random() < 0.1:
            settings["schema_contract"] = self.contract()
        return settings

    def run(self, number, is_first):
        r = self.random
        names = self.names
        run = {
            "name": f"s{number}",
            "load_id": LOAD_ID,
            "resources": [] if r.random() < (0.25 if is_first else 0.5) else [self.hints(name) for name in names],
            "pages": [
                {"table": r.choice(names), "rows": self.rows(r.choice([1, 3, 8]), r.choice([0, 1, 2, 2, 4]))}
                for _ in range(r.choice([1, 1, 2]))
            ],
        }
        if is_first or r.random() < 0.2:
            settings = self.settings()
            if settings:
                run["settings"] = settings
            config = {}
            if r.random() < 0.06:
                config["root_key_propagation"] = r.random() < 0.7
            if r.random() < 0.06:
                config["max_nesting"] = r.choice([0, 1, 2])
            if config:
                run["config"] = config
        return run

    def chain(self, number):
        """1 to 3 runs."""
        r = self.random
        shared = {}
        if r.random() < 0.35:
            shared["naming"] = r.choice(NAMINGS)
        if r.random() < 0.4:
            shared["length_max"] = r.choice([63, 24, 30, 127])
        if shared.get("naming") == "s3_tables":
            shared["length_max"] = r.choice([255, 30])
        if r.random() < 0.05:
            shared["breaks_paths"] = False
        count = r.choice([1, 1, 1, 2, 2, 3])
        return [{**self.run(number, i == 0), **shared} for i in range(count)]
