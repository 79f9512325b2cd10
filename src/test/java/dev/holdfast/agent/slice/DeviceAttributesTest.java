package dev.holdfast.agent.slice;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.CaseCount;
import dev.holdfast.agent.slice.SliceDevice.Attribute;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Selector;
import dev.holdfast.host.pci.Bar;
import dev.holdfast.host.pci.PciFunction;
import dev.holdfast.host.pci.PciScan;
import dev.holdfast.host.pci.Sriov;
import dev.holdfast.inventory.DeviceGroup;
import dev.holdfast.inventory.Inventory;
import dev.holdfast.pci.PciAddress;
import dev.holdfast.testbed.fixtures.AgentObjects;
import dev.holdfast.testbed.fixtures.Hosts;
import dev.holdfast.testbed.fixtures.PciFunctionBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DeviceAttributesTest {
    private static final int ROUNDS = CaseCount.of(200, 5000);

    @Test
    void describesAGpuWithItsAudioFunction() throws IOException {
        SliceDevice device = publish(
                PciFunctionBuilder.at("0000:65:00.0")
                        .ids("10de:2331")
                        .subsystem("10de:1626")
                        .classCode("030000")
                        .numaNode(1)
                        .pcieRoot("pci0000:64")
                        .bars(
                                new Bar(0, 16 << 20, Bar.Type.mem32, false),
                                new Bar(1, 64L << 30, Bar.Type.mem64, true),
                                new Bar(3, 32 << 20, Bar.Type.mem64, true))
                        .resetMethods("flr", "bus")
                        .description("NVIDIA Corporation GH100 [H100 PCIe]")
                        .build(),
                PciFunctionBuilder.at("0000:65:00.1")
                        .ids("10de:10f0")
                        .classCode("040300")
                        .build());

        ObjectMapper json = new ObjectMapper();
        assertThat(json.readTree(json.writeValueAsBytes(device))).isEqualTo(json.readTree("""
                        {
                          "name": "pci-0000-65-00-0",
                          "attributes": {
                            "deviceClass": {"string": "gpus"},
                            "vendorID": {"string": "0x10de"},
                            "deviceID": {"string": "0x2331"},
                            "subsystemVendorID": {"string": "0x10de"},
                            "subsystemDeviceID": {"string": "0x1626"},
                            "classCode": {"string": "0x030000"},
                            "iommuGroup": {"int": 7},
                            "companions": {"int": 1},
                            "productName": {"string": "NVIDIA Corporation GH100 [H100 PCIe]"},
                            "isVF": {"bool": false},
                            "driver": {"string": "vfio-pci"},
                            "resetMethod": {"string": "flr"},
                            "iommufd": {"bool": true},
                            "resource.kubernetes.io/pciBusID": {"string": "0000:65:00.0"},
                            "resource.kubernetes.io/pcieRoot": {"string": "pci0000:64"},
                            "resource.kubernetes.io/numaNode": {"int": 1}
                          },
                          "capacity": {"memory": {"value": "64Gi"}}
                        }"""));
    }

    @Test
    void leavesOutWhatIsUnknown() {
        SliceDevice device = publish(PciFunctionBuilder.at("0000:65:00.0")
                .bars(new Bar(0, 16 << 20, Bar.Type.mem32, false))
                .build());

        assertThat(device.attributes())
                .doesNotContainKeys(
                        "subsystemVendorID",
                        "subsystemDeviceID",
                        "productName",
                        "resetMethod",
                        "resource.kubernetes.io/pcieRoot",
                        "resource.kubernetes.io/numaNode");
        assertThat(device.capacity()).isEmpty();
    }

    @Test
    void cutsALongNameBetweenTwoCharacters() {
        SliceDevice device = publish(PciFunctionBuilder.at("0000:65:00.0")
                .description("x".repeat(63) + "é and more")
                .build());

        assertThat(device.attributes().get("productName")).isEqualTo(Attribute.of("x".repeat(63)));
    }

    @Test
    void staysWithinTheBoundsOfTheApi() {
        for (int seed = 0; seed < ROUNDS; seed++) {
            Random random = new Random(seed);
            PciFunction main = function(random, 0);
            List<PciFunction> group = new ArrayList<>(List.of(main));
            for (int companion = random.nextInt(7); companion > 0; companion--) {
                group.add(function(random, companion));
            }
            SliceDevice device = publish(group.toArray(PciFunction[]::new));

            assertThat(device.name()).matches("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");
            assertThat(device.attributes().size() + device.capacity().size()).isLessThanOrEqualTo(32);
            device.attributes().forEach((name, value) -> {
                assertThat(name).matches("(resource\\.kubernetes\\.io/)?[a-zA-Z_][a-zA-Z0-9_]{0,31}");
                assertThat(Arrays.asList(value.text(), value.number(), value.flag()))
                        .as(name)
                        .filteredOn(one -> one != null)
                        .hasSize(1);
                if (value.text() != null) {
                    assertThat(value.text().getBytes(StandardCharsets.UTF_8)).hasSizeBetween(1, 64);
                }
            });
            device.capacity()
                    .values()
                    .forEach(capacity -> assertThat(Quantity.getAmountInBytes(Quantity.parse(capacity.value())))
                            .isPositive());
        }
    }

    private static PciFunction function(Random random, int number) {
        PciFunctionBuilder builder = PciFunctionBuilder.at(
                        new PciAddress(random.nextLong(1L << 32), random.nextInt(256), random.nextInt(32), number))
                .classCode(number == 0 ? "030200" : "040300")
                .description(text(random))
                .bars(new Bar(1, 1L << random.nextInt(63), Bar.Type.mem64, random.nextBoolean()));
        if (random.nextBoolean()) {
            builder.subsystem("10de:1626").numaNode(random.nextInt(1024)).pcieRoot("pci" + text(random));
        }
        if (random.nextBoolean()) {
            builder.sriov(new Sriov.Virtual(new PciAddress(0, 1, 0, 0))).resetMethods(text(random));
        }
        return builder.build();
    }

    private static String text(Random random) {
        return random.ints(random.nextInt(200), ' ', 0xd000)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    private static SliceDevice publish(PciFunction... functions) {
        DeviceGroup group = Inventory.of(
                        Hosts.ready(new PciScan(List.of(functions), List.of(), List.of())),
                        List.of(AgentObjects.deviceClass(
                                "gpus", List.of(new Selector("10de", null, null, null, null, null)))),
                        Map.of(),
                        Inventory.EMPTY)
                .groups()
                .values()
                .iterator()
                .next();
        return DeviceAttributes.of(group, any -> true);
    }
}
