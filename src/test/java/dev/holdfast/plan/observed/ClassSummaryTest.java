package dev.holdfast.plan.observed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.deviceclass.PassthroughDeviceClass;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassStatus;
import dev.holdfast.api.node.Device;
import dev.holdfast.api.node.DeviceState;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.testbed.fixtures.DeviceBuilder;
import dev.holdfast.testbed.fixtures.Samples;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ClassSummaryTest {
    @Test
    void countsFreeAndAllocatedGroupsOfAllNodes() {
        PassthroughNode one = node(
                "node-1",
                device("0000:01:00.0", "0000:01:00.0", DeviceState.Free),
                device("0000:01:00.1", "0000:01:00.0", DeviceState.Free),
                device("0000:02:00.0", "0000:02:00.0", DeviceState.NotViable));
        PassthroughNode two = node("node-2", device("0000:01:00.0", "0000:01:00.0", DeviceState.Free));
        PassthroughNode busy = node("node-2", device("0000:01:00.0", "0000:01:00.0", DeviceState.Allocated));

        PassthroughDeviceClassStatus idle = status("selectors: [{vendorID: 10de}]", one, two);

        assertThat(idle).isEqualTo(new PassthroughDeviceClassStatus("holdfast.dev/gpu", "10de:*", 3, 2, 2));
        assertThat(status("selectors: [{vendorID: 10de}]", one, busy)).isEqualTo(idle);
    }

    @Test
    void countsZeroWhenNoNodeHasTheClass() {
        PassthroughNode silent = new PassthroughNode();
        silent.setMetadata(node("node-1").getMetadata());

        assertThat(status("selectors: [{classCode: '0300'}]", silent))
                .isEqualTo(new PassthroughDeviceClassStatus("holdfast.dev/gpu", "class 0300", 0, 0, 0));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{vendorID: '10de', deviceID: '2236'} | 10de:2236",
                "{vendorID: '10de'}, {deviceID: '1111'} | 10de:*, *:1111",
                "{vendorID: '10de', classCode: '0302'} | 10de:* class 0302",
                "{address: '0000:03:00.0'} | 0000:03:00.0",
                "{vendorID: '10de', deviceID: '2236', subsystemVendorID: '10de'} | 10de:2236 subsystem 10de:*",
            })
    void abbreviatesSelectors(String selectors, String text) {
        assertThat(status("selectors: [" + selectors + "]").selectors()).isEqualTo(text);
    }

    @Test
    void cutsLongSelectors() {
        String many = "{address: '0000:03:00.0'}, ".repeat(31) + "{address: '0000:03:00.0'}";

        assertThat(status("selectors: [" + many + "]").selectors())
                .hasSize(PassthroughDeviceClassStatus.MAX_SELECTORS)
                .endsWith("...");
    }

    private static PassthroughDeviceClassStatus status(String spec, PassthroughNode... nodes) {
        PassthroughDeviceClass gpu = Serialization.unmarshal("""
                apiVersion: holdfast.dev/v1alpha1
                kind: PassthroughDeviceClass
                metadata: {name: gpu}
                spec: {%s}
                """.formatted(spec), PassthroughDeviceClass.class);
        return new ClassSummary(List.of(nodes)).of(gpu);
    }

    private static PassthroughNode node(String name, Device... devices) {
        PassthroughNode node = Samples.node(List.of(devices));
        node.getMetadata().setName(name);
        return node;
    }

    private static Device device(String address, String group, DeviceState state) {
        return DeviceBuilder.at(address)
                .group(7, group)
                .deviceClass("gpu")
                .state(state)
                .build();
    }
}
