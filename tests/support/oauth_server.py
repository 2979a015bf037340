"""An OAuth 2 server for tests, in this process: authorization code with PKCE, device code, refresh tokens that may
rotate, revocation, discovery; and an API that wants its access tokens. What goes wrong is chosen by its fields.
"""

import base64
import hashlib
import http.server
import json
import secrets
import threading
import time
import urllib.parse

CLIENT_ID, CLIENT_SECRET = "client-7", "cLiEnT-sEcReT-0451"
PUBLIC_ID = "public-app"  # has no secret


class OAuthServer:
    """A context manager. `mode` makes the server misbehave; see _Handler."""

    def __init__(self):
        self.mode = ""
        self.rotates = False
        self.lifetime_s = 3600
        self.gives_refresh_token = True
        self.pending_polls = 1  # of a device code, before the person has entered it
        self.interval_s = 0.1  # between polls
        self.mark = ""  # stands in all that is secret
        self.before_refresh = None  # called once, with no arguments, when a refresh token has come
        self.requests = []  # (path, form or query) of all that came
        self.codes, self.devices = {}, {}
        self.access_tokens, self.refresh_tokens = set(), set()
        self.revoked = []
        self.lock = threading.Lock()

    def __enter__(self):
        handler = type("Handler", (_Handler,), {"oauth": self})
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def asked(self, path):
        return [form for at, form in self.requests if at == path]

    def secrets(self):
        """All tokens that were handed out, ever."""
        return set(self.access_tokens) | set(self.refresh_tokens) | {token for token in self.revoked}

    def new_tokens(self, old_refresh_token=None):
        access = "AcCeSs-" + self.mark + secrets.token_urlsafe(16)
        self.access_tokens.add(access)
        answer = {"access_token": access, "token_type": "Bearer"}
        if self.lifetime_s:
            answer["expires_in"] = self.lifetime_s
        if old_refresh_token and self.rotates:
            self.refresh_tokens.discard(old_refresh_token)
            self.revoked.append(old_refresh_token)
        if self.gives_refresh_token and (not old_refresh_token or self.rotates):
            refresh = "ReFrEsH-" + self.mark + secrets.token_urlsafe(16)
            self.refresh_tokens.add(refresh)
            answer["refresh_token"] = refresh
        return answer


class _Handler(http.server.BaseHTTPRequestHandler):
    oauth = None

    def log_message(self, *_args):
        pass

    def reply(self, status, answer, **headers):
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def refuse(self, error, description=None, status=400):
        answer = {"error": error}
        if description:
            answer["error_description"] = description
        self.reply(200 if self.oauth.mode == "errors with 200" else status, answer)

    def do_GET(self):  # pylint: disable=invalid-name
        parts = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(parts.query))
        with self.oauth.lock:
            self.oauth.requests.append((parts.path, query))
            if parts.path == "/authorize":
                self.authorize(query)
            elif parts.path == "/rows":
                self.rows()
            elif parts.path == "/.well-known/openid-configuration" and self.oauth.mode != "no discovery":
                self.discovery()
            else:
                self.reply(404, {"error": "nothing here"})

    def discovery(self):
        issuer = "https://evil.example" if self.oauth.mode == "another issuer" else self.oauth.url
        self.reply(200, {
            "issuer": issuer, "authorization_endpoint": self.oauth.url + "/authorize",
            "token_endpoint": self.oauth.url + "/token", "revocation_endpoint": self.oauth.url + "/revoke",
            "device_authorization_endpoint": self.oauth.url + "/device",
        })  # fmt: skip

    def rows(self):
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in self.oauth.access_tokens:
            return self.reply(401, {"error": "who are you?"})
        return self.reply(200, {"rows": [{"id": 1}, {"id": 2}]})

    def authorize(self, query):
        """The person agrees at once, unless the mode says otherwise."""
        wanted = {"response_type": "code", "code_challenge_method": "S256"}
        for name, value in wanted.items():
            if query.get(name) != value:
                return self.refuse("invalid_request", f"{name} must be {value}")
        if query.get("client_id") not in (CLIENT_ID, PUBLIC_ID) or len(query.get("code_challenge", "")) != 43:
            return self.refuse("invalid_request", "client_id or code_challenge")
        mode = self.oauth.mode
        answer = {"state": query.get("state", "")}
        if mode == "declined":
            answer.update(error="access_denied", error_description="The person said no")
        elif mode == "bad scope":
            answer.update(error="invalid_scope", error_description="\x1b[31mno such scope")
        else:
            code = "CoDe-" + self.oauth.mark + secrets.token_urlsafe(8)
            self.oauth.codes[code] = query
            answer["code"] = code
        if mode == "another state":
            answer["state"] = "forged"
        if mode == "never comes back":
            return self.reply(200, b"a page that nobody clicks on")
        return self.reply(302, b"", Location=query["redirect_uri"] + "?" + urllib.parse.urlencode(answer))

    def do_POST(self):  # pylint: disable=invalid-name
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        form = dict(urllib.parse.parse_qsl(body))
        with self.oauth.lock:
            self.oauth.requests.append((self.path, form))
            if self.oauth.mode == "garbage":
                return self.reply(200, b"<html>It works!</html>")
            if self.oauth.mode == "no token":
                return self.reply(200, {"token_type": "Bearer"})
            if not self.client_fits(form):
                return self.refuse("invalid_client", "unknown app", 401)
            if self.path == "/token":
                return self.token(form)
            if self.path == "/device":
                return self.device()
            if self.path == "/revoke":
                return self.revoke(form)
            return self.reply(404, {"message": "nothing here"})

    def client_fits(self, form):
        given = self.headers.get("Authorization", "")
        if given.startswith("Basic "):
            name, _, secret = base64.b64decode(given[6:]).decode().partition(":")
        else:
            name, secret = form.get("client_id"), form.get("client_secret", "")
        return (name, secret) in ((CLIENT_ID, CLIENT_SECRET), (PUBLIC_ID, ""))

    def token(self, form):
        grant = form.get("grant_type")
        if grant == "authorization_code":
            return self.code_grant(form)
        if grant == "refresh_token":
            if self.oauth.before_refresh:
                quicker, self.oauth.before_refresh = self.oauth.before_refresh, None
                quicker()
            if form.get("refresh_token") not in self.oauth.refresh_tokens or self.oauth.mode == "revoked":
                return self.refuse("invalid_grant", "Token has been expired or revoked.")
            return self.reply(200, self.oauth.new_tokens(form["refresh_token"]))
        if grant == "urn:ietf:params:oauth:grant-type:device_code":
            return self.device_grant(form)
        return self.refuse("unsupported_grant_type")

    def code_grant(self, form):
        asked = self.oauth.codes.pop(form.get("code"), None)  # each is good once
        if asked is None:
            return self.refuse("invalid_grant", "no such code")
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if challenge.decode().rstrip("=") != asked["code_challenge"]:
            return self.refuse("invalid_grant", "code_verifier does not fit")
        if form.get("redirect_uri") != asked["redirect_uri"]:
            return self.refuse("invalid_grant", "redirect_uri does not fit")
        return self.reply(200, self.oauth.new_tokens())

    def device(self):
        code = "DeViCe-" + self.oauth.mark + secrets.token_urlsafe(8)
        self.oauth.devices[code] = {"polls": 0, "last": 0.0}
        self.reply(200, {
            "device_code": code, "user_code": "WDJB-MJHT", "verification_uri": self.oauth.url + "/enter",
            "expires_in": 1 if self.oauth.mode == "short code" else 600, "interval": self.oauth.interval_s,
        })  # fmt: skip

    def device_grant(self, form):
        state = self.oauth.devices.get(form.get("device_code"))
        if state is None:
            return self.refuse("invalid_grant")
        state["polls"] += 1
        gap_s, state["last"] = time.monotonic() - state["last"], time.monotonic()
        state.setdefault("gaps", []).append(gap_s)
        if self.oauth.mode == "declined":
            return self.refuse("access_denied")
        if self.oauth.mode == "expired code":
            return self.refuse("expired_token")
        if self.oauth.mode == "slow down" and state["polls"] == 1:
            return self.refuse("slow_down")
        if state["polls"] <= self.oauth.pending_polls or self.oauth.mode == "short code":
            return self.refuse("authorization_pending")
        return self.reply(200, self.oauth.new_tokens())

    def revoke(self, form):
        if self.oauth.mode == "no revocation":
            return self.refuse("unsupported_token_type")
        token = form.get("token")
        self.oauth.refresh_tokens.discard(token)
        self.oauth.access_tokens.discard(token)
        self.oauth.revoked.append(token)
        return self.reply(200, b"")
