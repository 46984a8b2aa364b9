"""How a listener closes without resetting anybody.

Connections that the kernel has made and nobody has taken yet are reset when their listener closes, however quickly they
are taken. So the kernel is told first to make no more of them, by a filter that drops the first packet of each and
nothing else. Those that are made are answered; who knocks meanwhile knocks again a second later, and is refused then,
before a word was sent: any gateway asks another instance.
"""

import ctypes
import socket
import struct
import sys
from contextlib import suppress

SO_ATTACH_FILTER = 26
"""Linux (asm-generic/socket.h); Python has no name for it."""

FLAGS, SYN, SYN_OR_ACK = 13, 0x02, 0x12
"""The byte of a TCP header that holds its flags, and two of them (RFC 9293, 3.1)."""

NO_MORE = (
    (0x30, 0, 0, FLAGS),  # load the byte
    (0x54, 0, 0, SYN_OR_ACK),  # keep the two flags
    (0x15, 0, 1, SYN),  # a first packet has the one and not the other
    (0x06, 0, 0, 0),  # drop it
    (0x06, 0, 0, 0xFFFFFFFF),  # take every other one whole
)
"""The filter, as instructions of the classic BPF (linux/filter.h): code, jump if true, jump if false, number."""

LAST_SECONDS = 0.25
"""From then on until the listener closes: connections that are half made are made, and taken."""


def take_no_more(listener: socket.socket) -> None:
    """Makes the kernel make no further connections of this listener; where it knows no such filter, nothing changes."""
    program = b"".join(struct.pack("=HBBI", *instruction) for instruction in NO_MORE)
    memory = ctypes.create_string_buffer(program, len(program))
    described = struct.pack("HL", len(NO_MORE), ctypes.addressof(memory))
    with suppress(OSError):
        if sys.platform == "linux":
            listener.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, described)
