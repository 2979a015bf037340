"""The same configuration read by dlt and by lode: every value must be found at the same place, with the same type.

  python config_with_dlt.py LODE [--count 300] [--seed 1] [--case N] [--keep DIR]    (a Python with dlt)

A case is a project made from a number: a few queries (sections, trailing section, nested fields, pipeline name, type)
and values for them, strewn over the environment, secrets.toml and config.toml, of the project and of the user, with
and without a profile, at all places that could be looked at and at some that must not be. dlt resolves each query with
its own resolver and providers; lode answers in one run of a script. An outcome is a value, "missing", "not_secret" (a
secret in config.toml) or "wrong_type". Where lode decides otherwise, DECISIONS says how dlt's outcome changes: a
difference is explained by a name only if dlt's outcome, changed so, is lode's.

The last lines count: "equal N", "explained by 'NAME' M", "unexplained 0". Exit code 1 if anything is unexplained.
"""

import argparse
import collections
import datetime
import json
import logging
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
from typing import Any

import tomlkit
from dlt.common.configuration import configspec
from dlt.common.configuration.container import Container
from dlt.common.configuration.exceptions import (
    ConfigFieldMissingException,
    ConfigValueCannotBeCoercedException,
    ValueNotSecretException,
)
from dlt.common.configuration.providers import EnvironProvider
from dlt.common.configuration.resolve import inject_section, resolve_configuration
from dlt.common.configuration.specs import BaseConfiguration, PluggableRunContext
from dlt.common.configuration.specs.config_providers_context import ConfigProvidersContainer
from dlt.common.configuration.specs.config_section_context import ConfigSectionContext
from dlt.common.typing import TSecretStrValue
from dlt._workspace.providers import ProfileConfigTomlProvider, ProfileSecretsTomlProvider
from dlt.common.configuration.providers.toml import ConfigTomlProvider, SecretsTomlProvider

logging.disable(logging.CRITICAL)
PROBE = """
local lookup = require "lode.lookup"
local native = require "lode.native"
local queries = native.json_decode(native.args().queries)
local out = {}
for i, query in ipairs(queries) do
  local kind = query.type
  local ok, value = pcall(lookup, query, kind)
  if ok and native.is_secret(value) then value = value:reveal() end
  if not ok then out[i] = { error = tostring(value) }
  elseif value ~= value then out[i] = { value = "nan" }
  elseif value == 1 / 0 or value == -1 / 0 then out[i] = { value = value > 0 and "inf" or "-inf" }
  elseif value == nil then out[i] = { missing = true }
  else out[i] = { value = value } end
end
print(native.json_encode(native.list(out)))
"""

TYPES = {
    "any": Any,
    "string": str,
    "integer": int,
    "number": float,
    "boolean": bool,
    "secret": TSecretStrValue,
    "list": list,
    "table": dict,
    "timestamp": datetime.datetime,
    "date": datetime.date,
}
TEXTS = (
    "abc", "", "0", "1", "007", "0x1F", "0x", "-0x1F", "0X1F", "1_000", "1__0", "-5", "+5", " 5 ", "1e5", "1E-3", "nan",
    "inf", "-Infinity", "true", "False", "Yes", "n", "t", "F", "maybe", "[1, 2]", "[]", '{"a": 1}', "{}", "[1", "null",
    '"text"', "2024-01-02", "2024-01-02T03:04:05Z", "2024-01-02T03:04:05.123456+02:00", "2024-01-02 03:04:05", "12.5",
    "5.0", ".5", "5.", "1e400", "日本", "a b", "9223372036854775807", "9223372036854775808", "-9223372036854775809",
    "key=value", "a.b", "$HOME", "<configure me>", "line\nbreak", "p@ss:w/rd", "0b1", "1e", "--1", "1 2", "yes ", "NO",
)  # fmt: skip
TYPED = (
    0, 1, -7, 42, 1000000, 9223372036854775807, 0.0, 1.0, 0.1, -2.5, 1e16, 1e20, 1e-5, 123456.789, True, False,
    [1, 2], ["a", "b"], [], {"a": 1}, {"x": {"y": "z"}}, [[1], {"k": 2}],
    datetime.datetime(2024, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc),
    datetime.datetime(2024, 1, 2, 3, 4, 5, 250000, tzinfo=datetime.timezone(datetime.timedelta(hours=2))),
    datetime.date(2024, 2, 29),
)  # fmt: skip
NAMES = ("chess_com", "chess", "notion", "players", "tenant_a", "fb-ads", "Shop", "x1")
KEYS = ("api_key", "page_size", "token", "url", "start", "Workers", "max_rows")


class Case:
    """What stands where, and what is asked."""

    def __init__(self, number):
        self.random = random.Random(number)
        self.env = {}
        self.files = collections.defaultdict(dict)
        self.profile = self.random.choice(["", "", "", "prod", "dev"])
        self.queries = [self.make_query() for _ in range(self.random.randint(3, 7))]
        for query in self.queries:
            self.strew(query)

    def make_query(self):
        pick = self.random.choice
        root = pick(["sources", "sources", "sources", "destination", "load", "pipelines", ""])
        sections = [root] if root else []
        if root == "sources":
            sections += [pick(NAMES), pick(NAMES)] if self.random.random() < 0.8 else [pick(NAMES)]
        elif root in ("destination", "pipelines"):
            sections.append(pick(NAMES))
        if root == "sources" and self.random.random() < 0.1:
            sections.append("deep")
        return {
            "key": pick(KEYS),
            "sections": sections,
            "trailing": pick(["", "", "", "credentials", "extract"]),
            "fields": pick([[], [], [], ["inner"], ["_hidden"], ["outer", "inner"], ["_a", "inner"]]),
            "pipeline": pick(["", "", "p", "my_pipe", "chess"]),
            "type": pick(list(TYPES)),
        }

    def places(self, query):
        """Paths that are looked at, and some that are not."""
        sections, fields, key = query["sections"], query["fields"], query["key"]
        embedded = [f for f in fields if not f.startswith("_")]
        spots = []
        for cut in range(len(sections) + 1):
            for tail in ([], [query["trailing"]], embedded[-1:], embedded, [query["trailing"], *embedded]):
                spots.append([*sections[:cut], *[t for t in tail if t], key])
        if len(sections) > 2:
            spots.append([sections[0], sections[2], key])
            spots.append([sections[0], sections[2], *[t for t in [query["trailing"]] if t], key])
            spots.append([sections[0], sections[2], *embedded, key])
        spots.append([*sections, key.upper()])
        if query["pipeline"]:
            spots += [[query["pipeline"], *spot] for spot in spots]
        return spots

    @staticmethod
    def likely_places(query):
        """Those that compete with each other: the same end under fewer and fewer sections."""
        visible = [f for f in query["fields"] if not f.startswith("_")]
        end = visible[-1:] if query["fields"] and not query["fields"][-1].startswith("_") else [query["trailing"]]
        end = [*[e for e in end if e], query["key"]]
        sections = query["sections"]
        spots = [[*sections[:cut], *end] for cut in range(len(sections) + 1)]
        if len(sections) > 2:
            spots.append([sections[0], sections[2], *end])
        if query["pipeline"]:
            spots += [[query["pipeline"], *spot] for spot in spots]
        return spots

    def value_for(self, kind, texts_only):
        if self.random.random() < 0.25:
            return self.random.choice(TEXTS)
        fitting = {
            "integer": ("5", "0x1F", " 12 ", 7, 3.0, "many"),
            "number": ("1.5", "2", 7, 2.5, "x"),
            "boolean": ("yes", "0", True, False, 1, "maybe"),
            "list": ("[1, 2]", [3], '{"a": 1}'),
            "table": ('{"a": 1}', {"b": 2}, "[1]"),
            "timestamp": ("2024-01-02T03:04:05Z", "2024-05-06", 1700000000, TYPED[22], TYPED[23]),
            "date": ("2024-01-02", TYPED[24], TYPED[23], 1700000000),
        }.get(kind, ("text", "sk_live_1", "x y"))
        value = self.random.choice(fitting if self.random.random() < 0.7 else TYPED)
        if texts_only and not isinstance(value, str):
            return json.dumps(value, default=str)
        return value

    def strew(self, query):
        spots, likely = self.places(query), self.likely_places(query)
        for _ in range(self.random.choice([0, 1, 2, 3, 5, 8])):
            path = self.random.choice(likely if self.random.random() < 0.7 else spots)
            provider = self.random.choice(["env", "secrets.toml", "secrets.toml", "config.toml"])
            if provider == "env":
                self.env["__".join(path).upper()] = self.value_for(query["type"], True)
                continue
            folder = self.random.choice(["project", "project", "global"])
            prefix = self.profile + "." if self.profile and self.random.random() < 0.5 else ""
            self.put(self.files[f"{folder}/{prefix}{provider}"], path, self.value_for(query["type"], False))

    @staticmethod
    def put(document, path, value):
        for part in path[:-1]:
            document = document.setdefault(part, {})
            if not isinstance(document, dict):
                return  # a value stands there already
        document.setdefault(path[-1], value)

    def write(self, folder):
        for name in ("project/.dlt", "global/.lode"):
            (folder / name).mkdir(parents=True)
        for name, document in self.files.items():
            place, file = name.split("/")
            path = folder / place / (".dlt" if place == "project" else ".lode") / file
            path.write_text(tomlkit.dumps(document), encoding="utf-8")
            path.chmod(0o600)
        if self.profile:
            (folder / "project/.dlt/.workspace").touch()
        (folder / "project/probe.lua").write_text(PROBE, encoding="utf-8")


def embedded_names(query):
    """Names between the sections and the key, as dlt's resolver puts them: the outer section is one of them."""
    if query["fields"] and query["trailing"]:
        return [query["trailing"], *query["fields"]]
    return query["fields"]


def spec_of(query):
    """Nested configuration classes around one field."""
    hint = TYPES[query["type"]]
    spec = configspec(type("Leaf", (BaseConfiguration,), {"__annotations__": {query["key"]: hint}, query["key"]: None}))
    for name in reversed(query["fields"]):
        spec = configspec(type("Outer", (BaseConfiguration,), {"__annotations__": {name: spec}, name: None}))
    if query["trailing"]:
        spec.__section__ = query["trailing"]
    return spec


def canonical(value):
    """One form for values of both: times as microseconds, NaN as text, numbers that are whole as such."""
    if isinstance(value, datetime.datetime):
        value = value if value.tzinfo else value.replace(tzinfo=datetime.timezone.utc)
        return ["time", round(value.timestamp() * 1e6)]
    if isinstance(value, datetime.date):
        return ["date", value.isoformat()]
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        return repr(float(value)) if value != value or abs(value) == float("inf") else ["number", value]
    if isinstance(value, list):
        return [canonical(v) for v in value]
    if isinstance(value, dict):
        return {k: canonical(v) for k, v in value.items()}
    return value


def ask_dlt(query):
    try:
        with inject_section(ConfigSectionContext(pipeline_name=query["pipeline"] or None, sections=())):
            value = resolve_configuration(spec_of(query)(), sections=tuple(query["sections"]))
        for name in query["fields"]:
            value = value[name]
        return canonical(value[query["key"]])
    except ConfigFieldMissingException:
        return "~missing"
    except ValueNotSecretException as error:
        *tables, key = error.key.split(".")
        table = Container()[PluggableRunContext].providers[error.provider_name]._config_doc
        for part in tables:
            table = table[part]
        if not isinstance(table[key], dict):
            return "~not_secret"
        settings = table.pop(key)
        query["without_table"] = ask_dlt(query)
        table[key] = settings
        return "~not_secret_table"
    except ConfigValueCannotBeCoercedException:
        return "~wrong_type"


def run_dlt(case, folder):
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(case.env)
    project, user = str(folder / "project/.dlt"), str(folder / "global/.lode")
    try:
        toml = (
            [maker(project, case.profile, user) for maker in (ProfileSecretsTomlProvider, ProfileConfigTomlProvider)]
            if case.profile
            else [SecretsTomlProvider(project, user), ConfigTomlProvider(project, user)]
        )
        Container()[PluggableRunContext].providers = ConfigProvidersContainer([EnvironProvider(), *toml])
        return [ask_dlt(query) for query in case.queries]
    finally:
        os.environ.clear()
        os.environ.update(before)


def outcome_of_lode(answer, query, by_dlt):
    if "missing" in answer:
        return "~missing"
    if "error" in answer:
        if "must not hold secrets" in answer["error"]:
            return "~not_secret"
        return "~placeholder" if "placeholder" in answer["error"] else "~wrong_type"
    value = answer["value"]
    # JSON has no times; what dlt says one is must be that.
    if isinstance(value, str) and isinstance(by_dlt, list) and by_dlt[:1] in (["time"], ["date"]):
        as_time = datetime.datetime.fromisoformat(value.replace("Z", "+00:00"))
        return canonical(as_time if by_dlt[0] == "time" else as_time.date())
    return canonical(value)


def run_lode(program, case, folder, by_dlt):
    queries = [
        {
            "key": q["key"],
            "sections": q["sections"],
            "embedded": embedded_names(q),
            "trailing": "" if q["fields"] else q["trailing"],
            "pipeline": q["pipeline"],
            "type": q["type"],
            "secret": q["type"] == "secret",
        }
        for q in case.queries
    ]
    env = {"HOME": str(folder / "global"), "LODE_HOME": str(folder / "lode"), **case.env}
    if case.profile:
        env["WORKSPACE__PROFILE"] = case.profile
    answer = subprocess.run(
        [program, "run", "probe.lua", "--", "queries=" + json.dumps(queries)],
        cwd=folder / "project", env=env, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    if answer.returncode != 0:
        raise RuntimeError(answer.stderr)
    return [outcome_of_lode(a, q, o) for a, q, o in zip(json.loads(answer.stdout), case.queries, by_dlt)]


def boolean_as_text(query, outcome):
    """Text made from true is "true", not "True"."""
    if query["type"] in ("string", "secret") and outcome in ("True", "False"):
        return outcome.lower()
    return outcome


def times_in_utc(query, outcome):
    """Text made from a time names UTC, not the offset that the file has."""
    if query["type"] in ("string", "secret") and isinstance(outcome, str) and outcome[10:11] == "T":
        return datetime.datetime.fromisoformat(outcome).astimezone(datetime.timezone.utc).isoformat()
    return outcome


def containers_are_checked(query, outcome):
    """A list where a table was asked for, or the other way round, is an error also if it stands in TOML."""
    wrong = {"table": list, "list": dict}.get(query["type"])
    return "~wrong_type" if wrong and isinstance(outcome, wrong) else outcome


def secrets_are_text(query, outcome):
    """A list or a table is no secret text."""
    is_json = query["type"] == "secret" and isinstance(outcome, str) and outcome[:1] in ("[", "{")
    return "~wrong_type" if is_json else outcome


def tables_are_no_secret(query, outcome):
    """A table of settings in config.toml, named like a secret, is passed over."""
    return query["without_table"] if outcome == "~not_secret_table" else outcome


def placeholder_is_error(_query, outcome):
    """What a template left to be filled in is an error, whatever type was asked for."""
    return "~placeholder" if outcome in ("<configure me>", "~wrong_type") else outcome


DECISIONS = {
    change.__name__: change
    for change in (
        boolean_as_text,
        times_in_utc,
        containers_are_checked,
        secrets_are_text,
        tables_are_no_secret,
        placeholder_is_error,
    )
}


def explain(query, by_dlt, by_lode):
    if by_dlt == by_lode:
        return "equal"
    for name, change in DECISIONS.items():
        changed = change(query, by_dlt)
        if changed != by_dlt and changed == by_lode:
            return name
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lode")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--case", type=int, help="only this one, with all that stands in it")
    parser.add_argument("--keep", type=pathlib.Path, help="keep the folders of cases that differ here")
    args = parser.parse_args()
    program = os.path.abspath(args.lode)
    counts = collections.Counter()
    found = collections.Counter()
    numbers = [args.case] if args.case is not None else range(args.seed * 1_000_000, args.seed * 1_000_000 + args.count)
    for number in numbers:
        case = Case(number)
        folder = pathlib.Path(tempfile.mkdtemp(prefix="lode-config-"))
        try:
            case.write(folder)
            by_dlt = run_dlt(case, folder)
            by_lode = run_lode(program, case, folder, by_dlt)
            if args.case is not None:
                shown = {"env": case.env, "files": case.files, "profile": case.profile}
                print(json.dumps(shown, indent=1, default=str))
            for query, left, right in zip(case.queries, by_dlt, by_lode):
                name = explain(query, left, right)
                counts[name] += 1
                found["value" if not isinstance(left, str) or not left.startswith("~") else left[1:]] += 1
                if name is None or args.case is not None:
                    print(f"case {number}: {json.dumps(query)}\n  dlt:  {left!r}\n  lode: {right!r}", flush=True)
                    if name is None and args.keep:
                        shutil.copytree(folder, args.keep / str(number), dirs_exist_ok=True)
        finally:
            shutil.rmtree(folder)
    print(f"{len(numbers)} configurations, {sum(counts.values())} queries; by dlt: {dict(found)}")
    print(f"equal {counts['equal']}")
    for name in DECISIONS:
        print(f"explained by '{name}' {counts[name]}")
    print(f"unexplained {counts[None]}")
    return 1 if counts[None] or not counts["equal"] else 0


if __name__ == "__main__":
    sys.exit(main())
