package dev.holdfast.testbed.apiserver;

import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.vm.PassthroughVM;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Informable;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.time.Clock;
import java.util.List;

/** Scheduler, garbage collector and DaemonSet controller, each woken by the kinds that it depends on. */
public final class Controllers implements AutoCloseable {
    private final Loop scheduling;
    private final Loop collecting;
    private final Loop daemons;
    private final List<SharedIndexInformer<?>> informers;

    private Controllers(Loop scheduling, Loop collecting, Loop daemons, List<SharedIndexInformer<?>> informers) {
        this.scheduling = scheduling;
        this.collecting = collecting;
        this.daemons = daemons;
        this.informers = informers;
    }

    /** Starts all three; {@code client} stays the caller's. */
    public static Controllers start(KubernetesClient client, Clock clock) {
        Loop scheduling = new Loop("scheduler", new Scheduler(client, clock)::run);
        Loop collecting = new Loop("garbage-collector", new GarbageCollector(client)::run);
        Loop daemons = new Loop("daemon-sets", new DaemonSets(client)::run);
        List<SharedIndexInformer<?>> informers = List.of(
                inform(client.pods().inAnyNamespace(), scheduling, collecting, daemons),
                inform(client.nodes(), scheduling, collecting, daemons),
                inform(client.apps().daemonSets().inAnyNamespace(), collecting, daemons),
                inform(client.resources(PassthroughVM.class).inAnyNamespace(), collecting),
                inform(client.resources(PassthroughNode.class), collecting));
        return new Controllers(scheduling, collecting, daemons, informers);
    }

    private static <T extends HasMetadata> SharedIndexInformer<T> inform(Informable<T> kind, Loop... loops) {
        return kind.inform(new Changes<T>(object -> {
            for (Loop loop : loops) {
                loop.poke();
            }
        }));
    }

    @Override
    public void close() {
        informers.forEach(SharedIndexInformer::close);
        scheduling.close();
        collecting.close();
        daemons.close();
    }
}
