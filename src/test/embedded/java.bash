# Finds Java for the scripts here, and defines the options of the kubelet's. Sourced.

# Emulated processors: the first compiler only, one collector thread, no pointers to adjust in archives. A cache needs the same flags when it is used.
kubelet_flags=(-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:-UsePerfData --enable-native-access=ALL-UNNAMED
    -XX:+UnlockDiagnosticVMOptions -XX:ArchiveRelocationMode=0)

# Sets `java_home`, by the search of the distribution's own command.
find_java() {
    java_home=$("$(dirname "${BASH_SOURCE[0]}")/../../main/bin/java-home")
}
