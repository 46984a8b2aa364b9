#!/usr/bin/env bash
# Builds the image with buildah, podman or docker, whichever is found first. Arguments go to the builder.
# TAG names it. What the labels say is asked of the code by PYTHON, which needs the packages of the service.
set -euo pipefail
cd "$(dirname "$0")/../.."
. deploy/image/store.sh
identity='import service; from service.knowledge.loader import load; r = load().ruleset; print(service.__version__, r.version, r.hash)'
read -r version ruleset hash < <("$PYTHON" -c "$identity")
labels=(--build-arg VERSION="$version" --build-arg RULESET_VERSION="$ruleset" --build-arg RULESET_HASH="$hash")

if command -v buildah >/dev/null; then
  buildah bud --quiet --timestamp 0 "${labels[@]}" "$@" -t "$TAG" .
elif command -v podman >/dev/null; then
  podman build --quiet --timestamp 0 "${labels[@]}" "$@" -t "$TAG" .
else
  SOURCE_DATE_EPOCH=0 docker build --quiet "${labels[@]}" "$@" -t "$TAG" .
fi
