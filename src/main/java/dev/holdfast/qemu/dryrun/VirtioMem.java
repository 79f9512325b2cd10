package dev.holdfast.qemu.dryrun;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * A virtio-mem device, whose region is there as a whole while only plugged parts of it are mapped.
 *
 * @param start       address of its region
 * @param bytes       size of its region
 * @param wantedBytes what will be plugged: what is, or what the guest was asked to have, whichever is more
 * @param backend     its memory backend's name
 */
record VirtioMem(long start, long bytes, long wantedBytes, String backend) {

    /**
     * Reads the answer to QMP's {@code query-memory-devices}; devices of other kinds are mapped as they stand in the flat
     * view.
     *
     * @throws IllegalArgumentException with one sentence, when it is none
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

    /** Address of the region's last byte. */
    long end() {
        return start + bytes - 1;
    }

    private static IllegalArgumentException unknown(JsonNode what) {
        return new IllegalArgumentException(
                "query-memory-devices answers \"%s\", but a list of devices with their sizes was expected; this QEMU is not understood"
                        .formatted(Sizes.shortened(what.toString())));
    }
}
