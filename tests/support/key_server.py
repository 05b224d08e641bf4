#!/usr/bin/env python3
"""Plays a key server over HTTPS, and every way in which one fails.

    key_server.py DIR

DIR holds certificates (key_server.sh makes them), and:
  answers/NAME   how to answer /NAME/...: a word from the methods of Answers; without a file: good
  sets/NAME      the key set to answer with; without a file: sets/default
  requests       written here, a line for each request: NAME PATH TAG, TAG being its If-None-Match
  ports          written here when it listens: a line for each listener, NAME=PORT
"""
import gzip
import json
import pathlib
import socket
import ssl
import struct
import sys
import threading
import time

root = pathlib.Path(sys.argv[1])
log_lock = threading.Lock()
ports = {}
forever = 3600
bomb = gzip.compress(b" " * (64 << 20), 6)


class Answers:
    """One method for each way to answer; all get the request's name, path and conditional tag."""

    def __init__(self, connection, name, path, tag):
        self.connection, self.name, self.path, self.tag = connection, name, path, tag

    def base(self):
        return f"https://localhost:{ports['good']}"

    def body(self):
        if self.path.endswith("/.well-known/openid-configuration"):
            return self.discovery(f"{self.base()}/{self.name}", f"{self.base()}/{self.name}/jwks.json")
        file = root / "sets" / self.name
        return (file if file.exists() else root / "sets" / "default").read_bytes()

    @staticmethod
    def discovery(issuer, jwks_uri):
        return json.dumps({"issuer": issuer, "jwks_uri": jwks_uri, "scopes_supported": ["openid"]}).encode()

    def send(self, data):
        self.connection.sendall(data)

    def reply(self, body, status="200 OK", headers=(), length=None):
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}",
                 "Content-Type: application/json", *headers]
        self.send("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    def chunk(self, data):
        self.send(b"%x\r\n" % len(data) + data + b"\r\n")

    # -- good answers
    def good(self):
        self.reply(self.body())

    def chunked(self):
        self.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        body = self.body()
        for start in range(0, len(body), 7):
            self.chunk(body[start:start + 7])
        self.send(b"0\r\n\r\n")

    def interim(self):
        self.send(b"HTTP/1.1 103 Early Hints\r\nETag: \"early\"\r\nCache-Control: max-age=1\r\n\r\n")
        self.reply(self.body())

    def until_close(self):
        self.send(b"HTTP/1.0 200 OK\r\n\r\n" + self.body())

    def tagged(self):
        tag = f'"{hash(self.body()) & 0xffffffff:x}"'
        if self.tag == tag:
            self.send(f"HTTP/1.1 304 Not Modified\r\nETag: {tag}\r\n\r\n".encode())
        else:
            self.reply(self.body(), headers=[f"ETag: {tag}"])

    def evil_tag(self):
        self.reply(self.body(), headers=["ETag: \"a\x01\"", "Etag: " + "x" * 5000])

    def max_age_120(self):
        self.reply(self.body(), headers=["Cache-Control: public, max-age=120"])

    def max_age_0(self):
        self.reply(self.body(), headers=["Cache-Control: max-age=0, no-store"])

    def max_age_absurd(self):
        self.reply(self.body(), headers=["Cache-Control: max-age=99999999999999999999999"])

    def partly_bad(self):
        keys = json.loads(self.body())["keys"]
        bad = [{"kty": "lattice", "kid": "q"}, {"kty": "RSA", "kid": "r", "n": "AQ", "e": "AQAB"}, 7]
        self.reply(json.dumps({"keys": bad + keys}).encode())

    # -- silence
    def hang(self):
        time.sleep(forever)

    def hang_in_headers(self):
        self.send(b"HTTP/1.1 200 OK\r\nContent-Le")
        time.sleep(forever)

    def hang_in_body(self):
        body = self.body()
        self.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body[:20])
        time.sleep(forever)

    def drip(self):
        for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b" " * 1000:
            self.send(bytes([byte]))
            time.sleep(0.2)

    # -- broken off
    def reset(self):
        reset(self.connection)

    def reset_in_body(self):
        body = self.body()
        self.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body[:20])
        time.sleep(0.2)
        reset(self.connection)

    def nothing(self):
        pass

    def longer_than_sent(self):
        self.reply(self.body(), length=len(self.body()) + 100)

    def no_last_chunk(self):
        self.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        self.chunk(self.body())

    def wrong_chunk(self):
        self.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" + self.body())

    def no_http(self):
        self.send(b"220 mail.example ESMTP\r\n" + self.body())

    # -- too much
    def huge(self):
        self.send(b"HTTP/1.1 200 OK\r\n\r\n{\"keys\":[" + b" " * (3 << 20) + b"]}")

    def huge_by_length(self):
        self.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n{")
        time.sleep(forever)

    def huge_chunks(self):
        self.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            self.chunk(b" " * 60000)

    def huge_headers(self):
        self.send(b"HTTP/1.1 200 OK\r\n")
        while True:
            self.send(b"X-Filler: " + b"x" * 1000 + b"\r\n")

    def bomb(self):
        self.reply(bomb, headers=["Content-Encoding: gzip"])

    def bomb_in_transfer(self):
        self.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n")
        self.chunk(bomb)
        self.send(b"0\r\n\r\n")

    # -- elsewhere
    def redirect_to_host(self):
        self.reply(b"", "302 Found", [f"Location: https://127.0.0.1:{ports['good']}/elsewhere/jwks.json"])

    def redirect_to_http(self):
        self.reply(b"", "301 Moved Permanently", [f"Location: http://localhost:{ports['plain']}/elsewhere/jwks.json"])

    def redirect_to_file(self):
        self.reply(b"", "307 Temporary Redirect", ["Location: file:///etc/passwd"])

    def redirect_loop(self):
        self.reply(b"", "302 Found", [f"Location: /{self.name}/jwks.json"])

    # -- another status
    def status_500(self):
        self.reply(self.body(), "500 Internal Server Error")

    def status_503(self):
        self.reply(b"", "503 Service Unavailable", ["Retry-After: 86400"])

    def status_404(self):
        self.reply(b"{}", "404 Not Found")

    def status_401(self):
        self.reply(b"", "401 Unauthorized", ["WWW-Authenticate: Basic realm=\"keys\""])

    def status_204(self):
        self.send(b"HTTP/1.1 204 No Content\r\n\r\n")

    def status_304(self):
        self.send(b"HTTP/1.1 304 Not Modified\r\n\r\n")

    # -- no key set
    def html(self):
        self.reply(b"<!doctype html><title>canary-html</title>" + self.body())

    def truncated(self):
        self.reply(self.body()[:-2])

    def empty(self):
        self.reply(b"")

    def emptied(self):
        self.reply(b'{"keys":[]}')

    def no_object(self):
        self.reply(json.dumps(json.loads(self.body())["keys"]).encode())

    def nul(self):
        self.reply(self.body() + b"\0")

    def shorter_than_sent(self):
        self.reply(self.body(), length=len(self.body()) - 30)

    def many_keys(self):
        key = json.loads(self.body())["keys"][0]
        self.reply(json.dumps({"keys": [{"kty": key["kty"], "kid": f"k{i}"} for i in range(10000)]}).encode())

    def duplicate(self):
        keys = json.loads(self.body())["keys"]
        self.reply(json.dumps({"keys": keys + [{**keys[0], "kid": "canary-kid"}] * 2}).encode())

    def secret(self):
        self.reply(b'{"keys":[{"kty":"oct","kid":"s","alg":"HS256","k":"' + b"A" * 86 + b'"}]}')

    def secret_among_public(self):
        keys = json.loads(self.body())["keys"]
        self.reply(json.dumps({"keys": keys + [{"kty": "oct", "kid": "s", "k": "A" * 86}]}).encode())

    def private_keys(self):
        keys = json.loads(self.body())["keys"]
        self.reply(json.dumps({"keys": [{**key, "d": "AQAB"} for key in keys]}).encode())

    # -- discovery
    def discovery_of_another(self):
        self.reply(self.discovery(f"{self.base()}/other", f"{self.base()}/{self.name}/jwks.json"))

    def discovery_to_http(self):
        self.reply(self.discovery(f"{self.base()}/{self.name}", f"http://localhost:{ports['plain']}/elsewhere/jwks.json"))

    def discovery_without_keys(self):
        self.reply(json.dumps({"issuer": f"{self.base()}/{self.name}"}).encode())


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    socket.socket(fileno=connection.detach()).close()


def note(line):
    with log_lock, open(root / "requests", "a") as log:
        log.write(line + "\n")


def answer(connection):
    """One request, one answer: the client is told to close, or finds it closed."""
    request = b""
    while b"\r\n\r\n" not in request:
        data = connection.recv(65536)
        if not data:
            return
        request += data
    lines = request.decode("latin-1").split("\r\n")
    path = lines[0].split(" ")[1]
    tag = next((line.split(":", 1)[1].strip() for line in lines if line.lower().startswith("if-none-match:")), "")
    name = path.split("/")[1]
    note(f"{name} {path} {tag}")
    file = root / "answers" / name
    how = file.read_text().strip() if file.exists() else "good"
    getattr(Answers(connection, name, path, tag), how)()


def secure(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(root / f"{certificate}.pem", root / f"{certificate}.key")

    def serve(connection):
        with context.wrap_socket(connection, server_side=True) as session:
            answer(session)
            try:
                session.unwrap()
            except (OSError, ValueError):
                pass

    return serve


def speaks_no_tls(connection):
    if connection.recv(1, socket.MSG_PEEK) == b"\x16":
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    else:
        answer(connection)


def reset_in_handshake(connection):
    connection.recv(65536)
    reset(connection)


def slow_handshake(connection):
    connection.recv(65536)
    for byte in b"\x16\x03\x03\x40\x00" + b"\x02" * 1000:
        connection.sendall(bytes([byte]))
        time.sleep(0.2)


listeners = {
    "good": secure("good"),
    "expired": secure("expired"),
    "wrong_host": secure("wrong_host"),
    "self_signed": secure("self_signed"),
    "plain": speaks_no_tls,
    "silent": lambda connection: time.sleep(forever),
    "slow_handshake": slow_handshake,
    "resets": reset_in_handshake,
    "hangs_up": lambda connection: connection.recv(65536),
}


def serve(listener, handle):
    def one(connection):
        try:
            with connection:
                handle(connection)
        except (OSError, ssl.SSLError, ValueError):
            pass  # the client went away, which is what many of these are about

    while True:
        connection, _ = listener.accept()
        threading.Thread(target=one, args=[connection], daemon=True).start()


(root / "requests").touch()
for name, handle in listeners.items():
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    ports[name] = listener.getsockname()[1]
    threading.Thread(target=serve, args=[listener, handle], daemon=True).start()
down = socket.socket()  # bound, so that nobody else takes the port, and not listening
down.bind(("127.0.0.1", 0))
ports["down"] = down.getsockname()[1]
written = root / "ports.new"
written.write_text("".join(f"{name}={port}\n" for name, port in ports.items()))
written.rename(root / "ports")
while True:
    time.sleep(forever)
