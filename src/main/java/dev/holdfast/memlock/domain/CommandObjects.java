package dev.holdfast.memlock.domain;

import dev.holdfast.text.Quoted;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The objects of a command line that the sum depends on: memory, which devices show, and what protects it. */
final class CommandObjects {
    private final Map<String, Long> backends = new LinkedHashMap<>();
    private final Set<String> used = new LinkedHashSet<>();
    private boolean registersRam;
    private boolean privateMemory;

    /**
     * @throws IllegalArgumentException with one message, when a memory backend has an invalid size
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

    /** Size of the memory behind a device; empty when no object of the command line has that name. */
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
