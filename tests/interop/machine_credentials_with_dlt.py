"""The machine's own credentials of the clouds: when dlt takes them, and when lode does.

  python machine_credentials_with_dlt.py LODE [--count 200] [--seed 1]
  (a Python with dlt, google-auth, botocore, azure-identity and azure-storage-blob)

Projects are made in which some fields of a cloud's credentials are configured, on machines with files and variables of
Google's and Amazon's, and metadata servers that answer or do not. Compared are: whether there are credentials at all,
whether they are the machine's own, and the project, the region or the account that they are for. Prints what differs;
exit code 1 if anything does.
"""

import argparse
import http.server
import json
import logging
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import threading

PROBE = """
local native = require "lode.native"
local kind = os.getenv "PROBE_KIND"
local query = { key = "credentials", sections = { "sources", "x" }, secret = true }
local found, fields, _, facts = native.credentials_find({ kind }, query)
local out = found and { default = facts.default, project_id = fields.project_id, region_name = fields.region_name,
  account = fields.azure_storage_account_name } or { error = tostring(fields) }
print(native.json_encode(out))
"""
FIELDS = {
    "gcp_service_account": ["project_id", "private_key", "client_email"],
    "gcp_oauth": ["project_id", "client_id", "client_secret", "refresh_token", "token"],
    "aws": ["keys", "region_name", "profile_name"],
    "azure": ["azure_storage_account_name", "azure_storage_account_key", "azure_storage_sas_token"],
    "azure_service_principal": [
        "azure_storage_account_name", "azure_tenant_id", "azure_client_id", "azure_client_secret",
    ],
}  # fmt: skip
ANSWERS = {"google": False, "aws": False}


class Metadata(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body, **headers):
        data = body.encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def serve(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if ANSWERS["google"] and (self.path == "/" or self.path.startswith("/computeMetadata/")):
            return self.answer(200, "of-machine", Metadata_Flavor="Google", Content_Type="application/text")
        if ANSWERS["aws"] and self.path == "/latest/api/token":
            return self.answer(200, "token")
        if ANSWERS["aws"] and self.path == "/latest/meta-data/iam/security-credentials/":
            return self.answer(200, "loader")
        if ANSWERS["aws"] and self.path == "/latest/meta-data/iam/security-credentials/loader":
            keys = {"AccessKeyId": "I", "SecretAccessKey": "s", "Token": "t", "Expiration": "2100-01-02T03:04:05Z"}
            return self.answer(200, json.dumps(keys))
        return self.answer(404, "")

    do_GET = do_PUT = do_POST = serve


def make_machine(rng, home):
    kind = rng.choice(sorted(FIELDS))
    env = {}
    for name in ("google", "aws"):
        ANSWERS[name] = rng.random() < 0.3
    person = {"type": "authorized_user", "client_id": "i", "client_secret": "s", "refresh_token": "r"}
    for path in (home / "key.json", home / ".config" / "gcloud" / "application_default_credentials.json"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        if rng.random() < 0.3:
            quota = {"quota_project_id": "of-quota"} if rng.random() < 0.5 else {}
            path.write_text(json.dumps({**person, **quota}))
    if (home / "key.json").exists() and rng.random() < 0.8:
        env["GOOGLE_APPLICATION_CREDENTIALS"] = str(home / "key.json")
    if rng.random() < 0.2:
        env[rng.choice(["GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT"])] = "of-variable"
    if rng.random() < 0.3:
        env.update(AWS_ACCESS_KEY_ID="E", AWS_SECRET_ACCESS_KEY="e")
    if rng.random() < 0.3:
        env["AWS_DEFAULT_REGION"] = "eu-west-1"
    (home / ".aws").mkdir(exist_ok=True)
    (home / ".aws" / "config").write_text("[default]\nregion = eu-west-2\n[profile p]\nregion = eu-west-3\n")
    keys = "[p]\naws_access_key_id = P\naws_secret_access_key = p\n"
    (home / ".aws" / "credentials").write_text(keys if rng.random() < 0.5 else "")
    if rng.random() < 0.3:
        env["AZURE_CLIENT_ID"] = "c"
    configured = {}
    for field in FIELDS[kind]:
        if rng.random() < 0.55:
            configured[field] = "p" if field == "profile_name" else "dmFsdWU="  # a key of Azure's is base64
    if configured.pop("keys", None):
        configured.update(aws_access_key_id="C", aws_secret_access_key="c")
    return kind, env, configured


def ask_dlt(kind, env):
    os.environ.clear()
    os.environ.update(env)
    from dlt.common.configuration import specs
    from dlt.common.configuration.container import Container
    from dlt.common.configuration.exceptions import ConfigFieldMissingException
    from dlt.common.configuration.providers import EnvironProvider
    from dlt.common.configuration.resolve import resolve_configuration
    from dlt.common.configuration.specs import PluggableRunContext
    from dlt.common.configuration.specs import gcp_credentials as gcp
    from dlt.common.configuration.specs.azure_credentials import AzureServicePrincipalCredentials
    from dlt.common.configuration.specs.config_providers_context import ConfigProvidersContainer

    logging.disable(logging.CRITICAL)
    gcp.GcpDefaultCredentials._LAST_FAILED_DEFAULT = 0.0
    kinds = {
        "gcp_service_account": specs.GcpServiceAccountCredentials,
        "gcp_oauth": specs.GcpOAuthCredentials,
        "aws": specs.AwsCredentials,
        "azure": specs.AzureCredentials,
        "azure_service_principal": AzureServicePrincipalCredentials,
    }
    Container()[PluggableRunContext].providers = ConfigProvidersContainer([EnvironProvider()])
    try:
        found = resolve_configuration(kinds[kind](), sections=("sources", "x"))
    except ConfigFieldMissingException:
        return "missing"
    except TypeError:  # a key of Azure's without its account
        return "missing"
    return {
        "default": found.has_default_credentials(),
        "project_id": getattr(found, "project_id", None),
        "region_name": getattr(found, "region_name", None),
        "account": getattr(found, "azure_storage_account_name", None),
    }


def ask_lode(program, script, kind, env):
    env = {**env, "PROBE_KIND": kind, "LODE_HOME": str(script.parent)}
    done = subprocess.run([program, "run", str(script), "--progress", "none"], env=env, cwd=script.parent,
                          capture_output=True, text=True, check=False, timeout=120)  # fmt: skip
    if done.returncode != 0:
        return done.stdout + done.stderr
    answer = json.loads(done.stdout)
    if "error" in answer:
        return "missing" if "missing" in answer["error"].partition("\n")[0] else answer["error"]
    return {name: answer.get(name) for name in ("default", "project_id", "region_name", "account")}


def is_explained(kind, configured, theirs, ours):
    """The points in which lode decides otherwise: docs/differences-from-dlt.md."""
    if not (isinstance(theirs, dict) and isinstance(ours, dict)):
        return False
    # Who has a token is signed in, whatever the machine has.
    if kind == "gcp_oauth" and "token" in configured and "project_id" in configured:
        return {**theirs, "default": False} == ours
    # A region that nobody configured is the machine's also beside configured keys.
    same = {**theirs, "region_name": ours["region_name"]} == ours
    return kind == "aws" and same and not theirs["default"] and "region_name" not in configured


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("lode")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    program = os.path.abspath(options.lode)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Metadata)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    host = f"127.0.0.1:{server.server_port}"
    rng = random.Random(options.seed)
    counts = {"equal": 0, "explained": 0, "different": 0}
    outcomes = {}
    with tempfile.TemporaryDirectory(prefix="lode-machine-") as folder:
        home = pathlib.Path(folder) / "home"
        home.mkdir()
        script = pathlib.Path(folder) / "probe" / "probe.lua"
        script.parent.mkdir()
        script.write_text(PROBE)
        base = {
            "HOME": str(home), "PATH": "/usr/bin:/bin", "GCE_METADATA_HOST": host, "GCE_METADATA_IP": host,
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": f"http://{host}", "RUNTIME__DLTHUB_TELEMETRY": "false",
        }  # fmt: skip
        os.environ.clear()
        os.environ.update(base)  # Google's library looks at its variables once, when it is imported
        os.chdir(script.parent)
        for number in range(options.count):
            kind, more, configured = make_machine(rng, home)
            env = {**base, **more}
            env.update({f"SOURCES__X__CREDENTIALS__{name.upper()}": value for name, value in configured.items()})
            theirs = ask_dlt(kind, env)
            ours = ask_lode(program, script, kind, env)
            what = theirs if isinstance(theirs, str) else "default" if theirs["default"] else "configured"
            outcomes[what] = outcomes.get(what, 0) + 1
            if theirs == ours:
                counts["equal"] += 1
            elif is_explained(kind, configured, theirs, ours):
                counts["explained"] += 1
            else:
                counts["different"] += 1
                print(f"--- {number}: {kind} {configured} {more} {ANSWERS}\ndlt:  {theirs}\nlode: {ours}")
    print(counts, outcomes)
    sys.exit(1 if counts["different"] or not counts["equal"] else 0)


if __name__ == "__main__":
    main()
