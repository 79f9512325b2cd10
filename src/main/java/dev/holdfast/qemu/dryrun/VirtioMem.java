package dev.holdfast.qemu.dryrun;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * A virtio-mem device, whose whole region is shown although only its plugged parts are mapped.
 *
 * @param start       address of its region
 * @param bytes       size of its region
 * @param wantedBytes bytes that will be plugged: the plugged size or the size requested from the guest, whichever is more
 * @param backend     ID of its memory backend
 */
record VirtioMem(long start, long bytes, long wantedBytes, String backend) {

    /**
     * Parses the answer to QMP's {@code query-memory-devices}; devices of other kinds are mapped as the flat view shows
     * them.
     *
     * @throws IllegalArgumentException with a message for users, when the answer is invalid
     */
    static List<VirtioMem> of(JsonNode memoryDevices) {
        if (!memoryDevices.isArray()) {
            throw unknown(memoryDevices);
        }
        List<VirtioMem> found = new ArrayList<>();
        for (JsonNode device : memoryDevices) {
            if (device.path("type").asText().equals("virtio-mem")) {
                found.add(of(device, device.path("data")));
            }
        }
        return found;
    }

    private static VirtioMem of(JsonNode device, JsonNode data) {
        List<Long> numbers = Stream.of("memaddr", "max-size", "requested-size", "size")
                .map(data::get)
                .map(number -> number != null && number.canConvertToLong() && number.isIntegralNumber()
                        ? number.longValue()
                        : -1L)
                .toList();
        String backend = data.path("memdev").asText();
        if (backend.isEmpty() || !numbers.stream().allMatch(Sizes::plausible)) {
            throw unknown(device);
        }
        return new VirtioMem(
                numbers.get(0),
                numbers.get(1),
                Math.max(numbers.get(2), numbers.get(3)),
                Objects.requireNonNull(backend.substring(backend.lastIndexOf('/') + 1)));
    }

    /** Returns the address of the region's last byte. */
    long end() {
        return start + bytes - 1;
    }

    private static IllegalArgumentException unknown(JsonNode what) {
        return new IllegalArgumentException(
                "query-memory-devices returns \"%s\", but must return a list of devices with their sizes; this QEMU is not supported"
                        .formatted(Sizes.shortened(what.toString())));
    }
}
