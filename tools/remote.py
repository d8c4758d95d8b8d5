# SPDX-License-Identifier: MIT
"""A debugger's side of the remote protocol, as far as bench_trace.py needs it.

Breakpoints, going on, and commands of QEMU's monitor; packets are
"$data#checksum", each acknowledged by "+".
"""

import contextlib
import socket


class RemoteError(Exception):
    """The other side did not answer, or refused; one line."""


class Remote:
    def __init__(self, path: str, timeout: float) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        self.socket.connect(path)
        self.data = b""

    def byte(self) -> bytes:
        if not self.data:
            try:
                self.data = self.socket.recv(65536)
            except OSError as error:
                raise RemoteError(f"the machine: {error}") from None
            if not self.data:
                raise RemoteError("the machine went away")
        first, self.data = self.data[:1], self.data[1:]
        return first

    def send(self, text: str) -> None:
        data = text.encode()
        self.socket.sendall(b"$%s#%02x" % (data, sum(data) & 0xff))

    def receive(self) -> str:
        """The next packet; acknowledgements before it are passed over."""
        while self.byte() != b"$":
            pass
        data = b""
        while (byte := self.byte()) != b"#":
            data += byte
        self.byte()
        self.byte()
        self.socket.sendall(b"+")
        return data.decode("latin-1")

    def ask(self, text: str) -> str:
        self.send(text)
        return self.receive()

    def command(self, text: str) -> None:
        self.expect(text, self.ask(text))

    @staticmethod
    def expect(text: str, answer: str) -> None:
        if answer != "OK":
            raise RemoteError(f"{text} was answered by '{answer}'")

    def break_at(self, address: int) -> None:
        self.command(f"Z1,{address:x},4")

    def forget(self, address: int) -> None:
        self.command(f"z1,{address:x},4")

    def monitor(self, text: str) -> None:
        """A command of QEMU's monitor; what it prints is a refusal."""
        answer = self.ask("qRcmd," + text.encode().hex())
        if answer.startswith("O") and answer != "OK":
            raise RemoteError(bytes.fromhex(answer[1:]).decode().strip())
        self.expect(text, answer)

    def go_on(self) -> None:
        """Until a breakpoint; raises if the machine ends instead."""
        answer = self.ask("c")
        if not answer.startswith("T05"):
            raise RemoteError(f"the machine ended: '{answer}'")

    def detach(self) -> None:
        """It goes on by itself, and may have ended before it answers."""
        with contextlib.suppress(OSError, RemoteError):
            self.ask("D")
        self.socket.close()
