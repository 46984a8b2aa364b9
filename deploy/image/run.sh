#!/usr/bin/env bash
# Runs the image TAG hardened on 127.0.0.1, port PORT, until it is told to stop.
set -euo pipefail
cd "$(dirname "$0")/../.."
. deploy/image/store.sh
engine=$(command -v podman || command -v docker)
exec "$engine" run --rm --pull=never --read-only --cap-drop=ALL --security-opt=no-new-privileges --memory=256m \
  --memory-swap=256m --pids-limit=64 --cpus=1 --publish="127.0.0.1:$PORT:8000" "$TAG"
