# Sourced. This host's apt: packages that are installed, and where it gets Debian from; the same places have the other releases.
# shellcheck shell=bash

# Installs packages, as root. Package lists may be absent or stale; refreshing them always would cost seconds each time.
#
#   install_packages PACKAGE...    1 when apt cannot: its last lines are on standard error
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

# Prints the places of Debian's packages, security updates among them, a line each; nothing when apt knows none.
debian_places() {
    local targets
    targets=$(apt_targets)
    # Images of containers come without lists.
    if [ -z "$targets" ] && [ "$(id -u)" -eq 0 ]; then
        apt-get update -q > /dev/null 2>&1 || true
        targets=$(apt_targets)
    fi
    awk '$1 == "Debian" { print $2 }' <<< "$targets"
}

# Prints the place of the packages themselves; nothing when apt knows none.
debian_mirror() { debian_places | awk '!/security/ { mirror = mirror ? mirror : $0 } END { if (mirror) print mirror }'; }

# Prints the sources of a release: those of its packages, its updates, and its security updates where apt has them.
#
#   debian_sources SUITE
debian_sources() {
    local suite=$1 mirror security
    mirror=$(debian_mirror)
    security=$(debian_places | awk '/security/ { place = place ? place : $0 } END { if (place) print place }')
    if [ -z "$mirror" ]; then
        echo "image: apt knows no mirror of Debian on this host (apt-get indextargets shows none of Origin: Debian);" \
            "run 'apt-get update', build on a Debian, or start docker or podman." >&2
        return 1
    fi
    echo "deb $mirror $suite main"
    echo "deb $mirror $suite-updates main"
    [ -z "$security" ] || echo "deb $security $suite-security main"
}
