"""A mail server that keeps what it is given: enough of SMTP (RFC 5321) for one client."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message


@dataclass(slots=True)
class MailServer:
    """Refuses every mail while `refuse` is set."""

    mails: list[Message] = field(default_factory=list)
    refuse: bool = False
    server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """On 127.0.0.1."""
        assert self.server is not None
        return int(self.server.sockets[0].getsockname()[1])

    async def start(self) -> MailServer:
        """Serve on a free port."""
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def stop(self) -> None:
        """Close."""
        assert self.server is not None
        self.server.close()
        await self.server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ready\r\n")
        while line := await reader.readline():
            word = line.split()[0].upper()
            if word == b"QUIT":
                writer.write(b"221 bye\r\n")
                break
            if word == b"DATA":
                writer.write(b"354 go on\r\n")
                data = await reader.readuntil(b"\r\n.\r\n")
                if not self.refuse:
                    self.mails.append(message_from_bytes(data[:-5]))
                writer.write(b"554 refused\r\n" if self.refuse else b"250 taken\r\n")
                continue
            writer.write(b"250 mail.example\r\n")
        await writer.drain()
        writer.close()
