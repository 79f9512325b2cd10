package dev.holdfast.testbed.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ClusterDnsTest {
    private static final int A = 1;
    private static final int AAAA = 28;

    @Test
    void knowsTheServiceOfTheApiServer() {
        ByteBuffer answer = ask("Kubernetes.default.svc.cluster.local", A);

        assertThat(answer.getShort(0)).isEqualTo((short) 4711);
        assertThat(answer.getShort(2) & 0xf).isZero();
        assertThat(answer.getShort(6)).isEqualTo((short) 1);
        assertThat(answer.getInt(answer.limit() - 4)).isEqualTo(10 << 24 | 96 << 16 | 1);
    }

    @Test
    void hasNoAddressOfAnotherKindAndNoOtherName() {
        assertThat(ask("kubernetes.default.svc.cluster.local", AAAA).getShort(6))
                .isZero();
        assertThat(ask("kubernetes.default.svc.cluster.local", AAAA).getShort(2) & 0xf)
                .isZero();
        assertThat(ask("example.com", A).getShort(2) & 0xf).isEqualTo(3);
    }

    private static ByteBuffer ask(String name, int type) {
        ByteBuffer query = ByteBuffer.allocate(512);
        query.putShort((short) 4711).putShort((short) 0x100).putShort((short) 1);
        query.putShort((short) 0).putInt(0);
        for (String label : name.split("\\.")) {
            query.put((byte) label.length()).put(label.getBytes(StandardCharsets.US_ASCII));
        }
        query.put((byte) 0).putShort((short) type).putShort((short) 1).flip();
        return ByteBuffer.wrap(ClusterDns.answer(query));
    }
}
