package dev.holdfast.agent.slice;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.apiserver.Decoding;
import dev.holdfast.agent.slice.ForeignDevices.Found;
import dev.holdfast.agent.slice.ForeignDevices.Offer;
import dev.holdfast.host.pci.PciFunction;
import dev.holdfast.inventory.DeviceGroup;
import dev.holdfast.pci.PciAddress;
import dev.holdfast.testbed.fixtures.Groups;
import dev.holdfast.testbed.fixtures.PciFunctionBuilder;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ForeignDevicesTest {
    private static final PciAddress GPU = PciAddress.parse("0000:65:00.0");

    @Test
    void usesOnlyTheNewestGeneration() {
        ForeignDevices devices = read(
                false, slice("d", 1, 1, device("a", "0000:05:00.0")), slice("d", 2, 1, device("a", "0000:65:00.0")));

        assertThat(devices.find("d", "n1", "a")).isEqualTo(new Found.At(GPU));
        assertThat(devices.offers()).containsExactly(new Offer("d", "n1", "a", GPU));
    }

    @Test
    void usesOnlyCompletePools() {
        ForeignDevices devices = read(false, slice("d", 1, 2, device("a", "0000:65:00.0")));

        assertThat(devices.find("d", "n1", "a")).isInstanceOf(Found.Incomplete.class);
        assertThat(devices.offers()).isEmpty();
    }

    @Test
    void findsADeviceInAnyOfTheSlices() {
        ForeignDevices devices = read(
                false, slice("d", 1, 2, device("b", "0000:05:00.0")), slice("d", 1, 2, device("a", "0000:65:00.0")));

        assertThat(devices.find("d", "n1", "a")).isEqualTo(new Found.At(GPU));
    }

    @Test
    void ignoresTheSlicesOfHoldfast() {
        assertThat(read(false, slice("vfio.holdfast.dev", 1, 1, device("a", "0000:65:00.0")))
                        .slices())
                .isEmpty();
    }

    /** The rest of the list could have a newer generation of the pool. */
    @Test
    void findsNothingInAListThatIsNotWhole() {
        assertThat(read(true, slice("d", 1, 1, device("a", "0000:65:00.0"))).find("d", "n1", "a"))
                .isEqualTo(new Found.Missing(
                        "but driver d has more than 64 ResourceSlices or 2048 devices for this node; at"
                                + " most that many are supported"));
    }

    @Test
    void boundsSlicesAndDevices() {
        String full = IntStream.range(0, 128)
                .mapToObj(i -> device("d" + i, "0000:65:00.0"))
                .collect(Collectors.joining(", "));
        String[] many =
                IntStream.range(0, 40).mapToObj(i -> slice("d", 1, 40, full)).toArray(String[]::new);
        String[] small = IntStream.range(0, 100)
                .mapToObj(i -> slice("d", 1, 100, device("a", "0000:65:00.0")))
                .toArray(String[]::new);

        assertThat(read(false, many).truncated()).isTrue();
        assertThat(read(false, many).slices()).hasSize(ForeignDevices.MAX_DEVICES / 128);
        assertThat(read(false, small).truncated()).isTrue();
        assertThat(read(false, small).slices()).hasSize(ForeignDevices.MAX_SLICES);
    }

    @Test
    void reportsTheGroupsThatAnotherDriverOffersToo() {
        PciFunction audio = PciFunctionBuilder.at("0000:65:00.1").build();
        DeviceGroup group = new DeviceGroup(
                Groups.id("0000:65:00.0"),
                7,
                true,
                List.of(PciFunctionBuilder.at("0000:65:00.0").build(), audio),
                List.of(),
                "a100",
                List.of(),
                null,
                null);

        assertThat(OtherOffers.compare(
                        List.of(group),
                        List.of(
                                new Offer("d", "p", "x", PciAddress.parse("0000:66:00.0")),
                                new Offer("d", "p", "y", audio.address()))))
                .isEqualTo(Map.of(
                        group.id(),
                        "0000:65:00.1 is offered by driver d, too, as device y of pool p, so two pods could be given it;"
                                + " exclude it from that driver, or from device class a100"));
        assertThat(OtherOffers.compare(List.of(group), List.of())).isEmpty();
    }

    private static String device(String name, String address) {
        return "{\"name\": \"%s\", \"attributes\": {\"resource.kubernetes.io/pciBusID\": {\"string\": \"%s\"}}}"
                .formatted(name, address);
    }

    private static String slice(String driver, int generation, int count, String devices) {
        return """
                {"spec": {"driver": "%s", "nodeName": "n1", "pool": {"name": "n1", "generation": %d, "resourceSliceCount": %d},
                  "devices": [%s]}}
                """.formatted(driver, generation, count, devices);
    }

    private static ForeignDevices read(boolean more, String... slices) {
        String list = "{\"metadata\": {\"continue\": \"%s\"}, \"items\": [%s]}"
                .formatted(more ? "token" : "", String.join(",", slices));
        return Decoding.read(list, ForeignDevices::read);
    }
}
