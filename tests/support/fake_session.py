"""A session made of Python, which may lie: the socket, the lock, and the frames that a real one would send."""

import array
import contextlib
import fcntl
import json
import os
import socket
import struct
import threading

HEAD = struct.Struct("<IHHIIII")
MAGIC = 0x314B4B52
VERSION = 1
HELLO, CATALOGUE, READ, STATUS, STOP, REPLY, ERROR = 1, 2, 3, 4, 5, 100, 101


def frame(kind, request, text="", blob=b"", version=VERSION, magic=MAGIC):
    text = text.encode() if isinstance(text, str) else text
    return HEAD.pack(magic, version, kind, request, len(text), len(blob), 0) + text + blob


def catalogue(**changes):
    """A small catalogue that a real session could have sent: a float scalar `x` and a field `f` of [2, 3]."""
    return {
        "schema": "rk-inspect/catalogue/1",
        "revision": 1,
        "target": {"name": "fake", "pid": os.getpid(), "program": "fake", "build_id": "", "backend": "cpu", "device": "none",
                   "gpu_uuid": "", "gpu_index": -1, "started_unix_ns": 1, "device_clock_offset_ns": 0},
        "types": [{"name": "float", "encoding": "floating", "size_bytes": 4}],
        "segments": [],
        "symbols": [symbol(0, "x", 0, [], 4), symbol(1, "f", 0, [2, 3], 24)],
        "kernels": [],
        "changes": [],
        **changes,
    }


def symbol(number, name, type_number, shape, size):
    return {"id": number, "name": name, "type": type_number, "shape": shape, "bytes": size, "where": None,
            "checkpoint": False, "runtime": False, "source": {"file": "", "line": 0}, "note": ""}


class FakeSession:
    """Listens as a session does. `answer(kind, request, text)` gives the bytes to send for a request; None
    hangs up, and b"" says nothing. Without it every request is answered as an honest session would."""

    def __init__(self, runtime, name="fake", answer=None, listed=None):
        self._answer = answer
        self._catalogue = listed or catalogue()
        self._lock = os.open(os.path.join(runtime, name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.pwrite(self._lock, f"{os.getpid()}\n".encode(), 0)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(os.path.join(runtime, name + ".session"))
        self._listener.listen(8)
        self._connections = []
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def close(self):
        # shutdown() wakes the thread that accepts; close() alone does not.
        for s in [self._listener, *self._connections]:
            with contextlib.suppress(OSError):
                s.shutdown(socket.SHUT_RDWR)
            s.close()
        self._thread.join()
        os.close(self._lock)

    def honest(self, kind, request, text):
        if kind == HELLO:
            return frame(REPLY, request, json.dumps({"session": "fake", "pid": os.getpid(), "rk_version": "0.1.0",
                                                     "segments": []}))
        if kind == CATALOGUE:
            return frame(REPLY, request, json.dumps(self._catalogue))
        if kind == STATUS:
            return frame(REPLY, request, json.dumps({"catalogue_revision": self._catalogue["revision"], "unix_ns": 1,
                                                     "monotonic_ns": 1, "kernels": []}))
        if kind == READ:
            size = sum(json.loads(text)["ranges"][2::3])  # symbol, offset, bytes; symbol, ...
            return frame(REPLY, request, json.dumps({"consistency": "live", "read_unix_ns": 1}), b"\x01" * size)
        return frame(REPLY, request, "{}")

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._connections.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with contextlib.suppress(OSError, struct.error):
            while head := self._take(connection, HEAD.size):
                _, _, kind, request, text_bytes, _, _ = HEAD.unpack(head)
                text = self._take(connection, text_bytes)
                answer = self._answer(self, kind, request, text) if self._answer else self.honest(kind, request, text)
                if answer is None:
                    connection.shutdown(socket.SHUT_RDWR)
                    return
                if kind == HELLO and answer:
                    # A session hands over its control segment with the answer to hello.
                    with open("/dev/null", "rb") as null:
                        rights = array.array("i", [null.fileno()])
                        sent = connection.sendmsg([answer], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
                    answer = answer[sent:]
                connection.sendall(answer)

    @staticmethod
    def _take(connection, size):
        taken = b""
        while len(taken) < size:
            part = connection.recv(size - len(taken))
            if not part:
                return b""
            taken += part
        return taken
