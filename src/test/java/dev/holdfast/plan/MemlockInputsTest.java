package dev.holdfast.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.holdfast.api.vm.PassthroughVMSpec;
import dev.holdfast.memlock.MemlockInput;
import io.fabric8.kubernetes.client.utils.Serialization;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MemlockInputsTest {
    private static final long PAGE_BYTES = 4096;

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
        assertThat(MemlockInputs.of(guest(quantity), PAGE_BYTES).guestBytes()).isEqualTo(bytes);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "lots   | spec.memory.guest is \"lots\", which is no quantity",
                "4K     | which is no quantity",
                "4GiB   | which is no quantity",
                "4 Gi   | which is no quantity",
                "1e9999 | which is no quantity",
                "-4Gi   | spec.memory.guest is -4Gi, but has to be more than nothing",
                "0      | has to be more than nothing",
                "4.0001Ki | spec.memory.guest is 4.0001Ki, which is not a whole number of bytes",
                "500m   | not a whole number of bytes",
                "1Ki    | spec.memory.guest is 1Ki, but a guest needs at least 1Mi",
            })
    void refusesGuestMemoryThatIsNone(String quantity, String sentence) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MemlockInputs.of(guest(quantity), PAGE_BYTES))
                .withMessageContaining(sentence);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "memory: {}", "memory: {guest: null}"})
    void refusesASpecWithoutGuestMemory(String yaml) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MemlockInputs.of(spec(yaml), PAGE_BYTES))
                .withMessageContaining("spec.memory.guest is missing");
    }

    @Test
    void countsGpusAndHostDevices() {
        PassthroughVMSpec spec = spec("""
                memory: {guest: 1Gi}
                devices:
                  gpus: [{name: a, deviceName: holdfast.dev/x}, {name: b, deviceName: holdfast.dev/x}]
                  hostDevices: [{name: c, deviceName: holdfast.dev/y}]
                  video: {type: bochs, memory: 32Mi}
                """);

        MemlockInput input = MemlockInputs.of(spec, PAGE_BYTES);

        assertThat(input)
                .isEqualTo(new MemlockInput(
                        1L << 30, PAGE_BYTES, MemlockInput.Firmware.SEABIOS, MemlockInput.Video.BOCHS, 32L << 20, 3));
    }

    @Test
    void refusesMoreDevicesThanAStatusCounts() {
        String gpus = "{name: a, deviceName: holdfast.dev/x}, ".repeat(65);

        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        MemlockInputs.of(spec("memory: {guest: 1Gi}\ndevices: {gpus: [" + gpus + "]}"), PAGE_BYTES))
                .withMessage("spec.devices has 65 gpus and hostDevices, must have at most 64; leave some out");
    }

    @Test
    void seesTheIommu() {
        PassthroughVMSpec spec = spec("""
                memory: {guest: 1Gi}
                devices: {gpus: [{name: a, deviceName: holdfast.dev/x}], iommu: {model: virtio}}
                """);

        assertThat(MemlockInputs.of(spec, PAGE_BYTES).devices()).isEqualTo(MemlockInput.Devices.vfio(1, true));
    }

    @Test
    void takesDefaultsForWhatIsAbsent() {
        MemlockInput input = MemlockInputs.of(spec("memory: {guest: 1Gi}\ndevices: {video: {}}"), PAGE_BYTES);

        assertThat(input.displays()).containsExactly(new MemlockInput.Display(MemlockInput.Video.NONE, null));
        assertThat(input.devices()).isEqualTo(MemlockInput.Devices.vfio(0, false));
        assertThat(input.accounting()).isEqualTo(MemlockInput.Accounting.TYPE1);
    }

    private static PassthroughVMSpec guest(String quantity) {
        return spec("memory: {guest: \"" + quantity + "\"}");
    }

    private static PassthroughVMSpec spec(String yaml) {
        return Serialization.unmarshal(yaml, PassthroughVMSpec.class);
    }
}
