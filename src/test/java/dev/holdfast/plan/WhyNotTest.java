package dev.holdfast.plan;

import static dev.holdfast.plan.Samples.device;
import static dev.holdfast.plan.Samples.node;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.DeviceBuilder;
import dev.holdfast.api.PassthroughNode;
import dev.holdfast.api.PassthroughNodeStatus.Blocker;
import dev.holdfast.api.PassthroughNodeStatus.Device;
import dev.holdfast.api.PassthroughNodeStatus.State;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class WhyNotTest {
    @Test
    void findsNoFaultWithANodeThatHasEnoughFreeDevices() {
        PassthroughNode node = node(
                List.of(device("0000:01:00.0", State.Free, null), device("0000:02:00.0", State.NotViable, "blocked")));

        assertThat(why(1, node)).isEmpty();
    }

    @Test
    void namesTheClassThatNoAgentReports() {
        assertThat(why(1, node(List.of()))).hasValueSatisfying(why -> {
            assertThat(why.reason()).isEqualTo("DeviceUnknown");
            assertThat(why.sentence()).contains("none of the 1 nodes", "kubectl get ptclass test-gpu");
        });
    }

    @Test
    void repeatsWhatTheAgentSaysOfABlockedDevice() {
        PassthroughNode node = node(List.of(device("0000:01:00.0", State.NotViable, "bind 0000:01:00.1 to vfio-pci")));

        assertThat(why(1, node)).hasValueSatisfying(why -> {
            assertThat(why.reason()).isEqualTo("DeviceNotViable");
            assertThat(why.sentence()).contains(Samples.NODE, "0000:01:00.0", "bind 0000:01:00.1 to vfio-pci");
        });
    }

    @Test
    void namesTheBlockersWhereTheAgentHasNoSentence() {
        Device blocked = DeviceBuilder.at("0000:01:00.0")
                .deviceClass(Samples.CLASS)
                .notViable(null, new Blocker("0000:01:00.1", "snd_hda_intel"))
                .build();

        assertThat(why(1, node(List.of(blocked))))
                .hasValueSatisfying(
                        why -> assertThat(why.sentence()).contains("0000:01:00.1 is on driver snd_hda_intel"));
    }

    @Test
    void repeatsWhatTheAgentSaysOfADeviceThatDoesNotAnswer() {
        PassthroughNode node = node(List.of(device("0000:01:00.0", State.Quarantined, "it reads as all ones")));

        assertThat(why(1, node)).hasValueSatisfying(why -> {
            assertThat(why.reason()).isEqualTo("DeviceQuarantined");
            assertThat(why.sentence()).contains(Samples.NODE, "0000:01:00.0", "it reads as all ones");
        });
    }

    @Test
    void saysWhoseDevicesAreInUse() {
        PassthroughNode node =
                node(List.of(device("0000:01:00.0", State.Allocated, null), device("0000:02:00.0", State.Free, null)));

        assertThat(why(1, node)).isEmpty();
        assertThat(why(2, node)).hasValueSatisfying(why -> {
            assertThat(why.reason()).isEqualTo("DevicesInUse");
            assertThat(why.sentence()).contains("wants 2", "0000:01:00.0 on node-1");
        });
    }

    @Test
    void countsGroupsAndNotFunctions() {
        Device gpu = device("0000:01:00.0", State.Free, null);
        Device audio = DeviceBuilder.at("0000:01:00.1")
                .classCode("040300")
                .group(null, "0000:01:00.0")
                .deviceClass(Samples.CLASS)
                .build();

        assertThat(why(2, node(List.of(gpu, audio))))
                .hasValueSatisfying(why -> assertThat(why.reason()).isEqualTo("NotEnoughDevices"));
    }

    @Test
    void saysThatADeviceHasVanished() {
        assertThat(why(1, node(List.of(device("0000:01:00.0", State.Missing, null)))))
                .hasValueSatisfying(why -> assertThat(why.reason()).isEqualTo("DeviceMissing"));
    }

    private static Optional<Why> why(int count, PassthroughNode node) {
        TreeMap<String, Integer> wanted = new TreeMap<>();
        wanted.put(Samples.resource(), count);
        return WhyNot.explain(wanted, List.of(node));
    }
}
