#!/usr/bin/env bash
# Makes what an image needs where no registry can be reached: a builder, a store of its own, and two bases of Debian packages.
# Everything but the packages stays in .image/. Nothing of this machine's mirror or certificates reaches the final image.
set -euo pipefail
cd "$(dirname "$0")/../.."
state=$PWD/.image

main() {
  deploy/image/install.sh buildah podman runc conmon catatonit netavark iptables uidmap mmdebstrap strace
  configure
  if [[ ! -e $state/bases ]]; then
    build_base
    runtime_base
    touch "$state/bases"
  fi
}

configure() {
  mkdir -p "$state"
  cat >"$state/containers.conf" <<END
[containers]
default_ulimits = ["nofile=8192:8192", "nproc=16384:16384", "core=0:0"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[network]
network_backend = "netavark"
END
  cat >"$state/storage.conf" <<END
[storage]
driver = "overlay"
graphroot = "$state/store"
runroot = "$state/run"
[storage.options.overlay]
skip_mount_home = "true"
END
  . deploy/image/store.sh
}

# Python with venv; and this machine's way to the package index, which the second stage does not get.
build_base() {
  local root
  root=$(mktemp -d)
  bootstrap "$root" apt ca-certificates,python3,python3-venv
  rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/* "$root"/etc/apt/sources.list*
  cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
  if [[ -e /etc/pip.conf ]]; then cp /etc/pip.conf "$root/etc/"; fi
  import "$root" localhost/build:3.13
}

# Python, its standard library and what they link to: no shell, no package manager, no pip.
runtime_base() {
  local root
  root=$(mktemp -d)
  bootstrap "$root" extract python3.13-minimal,libpython3.13-stdlib,media-types,netbase,tzdata,base-files \
    --skip=cleanup/apt/lists --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*'
  (
    cd "$root"
    # What was unpacked is written down as installed, so that whoever scans the image finds it.
    awk -v RS= 'NR == FNR {there[$1]; next} $2 in there {print $0 "\nStatus: install ok installed\n"}' \
      <(ls usr/share/doc | grep -v -e '^debconf$' -e '^mawk$' | sed 's/$/\n/') var/lib/apt/lists/*_Packages >var/lib/dpkg/status
    rm -rf etc/apt etc/hostname var/lib/apt var/cache/* var/log/* usr/sbin/dpkg* usr/bin/debconf* usr/bin/mawk \
      usr/share/perl5 usr/share/debconf usr/lib/python3.13/ensurepip usr/lib/python3.13/pydoc_data
    printf 'root:x:0:0::/root:/sbin/nologin\nnonroot:x:65532:65532::/nonexistent:/sbin/nologin\n' >etc/passwd
    printf 'root:x:0:\nnonroot:x:65532:\n' >etc/group
    ln -sf python3.13 usr/bin/python3
  )
  import "$root" localhost/runtime:3.13
}

bootstrap() {
  local root=$1 variant=$2 packages=$3 mirror
  shift 3
  mirror=$(awk 'tolower($1) == "uris:" {print $2; exit}' /etc/apt/sources.list.d/debian.sources)
  mmdebstrap --quiet --mode=root --variant="$variant" --include="$packages" "$@" trixie "$root" "deb $mirror trixie main"
  rm -f "$root/etc/resolv.conf"
}

import() {
  tar -C "$1" --exclude='./dev/*' -cf - . | podman import -q -c 'ENV PATH=/usr/local/bin:/usr/bin:/bin' - "$2" >/dev/null
  rm -rf "$1"
}

main
