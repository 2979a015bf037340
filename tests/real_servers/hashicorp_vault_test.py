#!/usr/bin/env python3
"""HashiCorp Vault (or OpenBao): both versions of the key/value store, ways to log in, tokens that end, refusals, TLS.

    hashicorp_vault_test.py LODE

The server is the program that LODE_VAULT_PROGRAM names, else `vault` or `bao` on the path.
"""

import base64
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.parse
import urllib.request

from server_case import SKIPPED, Place, expect, free_ports
from vault_case import CANARY, VaultCase

ROOT = "root-tOkEn-4711"
ON = {"PROVIDERS__ENABLE_HASHICORP_VAULT": "true"}


def vault_program():
    found = os.environ.get("LODE_VAULT_PROGRAM") or shutil.which("vault") or shutil.which("bao")
    if not found or not os.access(found, os.X_OK):
        print("skipped: neither vault nor bao is on the path; LODE_VAULT_PROGRAM may name one")
        sys.exit(SKIPPED)
    return os.path.abspath(found)


def option(name, value):
    return {"PROVIDERS__HASHICORP_VAULT__" + name.upper(): str(value)}


class Vault(VaultCase):
    def __init__(self, place):
        self.program = vault_program()
        [port] = free_ports(1)
        self.url = f"http://127.0.0.1:{port}"
        super().__init__(place, {"VAULT_ADDR": self.url})
        self.hidden.append(ROOT)
        command = [self.program, "server", "-dev", "-dev-no-store-token", f"-dev-root-token-id={ROOT}",
                   f"-dev-listen-address=127.0.0.1:{port}"]  # fmt: skip
        place.serve(command, self.url + "/v1/sys/health")
        self.fill()

    def api(self, method, path, body=None, token=ROOT):
        data = None if body is None else json.dumps(body).encode()
        headers = {"X-Vault-Token": token, "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}/v1/{path}", data=data, headers=headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def put(self, path, **fields):
        self.api("POST", "secret/data/" + path, {"data": fields})

    def fill(self):
        self.put("dlt/dlt_secrets_toml", value='[sources.wide]\nkey = "from everything"\n')
        self.put("dlt/sources/github", token=CANARY, pages=7, deep={"key": CANARY})
        self.put("dlt/p/sources/github", token="of p")
        self.put("dlt/sources/single/token", value="a=b;" + CANARY)
        self.put("dlt/sources/last", token="the last")
        self.put("team/pg", host="db", password=CANARY)
        self.put("one", value=CANARY)
        self.put("old", token="first " + CANARY)
        self.put("old", token="second")
        self.put("gone", token=CANARY)
        self.api("DELETE", "secret/data/gone")
        self.api("POST", "sys/mounts/first/kv", {"type": "kv", "options": {"version": "1"}})
        self.api("POST", "first/kv/dlt/sources/github", {"token": CANARY})
        self.api("POST", "sys/mounts/keys", {"type": "transit"})
        rules = 'path "secret/data/dlt/*" { capabilities = ["read"] }'
        self.api("POST", "sys/policies/acl/reader", {"policy": rules})
        for method in ("approle", "userpass", "jwt"):
            self.api("POST", "sys/auth/" + method, {"type": method})
        self.api("POST", "sys/auth/team-roles", {"type": "approle"})

    def token(self, ttl="1h", policies=("reader",), **more):
        body = {"policies": list(policies), "ttl": ttl, **more}
        made = self.api("POST", "auth/token/create", body)["auth"]["client_token"]
        self.hidden.append(made)
        return made


def places(vault):
    reader = {"VAULT_TOKEN": vault.token(), **ON}
    vault.passes(
        f"""has("sources.wide.key", "from everything")
        has("sources.github.token", "{CANARY}")
        assert(lode.config.get("sources.github.pages", "integer") == 7)
        has("sources.github.deep.key", "{CANARY}")
        has("p.sources.github.token", "of p")""",
        **reader,
    )
    vault.passes('has("sources.github.token", "mine")', SOURCES__GITHUB__TOKEN="mine", **reader)
    asked = 'lode.secret "sources.github.token"'
    vault.fails(asked, "no value for secret", VAULT_TOKEN=ROOT)
    own = f'has("sources.single.token", "a=b;{CANARY}")'
    vault.fails(own, "vault://secret/dlt/sources/single", "no such secret", **reader)
    vault.passes(own, **option("only_toml_fragments", "false"), **reader)
    # All folders of the list, and who may not list.
    listing = {**ON, **option("list_secrets", "true")}
    vault.passes('has("sources.last.token", "the last")', VAULT_TOKEN=ROOT, **listing)
    vault.fails('lode.secret "sources.none.token"', "not in the vault's list", VAULT_TOKEN=ROOT, **listing)
    vault.fails(asked, "need list on 'secret/metadata/dlt/", VAULT_TOKEN=vault.token(), **listing)
    # Another mount, of version 1, below a folder; no prefix; no mount at all.
    first = {"VAULT_TOKEN": ROOT, **ON, **option("mount", "first/kv/")}
    vault.passes(f'has("sources.github.token", "{CANARY}")', **first)
    vault.passes(f'has("sources.github.token", "{CANARY}")', **option("list_secrets", "true"), **first)
    vault.passes(f'has("team.pg.password", "{CANARY}")', VAULT_TOKEN=ROOT, **ON, **option("prefix", ""))
    vault.fails(asked, "nothing is mounted at 'nowhere'", VAULT_TOKEN=ROOT, **ON, **option("mount", "nowhere"))


def references(vault):
    def at(reference, token=ROOT):
        return {"SOURCES__A__TOKEN": reference, "VAULT_TOKEN": token}

    right = f'has("sources.a.token", "{CANARY}")'
    for reference in (
        "vault://secret/dlt/sources/github#token",
        "vault://secret/one",
        "vault://first/kv/dlt/sources/github#token",
        "vault://secret/team/pg#password",
    ):
        vault.passes(right, **at(reference))
    vault.passes(f'has("sources.a.token", "first {CANARY}")', **at("vault://secret/old?version=1#token"))
    vault.passes('has("sources.a.token", "second")', **at("vault://secret/old#token"))
    url = f"postgresql://u:{urllib.parse.quote(CANARY, safe='')}@db:5432/d"
    vault.put("team/url", value=url)
    vault.put("team/all", database="d", username="u", password=CANARY, host="db")
    for reference in ("vault://secret/team/url", "vault://secret/team/all"):
        text = f"""local found = lode.credentials.find {{ section = "sources.b", kind = "postgres" }}
        assert(found:to_table().password:reveal() == "{CANARY}")"""
        vault.passes(text, SOURCES__B__CREDENTIALS=reference, VAULT_TOKEN=ROOT)
    asked = 'lode.secret "sources.a.token"'
    for reference, words in {
        "vault://secret/nothing#a": ["no such secret"],
        "vault://secret/gone#token": ["newest version is deleted"],
        "vault://secret/old?version=9#token": ["no such secret"],
        "vault://secret/one#x": ["has no key 'x'"],
        "vault://secret": ["cannot be a name"],
        "vault://secret/../sys/raw#x": ["cannot be a name"],
        "vault://secret/data/one#value": ["the 'data/' of the API's paths is left out"],
        "vault://keys/one#value": ["of the type transit"],
        "vault://nowhere/one#value": ["nothing is mounted at 'nowhere'"],
    }.items():
        vault.fails(asked, reference.split("#", maxsplit=1)[0], *words, **at(reference))
    refused = at("vault://secret/team/pg#password", vault.token())
    vault.fails(asked, "access denied", "read on 'secret/data/team/pg'", **refused)


def logins(vault):
    asked = f'has("sources.github.token", "{CANARY}")'
    for mount in ("approle", "team-roles"):
        role = f"auth/{mount}/role/r"
        vault.api("POST", role, {"token_policies": "reader", "token_ttl": "1h"})
        role_id = vault.api("GET", role + "/role-id")["data"]["role_id"]
        secret_id = vault.api("POST", role + "/secret-id", {})["data"]["secret_id"]
        vault.hidden.append(secret_id)
        place = {**ON, **(option("auth_mount", mount) if mount != "approle" else {}), **option("role_id", role_id)}
        vault.passes(asked, **place, **option("secret_id", secret_id))
        vault.fails(asked, "the AppRole login failed", "invalid", **place, **option("secret_id", CANARY))
    vault.fails(asked, "needs it", "role_id", **ON, **option("auth", "approle"))
    password = "pA55-" + CANARY
    vault.api("POST", "auth/userpass/users/ann", {"password": password, "token_policies": "reader"})
    user = {**ON, **option("username", "ann")}
    vault.passes(asked, **user, **option("password", password))
    vault.fails(asked, "the userpass login failed", **user, **option("password", CANARY))
    nowhere = {**option("password", CANARY), **option("auth_mount", "nowhere")}
    vault.fails(asked, "this way is open there: POST v1/auth/nowhere/login/ann", **user, **nowhere)
    vault.fails(asked, "'providers.hashicorp_vault.auth' is 'magic'", **ON, **option("auth", "magic"))
    signed_tokens(vault, asked)


def signed_tokens(vault, asked):
    """A Kubernetes login is a JWT login: the same question, of another mount."""
    key = vault.place.folder / "jwt.pem"
    subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
    public = subprocess.run(["openssl", "rsa", "-in", key, "-pubout"], check=True, capture_output=True, text=True)
    vault.api("POST", "auth/jwt/config", {"jwt_validation_pubkeys": [public.stdout]})
    role = {"role_type": "jwt", "bound_audiences": ["lode"], "user_claim": "sub", "token_policies": "reader"}
    vault.api("POST", "auth/jwt/role/loader", role)
    now = int(time.time())
    claims = {"sub": "pod", "iat": now - 5, "nbf": now - 5, "exp": now + 600}
    good, wrong = (signed(key, {"aud": audience, **claims}) for audience in ("lode", "other"))
    vault.hidden += [good, wrong]
    token_file = vault.place.folder / "service-account"
    token_file.write_text(good + "\n")
    login = {**ON, **option("auth_mount", "jwt"), **option("role", "loader")}
    vault.passes(asked, **login, **option("jwt_file", token_file))  # as in a pod, but for the file's place
    vault.passes(asked, **login, **option("auth", "jwt"), **option("jwt", good))
    vault.fails(asked, "the Kubernetes login failed", **login, **option("jwt", wrong))
    vault.fails(asked, "needs the token in /nowhere", **login, **option("jwt_file", "/nowhere"))


def signed(key, claims):
    def part(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=")

    text = part(b'{"alg":"RS256","typ":"JWT"}') + b"." + part(json.dumps(claims).encode())
    sign = subprocess.run(["openssl", "dgst", "-sha256", "-sign", key], input=text, check=True, capture_output=True)
    return (text + b"." + part(sign.stdout)).decode()


def tokens(vault):
    asked = f'has("sources.github.token", "{CANARY}")'
    # Where tokens are, in order: configured, the variable, the file.
    (vault.place.folder / ".vault-token").write_text(vault.token() + "\n")
    vault.passes(asked, **ON)
    vault.fails(asked, "VAULT_TOKEN", "not valid, or no longer", VAULT_TOKEN=CANARY, **ON)
    vault.passes(asked, VAULT_TOKEN=CANARY, **option("token", vault.token()), **ON)
    (vault.place.folder / ".vault-token").unlink()
    vault.fails(asked, "no token, and nothing to log in with", "PROVIDERS__HASHICORP_VAULT__TOKEN", **ON)
    expired = vault.token(ttl="1s")
    time.sleep(2)
    vault.fails(asked, "not valid, or no longer", "vault login", VAULT_TOKEN=expired, **ON)
    vault.fails(asked, "access denied", VAULT_TOKEN=vault.token(policies=["default"]), **ON)
    no_default = vault.token(no_default_policy=True)  # it may not even look at itself
    vault.passes(asked, VAULT_TOKEN=no_default, **ON)
    (vault.place.folder / ".dlt").mkdir()
    (vault.place.folder / ".dlt/config.toml").write_text(f'[providers.hashicorp_vault]\ntoken = "{ROOT}"\n')
    vault.fails(asked, "must not hold secrets", **ON)
    (vault.place.folder / ".dlt/config.toml").unlink()


# Asks anew every time, for longer than a token lasts.
LONG = """
for i = 1, 16 do
  has("sources.github.token", "%s")
  lode.sleep(0.5)
end
"""


def long_runs(vault):
    """Tokens of two seconds: renewed up to their last, and then a new login."""
    role = "auth/approle/role/short"
    body = {"token_policies": "reader", "token_ttl": "2s", "token_max_ttl": "4s"}
    vault.api("POST", role, body)
    role_id = vault.api("GET", role + "/role-id")["data"]["role_id"]
    secret_id = vault.api("POST", role + "/secret-id", {})["data"]["secret_id"]
    vault.hidden.append(secret_id)
    login = {**option("role_id", role_id), **option("secret_id", secret_id), **option("cache_ttl_s", 0.1)}
    vault.passes(LONG % CANARY, **login, **ON)
    # A token that is there is renewed as long as it may be.
    vault.passes(LONG % CANARY, VAULT_TOKEN=vault.token(ttl="3s"), **option("cache_ttl_s", 0.1), **ON)


def certificates(place):
    """A second server, whose certificate nobody knows but who is told."""
    [port] = free_ports(1)
    folder = place.folder / "tls"
    folder.mkdir()
    command = [vault_program(), "server", "-dev-tls", f"-dev-tls-cert-dir={folder}", "-dev-no-store-token",
               f"-dev-root-token-id={ROOT}", f"-dev-listen-address=127.0.0.1:{port}"]  # fmt: skip
    url = f"https://127.0.0.1:{port}"
    server = place.start(command)
    vault = VaultCase(place, {"VAULT_ADDR": url, "VAULT_TOKEN": ROOT})
    authority = str(folder / "vault-ca.pem")
    end = time.monotonic() + 60
    while True:
        code, text = vault.run('lode.secret "a.b"', VAULT_CACERT=authority, **ON)
        if "no such secret" in text:
            break
        assert server.poll() is None and time.monotonic() < end, text
        time.sleep(0.2)
    expect(code, 1, text)
    vault.fails('lode.secret "a.b"', "no such secret", **ON, **option("ca_file", authority))
    vault.fails('lode.secret "a.b"', "no such secret", VAULT_SKIP_VERIFY="true", **ON)
    vault.fails('lode.secret "a.b"', "HashiCorp Vault cannot be asked", "certificate", **ON)
    vault.fails('lode.secret "a.b"', "answered 400", **ON, VAULT_ADDR=url.replace("https", "http"))
    vault.fails('lode.secret "a.b"', "/nowhere.pem", **ON, **option("ca_file", "/nowhere.pem"))


def main():
    with Place(sys.argv[1]) as place:
        vault = Vault(place)
        places(vault)
        references(vault)
        logins(vault)
        tokens(vault)
        long_runs(vault)
        certificates(place)
        print("hashicorp vault: ok")


if __name__ == "__main__":
    main()
