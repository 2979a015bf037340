"""A server that answers as it is told and remembers what it was asked: usage: stand_in.py PORT_FILE

Listens on a free port of 127.0.0.1, writes it to PORT_FILE, ends when its standard input ends. Steered by
stand_in.lua: PUT /-/routes sets a list of { method, path, headers, query, form, status, json, text, answer_headers,
times }; the first that fits a request answers it. GET /-/requests gives what was asked since then.
"""

import http.server
import json
import os
import sys
import threading
import urllib.parse


class State:
    lock = threading.Lock()
    routes, requests = [], []


def fits(route, request):
    """What a route names must be in the request; "times" is how often it answers at all."""
    if route.get("times") == 0:
        return False
    for part in ("headers", "query", "form"):
        for name, value in (route.get(part) or {}).items():
            if request[part].get(name.lower() if part == "headers" else name) != value:
                return False
    return True


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle_any(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        url = urllib.parse.urlsplit(self.path)
        if url.path == "/-/routes":
            with State.lock:
                State.routes, State.requests = json.loads(body), []
            return self.reply(200, "{}")
        if url.path == "/-/requests":
            with State.lock:
                return self.reply(200, json.dumps(State.requests))
        request = {
            "method": self.command,
            "path": url.path,
            "query": dict(urllib.parse.parse_qsl(url.query)),
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "body": body,
            "form": {},
        }
        if "form-urlencoded" in self.headers.get("Content-Type", ""):
            request["form"] = dict(urllib.parse.parse_qsl(body))
        return self.reply(*self.answer_to(request))

    def answer_to(self, request):
        with State.lock:
            State.requests.append(request)
            there = [r for r in State.routes if r["path"] == request["path"] and r["method"] == request["method"]]
            for route in there:
                if not fits(route, request):
                    continue
                if "times" in route:
                    route["times"] -= 1
                text = route["text"] if "text" in route else json.dumps(route.get("json", {}))
                return route.get("status", 200), text, route.get("answer_headers") or {}
        # A path that is there, but not for this request: it lacks the credentials that the route wants to see.
        return (401, '{"message": "no"}') if there else (404, '{"message": "there is no such path"}')

    def reply(self, status, text, headers=None):
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    do_GET = do_POST = do_PUT = do_DELETE = handle_any  # noqa: N815  (the names are http.server's)

    def log_message(self, *_):
        pass


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with open(sys.argv[1] + ".new", "w", encoding="utf-8") as file:
        file.write(str(server.server_port))
    os.rename(sys.argv[1] + ".new", sys.argv[1])
    sys.stdin.read()


if __name__ == "__main__":
    main()
