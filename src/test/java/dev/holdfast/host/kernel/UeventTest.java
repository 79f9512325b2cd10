package dev.holdfast.host.kernel;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UeventTest {
    @Test
    void readsWhatTheKernelSends() {
        assertThat(parse("remove@/devices/pci0000:00/0000:00:04.0/0000:04:00.0\0ACTION=remove\0"
                        + "DEVPATH=/devices/pci0000:00/0000:00:04.0/0000:04:00.0\0SUBSYSTEM=pci\0SEQNUM=7\0"))
                .contains(new Uevent("remove", "pci", "/devices/pci0000:00/0000:00:04.0/0000:04:00.0"));
        assertThat(parse("add@/module/vfio_pci\0ACTION=add\0")).contains(new Uevent("add", "", "/module/vfio_pci"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\0", "\0\0\0", "libudev\0\u00fe\u00ed", "@/devices", "nothing of the kind"})
    void ignoresAnythingElse(String message) {
        assertThat(parse(message)).isEmpty();
    }

    private static Optional<Uevent> parse(String message) {
        byte[] bytes = message.getBytes(UTF_8);
        return Uevent.parse(bytes, bytes.length);
    }
}
