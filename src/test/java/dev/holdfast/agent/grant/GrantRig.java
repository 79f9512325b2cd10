package dev.holdfast.agent.grant;

import dev.holdfast.agent.grant.server.GrantServer;
import dev.holdfast.api.node.Grant;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.grant.GrantSocket;
import dev.holdfast.host.process.PodLookup;
import dev.holdfast.inventory.AssignableGroup;
import dev.holdfast.telemetry.AgentMeters;
import dev.holdfast.testbed.fixtures.FakeCgroups;
import dev.holdfast.testbed.fixtures.FakeProc;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Grant server on a real socket, between a fake cluster and a simulated cgroup tree. The peers are real processes. The
 * limits are those of the kernel, unless they are fake too.
 */
public final class GrantRig implements AutoCloseable {
    /** Peer in this JVM. */
    static final int THIS_PROCESS = Math.toIntExact(ProcessHandle.current().pid());

    /** All connections are accepted, and released at once. */
    static final GrantServer.Bounds WIDE =
            new GrantServer.Bounds(512, 512, 2048, 16, Duration.ofSeconds(20), Duration.ZERO);

    final FakeCluster cluster = new FakeCluster();
    final SimpleMeterRegistry meterRegistry = new SimpleMeterRegistry();
    final FakeCgroups cgroups;
    final FakeProc proc;
    final GrantRegistry registry;
    final GrantServer server;
    final Path socket;

    GrantRig(Path folder, GrantServer.Bounds bounds, MemlockLimits limits, List<Grant> left) throws IOException {
        cgroups = new FakeCgroups(folder.resolve("cgroup"));
        proc = new FakeProc(folder.resolve("proc"));
        registry = new GrantRegistry(proc.procfs(), cgroups.tree(), live -> {});
        registry.restore(left);
        GrantHandler handler = new GrantHandler(
                GrantFixtures.NODE,
                cluster,
                (namespace, pod) -> Map.of(GrantFixtures.GPU, List.of("0000:01:00.0")),
                id -> Optional.of(new AssignableGroup(List.of(id.main()), 13, 0)),
                GrantFixtures.NO_DEVICES,
                proc.procfs(),
                cgroups.tree(),
                registry,
                new LimitSetter(limits, proc.procfs(), registry, Clock.systemUTC()),
                (podUid, patience) -> true);
        server = GrantServer.start(
                folder.resolve("grant"),
                bounds,
                handler,
                proc.procfs(),
                new PodLookup(proc.procfs(), cgroups.tree()),
                new AgentMeters(meterRegistry));
        socket = folder.resolve("grant").resolve(GrantSocket.NAME);
    }

    /**
     * Creates a rig with the real prlimit and with the files of former rigs in the folder, for a process that may lower
     * its own limit any number of times.
     */
    public static GrantRig withRealLimits(Path folder) throws IOException {
        return new GrantRig(folder, WIDE, MemlockLimits.ofKernel(), List.of());
    }

    /** Adds a VM whose pod has this process as its first: one process is the launcher of many VMs. */
    public void addVmOfThisProcess(String name, long limitBytes) {
        String podUid = "pod-of-" + name;
        PassthroughVM vm = GrantFixtures.vm(
                GrantFixtures.status(name, podUid, GrantFixtures.plan("Exact", limitBytes, limitBytes, false)));
        vm.setMetadata(new ObjectMetaBuilder(vm.getMetadata()).withName(name).build());
        cluster.put(vm);
        cluster.put(GrantFixtures.pod()
                .editMetadata()
                .withName(name)
                .withUid(podUid)
                .endMetadata()
                .build());
        String pod = "kubepods/burstable/pod" + podUid;
        if (!Files.exists(cgroups.root().resolve(pod))) {
            cgroups.put(THIS_PROCESS, pod, GrantFixtures.CONTAINER_ID);
            proc.showFirst(THIS_PROCESS, pod + "/" + GrantFixtures.CONTAINER_ID);
        }
    }

    /** Returns the answer to a request for a VM of the namespace of {@link GrantFixtures}. */
    public String ask(String name) throws IOException {
        return GrantClient.ask(
                socket, "{\"namespace\":\"" + GrantFixtures.NAMESPACE + "\",\"name\":\"" + name + "\"}\n");
    }

    double count(String counter) {
        return meterRegistry.find(counter).counters().stream()
                .mapToDouble(Counter::count)
                .sum();
    }

    @Override
    public void close() {
        server.close();
    }
}
