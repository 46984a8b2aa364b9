#!/usr/bin/env bash
# Lists what the image $1 holds, as CycloneDX, with the scanner $2.
set -euo pipefail
cd "$(dirname "$0")/../.."
. deploy/image/store.sh
mkdir -p .image
engine=$(command -v podman || command -v docker)
rm -f .image/image.tar
if [[ $engine == *podman ]]; then
  podman save --quiet --format docker-archive --output .image/image.tar "$1"
else
  docker save --output .image/image.tar "$1"
fi
"$2" scan --quiet docker-archive:.image/image.tar --output cyclonedx-json=.image/sbom.cdx.json
rm .image/image.tar
