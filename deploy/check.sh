#!/usr/bin/env bash
# Judges the Dockerfile, the manifests and the compose file with tools that need no cluster and no network.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v kubectl >/dev/null || deploy/image/install.sh kubernetes-client
mkdir -p .image
hadolint Dockerfile tests/container/leaky/Dockerfile
check-jsonschema --builtin-schema vendor.compose-spec deploy/compose.yaml
for overlay in production local; do
  kubectl kustomize "deploy/kubernetes/overlays/$overlay" >".image/$overlay.yaml"
  kubernetes-validate --strict -k 1.32 ".image/$overlay.yaml"
done
checkov --quiet --compact --skip-download -f .image/production.yaml Dockerfile
