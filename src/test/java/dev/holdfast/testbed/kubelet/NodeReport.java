package dev.holdfast.testbed.kubelet;

import dev.holdfast.testbed.kubelet.device.DeviceManager;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.TreeMap;

/**
 * The Node object: created once, with the resources that the device plugins report. No Lease shows that the node is alive: the
 * embedded cluster requires none, and the real one of the tests waits an hour for a node that is not responding.
 */
final class NodeReport {
    private final KubernetesClient client;
    private final NodeFacts facts;
    private final DeviceManager devices;
    private final Clock clock;

    NodeReport(KubernetesClient client, NodeFacts facts, DeviceManager devices, Clock clock) {
        this.client = client;
        this.facts = facts;
        this.devices = devices;
        this.clock = clock;
    }

    /** A Node that is there already is brought up to date. */
    void create() throws IOException {
        try {
            client.resource(node()).create();
        } catch (KubernetesClientException e) {
            if (e.getCode() != 409) {
                throw e;
            }
            client.resource(node()).subresource("status").patch(PatchContext.of(PatchType.JSON_MERGE));
        }
    }

    /** Capacity and allocatable, as they are now. */
    void update() {
        try {
            Node node = new NodeBuilder()
                    .withNewMetadata()
                    .withName(facts.name())
                    .endMetadata()
                    .withNewStatus()
                    .withCapacity(resources(false))
                    .withAllocatable(resources(true))
                    .endStatus()
                    .build();
            client.resource(node).subresource("status").patch(PatchContext.of(PatchType.JSON_MERGE));
        } catch (IOException e) {
            throw new IllegalStateException("cannot tell the node's resources", e);
        }
    }

    private Node node() throws IOException {
        String now = clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
        return new NodeBuilder()
                .withNewMetadata()
                .withName(facts.name())
                .addToLabels("kubernetes.io/hostname", facts.name())
                .addToLabels("kubernetes.io/os", "linux")
                .addToLabels("kubernetes.io/arch", "amd64")
                .endMetadata()
                .withNewSpec()
                .endSpec()
                .withNewStatus()
                .withCapacity(resources(false))
                .withAllocatable(resources(true))
                .addNewCondition()
                .withType("Ready")
                .withStatus("True")
                .withReason("KubeletReady")
                .withMessage("kubelet is posting ready status")
                .withLastHeartbeatTime(now)
                .withLastTransitionTime(now)
                .endCondition()
                .addNewAddress(facts.ip(), "InternalIP")
                .addNewAddress(facts.name(), "Hostname")
                .withNewNodeInfo()
                .withBootID(Files.readString(Path.of("/proc/sys/kernel/random/boot_id"))
                        .strip())
                .withKernelVersion(System.getProperty("os.version"))
                .withOperatingSystem("linux")
                .withArchitecture("amd64")
                .withContainerRuntimeVersion("runc://embedded")
                .withKubeletVersion("v1.36.4-embedded")
                .endNodeInfo()
                .endStatus()
                .build();
    }

    private Map<String, Quantity> resources(boolean allocatable) throws IOException {
        Map<String, Quantity> resources = new TreeMap<>();
        resources.put("cpu", new Quantity(String.valueOf(Runtime.getRuntime().availableProcessors())));
        resources.put("memory", new Quantity(memoryKib() + "Ki"));
        resources.put("pods", new Quantity("110"));
        resources.put(
                "ephemeral-storage",
                new Quantity(String.valueOf(Files.getFileStore(Path.of("/")).getTotalSpace())));
        devices.counts()
                .forEach((resource, count) -> resources.put(
                        resource, new Quantity(String.valueOf(allocatable ? count.allocatable() : count.capacity()))));
        return resources;
    }

    private static String memoryKib() throws IOException {
        String first = Files.readAllLines(Path.of("/proc/meminfo")).getFirst();
        return first.replaceAll("[^0-9]", "");
    }
}
