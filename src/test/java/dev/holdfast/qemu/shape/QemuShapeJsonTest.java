package dev.holdfast.qemu.shape;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.holdfast.memlock.MemlockInput.Video;
import dev.holdfast.testbed.fixtures.Shapes;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class QemuShapeJsonTest {
    @Test
    void readsWhatItWrote() {
        QemuShape shape = Shapes.of(8L << 30, Shapes.KERNEL, Video.VGA, 64L << 20, List.of("gpu0", "nic0"));

        String json = QemuShapeJson.write(shape);

        assertThat(json).doesNotContain("\n");
        assertThat(QemuShapeJson.read(json)).isEqualTo(shape);
    }

    @Test
    void keepsTheIommu() {
        QemuShape shape = Shapes.with(QemuShape.Iommu.VIRTIO, 8L << 30, List.of("gpu0"));

        assertThat(QemuShapeJson.write(shape)).contains("\"iommu\":\"VIRTIO\"");
        assertThat(QemuShapeJson.read(QemuShapeJson.write(shape))).isEqualTo(shape);
    }

    @Test
    void omitsAbsentParts() {
        String json = QemuShapeJson.write(Shapes.plain(Video.NONE, null));

        assertThat(json)
                .doesNotContain("null")
                .doesNotContain("kernel")
                .doesNotContain("videoBytes")
                .doesNotContain("iommu");
        assertThat(QemuShapeJson.read(json)).isEqualTo(Shapes.plain(Video.NONE, null));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "{}",
                "[]",
                "nonsense",
                "{\"namespace\":\"a\",\"name\":\"b\",\"devices\":[]}",
                "{\"colour\":\"blue\"}"
            })
    void refusesInvalidShapes(String json) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> QemuShapeJson.read(json))
                .withMessageContaining("invalid shape ")
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n"));
    }
}
