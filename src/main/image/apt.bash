# Sourced. Installs packages by this host's apt, and lists its sources of Debian, which have the other releases too.
# shellcheck shell=bash

# Installs packages, as root. Package lists are refreshed only when that fails, as it takes some seconds.
#
#   install_packages PACKAGE...    status 1 when apt fails: its last lines are on standard error
install_packages() {
    local log status=0
    log=$(mktemp)
    {
        apt_install "$@" > "$log" 2>&1 || { apt-get update -q > "$log" 2>&1 && apt_install "$@" > "$log" 2>&1; }
    } || status=1
    [ "$status" -eq 0 ] || tail -n 20 "$log" >&2
    rm -f "$log"
    return "$status"
}

apt_install() {
    DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y -q --no-install-recommends "$@"
}

apt_targets() { apt-get indextargets --format "\$(ORIGIN) \$(REPO_URI)" 'Created-By: Packages'; }

# Prints the sources of Debian's packages, including security updates, one per line; nothing when apt has none.
debian_places() {
    local targets
    targets=$(apt_targets)
    # Container images have no package lists.
    if [ -z "$targets" ] && [ "$(id -u)" -eq 0 ]; then
        apt-get update -q > /dev/null 2>&1 || true
        targets=$(apt_targets)
    fi
    awk '$1 == "Debian" { print $2 }' <<< "$targets"
}

# Prints the source of the packages without updates; nothing when apt has none.
debian_mirror() { debian_places | awk '!/security/ { mirror = mirror ? mirror : $0 } END { if (mirror) print mirror }'; }

# Prints the sources of a release: packages, updates, and security updates if apt has them.
#
#   debian_sources SUITE
debian_sources() {
    local suite=$1 mirror security
    mirror=$(debian_mirror)
    security=$(debian_places | awk '/security/ { place = place ? place : $0 } END { if (place) print place }')
    if [ -z "$mirror" ]; then
        echo "image: apt has no mirror of Debian on this host (apt-get indextargets shows none of Origin: Debian);" \
            "run 'apt-get update', build on a Debian, or start docker or podman." >&2
        return 1
    fi
    echo "deb $mirror $suite main"
    echo "deb $mirror $suite-updates main"
    [ -z "$security" ] || echo "deb $security $suite-security main"
}
