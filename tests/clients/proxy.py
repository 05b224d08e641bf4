"""Stands between a client and the server's socket, and counts round trips.

  proxy.py DIR   listens on a port of loopback, which it writes to DIR/port, and forwards to the socket in PGHOST.

While there is a file DIR/trips it gains a line for each turn: the messages that a client sends before it is answered.
Answers are then held back until the client has nothing more to say, so one that sends on without waiting is seen to.
"""
import os
import re
import selectors
import socket
import struct
import sys
import threading

SILENCE = 0.1  # seconds without a word from either side end a turn
NAMES = {"Q": "Query", "P": "Parse", "B": "Bind", "D": "Describe", "E": "Execute", "S": "Sync", "C": "Close",
         "H": "Flush", "X": "Terminate", "p": "Password"}


class Client:
    """Splits what a client sends into messages."""

    def __init__(self):
        self.buffer = b""
        self.started = False

    def messages(self, data):
        self.buffer += data
        while len(self.buffer) >= (5 if self.started else 4):
            start = 1 if self.started else 0
            end = start + struct.unpack_from("!I", self.buffer, start)[0]
            if len(self.buffer) < end:
                return
            kind, body, self.buffer = self.buffer[:start], self.buffer[start + 4:end], self.buffer[end:]
            yield self.name(kind.decode(), body)

    def name(self, kind, body):
        if not kind:
            code = struct.unpack_from("!I", body)[0]
            if code >> 16 != 3:
                return "Request%d" % (code & 0xFFFF)  # SSL, GSSAPI, cancel
            self.started = True
            words = body[4:].decode().split("\0")
            return "Startup " + " ".join("%s=%s" % pair for pair in zip(words[::2], words[1::2]) if pair[0])
        text = ""
        if kind == "Q":
            text = " " + body.rstrip(b"\0").decode()
        elif kind == "P":
            text = " %s: %s" % tuple(body.decode(errors="replace").split("\0")[:2])
        return NAMES.get(kind, kind) + re.sub(r"eyJ[\w.-]+", "<token>", " ".join(text.split("\n")))


def serve(client, server, path):
    trips = open(path, "a", encoding="utf-8") if os.path.exists(path) else None
    words, turn, answer = Client(), [], b""
    both = selectors.DefaultSelector()
    both.register(client, selectors.EVENT_READ)
    both.register(server, selectors.EVENT_READ)

    def deliver():
        nonlocal answer
        if trips and turn:
            print(" | ".join(turn), file=trips, flush=True)
        turn.clear()
        client.sendall(answer)
        answer = b""

    while True:
        ready = [key.fileobj for key, _ in both.select(SILENCE if answer and trips else 0 if answer else None)]
        if not ready:
            deliver()
        for one in ready:
            data = one.recv(65536)
            if not data:
                deliver()
                client.close()
                server.close()
                return
            if one is client:
                turn += words.messages(data)
                server.sendall(data)
            else:
                answer += data


def quietly(*arguments):
    try:
        serve(*arguments)
    except OSError:
        pass  # one side is gone


def main(directory):
    listener = socket.create_server(("127.0.0.1", 0))
    port = os.path.join(directory, "port")
    with open(port + ".new", "w", encoding="utf-8") as file:
        print(listener.getsockname()[1], file=file)
    os.rename(port + ".new", port)
    while True:
        client, _ = listener.accept()
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        server = socket.socket(socket.AF_UNIX)
        server.connect(os.path.join(os.environ["PGHOST"], ".s.PGSQL." + os.environ["PGPORT"]))
        arguments = (client, server, os.path.join(directory, "trips"))
        threading.Thread(target=quietly, args=arguments, daemon=True).start()


main(sys.argv[1])
