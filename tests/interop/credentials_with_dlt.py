"""Credentials read by dlt and by lode: connection strings taken apart and put together, and fields from all places.

  python credentials_with_dlt.py LODE [--count 300] [--seed 1]    (a Python with dlt[sqlalchemy,postgres])

Connection strings are made from nasty parts; both sides parse each and write it again. Then projects are made in which
a URL, JSON or fields of PostgreSQL credentials stand in the environment, secrets.toml and config.toml, at several
levels; both sides resolve them. An outcome is the fields, or "missing" or "wrong". Prints what differs; exit code 1 if
anything does.
"""

import argparse
import json
import logging
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

import tomlkit
from dlt.common.configuration.container import Container
from dlt.common.configuration.exceptions import (
    ConfigFieldMissingException,
    ConfigurationException,
    ConfigValueCannotBeCoercedException,
)
from dlt.common.configuration.providers import EnvironProvider
from dlt.common.configuration.providers.toml import ConfigTomlProvider, SecretsTomlProvider
from dlt.common.configuration.resolve import resolve_configuration
from dlt.common.configuration.specs import ConnectionStringCredentials, PluggableRunContext
from dlt.common.configuration.specs.config_providers_context import ConfigProvidersContainer
from dlt.destinations.impl.postgres.configuration import PostgresCredentials

logging.disable(logging.CRITICAL)
PROBE = """
local native = require "lode.native"
local function plain(fields)
  local out = {}
  for name, value in pairs(fields) do out[name] = native.is_secret(value) and value:reveal() or value end
  return out
end
local out = {}
for i, text in ipairs(native.json_decode(native.args().texts)) do
  local kind, fields = native.credentials_make("connection_string", text, "x")
  if kind then
    out[i] = { fields = plain(fields), text = native.connection_string(fields):reveal() }
  else
    out[i] = { wrong = tostring(fields) }
  end
end
local query = { key = "credentials", sections = { "destination", "postgres" }, secret = true }
local kind, fields = native.credentials_find({ "postgres" }, query)
local found = kind and plain(fields) or { error = fields.code, text = tostring(fields) }
print(native.json_encode { parsed = native.list(out), found = found })
"""
USERS = ("loader", "a b", "ü", "a%40b", "a+b", "u%2Fx", "", "user.name")
PASSWORDS = ("pw", "p%40ss", "a:b", "p/w", "%", "a+b", "a b", "ü", "", "x%zz", "p?q")
HOSTS = ("localhost", "db.example.com", "[::1]", "10.0.0.1", "", "[fe80::1%25eth0]", "my-host")
DATABASES = ("dlt_data", "a/b", "d%20b", "", "ü", "d;x=1", "shop.db")
QUERIES = ("", "?sslmode=require", "?a=1&b=two+words", "?a=1&a=2", "?x=", "?y", "?a=%40&z=ü", "?")
DRIVERS = ("postgresql", "mysql+pymysql", "sqlite", "duckdb", "mssql+pyodbc", "pg_x")
FIELDS = ("database", "username", "password", "host", "port", "connect_timeout", "client_encoding", "query")


def make_text(pick):
    text = pick(DRIVERS) + pick(["://"] * 12 + [":/", "//"])
    if pick([True, False]):
        text += pick(USERS) + pick(["", ":" + pick(PASSWORDS)]) + "@"
    text += pick(HOSTS) + pick(["", "", ":5432", ":1", ":", ":many"])
    text += pick(["", "/" + pick(DATABASES)])
    return text + pick(QUERIES)


def has_parts(text):
    """Without host and database lode says that nothing can be reached; dlt finds that out later."""
    credentials = ConnectionStringCredentials(text)
    return bool(credentials.host or credentials.database)


def parse_with_dlt(text):
    try:
        credentials = ConnectionStringCredentials(text)
        credentials.resolve()
        fields = {k: v for k, v in dict(credentials).items() if v is not None}
        query = {k: list(v) if isinstance(v, tuple) else v for k, v in (credentials.query or {}).items()}
        fields.pop("query", None)
        if query:
            fields["query"] = query
        return {"fields": fields, "text": credentials.to_native_representation()}
    except ConfigurationException:
        return "wrong"
    except ValueError:
        return "wrong"


def make_project(rng):
    env, files = {}, {"secrets.toml": {}, "config.toml": {}}
    values = {
        "database": ["d1", "d2"],
        "username": ["u1"],
        "password": ["p w ", "s\n"],
        "host": ["h1", "h2"],
        "port": [5432, 6543, "7", "x"],
        "connect_timeout": [15, 20],
        "client_encoding": ["utf-8"],
        "query": ['{"a": "1"}'],
    }
    levels = [["destination", "postgres"], ["destination"], []]
    if rng.random() < 0.6:
        whole = rng.choice(
            [
                "postgresql://u:p@h:5432/d", "postgresql://u@h/d", "postgresql://h:6543", "postgresql://u:p@h/d?a=1",
                "nonsense",
            ]  # fmt: skip
        )
        put(rng, env, files, [*rng.choice(levels), "credentials"], whole, secret=True)
    for field in FIELDS:
        if rng.random() < 0.75:
            path = [*rng.choice(levels), "credentials", field]
            put(rng, env, files, path, rng.choice(values[field]), secret=field == "password")
    return env, files


def put(rng, env, files, path, value, secret):
    place = rng.choice(["env", "secrets.toml", "secrets.toml"] + ([] if secret else ["config.toml"]))
    if place == "env":
        env["__".join(path).upper()] = str(value)
        return
    node = files[place]
    for part in path[:-1]:
        node = node.setdefault(part, {})
        if not isinstance(node, dict):
            return
    node.setdefault(path[-1], value)


def resolve_with_dlt(env, project):
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(env)
    try:
        providers = [EnvironProvider(), SecretsTomlProvider(str(project)), ConfigTomlProvider(str(project))]
        Container()[PluggableRunContext].providers = ConfigProvidersContainer(providers)
        found = resolve_configuration(PostgresCredentials(), sections=("destination", "postgres"))
        return {k: v for k, v in dict(found).items() if v is not None}
    except ConfigFieldMissingException:
        return "missing"
    except ConfigValueCannotBeCoercedException:
        return "wrong"
    except ConfigurationException as error:
        return "not_secret" if "cannot hold secret" in str(error) else "wrong"
    finally:
        os.environ.clear()
        os.environ.update(before)


def outcome_of_lode(found):
    if "error" not in found:
        return found
    return "missing" if found["error"].startswith("config.missing") else "wrong"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lode")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    program = os.path.abspath(args.lode)
    rng = random.Random(args.seed)
    equal, explained, different = 0, 0, 0
    for number in range(args.count):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="lode-credentials-"))
        try:
            texts = [make_text(rng.choice) for _ in range(5)]
            env, files = make_project(rng)
            (folder / ".dlt").mkdir()
            for name, document in files.items():
                (folder / ".dlt" / name).write_text(tomlkit.dumps(document), encoding="utf-8")
                (folder / ".dlt" / name).chmod(0o600)
            (folder / "probe.lua").write_text(PROBE, encoding="utf-8")
            answer = subprocess.run(
                [program, "run", "probe.lua", "--", "texts=" + json.dumps(texts)],
                cwd=folder, env={"HOME": str(folder), "LODE_HOME": str(folder), **env}, capture_output=True, text=True,
                check=False, timeout=60,
            )  # fmt: skip
            if answer.returncode != 0:
                raise RuntimeError(answer.stderr)
            by_lode = json.loads(answer.stdout)
            pairs = [(t, parse_with_dlt(t), p if "fields" in p else "wrong") for t, p in zip(texts, by_lode["parsed"])]
            by_dlt = resolve_with_dlt(env, folder / ".dlt")
            pairs.append((f"project {number}", by_dlt, outcome_of_lode(by_lode["found"])))
        finally:
            shutil.rmtree(folder)
        for what, left, right in pairs:
            if isinstance(right, dict) and isinstance(right.get("fields"), dict) and not right["fields"].get("query"):
                right["fields"].pop("query", None)
            if isinstance(left, dict) and "%28%27" in left.get("text", "") and isinstance(right, dict):
                left["text"] = right["text"]  # dlt writes a parameter that is there twice as Python's tuple
                explained, equal = explained + 1, equal - 1
            if left == right:
                equal += 1
            elif left == "not_secret":
                explained += 1  # a table of settings in config.toml is passed over: see differences-from-dlt.md
            elif right == "wrong" and isinstance(left, dict) and "text" in left and not has_parts(what):
                explained += 1
            else:
                different += 1
                print(f"{what!r}\n  dlt:  {left!r}\n  lode: {right!r}", flush=True)
                if what.startswith("project"):
                    print(json.dumps({"env": env, "files": files}), by_lode["found"].get("text", ""))
    print(f"equal {equal}\nexplained {explained}\ndifferent {different}")
    return 1 if different or not equal else 0


if __name__ == "__main__":
    sys.exit(main())
