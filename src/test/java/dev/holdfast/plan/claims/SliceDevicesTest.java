package dev.holdfast.plan.claims;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.Names;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSlice;
import java.util.List;
import org.junit.jupiter.api.Test;

final class SliceDevicesTest {
    /** The slice of one driver must not affect the VMs of all. */
    @Test
    void ignoresASliceThatCouldNotBeDecoded() {
        SliceDevices devices = SliceDevices.of(
                List.of(new ResourceSlice(), DraObjects.slice(Names.DRA_DRIVER, "node-1", 1, "a100", "128Gi")),
                List.of());

        assertThat(devices.all()).hasSize(1);
    }
}
