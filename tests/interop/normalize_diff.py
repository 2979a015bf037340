"""Compares lode's normalizer with dlt's on the same documents: schemas with their hashes, rows, ids, errors.

    python normalize_diff.py NORMALIZE_DUMP [--seed S] [--count N] [--keep-failures DIR] [--file rows.json ...]
    python normalize_diff.py NORMALIZE_DUMP --case DIR/case.json          (one case again, shown in full)
    python normalize_diff.py NORMALIZE_DUMP --check-oracle N              (the oracle against whole dlt pipelines)

Chains of runs (documents.py) go through dlt's normalizer in this process (dlt_oracle.py) and through the program
normalize_dump, there once with the fast path and once without. The schema that a run leaves is handed to the next run
of both engines, in turns the one that lode wrote and the one that dlt wrote. Exit code 1 if anything is unexplained.
"""

import argparse
import base64
import collections
import copy
import datetime
import decimal
import json
import math
import pathlib
import subprocess
import sys

import documents
import dlt_oracle
import lode_decisions
import orjson
from dlt.common.json import json as dlt_json
from dlt.common.normalizers.json import helpers
from dlt.common.time import datetime_to_timestamp_us

ERRORS = {
    "DataValidationError": "schema.contract_violated",
    "CannotCoerceNullException": "schema.null_in_required_column",
    "CannotCoerceColumnException": "schema.cannot_coerce",
    "UnboundColumnException": "schema.key_never_seen",
    "ParentTableNotFoundException": "schema.invalid",
    "TablePropertiesConflictException": "schema.invalid",
}
# What dlt does not foresee and lode does: (dlt's exception, lode's code) -> name.
CRASHES = {("KeyError", "schema.null_in_required_column"): "row without the key of its upsert"}
# Of whole pipelines: no file can be named after the table, or hold the number. The short way has no files.
NOT_IN_FILES = ("PV1100", "Component name cannot contain", "Integer exceeds 64-bit range")
BATCH = 100

# --- comparing ------------------------------------------------------------------------------------


def plain(value, data_type):
    """A value as (kind, content), the same for both engines."""
    if data_type == "json":
        return ("json", lode_decisions.dumps(value))
    if isinstance(value, str):
        return ("text", str(value))
    if isinstance(value, (bool, float)):
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


def is_id(value):
    return isinstance(value, str) and len(value) == 14


def random_ids(tables):
    """dlt's ids that are random, or hashes that start from random ones."""
    found = set()
    while True:
        size = len(found)
        for rows in tables.values():
            for row in rows:
                for column, value in row.items():
                    if isinstance(value, str) and value.startswith(dlt_oracle.RANDOM_ID):
                        found.add(value)
                parents = {v for c, v in row.items() if c.startswith("_dlt_parent_id") and isinstance(v, str)}
                if parents & found:  # its own id, maybe in a variant column
                    found.update(v for c, v in row.items() if c.startswith("_dlt_id") and is_id(v))
        if len(found) == size:
            return found


def row_content(columns, row):
    # Both engines write null for numbers that are not finite: JSON has none.
    return {
        c: plain(v, columns.get(c, {}).get("data_type"))
        for c, v in row.items()
        if v is not None and not (isinstance(v, float) and not math.isfinite(v))
    }


def compare_rows(ours, theirs):
    """Differences of {table: rows}; random ids must match one to one, all others must be equal."""
    found = []
    tables_a, tables_b = ours["tables"], theirs["tables"]
    free = random_ids(tables_b)
    ours_of, theirs_of = {}, {}
    for name in sorted({*tables_a, *tables_b}):
        rows_a, rows_b = tables_a.get(name, []), tables_b.get(name, [])
        if len(rows_a) != len(rows_b):
            found.append(f"{name}: lode {len(rows_a)} rows, dlt {len(rows_b)}")
            continue
        columns = theirs["schema"]["tables"][name]["columns"]
        for i, (row_a, row_b) in enumerate(zip(rows_a, rows_b)):
            a, b = row_content(columns, row_a), row_content(columns, row_b)
            for column, value in row_b.items():
                if isinstance(value, str) and value in free and is_id(row_a.get(column)):
                    mine = row_a[column]
                    if ours_of.setdefault(value, mine) == mine and theirs_of.setdefault(mine, value) == value:
                        a[column] = b[column]
            if a != b:
                wrong = sorted(c for c in {**a, **b} if a.get(c) != b.get(c))
                found.append(
                    f"{name} row {i}, {wrong}:\n   lode { {c: a.get(c) for c in wrong} }\n"
                    f"   dlt  { {c: b.get(c) for c in wrong} }"
                )
                break
    return found


def child_ids_hold(answer):
    """Every generated id of a child row is dlt's hash of its parent's id, its table and its place."""
    for name, rows in answer["tables"].items():
        for row in rows if "parent" in answer["schema"]["tables"][name] else []:
            parent, index = row.get("_dlt_parent_id"), row.get("_dlt_list_idx")
            if is_id(parent) and type(index) is int and is_id(row["_dlt_id"]):
                if row["_dlt_id"] != helpers.get_nested_row_hash(parent, name, index):
                    return False
    return True


def table_difference(one, two):
    """What of two tables is not the same, in short."""
    if one is None or two is None:
        return f"only in {'lode' if two is None else 'dlt'}"
    if one["columns"] == two["columns"] and list(one["columns"]) != list(two["columns"]):
        return f"order of columns\n   lode {list(one['columns'])}\n   dlt  {list(two['columns'])}"
    out = []
    for a, b in [(one["columns"], two["columns"]), (one, two)]:
        keys = [k for k in {**a, **b} if k != "columns" and a.get(k) != b.get(k)]
        out += [f"\n   {k}: lode {json.dumps(a.get(k))}, dlt {json.dumps(b.get(k))}" for k in keys]
    return "".join(out)


def compare_schemas(a, b):
    found = []
    for name in {**a["tables"], **b["tables"]}:
        one, two = a["tables"].get(name), b["tables"].get(name)
        if one != two or list(one["columns"]) != list(two["columns"]):
            found.append(f"table {name}: " + table_difference(one, two))
    for key in sorted({*a, *b} - {"tables", "version", "version_hash", "previous_hashes"}):
        if a.get(key) != b.get(key):
            found.append(f"{key}:\n   lode {json.dumps(a.get(key))}\n   dlt  {json.dumps(b.get(key))}")
    if a["version_hash"] != b["version_hash"]:
        found.append(f"hash: lode {a['version_hash']}, dlt {b['version_hash']}")
    if a["version_hash"] != dlt_oracle.hash_of(a):
        found.append(f"hash: lode wrote {a['version_hash']}, dlt computes {dlt_oracle.hash_of(a)} of the same")
    if list(a["tables"]) != list(b["tables"]):
        found.append(f"order of tables: lode {list(a['tables'])}, dlt {list(b['tables'])}")
    return found


def differences(case, ours, theirs):
    if isinstance(theirs, Exception) or "error" in ours:
        if isinstance(theirs, Exception) and ours.get("error") == ERRORS.get(type(theirs).__name__, "none"):
            return []
        them = f"{type(theirs).__name__}: {theirs}" if isinstance(theirs, Exception) else "no error"
        return [f"lode: {ours.get('message', 'no error')}", f"dlt: {them}"]
    found = compare_schemas(ours["schema"], theirs["schema"])
    if not found:
        found = compare_rows(ours, theirs)
    if not child_ids_hold(ours):
        found.append("ids of child rows")
    return found


# --- running --------------------------------------------------------------------------------------


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
                    row[column] = json.loads(value)
                elif value == "\uf02b":
                    row[column] = b""  # which dlt's typed JSON does not read back
        if table["rows"]:
            tables[table["name"]] = table["rows"]
    answer["tables"] = tables
    return answer


def ask_lode(program, cases):
    """Answers for the cases, on the fast path and on the slow one only."""
    lines = [json.dumps(c) for case in cases for c in (case, {**case, "slow": True})]
    done = subprocess.run([program], input="\n".join(lines) + "\n", capture_output=True, text=True, encoding="utf-8")
    answers = done.stdout.split("\n")[:-1]
    if len(answers) != len(lines):
        sys.exit(f"the program ended ({done.returncode}) on {lines[len(answers)]}\n{done.stderr}")
    parsed = [read_dump(answer) for answer in answers]
    return list(zip(parsed[::2], parsed[1::2]))


def ask_dlt(case, names=()):
    try:
        return lode_decisions.run_decided(case, names)
    except Exception as error:  # noqa: BLE001 - whatever dlt raises is its answer
        return error


def path_differences(fast, slow):
    if "error" in fast or "error" in slow:
        if fast.get("error") == slow.get("error"):
            return []
        return [f"fast: {fast.get('message', 'no error')}", f"slow: {slow.get('message', 'no error')}"]
    if fast["schema"] != slow["schema"]:
        return compare_schemas(fast["schema"], slow["schema"])
    return compare_rows(fast, mark_random({**slow, "tables": copy.deepcopy(slow["tables"])}))


def mark_random(answer):
    """Ids of one's own take the place of dlt's: all that are no hash of the row's parent are free."""
    marks = {}
    for rows in answer["tables"].values():
        for row in rows:
            for column, value in row.items():
                if column.startswith(("_dlt_id", "_dlt_parent_id", "_dlt_root_id")) and is_id(value):
                    row[column] = marks.setdefault(value, f"{dlt_oracle.RANDOM_ID}{len(marks):06d}")
    return answer


def judge(case, fast, slow, theirs):
    """(differences, names of the decisions that explain them)"""
    if path_differences(fast, slow):
        return ["the fast and the slow path differ", *path_differences(fast, slow)], ()
    found = differences(case, fast, theirs)
    if not found:
        return [], ()
    if name := CRASHES.get((type(theirs).__name__, fast.get("error"))):
        return [], (name,)
    names = list(lode_decisions.DECISIONS)
    decided = ask_dlt(case, names)
    if name := CRASHES.get((type(decided).__name__, fast.get("error"))):
        return [], (name,)
    with_all = differences(case, fast, decided)
    if with_all:
        return [*found, "with all of lode's decisions:", *with_all], ()
    for name in lode_decisions.DECISIONS:  # the fewest that explain it
        fewer = [n for n in names if n != name]
        if not differences(case, fast, ask_dlt(case, fewer)):
            names = fewer
    return [], tuple(names)


class Totals:
    def __init__(self, arguments):
        self.arguments = arguments
        self.cases = self.documents = self.equal = self.errors = self.unexplained = self.slow_rows = 0
        self.explained = collections.Counter()
        self.schemas = collections.Counter()

    def add(self, label, case, fast, found, names):
        self.cases += 1
        self.documents += sum(len(page["rows"]) for page in case["pages"])
        self.errors += "error" in fast
        self.slow_rows += fast.get("slow_rows", 0)
        if found:
            self.unexplained += 1
            self.show(label, case, found)
        elif names:
            self.explained[" + ".join(names)] += 1
        else:
            self.equal += 1

    def show(self, label, case, found):
        if self.unexplained <= self.arguments.show:
            print(f"--- {label}: {json.dumps(case, ensure_ascii=False)[:3000]}")
            for line in found[:12]:
                print("  ", line[:1500])
        if self.arguments.keep_failures:
            folder = pathlib.Path(self.arguments.keep_failures)
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{label.replace(' ', '_')}.json").write_text(json.dumps(case, indent=1), encoding="utf-8")

    def print(self):
        print(f"{self.cases} runs with {self.documents} documents, {self.errors} of the runs are errors in both")
        print(f"schemas handed on: {self.schemas['lode']} of lode's to dlt, {self.schemas['dlt']} of dlt's to lode")
        print(f"equal {self.equal}")
        for names, count in sorted(self.explained.items()):
            print(f"explained by '{names}' {count}")
        print(f"unexplained {self.unexplained}")


def run_batch(program, chains, totals):
    """Runs the first run of all chains, then the second of those that have one, and so on."""
    schemas = {}
    for step in range(3):
        cases = []
        for label, chain in chains.items():
            if step < len(chain) and (step == 0 or label in schemas):
                case = chain[step]
                if step > 0:
                    case["schema"] = schemas[label]
                cases.append((label, case))
        if not cases:
            return
        for (label, case), (fast, slow) in zip(cases, ask_lode(program, [case for _, case in cases])):
            theirs = ask_dlt(case)
            found, names = judge(case, fast, slow, theirs)
            totals.add(f"{label} run {step}", case, fast, found, names)
            schemas.pop(label, None)
            if "error" in fast or found:
                continue
            writer = "lode" if totals.cases % 2 or isinstance(theirs, Exception) or names else "dlt"
            schemas[label] = copy.deepcopy((fast if writer == "lode" else theirs)["schema"])
            totals.schemas[writer] += step + 1 < len(chain)


def read_rows(path):
    text = pathlib.Path(path).read_text(encoding="utf-8")
    try:
        data = json.loads(text)
    except ValueError:
        return [json.loads(line) for line in text.split("\n") if line.strip()]
    return data if isinstance(data, list) else [data]


def oracle_differences(fast, whole):
    """Of the oracle's short way and a whole pipeline; ids and load ids are each run's own."""
    if isinstance(fast, Exception) or isinstance(whole, Exception):
        short, long = (repr(x) if isinstance(x, Exception) else "no error" for x in (fast, whole))
        return [] if type(fast) is type(whole) else [f"short: {short}", f"whole: {long}"]
    found = []
    tables = [{n: t for n, t in x["schema"]["tables"].items() if "pipeline_state" not in n} for x in (fast, whole)]
    for name in {**tables[0], **tables[1]}:
        one, two = tables[0].get(name), tables[1].get(name)
        if one != two or list(one["columns"]) != list(two["columns"]):
            found.append(f"table {name}: " + table_difference(one, two))
    for key in ("settings", "normalizers"):
        if fast["schema"][key] != whole["schema"][key]:
            found.append(f"{key}: short {fast['schema'][key]}, whole {whole['schema'][key]}")
    for name in {**fast["tables"], **{n: t for n, t in whole["tables"].items() if "pipeline_state" not in n}}:
        rows = []
        for answer in (fast, whole):
            columns = answer["schema"]["tables"][name]["columns"]
            some = [row_content(columns, row) for row in answer["tables"].get(name, [])]
            rows.append(sorted(repr({c: v for c, v in row.items() if not c.startswith("_dlt_")}) for row in some))
        if rows[0] != rows[1]:
            found.append(f"rows of {name}: short {rows[0]}, whole {rows[1]}")
    return found


def root_cause(error):
    while type(error).__name__ not in ERRORS and (error.__cause__ or error.__context__) is not None:
        error = error.__cause__ or error.__context__
    return error


def check_oracle(arguments):
    """The oracle's short way against dlt's own pipeline."""
    wrong = 0
    for number in range(arguments.check_oracle):
        case = documents.Maker(arguments.seed * 1_000_003 + number).chain(number)[0]
        # A resource without pages leaves no trace in a pipeline.
        pages = {page["table"] for page in case["pages"]}
        case["resources"] = [hints for hints in case["resources"] if hints["name"] in pages]
        fast = ask_dlt(case)
        try:
            whole = dlt_oracle.run_pipeline(case)
        except Exception as error:  # noqa: BLE001 - whatever dlt raises is its answer
            whole = root_cause(error)
            if any(text in str(whole) for text in NOT_IN_FILES):
                continue
        if found := oracle_differences(fast, whole):
            wrong += 1
            if wrong <= arguments.show:
                print(f"--- case {number}: {json.dumps(case, ensure_ascii=False)[:2000]}")
                for line in found[:6]:
                    print("  ", line[:1500])
    print(f"oracle: {arguments.check_oracle} runs through whole pipelines, {wrong} differ")
    return 1 if wrong else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=1000, help="runs of invented documents")
    parser.add_argument("--file", nargs="*", default=[], help="JSON files whose rows are run as they are and mutated")
    parser.add_argument("--keep-failures", metavar="DIR")
    parser.add_argument("--show", type=int, default=5)
    parser.add_argument("--case")
    parser.add_argument("--check-oracle", type=int)
    arguments = parser.parse_args()
    if arguments.check_oracle:
        return check_oracle(arguments)
    totals = Totals(arguments)
    if arguments.case:
        run_batch(arguments.program, {"case": [json.loads(pathlib.Path(arguments.case).read_text())]}, totals)
        totals.print()
        return 1 if totals.unexplained else 0
    pools = {path: read_rows(path) for path in arguments.file}
    for path, rows in pools.items():
        pages = [{"table": "t", "rows": rows}]
        case = {"name": "files", "load_id": dlt_oracle.LOAD_ID, "resources": [], "pages": pages}
        run_batch(arguments.program, {pathlib.Path(path).name: [case]}, totals)
    number = 0
    end = totals.cases + arguments.count
    while totals.cases < end:
        chains = {}
        for number in range(number, number + BATCH):
            pool = pools[sorted(pools)[number // 3 % len(pools)]] if pools and number % 3 == 0 else None
            maker = documents.Maker(arguments.seed * 1_000_003 + number, pool)
            chains[f"chain {number}"] = maker.chain(number)
        number += 1
        run_batch(arguments.program, chains, totals)
    totals.print()
    return 1 if totals.unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
