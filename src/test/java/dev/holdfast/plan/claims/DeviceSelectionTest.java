package dev.holdfast.plan.claims;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.resource.v1.DeviceClass;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The devices of a DeviceClass, without a CEL engine. */
final class DeviceSelectionTest {
    @Test
    void knowsItsOwnExpression() {
        assertThat(DeviceSelection.expression("a100"))
                .isEqualTo(
                        "device.driver == 'vfio.holdfast.dev' && device.attributes['vfio.holdfast.dev'].deviceClass == 'a100'");
        assertThat(DeviceSelection.of(DraObjects.own("a100"))).isEqualTo(new DeviceSelection.OfClass("a100"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"device.driver == 'gpu.nvidia.com'", "device.driver=='gpu.nvidia.com' "})
    void knowsAWholeDriver(String expression) {
        assertThat(DeviceSelection.of(DraObjects.deviceClass("gpu", expression)))
                .isEqualTo(new DeviceSelection.OfDriver("gpu.nvidia.com"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "device.driver == 'gpu.nvidia.com' && device.attributes['gpu.nvidia.com'].type == 'gpu'",
                "device.driver == 'a' || device.driver == 'b'",
                "true"
            })
    void leavesEverythingElseToTheScheduler(String expression) {
        assertThat(DeviceSelection.of(DraObjects.deviceClass("gpu", expression)))
                .isEqualTo(new DeviceSelection.Unknown());
    }

    @Test
    void needsExactlyOneSelector() {
        DeviceClass all = DraObjects.deviceClass("gpu", "device.driver == 'a'");
        all.getSpec().getSelectors().add(all.getSpec().getSelectors().getFirst());

        assertThat(DeviceSelection.of(all)).isEqualTo(new DeviceSelection.Unknown());
        all.getSpec().getSelectors().clear();
        assertThat(DeviceSelection.of(all)).isEqualTo(new DeviceSelection.Unknown());
    }
}
