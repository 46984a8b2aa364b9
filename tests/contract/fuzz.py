"""Starts the service, sends it requests made up from its own document, and ends with 1 where one of them fails.

`make fuzz` runs it. The seed is printed; `make fuzz SEED=...` sends the same requests again.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.conftest import ROOT, Process


def main(arguments: list[str]) -> int:
    """The exit code: that of the fuzzer, or 1 where the service failed or did not end well."""
    with tempfile.TemporaryDirectory() as folder, Process(Path(folder)) as process:
        command = [
            str(Path(sys.executable).parent / "schemathesis"),
            *("--config-file", str(ROOT / "tests" / "contract" / "fuzz.toml")),
            *("run", f"http://127.0.0.1:{process.port()}/openapi.json", "--checks", "all"),
            *arguments,
        ]
        code = subprocess.run(command, cwd=folder, check=False).returncode
        ended = process.stop()
        events = process.output.read_text()
        sys.stdout.write(events)
        return code or ended or int("failed" in events or process.errors.read_text() != "")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
