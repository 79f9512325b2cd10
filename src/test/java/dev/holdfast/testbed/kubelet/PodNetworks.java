package dev.holdfast.testbed.kubelet;

import dev.holdfast.api.Names;
import dev.holdfast.testbed.kubelet.container.Commands;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Network plugin for the pods of VMs: each has its own network namespace with an address that the node
 * reaches. From there only the node is reachable, which is sufficient for connections to a guest here; all other
 * pods are on the node's network, as they have to reach the API server.
 */
final class PodNetworks {
    /** The node's address in the eyes of its pods, and their name server. */
    static final String GATEWAY = "10.244.0.1";

    private static final int FIRST = 2;
    private static final int LAST = 254;

    private final Path directory;
    private final Map<String, Integer> taken = new HashMap<>();

    /** @param directory gets a resolv.conf for each pod */
    PodNetworks(Path directory) {
        this.directory = directory;
    }

    /**
     * A pod's own network.
     *
     * @param path of the namespace
     */
    record Network(String path, String ip, String resolvConf) {}

    /** Null for a pod that stays on the node's network. */
    @Nullable
    Network join(Pod pod) throws IOException {
        if (!"true"
                .equals(
                        pod.getMetadata().getLabels() == null
                                ? null
                                : pod.getMetadata().getLabels().get(Names.VM_POD_LABEL))) {
            return null;
        }
        int number = take(pod.getMetadata().getUid());
        String namespace = "pod" + number;
        String outside = "veth" + number;
        String ip = "10.244.0." + number;
        Commands.run("modprobe", "veth");
        Commands.run("ip", "netns", "add", namespace);
        batch(
                "link add %s type veth peer name eth0 netns %s".formatted(outside, namespace),
                "addr add %s peer %s dev %s".formatted(GATEWAY, ip, outside),
                "link set %s up".formatted(outside));
        batch(
                namespace,
                "link set lo up",
                "addr add %s peer %s dev eth0".formatted(ip, GATEWAY),
                "link set eth0 up",
                "route add default via " + GATEWAY);
        return new Network("/run/netns/" + namespace, ip, resolvConf(pod, namespace));
    }

    /** With the namespace both ends of the wire go. */
    synchronized void leave(Pod pod) throws IOException {
        Integer number = taken.remove(pod.getMetadata().getUid());
        if (number != null) {
            Commands.run("ip", "netns", "delete", "pod" + number);
        }
    }

    private synchronized int take(String uid) {
        int number = IntStream.rangeClosed(FIRST, LAST)
                .filter(free -> !taken.containsValue(free))
                .findFirst()
                .orElseThrow();
        taken.put(uid, number);
        return number;
    }

    private String resolvConf(Pod pod, String namespace) throws IOException {
        Files.createDirectories(directory);
        String domain = pod.getMetadata().getNamespace() + ".svc.cluster.local";
        return Files.writeString(
                        directory.resolve(namespace + ".resolv.conf"),
                        "search %s svc.cluster.local cluster.local\nnameserver %s\noptions ndots:5\n"
                                .formatted(domain, GATEWAY))
                .toString();
    }

    /** One process for all of them: each costs on an emulated processor. */
    private void batch(String first, String... more) throws IOException {
        boolean inside = first.startsWith("pod");
        String lines = (inside ? "" : first + "\n") + String.join("\n", more) + "\n";
        Files.createDirectories(directory);
        Path file = Files.writeString(Files.createTempFile(directory, "ip", ".batch"), lines);
        try {
            if (inside) {
                Commands.run("ip", "-netns", first, "-batch", file.toString());
            } else {
                Commands.run("ip", "-batch", file.toString());
            }
        } finally {
            Files.delete(file);
        }
    }
}
