package dev.holdfast.agent.loop;

import dev.holdfast.agent.DeviceClass;
import dev.holdfast.api.PassthroughDeviceClass;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The device classes of a node, kept up to date by watches of the classes and of the Node, whose labels decide. */
public final class ClassWatch implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ClassWatch.class);

    private final SharedIndexInformer<PassthroughDeviceClass> informer;
    private final NodeLabels node;

    /** Does not connect before {@link #start}. */
    public ClassWatch(KubernetesClient client, String nodeName) {
        node = new NodeLabels(client, nodeName);
        informer = client.resources(PassthroughDeviceClass.class).runnableInformer(0);
    }

    /**
     * Starts watching, and does not wait for the API server.
     *
     * @param changed called after every change, and when the first list is in
     */
    public void start(Runnable changed) {
        informer.addEventHandler(new ResourceEventHandler<PassthroughDeviceClass>() {
            @Override
            public void onNothing() {
                changed.run();
            }

            @Override
            public void onAdd(PassthroughDeviceClass added) {
                changed.run();
            }

            @Override
            public void onUpdate(PassthroughDeviceClass before, PassthroughDeviceClass after) {
                changed.run();
            }

            @Override
            public void onDelete(PassthroughDeviceClass deleted, boolean stateUnknown) {
                changed.run();
            }
        });
        informer.exceptionHandler((started, e) -> {
            log.atWarn().setCause(e).log("cannot watch PassthroughDeviceClasses; trying again");
            return true;
        });
        informer.start().thenRun(changed);
        node.start(changed);
    }

    /** Empty until the first lists are in: no class known is not the same as no class there. */
    public Optional<List<DeviceClass>> classes() {
        return informer.hasSynced() ? node.labels().map(this::classes) : Optional.empty();
    }

    private List<DeviceClass> classes(Map<String, String> labels) {
        return informer.getStore().list().stream()
                .filter(found -> found.getSpec() != null)
                .map(found -> DeviceClass.of(found.getMetadata().getName(), found.getSpec()))
                .filter(deviceClass -> deviceClass.isFor(labels))
                .toList();
    }

    @Override
    public void close() {
        node.close();
        informer.stop();
    }
}
