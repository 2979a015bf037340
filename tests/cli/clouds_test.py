#!/usr/bin/env python3
"""The machine's own credentials of the clouds, in scripts: found, used, renewed, and never seen.

One server plays the metadata services and token endpoints of three clouds, and an API that wants what they give.
"""

import base64
import http.server
import json
import subprocess
import threading
import time
import urllib.parse

import case
from case import CliCase

CANARY = "cAnArY7Xq+/v9z"
FORMS = (CANARY, urllib.parse.quote(CANARY, safe=""), base64.b64encode(CANARY.encode()).decode())

HEAD = """
local lode = require "lode"
local http = require "lode.http"
local credentials = lode.credentials
local api = http.client { base_url = os.getenv "API", retry = { attempts = 1 } }
local function find(kind) return credentials.find { section = "sources.shop", kind = kind } end
"""


class Cloud(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.asked = []
        self.life_s = 3600
        self.tokens = 0
        self.refuses = set()

    def token(self):
        self.tokens += 1
        return f"{CANARY}-{self.tokens}"

    def end(self):
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + self.life_s))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body, **headers):
        data = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def serve(self):
        cloud = self.server
        size = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(size).decode()
        path, _, query = self.path.partition("?")
        form = dict(urllib.parse.parse_qsl(body))
        params = dict(urllib.parse.parse_qsl(query))
        cloud.asked.append((self.command, path, params, form, dict(self.headers)))
        if path in cloud.refuses:
            return self.answer(400, {"error": "invalid_grant", "error_description": body + " " + CANARY})
        if path == "/google/token" or path.endswith("/oauth2/v2.0/token"):
            return self.answer(200, {"access_token": cloud.token(), "expires_in": cloud.life_s})
        if path == "/computeMetadata/v1/project/project-id":
            return self.answer(200, "of-machine", Metadata_Flavor="Google")
        if path == "/computeMetadata/v1/instance/service-accounts/default/token":
            token = {"access_token": cloud.token(), "expires_in": cloud.life_s}
            return self.answer(200, token, Metadata_Flavor="Google")
        if path == "/metadata/identity/oauth2/token":
            return self.answer(200, {"access_token": cloud.token(), "expires_in": str(cloud.life_s)})
        if path == "/latest/api/token":
            return self.answer(200, CANARY + "-imds")
        if path == "/latest/meta-data/iam/security-credentials/":
            return self.answer(200, "loader")
        if path == "/latest/meta-data/iam/security-credentials/loader":
            keys = {"AccessKeyId": f"AKID{cloud.tokens + 1}", "SecretAccessKey": cloud.token(), "Token": CANARY + "-s"}
            return self.answer(200, {**keys, "Expiration": cloud.end()})
        if path == "/api/echo":
            return self.answer(200, [{"id": 1, "auth": self.headers.get("Authorization", "").count(CANARY)}])
        return self.answer(404, "no such path")

    do_GET = do_POST = do_PUT = serve


class Clouds(CliCase):
    def setUp(self):
        super().setUp()
        self.cloud = Cloud()
        threading.Thread(target=self.cloud.serve_forever, daemon=True).start()
        self.addCleanup(self.cloud.server_close)
        self.addCleanup(self.cloud.shutdown)

    def env(self, **more):
        nowhere = "http://127.0.0.1:1"
        return super().env(
            API=self.cloud.url + "/api/",
            **{
                "GCE_METADATA_HOST": "127.0.0.1:1",
                "AWS_EC2_METADATA_SERVICE_ENDPOINT": nowhere,
                "AZURE_POD_IDENTITY_AUTHORITY_HOST": nowhere,
                **more,
            },
        )

    def host(self):
        return self.cloud.url.partition("://")[2]

    def run_script(self, text, *words, code=0, **env):
        self.file("shop.lua", HEAD + text)
        answer = self.lode("run", "shop.lua", "--progress", "none", *words, env=env)
        self.assertEqual(answer.code, code, answer)
        self.nothing_leaks(answer)
        return answer

    def nothing_leaks(self, answer):
        for path in self.folder.rglob("*"):
            if path.is_file() and path.name not in self.ours():
                for form in FORMS:
                    self.assertNotIn(form.encode(), path.read_bytes(), path)
        for form in FORMS:
            self.assertNotIn(form, answer.out + answer.err)

    def ours(self):
        return {"key.json", "federated"}

    def asked(self, path):
        return [entry for entry in self.cloud.asked if entry[1] == path]

    def bearers(self):
        return [headers["Authorization"] for _, _, _, _, headers in self.asked("/api/echo")]

    def test_google_of_the_machine_signs_in_with_its_metadata_server(self):
        script = """
            local google = find "gcp_service_account"
            assert(google:has_default_credentials() and google.project_id == "of-machine" and not google.private_key)
            local auth = google:auth "https://www.googleapis.com/auth/devstorage.read_only"
            api:get("echo", { auth = auth })
            api:get("echo", { auth = auth })
            print(google, auth)
        """
        self.run_script(script, GCE_METADATA_HOST=self.host())
        self.assertEqual(self.bearers(), [f"Bearer {CANARY}-1"] * 2)
        [token] = self.asked("/computeMetadata/v1/instance/service-accounts/default/token")
        self.assertEqual(token[2], {"scopes": "https://www.googleapis.com/auth/devstorage.read_only"})

    def test_a_token_that_ends_is_replaced(self):
        self.cloud.life_s = 0
        script = """
            local auth = find("gcp_oauth"):auth()
            for _ = 1, 3 do api:get("echo", { auth = auth }) end
        """
        self.run_script(script, GCE_METADATA_HOST=self.host())
        self.assertEqual(self.bearers(), [f"Bearer {CANARY}-{i}" for i in (1, 2, 3)])

    def test_a_service_account_of_the_configuration_and_of_the_machine(self):
        key = subprocess.run(["openssl", "genrsa", "2048"], capture_output=True, text=True, check=True).stdout
        account = {
            "type": "service_account",
            "project_id": "p",
            "private_key": key,
            "client_email": "loader@p",
            "token_uri": self.cloud.url + "/google/token",
        }
        self.file("key.json", json.dumps(account))
        script = """
            local google = find "gcp_service_account"
            local is_default = os.getenv "GOOGLE_APPLICATION_CREDENTIALS" ~= nil
            assert(google:has_default_credentials() == is_default and google.project_id == "p")
            api:get("echo", { auth = google:auth { "a", "b" } })
        """
        self.run_script(script, GOOGLE_APPLICATION_CREDENTIALS=str(self.folder / "key.json"))
        self.run_script(script, SOURCES__SHOP__CREDENTIALS=json.dumps(account))
        tokens = self.asked("/google/token")
        self.assertEqual(len(tokens), 2)
        for _, _, _, form, _ in tokens:
            claims = json.loads(base64.urlsafe_b64decode(form["assertion"].split(".")[1] + "=="))
            self.assertEqual(claims["iss"], "loader@p")
            self.assertEqual(claims["scope"], "a b")

    def test_a_refusal_says_who_and_nothing_secret(self):
        person = {
            "type": "authorized_user", "client_id": "i", "client_secret": CANARY, "refresh_token": "r" + CANARY,
            "token_uri": self.cloud.url + "/google/token",
        }  # fmt: skip
        self.file("key.json", json.dumps(person))
        self.cloud.refuses.add("/google/token")
        script = 'api:get("echo", { auth = find("gcp_oauth"):auth() })'
        answer = self.run_script(script, code=1, GOOGLE_APPLICATION_CREDENTIALS=str(self.folder / "key.json"))
        self.assertIn("Google's token endpoint answered 400", answer.err)
        self.assertIn("invalid_grant", answer.err)
        self.assertEqual(len(self.asked("/google/token")), 1)

    def test_nothing_anywhere_says_where_it_was_looked_for(self):
        for kind, places in {
            "gcp_service_account": ("GOOGLE_APPLICATION_CREDENTIALS is not set", "metadata server at 127.0.0.1:1"),
            "aws": ("AWS_ACCESS_KEY_ID is not set", "AWS_WEB_IDENTITY_TOKEN_FILE", "the instance's role"),
        }.items():
            answer = self.run_script(f"find '{kind}'", code=1)
            for place in places:
                self.assertIn(place, answer.err)
        self.assertEqual(self.cloud.asked, [])

    def test_azure_of_the_machine(self):
        script = """
            local azure = find { "azure", "azure_service_principal" }
            assert(azure:has_default_credentials() and azure:to_adlfs_credentials().anon == false)
            api:get("echo", { auth = azure:auth() })
        """
        name = {"SOURCES__SHOP__CREDENTIALS__AZURE_STORAGE_ACCOUNT_NAME": "store"}
        self.run_script(script, AZURE_POD_IDENTITY_AUTHORITY_HOST=self.cloud.url, **name)
        [token] = self.asked("/metadata/identity/oauth2/token")
        self.assertEqual(token[2]["resource"], "https://storage.azure.com")
        self.file("federated", CANARY)
        self.run_script(
            script,
            AZURE_AUTHORITY_HOST=self.cloud.url,
            AZURE_TENANT_ID="dir",
            AZURE_CLIENT_ID="app",
            AZURE_FEDERATED_TOKEN_FILE=str(self.folder / "federated"),
            **name,
        )
        [token] = self.asked("/dir/oauth2/v2.0/token")
        self.assertEqual(token[3]["client_assertion"], CANARY)
        self.assertEqual(self.bearers(), [f"Bearer {CANARY}-1", f"Bearer {CANARY}-2"])

    def test_aws_keys_of_the_machine_sign_requests_and_are_renewed(self):
        self.cloud.life_s = 0
        script = """
            local aws = find "aws"
            assert(aws:has_default_credentials())
            local auth = aws:auth { service = "execute-api", region = "eu-central-1" }
            for _ = 1, 2 do api:get("echo", { auth = auth }) end
            assert(#aws.aws_session_token > 0 and aws:to_s3fs_credentials().key:find "^AKID")
            print(aws)
        """
        self.run_script(script, AWS_EC2_METADATA_SERVICE_ENDPOINT=self.cloud.url)
        first, second = self.bearers()
        self.assertRegex(first, r"^AWS4-HMAC-SHA256 Credential=AKID\d+/\d+/eu-central-1/execute-api/aws4_request")
        self.assertNotEqual(first.partition("/")[0], second.partition("/")[0])
        self.assertTrue(all(entry[4].get("X-aws-ec2-metadata-token") == CANARY + "-imds"
                            for entry in self.asked("/latest/meta-data/iam/security-credentials/loader")))  # fmt: skip

    def test_aws_keys_that_last_longer_are_asked_for_once(self):
        script = """
            local auth = find("aws"):auth { service = "s3", region = "eu-central-1" }
            for _ = 1, 3 do api:get("echo", { auth = auth }) end
            local rest = require "lode.rest"
            local source = rest.source {
              name = "shop", client = { base_url = os.getenv "API", auth = { type = "aws_v4", service = "s3",
              region = "eu-central-1" } }, resources = { "echo" },
            }
            lode.pipeline { name = "p", destination = "sqlite:///out.db", dataset = "d" }:run(source)
        """
        self.run_script(script, AWS_EC2_METADATA_SERVICE_ENDPOINT=self.cloud.url)
        self.assertEqual(len(self.asked("/latest/meta-data/iam/security-credentials/loader")), 2)
        self.assertEqual(len({bearer.partition("/")[0] for bearer in self.bearers()[:3]}), 1)
        self.assertIn("Credential=AKID2/", self.bearers()[3])

    def test_what_is_optional_does_not_ask_metadata_services(self):
        script = """
            local fields = { { "a", "aws" }, { "g", "gcp_oauth" } }
            local settings = lode.config.read { section = "sources.shop", fields = fields }
            assert(settings.a == nil and settings.g == nil)
        """
        metadata = {"AWS_EC2_METADATA_SERVICE_ENDPOINT": self.cloud.url, "GCE_METADATA_HOST": self.host()}
        self.run_script(script, **metadata)
        self.assertEqual(self.cloud.asked, [])

    def test_a_recording_has_no_keys_and_is_enough_to_run_again(self):
        script = """
            local auth = find("aws"):auth { service = "s3", region = "eu-central-1" }
            api:get("echo", { auth = auth })
            api:get("echo", { auth = find("gcp_oauth"):auth() })
        """
        metadata = {"AWS_EC2_METADATA_SERVICE_ENDPOINT": self.cloud.url, "GCE_METADATA_HOST": self.host()}
        self.run_script(script, "--record", "tape", **metadata)
        count = len(self.cloud.asked)
        self.run_script(script, "--replay", "tape", **metadata)
        self.assertEqual(len(self.cloud.asked), count)


if __name__ == "__main__":
    case.main()
