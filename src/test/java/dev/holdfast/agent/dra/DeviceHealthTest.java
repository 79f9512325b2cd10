package dev.holdfast.agent.dra;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class DeviceHealthTest {
    @Test
    void isHealthyWithoutAnObstacle() {
        assertThat(DeviceHealth.of(Claims.gpu())).isEqualTo(new DeviceHealth("pci-0000-65-00-0", null));
        assertThat(DeviceHealth.of(new ClaimableDevice(Claims.GPU, "a100", "0000:65:00.0 is not responding")))
                .isEqualTo(new DeviceHealth("pci-0000-65-00-0", "0000:65:00.0 is not responding"));
    }

    @Test
    void cutsALongMessageBetweenCharacters() {
        assertThat(DeviceHealth.bounded("x".repeat(1024))).isEqualTo("x".repeat(1024));
        assertThat(DeviceHealth.bounded("x".repeat(1025))).isEqualTo("x".repeat(1021) + "...");
        for (String character : new String[] {"é", "€", "😀"}) {
            String cut = DeviceHealth.bounded("x" + character.repeat(1000));
            assertThat(cut).endsWith(character + "...");
            assertThat(cut.getBytes(StandardCharsets.UTF_8).length).isBetween(1020, 1024);
        }
    }
}
