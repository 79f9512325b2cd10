package dev.holdfast.bench.scale;

import static dev.holdfast.testbed.Progress.eventually;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.api.Names;
import dev.holdfast.testbed.cluster.RealCluster;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Many nodes beside a real control plane. The bench plays their kubelets, which patch the status of a pod once, and their
 * agents, which patch the report of a node once for each VM; the scheduler is real.
 */
public final class Fleet implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Fleet.class);
    private static final String CLASS = "bench-gpu";
    private static final String VMS = "/apis/%s/%s/passthroughvms".formatted(Names.GROUP, Names.VERSION);
    private static final int FAILURE = 300;
    /** A request was sent again whose answer was lost. */
    private static final int CONFLICT = 409;

    private static final int SERVER_FAILURE = 500;

    private final FleetApi api;
    private final String namespace;
    private volatile Timeline timeline = new Timeline();
    private final Map<String, PlayedNode> nodes = new ConcurrentHashMap<>();
    /** What is known of each VM: it is granted when both are there, as an agent needs both. */
    private final Map<String, Seen> seen = new ConcurrentHashMap<>();

    private final Holdings holdings = new Holdings();
    private final AtomicInteger overbooked = new AtomicInteger();
    private volatile boolean closed;

    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    private static final class Seen {
        private @Nullable String runningPod;
        private @Nullable PlayedNode node;
        private @Nullable JsonNode vm;
        private boolean started;
        private boolean granted;
    }

    /**
     * Joins the nodes, each with so many devices of one class, and begins to play them.
     *
     * @param namespace of the VMs
     */
    public Fleet(RealCluster cluster, String namespace, int count, int devices) throws Exception {
        this.namespace = namespace;
        api = new FleetApi(cluster.controlPlane(), cluster.adminToken());
        api.apply(
                "/apis/%s/%s/passthroughdeviceclasses/%s".formatted(Names.GROUP, Names.VERSION, CLASS),
                "bench",
                "{\"apiVersion\":\"%s/%s\",\"kind\":\"PassthroughDeviceClass\",\"metadata\":{\"name\":\"%s\"},"
                                .formatted(Names.GROUP, Names.VERSION, CLASS)
                        + "\"spec\":{\"selectors\":[{\"vendorID\":\"10de\",\"deviceID\":\"20b0\"}]}}");
        IntStream.range(0, count)
                .mapToObj("node-%04d"::formatted)
                .forEach(name -> nodes.put(name, new PlayedNode(api, holdings, name, CLASS, devices)));
        try (ExecutorService joining = Executors.newFixedThreadPool(8)) {
            for (Future<?> joined : nodes.values().stream()
                    .map(node -> joining.submit(node::join))
                    .toList()) {
                joined.get();
            }
        }
        eventually("every node takes pods").until(() -> untainted() == count);
        api.watch("/api/v1/pods?labelSelector=" + Names.VM_POD_LABEL + "%3Dtrue", this::podChanged);
        api.watch(VMS, this::vmChanged);
    }

    private long untainted() {
        long free = 0;
        for (JsonNode node : api.read("/api/v1/nodes").path("items")) {
            free += node.at("/spec/taints").isEmpty() ? 1 : 0;
        }
        return free;
    }

    /** Begins to take the times of VMs that are created from now on. */
    public void begin() {
        timeline = new Timeline();
    }

    /** Times of the VMs that {@link #create} has created since {@link #begin}. */
    public Timeline timeline() {
        return timeline;
    }

    FleetApi api() {
        return api;
    }

    /** Returns how often two pods of a VM held devices at a time. */
    public int doubleGrants() {
        return holdings.doubles();
    }

    /** Returns how often a pod came to a node without a free device. */
    public int doubleDevices() {
        return overbooked.get();
    }

    /** Creates a VM as users do, who try again when the API server does not respond: with labels, and with the copy that kubectl keeps of it. */
    public void create(String name) {
        timeline.create(name);
        String vm = """
                {"apiVersion":"holdfast.dev/v1alpha1","kind":"PassthroughVM","metadata":{"name":"%s",
                "labels":{"app":"inference","team":"vision"},"annotations":{"kubectl.kubernetes.io/last-applied-configuration":
                "%s"}},"spec":{"cpu":{"cores":4},"memory":{"guest":"16Gi"},"devices":{"gpus":[{"name":"gpu0","deviceName":"%s"}]}}}""".replace("\n", "").formatted(name, "x".repeat(800), Names.resourceOf(CLASS));
        untilAnswered(() -> created(api.create(collection(), vm), "VM " + name));
    }

    private static void untilAnswered(Runnable request) {
        while (true) {
            try {
                request.run();
                return;
            } catch (UncheckedIOException notNow) {
                LockSupport.parkNanos(FleetApi.RETRY.toNanos());
            }
        }
    }

    public void delete(String name) {
        untilAnswered(() -> api.delete(collection() + "/" + name));
    }

    /** Returns the number of VM pods that the API server has. */
    public int pods() {
        return api.read(collectionOfPods(namespace)).path("items").size();
    }

    /** Returns the pods as they would be created in another namespace, without an owner and without what was added since. */
    public List<String> bare(String other) {
        List<String> bare = new ArrayList<>();
        for (JsonNode pod : api.read(collectionOfPods(namespace)).path("items")) {
            ObjectNode copy = pod.deepCopy();
            copy.remove("status");
            copy.withObject("/spec").remove("nodeName");
            copy.withObject("/metadata")
                    .put("namespace", other)
                    .remove(List.of(
                            "uid",
                            "resourceVersion",
                            "creationTimestamp",
                            "generation",
                            "managedFields",
                            "ownerReferences"));
            bare.add(copy.put("apiVersion", "v1").put("kind", "Pod").toString());
        }
        return bare;
    }

    /** Creates a pod that no VM owns. */
    public void createBare(String other, String pod) {
        created(api.createAsOperator(collectionOfPods(other), pod), "a pod");
    }

    private static String collectionOfPods(String namespace) {
        return "/api/v1/namespaces/%s/pods".formatted(namespace);
    }

    private static void created(int status, String what) {
        if (status >= SERVER_FAILURE) {
            throw new UncheckedIOException(new IOException("the API server answered " + status));
        }
        if (status >= FAILURE && status != CONFLICT) {
            throw new IllegalStateException("the API server refused %s: %d".formatted(what, status));
        }
    }

    private String collection() {
        return "/apis/%s/%s/namespaces/%s/passthroughvms".formatted(Names.GROUP, Names.VERSION, namespace);
    }

    private void podChanged(JsonNode event) {
        JsonNode pod = event.get("object");
        if (!namespace.equals(pod.at("/metadata/namespace").asText())) {
            return;
        }
        String name = pod.at("/metadata/name").asText();
        PlayedNode node = nodes.get(pod.at("/spec/nodeName").asText());
        if (event.get("type").asText().equals("DELETED")) {
            seen.remove(name);
        } else if (pod.at("/metadata").has("deletionTimestamp")) {
            if (node != null) {
                play(() -> node.end(pod));
            }
        } else {
            timeline.pod(name);
            if (node != null && start(name)) {
                play(() -> {
                    node.run(pod);
                    grant(name, uid(pod), node, null);
                });
            }
        }
    }

    /** Returns whether it is the first request to start the container. */
    private boolean start(String name) {
        Seen vm = seen.computeIfAbsent(name, created -> new Seen());
        synchronized (vm) {
            boolean first = !vm.started;
            vm.started = true;
            return first;
        }
    }

    private void vmChanged(JsonNode event) {
        JsonNode vm = event.get("object");
        if (vm.at("/status/phase").asText().equals("Running")) {
            timeline.running(vm.at("/metadata/name").asText());
        } else if (vm.at("/status").has("podUID") && !event.get("type").asText().equals("DELETED")) {
            grant(vm.at("/metadata/name").asText(), null, null, vm);
        }
    }

    private void grant(String name, @Nullable String pod, @Nullable PlayedNode node, @Nullable JsonNode vm) {
        Seen known = seen.computeIfAbsent(name, created -> new Seen());
        synchronized (known) {
            known.runningPod = pod == null ? known.runningPod : pod;
            known.node = node == null ? known.node : node;
            known.vm = vm == null ? known.vm : vm;
            PlayedNode on = known.node;
            JsonNode planned = known.vm;
            if (!known.granted
                    && on != null
                    && planned != null
                    && planned.at("/status/podUID").asText().equals(known.runningPod)) {
                known.granted = true;
                play(() -> {
                    if (!on.grant(planned)) {
                        overbooked.incrementAndGet();
                    }
                });
            }
        }
    }

    /** Plays a part until the API server has accepted it: kubelets and agents do not give up either. */
    private void play(Runnable part) {
        threads.execute(() -> {
            while (!closed) {
                try {
                    part.run();
                    return;
                } catch (RuntimeException e) {
                    log.atDebug().setCause(e).log("a played node tries again");
                    LockSupport.parkNanos(FleetApi.RETRY.toNanos());
                }
            }
        });
    }

    private static String uid(JsonNode pod) {
        return pod.at("/metadata/uid").asText();
    }

    @Override
    public void close() {
        closed = true;
        threads.shutdownNow();
        api.close();
    }
}
