# Sourced. Builds images without a container engine: by buildah, whose containers are chroots, on a base created by
# mmdebstrap. Everything is kept in the user's cache and reused by later builds.
# shellcheck shell=bash disable=SC2154,SC2034 # Variables of the sourcing script.

. "$here/cache.bash"
buildah_cache=$(cache_folder image)

run_buildah() {
    buildah --root "$buildah_cache/storage" --runroot "$buildah_cache/run" --storage-driver "$buildah_driver" "$@"
}

# Prints overlay, or vfs if the file system of the cache is an overlay itself, as in many containers.
buildah_storage_driver() {
    local probe
    mkdir -p "$buildah_cache"
    probe=$(mktemp -d "$buildah_cache/probe.XXXXXX")
    mkdir "$probe/lower" "$probe/upper" "$probe/work" "$probe/merged"
    if [ "$(id -u)" -ne 0 ] || {
        mount -t overlay overlay -o "lowerdir=$probe/lower,upperdir=$probe/upper,workdir=$probe/work" "$probe/merged" &&
            umount "$probe/merged"
    } 2> /dev/null; then
        echo overlay
    else
        echo vfs
    fi
    rm -rf "$probe"
}

# Sets $base_image to the name of the base, and $buildah_sources to apt's sources during the build.
#
#   buildah_prepare [--fresh]
buildah_prepare() {
    local archive
    "$here/prerequisites"
    # All checkouts give their images the same names.
    lock_cache "$buildah_cache" image
    archive=$("$here/build-base" "$@")
    buildah_driver=$(buildah_storage_driver)
    base_image=localhost/holdfast-base:$(stat -c %Y "$archive")
    buildah_sources=$work/debian.sources
    debian_sources trixie | awk '{
        printf "Types: deb\nURIs: %s\nSuites: %s\nComponents: main\n", $2, $3
        printf "Signed-By: /usr/share/keyrings/debian-archive-keyring.pgp\n\n"
    }' > "$buildah_sources"
    if ! run_buildah inspect --type image "$base_image" > /dev/null 2>&1; then
        say "importing the base"
        mkdir -p "$work/base"
        ln -f "$archive" "$work/base/root.tar" 2> /dev/null || cp "$archive" "$work/base/root.tar"
        printf 'FROM scratch\nADD root.tar /\nCMD ["bash"]\n' > "$work/base/Dockerfile"
        logged run_buildah bud --isolation chroot --pull=never --format oci --timestamp "${base_image##*:}" \
            --tag "$base_image" "$work/base"
        rm -rf "$work/base"
    fi
}

#   buildah_build TARGET NAME [OPTION...]
buildah_build() {
    local target=$1 name=$2
    shift 2
    logged run_buildah bud --isolation chroot --pull=never --layers --format oci --timestamp "$epoch" \
        --volume "$buildah_sources:/etc/apt/sources.list.d/debian.sources:ro" \
        --target "$target" --tag "$name" "$@" --file "$root/Dockerfile" "$work/context"
}

#   buildah_save NAME FILE
buildah_save() { logged run_buildah push "$1" "oci-archive:$2:$1"; }

# Runs a shell command in a new container of an image, as the image's user.
#
#   buildah_run NAME COMMAND
buildah_run() {
    local container output status=0
    buildah_driver=${buildah_driver:-$(buildah_storage_driver)}
    container=$(run_buildah from --pull-never "$1")
    # By a file, since buildah has been seen to lose all that a command printed, on a busy machine.
    output=$(mktemp)
    chmod 0666 "$output"
    run_buildah run --isolation chroot --volume "$output:/run/output" "$container" -- \
        sh -c "exec > /run/output 2>&1; $2" || status=$?
    cat "$output"
    rm -f "$output"
    run_buildah rm "$container" > /dev/null
    return "$status"
}
