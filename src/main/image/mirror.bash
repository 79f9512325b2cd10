# Sourced. Where apt gets Debian from on this host; the same places have the other releases.
# shellcheck shell=bash

apt_targets() { apt-get indextargets --format "\$(ORIGIN) \$(REPO_URI)" 'Created-By: Packages'; }

# Prints the sources of a release: those of its packages, its updates, and its security updates where apt has them.
#
#   debian_sources SUITE
debian_sources() {
    local suite=$1 targets mirror security
    targets=$(apt_targets)
    # Images of containers come without lists.
    if [ -z "$targets" ] && [ "$(id -u)" -eq 0 ]; then
        apt-get update -q > /dev/null 2>&1 || true
        targets=$(apt_targets)
    fi
    mirror=$(awk '$1 == "Debian" && $2 !~ /security/ { print $2; exit }' <<< "$targets")
    security=$(awk '$1 == "Debian" && $2 ~ /security/ { print $2; exit }' <<< "$targets")
    if [ -z "$mirror" ]; then
        echo "image: apt knows no mirror of Debian on this host (apt-get indextargets shows none of Origin: Debian);" \
            "run 'apt-get update', build on a Debian, or start docker or podman." >&2
        return 1
    fi
    echo "deb $mirror $suite main"
    echo "deb $mirror $suite-updates main"
    [ -z "$security" ] || echo "deb $security $suite-security main"
}
