# Finds Java for the scripts here, and says how the kubelet's runs. Sourced.

# Emulated processors: the first compiler only, one collector thread, no pointers to adjust in archives. A cache needs the same flags when it is used.
kubelet_flags=(-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:-UsePerfData --enable-native-access=ALL-UNNAMED
    -XX:+UnlockDiagnosticVMOptions -XX:ArchiveRelocationMode=0)

# Sets `java_home`, by the same search as the distribution's own command.
find_java() {
    local home version
    for home in "${JAVA_HOME:-}" /usr/lib/jvm/*; do
        [ -x "$home/bin/java" ] && [ -r "$home/release" ] || continue
        version=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$home/release")
        if [ "${version:-0}" -ge 25 ]; then
            java_home=$home
            return
        fi
    done
    echo "no Java 25 found in JAVA_HOME or below /usr/lib/jvm; install one or set JAVA_HOME" >&2
    exit 2
}
