"""What the kernel was asked for, read from strace: the oracle that needs no trust in the service.

What goes through io_uring it would not see, so that a ring that was set up is a finding. One that was refused is none:
the event loop asks for a ring at its start, and the runtime's seccomp profile says no.
"""

import re
import signal
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

CALLS = (
    "open,openat,openat2,creat,write,writev,pwrite64,pwritev,pwritev2,sendfile,splice,copy_file_range,truncate,ftruncate,"
    "rename,renameat,renameat2,mkdir,mkdirat,link,linkat,symlink,symlinkat,mknod,mknodat,unlink,unlinkat,memfd_create,mq_open,"
    "shmget,connect,sendto,sendmsg,sendmmsg,execve,execveat,io_uring_setup,fallocate"
)
OPENS = {"open", "openat", "openat2", "creat"}
WRITES = {"write", "writev", "pwrite64", "pwritev", "pwritev2", "sendfile", "splice", "sendto", "sendmsg", "sendmmsg"}
MAY_WRITE = re.compile(r"O_WRONLY|O_RDWR|O_CREAT|O_APPEND|O_TRUNC|O_TMPFILE")
HARMLESS_TARGETS = re.compile(r"\(\d+<(TCP|TCPv6|pipe|anon_inode|UNIX-STREAM):")
FIFO_OF_THE_RUNTIME = "exec.fifo"
LINE = re.compile(r"^(?:\[pid +)?(?:\d+\]? +)?(\w+)(\(.*)")


@contextmanager
def traced(pid: int, record: Path) -> Generator[None]:
    """Follows a process and its children until the end of the `with`, or their own."""
    command = ["strace", "-f", "-qq", "-yy", "-s", "256", "-o", str(record), "-e", f"trace={CALLS}", "-p", str(pid)]
    tracer = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        _wait_until_attached(pid)
        yield
    finally:
        if tracer.poll() is None:
            tracer.send_signal(signal.SIGINT)
        tracer.wait(20)


def findings(record: Path) -> list[str]:
    """Every call that a service that keeps nothing has no need of: the name of the call, then the call."""
    executions = 0
    found: list[str] = []
    for line in record.read_text(errors="replace").splitlines():
        call = LINE.match(line)
        if call is None:
            continue
        name, arguments = call[1], call[2]
        if name == "execve":
            executions += 1
        if _is_harmless(name, arguments, executions):
            continue
        found.append(f"{name}: {arguments}")
    return found


def _is_harmless(name: str, arguments: str, executions: int) -> bool:
    if name in OPENS:
        return not MAY_WRITE.search(arguments) or FIFO_OF_THE_RUNTIME in arguments
    if name in WRITES:
        return bool(HARMLESS_TARGETS.match(arguments)) or FIFO_OF_THE_RUNTIME in arguments
    if name == "io_uring_setup":
        return ") = -1 " in arguments
    return name == "execve" and executions == 1


def _wait_until_attached(pid: int) -> None:
    for _ in range(10_000_000):
        if not re.search(r"^TracerPid:\s+0$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE):
            return
    raise AssertionError("strace did not attach")
