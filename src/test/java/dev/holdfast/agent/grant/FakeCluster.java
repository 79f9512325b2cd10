package dev.holdfast.agent.grant;

import dev.holdfast.agent.apiserver.ObjectMeta;
import dev.holdfast.agent.dra.ClaimFacts;
import dev.holdfast.agent.grant.decision.PodFacts;
import dev.holdfast.agent.grant.decision.VmFacts;
import dev.holdfast.agent.slice.ForeignDevices;
import dev.holdfast.api.vm.PassthroughVM;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** API server in memory. */
public final class FakeCluster implements Cluster {
    final Map<String, PodFacts> pods = new ConcurrentHashMap<>();
    final Map<String, VmFacts> vms = new ConcurrentHashMap<>();
    final Map<String, ClaimFacts> claims = new ConcurrentHashMap<>();
    final Map<String, ForeignDevices> foreign = new ConcurrentHashMap<>();
    final AtomicInteger metadataReads = new AtomicInteger();
    final AtomicInteger reads = new AtomicInteger();
    public volatile boolean down;
    volatile Callback before = () -> {};

    /** Called at each read, before the answer. */
    interface Callback {
        void run() throws InterruptedException;
    }

    @Override
    public Optional<ObjectMeta> podMetadata(String namespace, String name) throws IOException {
        metadataReads.incrementAndGet();
        return get(pods, namespace, name).map(pod -> new ObjectMeta(pod.uid(), pod.deleted(), List.of()));
    }

    @Override
    public Optional<PodFacts> pod(String namespace, String name) throws IOException {
        reads.incrementAndGet();
        return get(pods, namespace, name);
    }

    @Override
    public Optional<VmFacts> vm(String namespace, String name) throws IOException {
        reads.incrementAndGet();
        return get(vms, namespace, name);
    }

    @Override
    public Optional<ClaimFacts> claim(String namespace, String name) throws IOException {
        reads.incrementAndGet();
        return get(claims, namespace, name);
    }

    @Override
    public ForeignDevices foreignDevices(String node, String driver) throws IOException {
        reads.incrementAndGet();
        return get(foreign, node, driver).orElse(ForeignDevices.NONE);
    }

    public void put(Pod pod) {
        pods.put(pod.getMetadata().getNamespace() + "/" + pod.getMetadata().getName(), GrantFixtures.facts(pod));
    }

    public void put(PassthroughVM vm) {
        vms.put(vm.getMetadata().getNamespace() + "/" + vm.getMetadata().getName(), GrantFixtures.facts(vm));
    }

    private <T> Optional<T> get(Map<String, T> all, String namespace, String name) throws IOException {
        try {
            before.run();
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
        if (down) {
            throw new IOException("no route");
        }
        return Optional.ofNullable(all.get(namespace + "/" + name));
    }
}
