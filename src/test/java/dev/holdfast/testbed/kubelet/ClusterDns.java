package dev.holdfast.testbed.kubelet;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The cluster's name server, as far as a guest can tell: knows the Service of the API server by its name and says of all
 * others that there is none (RFC 1035).
 */
final class ClusterDns {
    private static final Logger log = LoggerFactory.getLogger(ClusterDns.class);
    private static final int PORT = 53;
    private static final int HEADER = 12;
    private static final int MAX_BYTES = 512;
    private static final int TYPE_A = 1;
    private static final int NO_SUCH_NAME = 3;

    private static final Map<String, byte[]> ADDRESSES =
            Map.of("kubernetes.default.svc.cluster.local", new byte[] {10, 96, 0, 1});

    private ClusterDns() {}

    /** Answers until the process ends; only root may. */
    static void start() {
        try {
            DatagramSocket socket = new DatagramSocket(PORT);
            Thread.ofPlatform().daemon().name("cluster-dns").start(() -> serve(socket));
        } catch (IOException e) {
            log.atWarn().addKeyValue("cause", e.getMessage()).log("There is no name server for pods");
        }
    }

    private static void serve(DatagramSocket socket) {
        DatagramPacket packet = new DatagramPacket(new byte[MAX_BYTES], MAX_BYTES);
        while (true) {
            try {
                packet.setLength(MAX_BYTES);
                socket.receive(packet);
                byte[] answer = answer(ByteBuffer.wrap(packet.getData(), 0, packet.getLength()));
                socket.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
            } catch (IOException | RuntimeException e) {
                log.atWarn().addKeyValue("cause", e.toString()).log("A question was not understood");
            }
        }
    }

    static byte[] answer(ByteBuffer query) {
        short id = query.getShort(0);
        int at = HEADER;
        StringBuilder name = new StringBuilder();
        for (int length = query.get(at); length > 0; length = query.get(at)) {
            byte[] label = new byte[length];
            query.get(at + 1, label);
            name.append(name.isEmpty() ? "" : ".").append(new String(label, StandardCharsets.US_ASCII));
            at += 1 + length;
        }
        int end = at + 5;
        byte[] address = ADDRESSES.get(name.toString().toLowerCase(Locale.ROOT));
        boolean found = address != null && query.getShort(at + 1) == TYPE_A;
        byte[] question = new byte[end - HEADER];
        query.get(HEADER, question);
        ByteBuffer answer = ByteBuffer.allocate(MAX_BYTES);
        answer.putShort(id).putShort((short) (0x8580 | (address == null ? NO_SUCH_NAME : 0)));
        answer.putShort((short) 1).putShort((short) (found ? 1 : 0)).putInt(0).put(question);
        if (found && address != null) {
            // The name is that of the question.
            answer.putShort((short) (0xc000 | HEADER)).putShort((short) TYPE_A).putShort((short) 1);
            answer.putInt(5).putShort((short) address.length).put(address);
        }
        byte[] bytes = new byte[answer.position()];
        answer.get(0, bytes);
        return bytes;
    }
}
