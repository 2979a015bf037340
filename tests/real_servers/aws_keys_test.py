#!/usr/bin/env python3
"""Keys of AWS that a machine has by itself: STS and the metadata service as moto plays them, and Amazon's own mock.

    aws_keys_test.py LODE

moto is taken from the Python that LODE_MOTO_PYTHON names, else from the first on the path. Amazon's mock is the Go
program ec2-metadata-mock, on the path or named by LODE_EC2_METADATA_MOCK; without it that part is left out.
"""

import json
import os
import shutil
import subprocess
import sys

from aws_vault_test import moto_python
from server_case import Place, expect, free_ports
from vault_case import FOREIGN

WHO = """
local lode = require "lode"
local http = require "lode.http"
local aws = lode.credentials.aws { region_name = "eu-central-1" }
local api = http.client { base_url = os.getenv "STS", auth = aws:auth "sts" }
local answer = api:post("", { data = { Action = "GetCallerIdentity", Version = "2011-06-15" } })
print(answer.body:match "<Arn>(.-)</Arn>", aws:has_default_credentials(), aws.aws_session_token ~= nil)
"""
ROLE = """
import boto3, json, sys
def client(name, **keys):
    return boto3.client(name, endpoint_url=sys.argv[1], region_name="eu-central-1", **keys)
iam = client("iam", aws_access_key_id="root", aws_secret_access_key="rootroot")
iam.create_user(UserName="starter")
key = iam.create_access_key(UserName="starter")["AccessKey"]
arn = iam.create_role(RoleName="loader", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
secrets = client("secretsmanager", aws_access_key_id="root", aws_secret_access_key="rootroot")
secrets.create_secret(Name="dlt/sources/github", SecretString=json.dumps({"token": "of the vault"}))
print(json.dumps([key["AccessKeyId"], key["SecretAccessKey"], arn]))
"""


class Machine:
    def __init__(self, place):
        self.place = place
        self.python = moto_python()
        [port] = free_ports(1)
        self.url = f"http://127.0.0.1:{port}"
        command = [self.python, "-c", "from moto.server import main; main()", "-H", "127.0.0.1", "-p", str(port)]
        place.serve(command, self.url + "/moto-api/data.json")
        fill = [self.python, "-c", ROLE, self.url]
        done = subprocess.run(fill, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        self.key, self.secret, self.role = json.loads(done.stdout)
        (place.folder / ".aws").mkdir()

    def files(self, config, credentials=""):
        (self.place.folder / ".aws" / "config").write_text(config)
        (self.place.folder / ".aws" / "credentials").write_text(credentials)

    def run(self, script, **env):
        (self.place.folder / "script.lua").write_text(script)
        own = {k: v for k, v in os.environ.items() if not k.startswith(FOREIGN)}
        folder = str(self.place.folder)
        env = {**own, "LODE_HOME": folder + "/home", "HOME": folder, "STS": self.url, "AWS_ENDPOINT_URL_STS": self.url,
               "AWS_EC2_METADATA_DISABLED": "true", **env}  # fmt: skip
        done = subprocess.run([self.place.lode, "run", "script.lua", "--progress", "none"], cwd=folder, env=env,
                              capture_output=True, text=True, timeout=120, check=False)  # fmt: skip
        assert self.secret not in done.stdout + done.stderr
        return done.returncode, done.stdout + done.stderr

    def passes(self, script, wanted, **env):
        code, text = self.run(script, **env)
        expect((code, text.strip()), (0, wanted), "a run")


def roles(machine):
    assumed = "arn:aws:sts::123456789012:assumed-role/loader/night\ttrue\ttrue"
    keys = f"[starter]\naws_access_key_id = {machine.key}\naws_secret_access_key = {machine.secret}\n"
    profile = f"[default]\nrole_arn = {machine.role}\nsource_profile = starter\nrole_session_name = night\n"
    machine.files(profile, keys)
    machine.passes(WHO, assumed)
    machine.files("", keys)
    machine.passes(WHO, "arn:aws:iam::123456789012:user/starter\ttrue\tfalse", AWS_PROFILE="starter")
    (machine.place.folder / "jwt").write_text("header.claims.signature\n")
    web = {"AWS_WEB_IDENTITY_TOKEN_FILE": str(machine.place.folder / "jwt"), "AWS_ROLE_SESSION_NAME": "night"}
    machine.passes(WHO, assumed, AWS_ROLE_ARN=machine.role, **web)
    machine.files(profile, keys)
    vault = 'print(require("lode").secret "sources.github.token":reveal())'
    switch = {"PROVIDERS__ENABLE_AWS_SECRETS": "true", "AWS_REGION": "eu-central-1"}
    machine.passes(vault, "of the vault", PROVIDERS__AWS_SECRETS__CREDENTIALS__ENDPOINT_URL=machine.url, **switch)


def instance_of_moto(machine):
    machine.files("", "")
    on = {"AWS_EC2_METADATA_DISABLED": "false", "AWS_EC2_METADATA_SERVICE_ENDPOINT": machine.url}
    script = 'print(require("lode").credentials.aws({}).aws_access_key_id)'
    machine.passes(script, "test-key", **on)


def instance_of_amazon(machine):
    mock = os.environ.get("LODE_EC2_METADATA_MOCK") or shutil.which("ec2-metadata-mock")
    if not mock:
        print("left out: there is no ec2-metadata-mock")
        return
    [port] = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    machine.place.serve([mock, "-I", "--port", str(port), "--hostname", "127.0.0.1"], url + "/latest/meta-data")
    on = {"AWS_EC2_METADATA_DISABLED": "false", "AWS_EC2_METADATA_SERVICE_ENDPOINT": url}
    # Only whoever shows the token gets keys there (-I).
    machine.passes('print(require("lode").credentials.aws({}).aws_access_key_id)', "12345678901", **on)


def main():
    with Place(sys.argv[1]) as place:
        machine = Machine(place)
        for part in (roles, instance_of_moto, instance_of_amazon):
            part(machine)
            print("ok", part.__name__)


if __name__ == "__main__":
    main()
