# Sourced. The user's cache of build results that take minutes, which all checkouts share.
# shellcheck shell=bash

# Prints the folder of one kind of thing in the cache.
#
#   cache_folder NAME
cache_folder() { echo "${HOLDFAST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/holdfast}/$1"; }

# Creates the folder and locks it until this process ends: two lanes that start with an empty cache
# would write the same files. Check again afterwards for a missing file, since another process may have created it meanwhile.
#
#   lock_cache FOLDER WHO     WHO is the prefix of the line that reports the wait
lock_cache() {
    mkdir -p "$1"
    exec {cache_lock}> "$1/lock"
    flock --nonblock "$cache_lock" || {
        echo "$2: another process holds the lock of $1; waiting until it ends" >&2
        flock "$cache_lock"
    }
}
