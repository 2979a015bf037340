"""Which of a machine's own keys of AWS are taken: botocore's choice and lode's, for generated machines.

  python aws_keys_with_botocore.py LODE [--count 300] [--seed 1]    (a Python with botocore)

A machine is a set of variables, ~/.aws/config, ~/.aws/credentials and tokens of single sign-on; a server plays STS, IAM
Identity Center, a container's endpoint and the metadata service of EC2. Each gives keys that say where they come from
and who asked. An outcome is the keys, "none" or "error". Prints what differs; exit code 1 if anything does.
"""

import argparse
import hashlib
import http.server
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import threading
import urllib.parse

END = "2100-01-02T03:04:05Z"
PROBE = """
local native = require "lode.native"
local given = {}
if os.getenv "PROBE_PROFILE" then given.profile_name = os.getenv "PROBE_PROFILE" end
local kind, fields = native.credentials_make("aws", given, "probe")
local out
if kind then
  local token = fields.aws_session_token
  out = { fields.aws_access_key_id, fields.aws_secret_access_key:reveal(), token and token:reveal() or "" }
else
  out = tostring(fields):find "none of its own" and "none" or "error"
end
print(native.json_encode { out = out, text = kind and "" or tostring(fields) })
"""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body, kind="application/json"):
        data = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def metadata(self, name):
        keys = {"Code": "Success", "AccessKeyId": name, "SecretAccessKey": "s", "Token": "t", "Expiration": END}
        self.answer(200, json.dumps(keys))

    def serve(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        form = dict(urllib.parse.parse_qsl(body))
        path, _, query = self.path.partition("?")
        params = dict(urllib.parse.parse_qsl(query))
        if path == "/sts/" or path == "/sts":
            return self.sts(form)
        if path == "/sso/federation/credentials":
            token = self.headers.get("x-amz-sso_bearer_token")
            keys = {"accessKeyId": f"SSO-{params['role_name']}-{params['account_id']}-{token}"}
            keys.update(secretAccessKey="s", sessionToken="t", expiration=4102542245000)
            return self.answer(200, json.dumps({"roleCredentials": keys}))
        if path == "/container":
            return self.metadata("CONTAINER-" + self.headers.get("Authorization", ""))
        if path == "/latest/api/token":
            return self.answer(200, "imds", "text/plain")
        if path == "/latest/meta-data/iam/security-credentials/":
            return self.answer(200, "loader", "text/plain")
        if path == "/latest/meta-data/iam/security-credentials/loader":
            return self.metadata("INSTANCE")
        return self.answer(404, "{}")

    def sts(self, form):
        who = self.headers.get("Authorization", "").partition("Credential=")[2].partition("/")[0]
        if form["RoleArn"].endswith("denied"):
            error = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error>"
            return self.answer(403, error + "</ErrorResponse>", "text/xml")
        action = form["Action"]
        name = f"{action}:{form['RoleArn']}:{who}:{form.get('WebIdentityToken', '')}:{form.get('ExternalId', '')}"
        keys = f"<AccessKeyId>{name}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
        self.answer(
            200,
            f'<{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{action}Result><Credentials>{keys}'
            f"<Expiration>{END}</Expiration></Credentials></{action}Result></{action}Response>",
            "text/xml",
        )

    do_GET = do_POST = do_PUT = serve


def sso_file(home, name, token):
    path = home / ".aws" / "sso" / "cache" / (hashlib.sha1(name.encode()).hexdigest() + ".json")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"accessToken": token, "expiresAt": END, "startUrl": "https://x/start"}))


def make_profile(rng, name, profiles, home):
    """The entries of one section."""
    lines = {}
    kinds = ["keys"] * 4 + ["role"] * 5 + ["web", "sso", "old sso", "process"] * 2 + ["empty", "half"]
    kind = rng.choice(kinds)
    if kind == "keys" or rng.random() < 0.15:
        lines.update(aws_access_key_id=f"KEY-{name}", aws_secret_access_key="s")
        if rng.random() < 0.3:
            lines[rng.choice(["aws_session_token", "aws_security_token"])] = "tok"
    if kind == "half":
        lines[rng.choice(["aws_access_key_id", "aws_secret_access_key"])] = "half"
    if kind == "role":
        lines["role_arn"] = f"arn:aws:iam::1:role/{name}{rng.choice(['', '', '', '-denied'])}"
        choice = rng.random()
        if choice < 0.65:
            lines["source_profile"] = rng.choice([*profiles, *profiles, name, "nowhere"])
        elif choice < 0.9:
            lines["credential_source"] = rng.choice(["Environment", "EcsContainer", "Ec2InstanceMetadata", "Moon"])
        if rng.random() < 0.1:
            lines["source_profile"] = rng.choice(profiles)
        if rng.random() < 0.3:
            lines["external_id"] = "xid"
    if kind == "web":
        lines["web_identity_token_file"] = str(home / rng.choice(["jwt", "jwt", "gone"]))
        if rng.random() < 0.8:
            lines["role_arn"] = f"arn:aws:iam::1:role/web-{name}"
    if kind in ("sso", "old sso"):
        lines.update(sso_account_id="123456789012", sso_role_name="Reader")
        if kind == "sso":
            lines["sso_session"] = rng.choice(["work", "work", "nobody", "nowhere"])
        else:
            lines.update(sso_start_url="https://x/start", sso_region="eu-west-1")
        if rng.random() < 0.2:
            lines.pop(rng.choice(sorted(lines)))
    if kind == "process" or rng.random() < 0.08:
        keys = {"Version": 1, "AccessKeyId": f"PROCESS-{name}", "SecretAccessKey": "s"}
        if rng.random() < 0.2:
            keys["Version"] = 2
        lines["credential_process"] = rng.choice(
            [f"echo '{json.dumps(keys)}'", f"echo '{json.dumps(keys)}'", "false", "/nowhere/at/all"]
        )
    if rng.random() < 0.2:
        lines["region"] = "eu-west-3"
    return lines


def make_machine(rng, home, url):
    names = ["default", "a", "b c", "d"]
    env = {
        "HOME": str(home), "PATH": os.environ["PATH"], "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ENDPOINT_URL_STS": url + "/sts", "AWS_ENDPOINT_URL_SSO": url + "/sso",
    }  # fmt: skip
    if rng.random() < 0.2:
        env["AWS_ACCESS_KEY_ID"] = "ENV"
        if rng.random() < 0.85:
            env["AWS_SECRET_ACCESS_KEY"] = "s"
        if rng.random() < 0.3:
            env[rng.choice(["AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"])] = "envtok"
    if rng.random() < 0.4:
        variable = rng.choice(["AWS_PROFILE", "AWS_PROFILE", "AWS_DEFAULT_PROFILE"])
        env[variable] = rng.choice([*names, *names, "nowhere"])
    if rng.random() < 0.25:
        env["AWS_WEB_IDENTITY_TOKEN_FILE"] = str(home / rng.choice(["jwt", "jwt", "jwt", "gone"]))
        if rng.random() < 0.8:
            env["AWS_ROLE_ARN"] = "arn:aws:iam::1:role/web-env"
    if rng.random() < 0.3:
        env["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = rng.choice([url + "/container", "http://example.com/container"])
        if rng.random() < 0.5:
            env["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "proof"
        if rng.random() < 0.3:
            env["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = str(home / "proof")
    env["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = rng.choice([url, url + "/", "http://127.0.0.1:9"])
    if rng.random() < 0.2:
        env["AWS_EC2_METADATA_DISABLED"] = "true"
    sections = {}
    for name in names:
        if rng.random() < 0.8:
            quoted = f'"{name}"' if " " in name else name
            sections["default" if name == "default" else f"profile {quoted}"] = make_profile(rng, name, names, home)
    if rng.random() < 0.8:
        sections["sso-session work"] = {"sso_region": "eu-west-1", "sso_start_url": "https://x/start"}
        sections["sso-session nobody"] = {"sso_region": "eu-west-1", "sso_start_url": "https://y/start"}
    shared = {name: make_profile(rng, "c-" + name, names, home) for name in names if rng.random() < 0.3}
    for name, content in (("config", sections), ("credentials", shared)):
        text = "# generated\n"
        for section, lines in content.items():
            text += f"[{section}]\n" + "".join(f"{k}{rng.choice([' = ', '=', ': '])}{v}\n" for k, v in lines.items())
        (home / ".aws" / name).write_text(text)
    profile = rng.choice([None, None, None, *names])
    return env, profile


def ask_botocore(env, profile):
    os.environ.clear()
    os.environ.update(env)
    import botocore.session

    try:
        session = botocore.session.get_session()
        if profile is not None:
            session.set_config_variable("profile", profile)
        keys = session.get_credentials()
        if keys is None:
            return "none", ""
        frozen = keys.get_frozen_credentials()
        return [frozen.access_key, frozen.secret_key, frozen.token or ""], keys.method
    except Exception as error:  # noqa: BLE001: every failure is the same outcome
        return "error", f"{type(error).__name__}: {error}"


def ask_lode(program, script, env, profile):
    env = {**env, **({"PROBE_PROFILE": profile} if profile else {}), "LODE_HOME": str(script.parent)}
    done = subprocess.run([program, "run", str(script), "--progress", "none"], env=env, cwd=script.parent,
                          capture_output=True, text=True, check=False, timeout=120)  # fmt: skip
    if done.returncode != 0:
        return "crash", done.stdout + done.stderr
    answer = json.loads(done.stdout)
    return answer["out"], answer["text"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("lode")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    program = os.path.abspath(options.lode)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    rng = random.Random(options.seed)
    different, outcomes = 0, {}
    with tempfile.TemporaryDirectory(prefix="lode-aws-") as folder:
        home = pathlib.Path(folder) / "home"
        (home / ".aws").mkdir(parents=True)
        (home / "jwt").write_text("the.jwt")
        (home / "proof").write_text("from-file")
        sso_file(home, "work", "new")
        sso_file(home, "https://x/start", "old")
        script = pathlib.Path(folder) / "probe" / "probe.lua"
        script.parent.mkdir()
        script.write_text(PROBE)
        os.environ["HOME"] = str(home)  # botocore looks at it once, when it is imported
        for number in range(options.count):
            env, profile = make_machine(rng, home, url)
            theirs, how = ask_botocore(env, profile)
            ours, why = ask_lode(program, script, env, profile)
            kind = theirs if isinstance(theirs, str) else how
            outcomes[kind] = outcomes.get(kind, 0) + 1
            if theirs == ours:
                continue
            if "SSO token provider" in how:
                # Its client for STS stops at a sign-on that the profile names and that is not there, though the keys do
                # not come from it.
                outcomes["left out"] = outcomes.get("left out", 0) + 1
                continue
            different += 1
            print(f"--- machine {number}, profile {profile}\nbotocore: {theirs} ({how})\nlode:     {ours} ({why})")
            print({k: v for k, v in env.items() if k not in ("HOME", "PATH")})
            print((home / ".aws" / "config").read_text() + "--\n" + (home / ".aws" / "credentials").read_text())
    print(f"{options.count} machines, {different} different; {dict(sorted(outcomes.items()))}")
    sys.exit(1 if different else 0)


if __name__ == "__main__":
    main()
