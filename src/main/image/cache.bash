# Sourced. The user's cache, where what takes minutes is made once and kept for all checkouts.
# shellcheck shell=bash

# Prints the folder of one kind of thing in the cache.
#
#   cache_folder NAME
cache_folder() { echo "${HOLDFAST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/holdfast}/$1"; }

# Makes the folder and keeps it for this process alone, until the process ends: two lanes that begin with an empty cache
# would write the same files. Afterwards look again for what was missing, since another may have made it meanwhile.
#
#   lock_cache FOLDER WHO     WHO begins the line that says what is waited for
lock_cache() {
    mkdir -p "$1"
    exec {cache_lock}> "$1/lock"
    flock --nonblock "$cache_lock" || {
        echo "$2: another process makes something in $1; waiting until it is done" >&2
        flock "$cache_lock"
    }
}
