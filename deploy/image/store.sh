# Sourced: uses the image store of `make image-local` where there is one, else the machine's own.
if [ -e .image/containers.conf ]; then
  export CONTAINERS_CONF="$PWD/.image/containers.conf" CONTAINERS_STORAGE_CONF="$PWD/.image/storage.conf"
fi
