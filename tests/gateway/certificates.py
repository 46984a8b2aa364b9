"""Certificates for one test: an authority, the gateway's, a client's, and a stranger's."""

import subprocess
from pathlib import Path

CURVE = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2")


def make(folder: Path) -> None:
    """Writes `server.pem` and `clients.pem`, which the configurations name; `client.pem`, and `stranger.pem`."""
    itself = ("req", "-x509", *CURVE)
    _openssl(folder, *itself, "-subj", "/CN=authority", "-keyout", "authority.key", "-out", "clients.pem")
    for name in ("server", "client"):
        _signed(folder, name)
    _openssl(folder, *itself, "-subj", "/CN=stranger", "-keyout", "stranger.key", "-out", "stranger.crt")
    for name in ("server", "client", "stranger"):
        pair = [(folder / f"{name}.{part}").read_text() for part in ("crt", "key")]
        (folder / f"{name}.pem").write_text("".join(pair))


def _signed(folder: Path, name: str) -> None:
    alternative = ("-addext", "subjectAltName=IP:127.0.0.1")
    ask = ("-keyout", f"{name}.key", "-out", f"{name}.csr")
    _openssl(folder, "req", "-new", *CURVE[:-2], "-subj", f"/CN={name}", *alternative, *ask)
    authority = ("-CA", "clients.pem", "-CAkey", "authority.key", "-CAcreateserial", "-copy_extensions", "copy")
    _openssl(folder, "x509", "-req", "-in", f"{name}.csr", *authority, "-days", "2", "-out", f"{name}.crt")


def _openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)  # noqa: S607
