#!/usr/bin/env python3
"""AWS Secrets Manager and Parameter Store, as moto's server plays them: signatures, permissions, and what is not there.

    aws_vault_test.py LODE

moto is taken from the Python that LODE_MOTO_PYTHON names, else from the first on the path.
"""

import json
import os
import shutil
import subprocess
import sys
import urllib.request

from server_case import SKIPPED, Place, free_ports
from vault_case import CANARY, VaultCase

KEYS = {"AWS_ACCESS_KEY_ID": "root", "AWS_SECRET_ACCESS_KEY": "rootroot", "AWS_REGION": "eu-central-1"}
# Puts what the vaults hold and makes two users; prints their keys. It runs where moto is, so boto3 is there.
FILL = """
import boto3, json, sys
url, canary = sys.argv[1:]
def client(name):
    return boto3.client(name, endpoint_url=url, region_name="eu-central-1", aws_access_key_id="root",
                        aws_secret_access_key="rootroot")
secrets, parameters, iam = client("secretsmanager"), client("ssm"), client("iam")
secrets.create_secret(Name="dlt/dlt_secrets_toml", SecretString='[sources.wide]\\nkey = "from everything"\\n')
secrets.create_secret(Name="dlt/sources/github", SecretString=json.dumps({"token": canary, "pages": 7}))
secrets.create_secret(Name="dlt/p/sources/github", SecretString='[p.sources.github]\\ntoken = "of p"\\n')
secrets.create_secret(Name="dlt/sources/broken", SecretString='{"token": "' + canary + '"')
secrets.create_secret(Name="dlt/sources/single/token", SecretString="a=b;" + canary)
secrets.create_secret(Name="plain", SecretString=canary)
secrets.create_secret(Name="gone", SecretString=canary)
secrets.delete_secret(SecretId="gone")
for i in range(110):
    secrets.create_secret(Name=f"other/{i}", SecretString="x")
secrets.create_secret(Name="dlt/sources/last", SecretString='{"token": "the last"}')
parameters.put_parameter(Name="/dlt/sources/crm/token", Value=canary, Type="SecureString")
parameters.put_parameter(Name="/team/crm", Value=json.dumps({"user": "u", "password": canary}), Type="SecureString")
keys = {}
for name, actions in {"reader": ["secretsmanager:*", "ssm:*"], "nobody": ["s3:ListAllMyBuckets"]}.items():
    iam.create_user(UserName=name)
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}
    iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=json.dumps(policy))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    keys[name] = [key["AccessKeyId"], key["SecretAccessKey"]]
print(json.dumps(keys))
"""


def moto_python():
    python = os.environ.get("LODE_MOTO_PYTHON") or shutil.which("python3")
    check = [python, "-c", "import moto.server, flask, boto3"]
    if not python or subprocess.run(check, capture_output=True, check=False).returncode != 0:
        print("skipped: this Python has no moto[server]; LODE_MOTO_PYTHON may name another")
        sys.exit(SKIPPED)
    return python


class Vaults(VaultCase):
    def __init__(self, place):
        python = moto_python()
        [port] = free_ports(1)
        self.url = f"http://127.0.0.1:{port}"
        command = [python, "-c", "from moto.server import main; main()", "-H", "127.0.0.1", "-p", str(port)]
        endpoints = {
            f"PROVIDERS__AWS_{kind}__CREDENTIALS__ENDPOINT_URL": self.url for kind in ("SECRETS", "PARAMETERS")
        }
        super().__init__(place, {**KEYS, **endpoints})
        place.serve(command, self.url + "/moto-api/data.json")
        fill = [python, "-c", FILL, self.url, CANARY]
        done = subprocess.run(fill, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        self.keys = json.loads(done.stdout)

    def check_permissions(self):
        """From now on moto looks at signatures and policies."""
        headers = {"Content-Type": "text/plain"}
        urllib.request.urlopen(
            urllib.request.Request(self.url + "/moto-api/reset-auth", data=b"0", headers=headers)
        ).close()


SECRETS = {"PROVIDERS__ENABLE_AWS_SECRETS": "true"}
PARAMETERS = {"PROVIDERS__ENABLE_AWS_PARAMETERS": "true"}


def places(vaults):
    vaults.passes(
        f"""has("sources.wide.key", "from everything")
        has("sources.github.token", "{CANARY}")
        assert(lode.config.get("sources.github.pages", "integer") == 7)
        has("p.sources.github.token", "of p")""",
        **SECRETS,
    )
    vaults.passes(f'has("sources.crm.token", "{CANARY}")', **PARAMETERS)
    # Places that come before win; without the switch nothing is asked.
    vaults.passes('has("sources.github.token", "mine")', SOURCES__GITHUB__TOKEN="mine", **SECRETS)
    vaults.fails('lode.secret "sources.github.token"', "no value for secret")
    # A key's own name only if asked for; all pages of the list.
    own = 'has("sources.single.token", "a=b;' + CANARY + '")'
    vaults.fails(own, "no value for secret 'sources.single.token'", "aws-sm://dlt/sources/single", **SECRETS)
    vaults.passes(own, PROVIDERS__AWS_SECRETS__ONLY_TOML_FRAGMENTS="false", **SECRETS)
    listing = {"PROVIDERS__AWS_SECRETS__LIST_SECRETS": "true", **SECRETS}
    vaults.passes('has("sources.last.token", "the last")', **listing)
    vaults.fails('lode.secret "sources.none.token"', "not in the vault's list", **listing)
    vaults.fails('lode.secret "sources.none.token"', "no such secret", **SECRETS)
    vaults.fails('lode.secret "sources.broken.token"', "aws-sm://dlt/sources/broken", "is none", **SECRETS)


def references(vaults):
    def at(reference):
        return {"SOURCES__A__TOKEN": reference}

    right = f'has("sources.a.token", "{CANARY}")'
    for reference in ("aws-sm://plain", "aws-sm://dlt/sources/github#token", "aws-ssm:///team/crm#password"):
        vaults.passes(right, **at(reference))
    asked = 'lode.secret "sources.a.token"'
    vaults.fails(asked, "aws-sm://nothing", "no such secret", **at("aws-sm://nothing"))
    vaults.fails(asked, "aws-ssm:///nothing", "no such parameter", **at("aws-ssm:///nothing"))
    vaults.fails(asked, "has no key 'x'", **at("aws-sm://dlt/sources/github#x"))
    vaults.fails(asked, "is not a JSON object", **at("aws-sm://plain#x"))
    vaults.fails(asked, "is not a JSON object", **at("aws-sm://dlt/sources/broken#token"))
    vaults.fails(asked, "deletion", **at("aws-sm://gone"))
    vaults.fails(asked, "cannot be a name", **at("aws-sm://a b"))


def bad_access(vaults):
    asked = 'lode.secret "sources.github.token"'
    dead = {"PROVIDERS__AWS_SECRETS__CREDENTIALS__ENDPOINT_URL": "http://127.0.0.1:1", **SECRETS}
    vaults.fails(asked, "AWS Secrets Manager cannot be asked", "http://127.0.0.1:1", **dead)
    vaults.fails(asked, "no AWS region", AWS_REGION="", **SECRETS)
    vaults.fails(asked, "aws_access_key_id", AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="", **SECRETS)
    vaults.fails("", "timeout_s is above 0", PROVIDERS__AWS_SECRETS__TIMEOUT_S="0", **SECRETS)
    circle = {"PROVIDERS__AWS_SECRETS__CREDENTIALS__AWS_SECRET_ACCESS_KEY": "aws-sm://plain", **SECRETS}
    vaults.fails(asked, "what vaults are reached with", **circle)


def permissions(vaults):
    vaults.check_permissions()

    def user(name, secret=None):
        key, own = vaults.keys[name]
        return {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret or own}

    good = f'has("sources.github.token", "{CANARY}")'
    vaults.passes(good, **user("reader"), **SECRETS)  # the signature is right
    vaults.passes(f'has("sources.crm.token", "{CANARY}")', **user("reader"), **PARAMETERS)
    vaults.fails(good, "access denied", "secretsmanager:GetSecretValue", **user("nobody"), **SECRETS)
    vaults.fails(good, "access denied", "ssm:GetParameter", **user("nobody"), **PARAMETERS)
    listing = {"PROVIDERS__AWS_SECRETS__LIST_SECRETS": "true", **SECRETS}
    vaults.fails(good, "secretsmanager:ListSecrets", **user("nobody"), **listing)
    vaults.fails(good, "AWS does not take these keys", **user("reader", CANARY), **SECRETS)
    reference = {"SOURCES__A__TOKEN": "aws-sm://plain"}
    vaults.fails('lode.secret "sources.a.token"', "access denied", **user("nobody"), **reference)


def main():
    with Place(sys.argv[1]) as place:
        vaults = Vaults(place)
        places(vaults)
        references(vaults)
        bad_access(vaults)
        permissions(vaults)
        print("aws vaults: ok")


if __name__ == "__main__":
    main()
