package dev.holdfast.plan.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.memlock.MemlockInput;
import dev.holdfast.testbed.fixtures.MachineSpecs;
import dev.holdfast.testbed.fixtures.MemlockInputBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MemlockInputsTest {
    private static final long PAGE_BYTES = 4096;
    private static final String GPU = "devices: {gpus: [{name: a, deviceName: holdfast.dev/x}]}";

    @ParameterizedTest
    @CsvSource({
        "4Gi, 4294967296",
        "1.5Gi, 1610612736",
        "64Ti, 70368744177664",
        "4G, 4000000000",
        "4e9, 4000000000",
        "4E9, 4000000000",
        "0.00006103515625Ei, 70368744177664",
        "2097152000m, 2097152",
        "+1048577, 1048577",
        ".5Gi, 536870912",
    })
    void readsGuestMemoryExactly(String quantity, long bytes) {
        MachineSpec machine = MachineSpecs.of("memory: {guest: \"%s\"}\n%s".formatted(quantity, GPU));

        assertThat(MemlockInputs.of(machine, PAGE_BYTES).guestBytes()).isEqualTo(bytes);
    }

    @ParameterizedTest
    @ValueSource(strings = {"lots", "4K", "4GiB", "4 Gi", "1e9999", "-4Gi", "0", "4.0001Ki", "500m", "1Ki", "65Ti"})
    void refusesInvalidGuestMemory(String quantity) {
        assertThat(MachineSpecs.read("memory: {guest: \"%s\"}\n%s".formatted(quantity, GPU)))
                .isInstanceOfSatisfying(
                        MachineSpec.Invalid.class,
                        invalid -> assertThat(invalid.cause().message()).contains("spec.memory.guest"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "memory: {}", "memory: {guest: null}"})
    void refusesASpecWithoutGuestMemory(String memory) {
        assertThat(MachineSpecs.read(memory + "\n" + GPU))
                .isInstanceOfSatisfying(
                        MachineSpec.Invalid.class,
                        invalid -> assertThat(invalid.cause().message()).contains("spec.memory"));
    }

    @Test
    void countsGpusAndHostDevices() {
        MachineSpec machine = MachineSpecs.of("""
                memory: {guest: 1Gi}
                devices:
                  gpus: [{name: a, deviceName: holdfast.dev/x}, {name: b, deviceName: holdfast.dev/x}]
                  hostDevices: [{name: c, deviceName: holdfast.dev/y}]
                  video: {type: bochs, memory: 32Mi}
                """);

        assertThat(MemlockInputs.of(machine, PAGE_BYTES))
                .isEqualTo(MemlockInputBuilder.guest(1L << 30)
                        .pageBytes(PAGE_BYTES)
                        .video(MemlockInput.Video.BOCHS, 32L << 20)
                        .devices(3)
                        .build());
    }

    @Test
    void includesTheIommu() {
        MachineSpec machine = MachineSpecs.of("""
                memory: {guest: 1Gi}
                devices: {gpus: [{name: a, deviceName: holdfast.dev/x}], iommu: {model: virtio}}
                """);

        assertThat(MemlockInputs.of(machine, PAGE_BYTES).devices()).isEqualTo(MemlockInput.Devices.vfio(1, true));
    }

    @Test
    void usesDefaultsForAbsentFields() {
        MemlockInput input = MemlockInputs.of(MachineSpecs.of("""
                memory: {guest: 1Gi}
                devices: {gpus: [{name: a, deviceName: holdfast.dev/x}], video: {}}
                """), PAGE_BYTES);

        assertThat(input.displays()).containsExactly(new MemlockInput.Display(MemlockInput.Video.NONE, null));
        assertThat(input.devices()).isEqualTo(MemlockInput.Devices.vfio(1, false));
        assertThat(input.accounting()).isEqualTo(MemlockInput.Accounting.TYPE1);
    }
}
