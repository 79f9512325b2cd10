package dev.holdfast.memlock.libvirt;

import dev.holdfast.text.Quoted;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Objects of a command line on which the limit depends: memory backends, and objects that protect memory. */
final class CommandObjects {
    private final Map<String, Long> backends = new LinkedHashMap<>();
    private final Set<String> used = new LinkedHashSet<>();
    private boolean registersRam;
    private boolean privateMemory;

    /**
     * @throws IllegalArgumentException if a memory backend has an invalid size; the message is for the user
     */
    void add(Properties object) {
        String type = object.type();
        if (type.startsWith("memory-backend-")) {
            String what = "size of the memory backend %s of the command line".formatted(Quoted.of(object.value("id")));
            backends.put(object.value("id"), QemuSize.bytes(what, object.value("size"), 'b'));
        }
        registersRam |= type.equals("sev-guest");
        privateMemory |= type.equals("sev-snp-guest") || type.equals("tdx-guest");
    }

    /** Returns the size of a backend and marks it as used; empty if the command line has no such object. */
    Optional<Long> use(String backend) {
        used.add(backend);
        return Optional.ofNullable(backends.get(backend));
    }

    List<String> unused() {
        return backends.keySet().stream().filter(id -> !used.contains(id)).toList();
    }

    boolean registersRam() {
        return registersRam;
    }

    boolean privateMemory() {
        return privateMemory;
    }
}
