package dev.holdfast.qemu.dryrun;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Output captured from real machines of 128 MiB; see README.md in the same folder. */
final class Captured {
    static final long GUEST_BYTES = 128L << 20;

    private Captured() {}

    static MemoryMap map(String machine) {
        return new MemoryMap(view(machine), RamBlock.of(text(machine + ".ramblock")), List.of());
    }

    static FlatView view(String machine) {
        return FlatView.ofSystemMemory(text(machine + ".mtree"));
    }

    static List<VirtioMem> virtioMems(String machine) {
        try {
            return VirtioMem.of(JsonMapper.builder().build().readTree(text(machine + ".json")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String text(String file) {
        try (InputStream stream = Captured.class.getResourceAsStream(file)) {
            if (stream == null) {
                throw new IllegalStateException("there is no capture " + file);
            }
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
