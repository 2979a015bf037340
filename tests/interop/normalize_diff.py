"""Compares lode's normalizer with dlt's on the same documents: schemas with their hashes, rows, ids, errors.

Goal: the same tables, columns in the same order, types, hints and contents. Method: random documents (keys
that collide, values that change their type, nesting, contracts, keys, second runs) and files go through dlt's
own normalizer in this process and through the program normalize_dump, once with its fast path and once
without. Row ids are compared by the rows that they link.

    python normalize_diff.py PATH_TO_NORMALIZE_DUMP [--cases N] [--seed S] [--file rows.json ...]
"""

import argparse
import base64
import copy
import datetime
import decimal
import json
import logging
import random
import subprocess
import sys

import dlt
import orjson
from dlt.common.configuration.container import Container
from dlt.common.destination.capabilities import DestinationCapabilitiesContext
from dlt.common.json import json as dlt_json
from dlt.common.normalizers.json import helpers
from dlt.common.schema import Schema
from dlt.common.schema.utils import normalize_table_identifiers
from dlt.common.time import datetime_to_timestamp_us
from dlt.normalize.configuration import NormalizeConfiguration
from dlt.normalize.items_normalizers.jsonl import JsonLItemsNormalizer
from dlt.normalize.validate import reconcile_null_only_columns, validate_and_update_schema, verify_normalized_table

logging.disable(logging.CRITICAL)
LOAD_ID = "1700000000.123456"


# --- dlt ------------------------------------------------------------------------------------------


class Rows:
    """Stands in for dlt's file storage: keeps what is written."""

    def __init__(self):
        self.tables = {}

    def write_data_item(self, load_id, schema_name, table_name, row, columns):
        self.tables.setdefault(table_name, []).append(dict(row))


def declare(schema, hints):
    """What dlt's extract step does with the hints of one resource."""
    nested = {tuple(n["path"]): {k: v for k, v in n.items() if k != "path"} for n in hints.get("nested_hints", [])}
    arguments = {k: copy.deepcopy(v) for k, v in hints.items() if k not in ("name", "nested_hints")}
    resource = dlt.resource([], name=hints["name"], nested_hints=nested or None, **arguments)
    root = resource.compute_table_schema()
    tables = [root, *resource.compute_nested_table_schemas(root["name"], schema.naming)]
    for table in [normalize_table_identifiers(t, schema.naming) for t in tables]:
        contract = schema.resolve_contract_settings_for_table(table["name"], table)
        if contract["columns"] != "evolve" and schema.is_new_table(table["name"]):
            table["x-normalizer"] = {"evolve-columns-once": True}
        table, _ = schema.apply_schema_contract(contract, table)
        if table:
            schema.update_table(table, normalize_identifiers=False, merge_compound_props=False)


def run_dlt(case):
    caps = DestinationCapabilitiesContext.generic_capabilities()
    caps.max_identifier_length = caps.max_column_identifier_length = case.get("length_max") or 65536
    caps.supported_merge_strategies = ["delete-insert"]
    caps.naming_convention = case.get("naming", "snake_case")
    with Container().injectable_context(caps):
        stored = case.get("schema")
        schema = Schema.from_dict(copy.deepcopy(stored)) if stored else Schema(case["name"])
        for key, value in case.get("settings", {}).items():
            schema.settings[key] = copy.deepcopy(value)
        schema._compile_settings()
        declared = {r["name"] for r in case["resources"]}
        for hints in case["resources"]:
            declare(schema, hints)
        for page in case["pages"]:
            if page["table"] not in declared:
                declared.add(page["table"])
                declare(schema, {"name": page["table"]})
        schema = Schema.from_stored_schema(copy.deepcopy(schema.to_dict())).clone(update_normalizers=True)
        config = NormalizeConfiguration()
        config.destination_capabilities = caps
        worker_schema = Schema.from_stored_schema(copy.deepcopy(schema.to_dict()))
        storage = Rows()
        normalizers, updates, null_only = {}, [], {}
        for page in case["pages"]:
            table = helpers.normalize_table_identifier(worker_schema, worker_schema.naming, page["table"])
            if table not in worker_schema.tables:
                continue  # a contract forbids it
            normalizer = normalizers.get(table)
            if normalizer is None:
                normalizer = normalizers[table] = JsonLItemsNormalizer(
                    storage, None, None, worker_schema, LOAD_ID, config
                )
            rows = orjson.loads(orjson.dumps(page["rows"])) if "text" not in page else orjson.loads(page["text"])
            updates.append(normalizer._normalize_chunk(table, rows, False, False))
            for name, columns in normalizer.null_only_columns.items():
                null_only.setdefault(name, set()).update(columns)
        validate_and_update_schema(schema, updates)
        nulls = reconcile_null_only_columns(schema, null_only)
        for name in storage.tables:
            table = schema.tables[name]
            verify_normalized_table(schema, table, caps, nulls.get(name))
            hint = table.setdefault("x-normalizer", {})
            hint.pop("evolve-columns-once", None)
            hint.setdefault("seen-data", True)
        return {"schema": schema.to_dict(), "tables": storage.tables}


# --- comparing ------------------------------------------------------------------------------------


def plain(value, data_type):
    """A value as (kind, content), the same for both engines."""
    if data_type == "json":
        return ("json", orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode())
    if isinstance(value, bool) or isinstance(value, (str, float)):
        return (type(value).__name__, repr(value))
    if isinstance(value, int):
        return ("int", value)
    if isinstance(value, datetime.datetime):
        return ("timestamp", datetime_to_timestamp_us(value))
    if isinstance(value, datetime.date):
        return ("date", value.isoformat())
    if isinstance(value, datetime.time):
        return ("time", value.isoformat())
    if isinstance(value, decimal.Decimal):
        return ("decimal", str(value))
    if isinstance(value, bytes):
        return ("binary", base64.b64encode(value).decode())
    return (type(value).__name__, repr(value))


ID_COLUMNS = ("_dlt_id", "_dlt_parent_id", "_dlt_root_id")  # and their variants
ERRORS = {
    "DataValidationError": "schema.contract_violated",
    "CannotCoerceNullException": "schema.null_in_required_column",
    "CannotCoerceColumnException": "schema.cannot_coerce",
    "UnboundColumnException": "schema.key_never_seen",
}


def canonical(schema, tables):
    """Tables by name, with generated row ids replaced by the place where they first appear."""
    seen = {}
    out = {}
    for name in sorted(tables):
        columns = schema["tables"][name]["columns"]
        rows = []
        for row in tables[name]:
            plain_row = {}
            for column, value in row.items():
                if value is None:
                    continue
                if column.startswith(ID_COLUMNS) and isinstance(value, str) and len(value) == 14:
                    value = f"row {seen.setdefault(value, len(seen))}"
                plain_row[column] = plain(value, columns.get(column, {}).get("data_type"))
            rows.append(plain_row)
        out[name] = rows
    return out


def read_dump(line):
    answer = dlt_json.typed_loads(line)
    if "error" in answer:
        return answer
    tables = {}
    for table in answer["tables"]:
        columns = answer["schema"]["tables"].get(table["name"], {}).get("columns", {})
        for row in table["rows"]:
            for column, value in row.items():
                if columns[column]["data_type"] == "json" and isinstance(value, str):
                    row[column] = orjson.loads(value)
                elif value == "\uf02b":
                    row[column] = b""  # which dlt's typed JSON does not read back
        if table["rows"]:
            tables[table["name"]] = table["rows"]
    answer["tables"] = tables
    return answer


def child_ids_hold(tables):
    """Every generated id of a child row is dlt's hash of its parent's id, its table and its place."""
    for name, rows in tables.items():
        for row in rows:
            if "_dlt_list_idx" in row and isinstance(row["_dlt_id"], str) and len(row["_dlt_id"]) == 14:
                parent, index = row.get("_dlt_parent_id"), row["_dlt_list_idx"]
                if parent is not None and row["_dlt_id"] != helpers.get_nested_row_hash(parent, name, index):
                    return False
    return True


def differences(case, ours, theirs):
    if isinstance(theirs, Exception) or "error" in ours:
        if isinstance(theirs, Exception) and ours.get("error") == ERRORS.get(type(theirs).__name__):
            return []
        return [
            f"lode: {ours.get('message', 'no error')}",
            f"dlt: {theirs if isinstance(theirs, Exception) else 'no error'}",
        ]
    found = []
    a, b = ours["schema"], theirs["schema"]
    if a["version_hash"] != b["version_hash"]:
        for name in {**a["tables"], **b["tables"]}:
            one, two = a["tables"].get(name), b["tables"].get(name)
            if one != two or list(one["columns"]) != list(two["columns"]):
                found.append(f"table {name}:\n   lode {json.dumps(one)}\n   dlt  {json.dumps(two)}")
        for key in ("settings", "normalizers"):
            if a[key] != b[key]:
                found.append(f"{key}:\n   lode {json.dumps(a[key])}\n   dlt  {json.dumps(b[key])}")
        if not found:
            found.append(f"hash: lode {a['version_hash']}, dlt {b['version_hash']}")
    if list(a["tables"]) != list(b["tables"]):
        found.append(f"order of tables: lode {list(a['tables'])}, dlt {list(b['tables'])}")
    if found:
        return found
    is_declared = all(p["table"] in [r["name"] for r in case["resources"]] for p in case["pages"])
    if is_declared and (a["version"] != b["version"] or a["previous_hashes"] != b["previous_hashes"]):
        found.append(
            f"versions: lode {a['version']} {a['previous_hashes']}, dlt {b['version']} {b['previous_hashes']}"
        )
    one, two = canonical(a, ours["tables"]), canonical(b, theirs["tables"])
    for name in sorted({**one, **two}):
        for i, (x, y) in enumerate(zip(one.get(name, []), two.get(name, []))):
            if x != y:
                found.append(f"{name} row {i}:\n   lode {x}\n   dlt  {y}")
                break
        if len(one.get(name, [])) != len(two.get(name, [])):
            found.append(f"{name}: lode {len(one.get(name, []))} rows, dlt {len(two.get(name, []))}")
    if not child_ids_hold(ours["tables"]):
        found.append("ids of child rows")
    return found


# --- documents ------------------------------------------------------------------------------------

TEXTS = [
    "",
    " ",
    "a",
    "abc",
    "ÄÖ€",
    "1",
    "0",
    "-7",
    "1.5",
    "1e3",
    " 12 ",
    "0x1F",
    "1_000",
    "true",
    "False",
    "yes",
    "n",
    "null",
    "None",
    "2024-01-02",
    "2024-01-02T03:04:05Z",
    "2024-01-02 03:04:05",
    "2024-01-02T03:04:05.123456+02:00",
    "2024-02-30T00:00:00Z",
    "20240102T030405Z",
    "2024 10:00",
    "12:30",
    "12:30:00",
    "2024-W01-1T00:00:00",
    "1704164645",
    "AAE=",
    "0x00ff",
    "[1,2]",
    '{"a": 1}',
    '"x"',
    "x" * 40,
    "2024-01-02T25:00:00",
    "\u0661\u0662",
    "٣",
    "9223372036854775807",
    "1E+3",
    "12.50",
    "2024-01-02T03:04",
    "99999-01-01",
    "T12:30",
]
NUMBERS = [0, 1, -1, 2, 42, 10**6, 2**31, 2**53, 2**63 - 1, -(2**63), 1700000000]
DOUBLES = [0.0, 1.0, -0.5, 1.5, 2.0, 1e16, 1e-7, 123456.789, 1.5e-300, 0.1, -3.0, 1700000000.25]
KEYS = [
    "id",
    "a",
    "b",
    "A",
    "a b",
    "aB",
    "a__b",
    "v",
    "value",
    "list",
    "x",
    "Name",
    "_x",
    "x_",
    "__typename",
    "9lives",
    "é",
    "名",
    "",
    " ",
    "a-b",
    "a+b",
    "HTTPCode",
    "at",
    "created_at",
    "total",
    "k1",
    "k2",
    "items",
    "Items",
    "v__v_text",
    "_dlt_x",
    "a__",
]


class Maker:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def scalar(self, stable):
        r = self.random
        kind = stable if stable and r.random() < 0.85 else r.choice("tndbz")
        if kind == "t":
            return r.choice(TEXTS)
        if kind == "n":
            return r.choice(NUMBERS)
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
            else:
                row = self.object(depth)
                if r.random() < 0.03:
                    row = self.value(1)
            if isinstance(row, dict) and r.random() < 0.02:
                row[r.choice(["_dlt_id", "_dlt_load_id", "_dlt_parent_id", "_dlt_root_id"])] = r.choice(
                    ["u1", "", None, 7]
                )
            rows.append(row)
        return rows

    def hints(self, name):
        r = self.random
        hints = {"name": name}
        if r.random() < 0.5:
            hints["write_disposition"] = r.choice(["append", "replace", "merge"])
        if r.random() < 0.3:
            hints["primary_key"] = r.choice(["id", ["id"], ["id", "a"]])
        if r.random() < 0.1:
            hints["merge_key"] = r.choice(["k1", "id"])
        if r.random() < 0.3:
            kinds = [
                "text",
                "bigint",
                "double",
                "bool",
                "timestamp",
                "date",
                "time",
                "decimal",
                "json",
                "binary",
                "wei",
                None,
            ]
            columns = {}
            for key in r.sample([k for k in self.keys if k.strip(" _")] or ["id"], 1):
                columns[key] = (
                    {"data_type": r.choice(kinds)} if r.random() < 0.8 else {"nullable": True, "unique": True}
                )
                if columns[key].get("data_type", "") is None:
                    del columns[key]["data_type"]
            hints["columns"] = columns
        if r.random() < 0.25:
            modes = ["evolve", "freeze", "discard_row", "discard_value"]
            contract = {k: r.choice(modes) for k in ("tables", "columns", "data_type") if r.random() < 0.4}
            hints["schema_contract"] = contract or "evolve"
        if r.random() < 0.2:
            hints["max_table_nesting"] = r.choice([0, 1, 2])
        return hints

    def case(self, number):
        r = self.random
        self.keys = r.sample(KEYS, r.choice([3, 5, 8]))
        self.types = {key: r.choice("tndb") for key in self.keys}
        resources = [self.hints(name) for name in (["t"] if r.random() < 0.8 else ["t", "Other Table"])]
        if r.random() < 0.4:
            resources = []
        names = [x["name"] for x in resources] or ["t"]
        case = {
            "name": f"s{number}",
            "load_id": LOAD_ID,
            "resources": resources,
            "length_max": r.choice([0, 0, 0, 63, 24]),
            "pages": [
                {"table": r.choice(names), "rows": self.rows(r.choice([1, 3, 8]), r.choice([0, 1, 2, 4]))}
                for _ in range(r.choice([1, 1, 2]))
            ],
        }
        if r.random() < 0.1:
            case["naming"] = r.choice(["direct", "duck_case", "sql_cs_v1", "sql_ci_v1"])
        if r.random() < 0.15:
            case["settings"] = {
                "preferred_types": {
                    r.choice(["re:^a", "v", "re:_b$"]): r.choice(["json", "text", "double", "timestamp"])
                }
            }
        if r.random() < 0.1:
            case.setdefault("settings", {})["detections"] = r.choice(
                [[], ["iso_date"], ["timestamp", "iso_timestamp"]]
            )
        return case


# --- running --------------------------------------------------------------------------------------


class Dump:
    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, case):
        self.process.stdin.write(orjson.dumps(case) + b"\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"the program ended on {json.dumps(case, ensure_ascii=False)}")
        return read_dump(line.decode())


def same_but_ids(a, b):
    if "error" in a or "error" in b:
        return a.get("message") == b.get("message")
    return a["schema"] == b["schema"] and canonical(a["schema"], a["tables"]) == canonical(b["schema"], b["tables"])


def check(dump, case, verbose=True):
    """Differences of one case and, if there was no error, the schema that came out."""
    try:
        theirs = run_dlt(case)
    except OSError:
        return (
            [],
            None,
            0,
        )  # dlt fails on seconds since 1970 beyond what the system's clock holds; lode makes a variant
    except Exception as error:  # noqa: BLE001 - whatever dlt raises is its answer
        theirs = error
    fast = dump.ask(case)
    slow = dump.ask({**case, "slow": True})
    found = differences(case, fast, theirs)
    if not same_but_ids(fast, slow):
        found.append("the fast and the slow path differ")
        found += differences(case, slow, theirs)
    return found, (None if "error" in fast else fast["schema"]), fast.get("slow_rows", 0)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--cases", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int)
    parser.add_argument("--show", type=int, default=5)
    parser.add_argument("--file", nargs="*", default=[])
    arguments = parser.parse_args()
    dump = Dump(arguments.program)
    bad = errors = 0
    cases = []
    for path in arguments.file:
        data = orjson.loads(open(path, "rb").read())
        rows = data if isinstance(data, list) else [data]
        cases.append(
            (path, {"name": "files", "load_id": LOAD_ID, "resources": [], "pages": [{"table": "t", "rows": rows}]})
        )
    numbers = range(arguments.cases) if arguments.only is None else [arguments.only]
    for number in numbers:
        maker = Maker(arguments.seed * 1_000_003 + number)
        cases.append((number, maker.case(number)))
        if maker.random.random() < 0.3:  # a second run on the schema of the first, with the same maker's rows
            cases.append((f"{number} again", maker))
    schema = None
    for name, case in cases:
        if isinstance(case, Maker):
            if schema is None:
                continue
            maker, case = case, copy.deepcopy(previous)
            case["schema"] = schema
            case["pages"] = [{"table": p["table"], "rows": maker.rows(4, 2)} for p in case["pages"]]
        previous = case
        found, schema, _ = check(dump, case)
        errors += schema is None
        if found:
            bad += 1
            if bad <= arguments.show:
                print(f"--- case {name}: {json.dumps(case, ensure_ascii=False)[:3000]}")
                for line in found[:6]:
                    print("  ", line[:2500])
    print(f"{len(cases)} cases, {bad} with differences, {errors} that are errors in lode")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
