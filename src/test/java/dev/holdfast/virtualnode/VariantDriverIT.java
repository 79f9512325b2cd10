package dev.holdfast.virtualnode;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.holdfast.testbed.Build;
import dev.holdfast.testbed.VfioVariant;
import dev.holdfast.testbed.VirtualNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

/** A function on a variant driver of VFIO whose name is in no list of Holdfast, on a real kernel. Boots its own node. */
class VariantDriverIT {
    private static final Path WORK = Path.of("target/variant-driver-it").toAbsolutePath();
    private static final String NETWORK_CARD = "0000:05:00.0";

    /** Prints what QEMU has on its PCI bus; it has nothing when it cannot open the function. */
    private static final String QEMU = """
            printf '{"execute":"%s"}\\n' qmp_capabilities query-pci quit |
            qemu-system-x86_64 -S -machine q35,accel=tcg -m 64 -nodefaults -no-user-config -display none \\
                -device vfio-pci,host=$0 -qmp stdio 2>&1
            """;

    @Test
    void isRecognizedByWhatVfioHasAndOpenedByQemu() throws IOException {
        Build build = Build.here();
        try (VirtualNode node = VirtualNode.boot(build, WORK, 1, List.of("sleep", "infinity"))) {
            VfioVariant.load(build, node).bind(NETWORK_CARD);

            // 8086:10d3 of the network card; QMP has decimal numbers.
            assertThat(node.exec("sh", "-c", QEMU, NETWORK_CARD).out()).contains("\"device\": 4307");

            assertThat(functions(node.exec(build.holdfast().toString(), "devices", "--output=json")))
                    .singleElement()
                    .satisfies(function -> {
                        assertThat(function.path("driver").asText()).isEqualTo(VfioVariant.DRIVER);
                        assertThat(function.path("blocks").asBoolean()).isFalse();
                    });
        }
    }

    /** A network card is reported only where VFIO has it. It is not viable all the same, as the node has no KVM. */
    private static JsonNode functions(VirtualNode.Output devices) throws IOException {
        JsonNode report = JsonMapper.builder().build().readTree(devices.orThrow());
        return StreamSupport.stream(report.path("groups").spliterator(), false)
                .filter(group -> group.path("id").asText().equals(NETWORK_CARD))
                .findFirst()
                .orElseThrow(() -> new AssertionError(NETWORK_CARD + " is not reported: " + report))
                .path("functions");
    }
}
