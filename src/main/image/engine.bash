# Sourced. Programs that build the images: docker or podman if one responds, otherwise buildah. Each has ENGINE_prepare,
# ENGINE_build TARGET NAME [OPTION...] and ENGINE_save NAME FILE.
# shellcheck shell=bash disable=SC2154,SC2034 # Variables of the sourcing script.

engine_responds() { command -v "$1" > /dev/null && timeout 20 "$1" info > /dev/null 2>&1; }

# Prints docker, podman or buildah.
find_engine() {
    local engine
    for engine in docker podman; do
        if engine_responds "$engine"; then
            echo "$engine"
            return
        fi
    done
    echo buildah
}

# These two use the base from a registry that is the default of the Dockerfile.
docker_prepare() { base_image=''; }
podman_prepare() { base_image=''; }

docker_build() {
    local target=$1 name=$2
    shift 2
    DOCKER_BUILDKIT=1 logged docker build --provenance=false --target "$target" --tag "$name" "$@" --file "$root/Dockerfile" "$work/context"
}

# Since Docker 25, docker save writes an OCI layout.
docker_save() {
    logged docker save --output "$2" "$1"
    if ! tar -tf "$2" oci-layout > /dev/null 2>&1; then
        complain "docker save has written no OCI layout; use Docker 25 or later, or make image ENGINE=buildah"
        return 1
    fi
}

podman_build() {
    local target=$1 name=$2
    shift 2
    logged podman build --layers --format oci --timestamp "$epoch" --target "$target" --tag "$name" "$@" \
        --file "$root/Dockerfile" "$work/context"
}

podman_save() { logged podman save --format oci-archive --output "$2" "$1"; }

docker_run() { docker run --rm --entrypoint sh "$1" -c "$2"; }
podman_run() { podman run --rm --entrypoint sh "$1" -c "$2"; }
