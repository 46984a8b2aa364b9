#!/usr/bin/env bash
# Installs the Debian packages that are named and not there yet. Without root or packages it says so and ends with 75.
set -euo pipefail
missing=()
for package in "$@"; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
if ((${#missing[@]} == 0)); then exit 0; fi
if [[ $(id -u) != 0 ]]; then
  echo "Cannot install ${missing[*]}: not root." >&2
  exit 75
fi
export DEBIAN_FRONTEND=noninteractive
if ! { apt-get -qq update && apt-get -qq install -y --no-install-recommends "${missing[@]}"; } >/dev/null; then
  echo "Cannot install ${missing[*]}: no packages are to be had." >&2
  exit 75
fi
