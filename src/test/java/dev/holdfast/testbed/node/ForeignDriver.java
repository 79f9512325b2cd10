package dev.holdfast.testbed.node;

import dev.holdfast.testbed.Folders;
import dev.holdfast.testbed.HostProcess;
import dev.holdfast.testbed.played.PlayedDriver;
import dev.holdfast.testbed.played.Script;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceClass;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSlice;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The DRA driver of another vendor on the real node: the program, its ResourceSlice and its DeviceClass. The kubelet deletes
 * the slice half a minute after the program has ended.
 */
public final class ForeignDriver implements AutoCloseable {
    /** Its name. */
    public static final String NAME = "gpu.example.com";

    /** Its DeviceClass, for a template of {@link dev.holdfast.testbed.DeviceClaims}. */
    public static final String DEVICE_CLASS = "example-gpu";

    private static final String SLICE = """
            apiVersion: resource.k8s.io/v1
            kind: ResourceSlice
            metadata: {name: example-gpu}
            spec:
              driver: gpu.example.com
              nodeName: %1$s
              pool: {name: %1$s, generation: %2$d, resourceSliceCount: 1}
              devices: [{name: %3$s, attributes: {resource.kubernetes.io/pciBusID: {string: '%4$s'}}}]
            """;

    private static final String CLASS = """
            apiVersion: resource.k8s.io/v1
            kind: DeviceClass
            metadata: {name: example-gpu}
            spec: {selectors: [{cel: {expression: "device.driver == 'gpu.example.com'"}}]}
            """;

    private final RealNode node;
    private final Script script;
    private final HostProcess program;
    private final AtomicInteger generation = new AtomicInteger();

    private ForeignDriver(RealNode node, Script script, HostProcess program) {
        this.node = node;
        this.script = script;
        this.program = program;
    }

    /** Starts the program, and waits until the kubelet has registered it. */
    public static ForeignDriver start(RealNode node) {
        Path folder = node.work().resolve("node/foreign-driver");
        Folders.empty(folder);
        HostProcess program = node.node()
                .start(
                        "foreign driver",
                        folder.resolve("driver.log"),
                        node.cluster()
                                .build()
                                .java(PlayedDriver.class, NAME, RealNode.NAME, folder.toString())
                                .toArray(String[]::new));
        ForeignDriver driver = new ForeignDriver(node, new Script(folder), program);
        node.await("the kubelet has registered the other driver")
                .until(() -> driver.log().contains("registered: true"));
        node.api()
                .admin()
                .resource(Serialization.unmarshal(CLASS, DeviceClass.class))
                .create();
        return driver;
    }

    /** Publishes a function as the only device of the driver. */
    public void publish(String device, String address) {
        script.device(device, address);
        withdraw();
        node.api()
                .admin()
                .resource(Serialization.unmarshal(
                        SLICE.formatted(RealNode.NAME, generation.incrementAndGet(), device, address),
                        ResourceSlice.class))
                .create();
    }

    /** Deletes the slice. */
    public void withdraw() {
        node.api()
                .admin()
                .dynamicResourceAllocation()
                .v1()
                .resourcesSlices()
                .withName("example-gpu")
                .delete();
    }

    /** Has the driver refuse to prepare claims, with this message. */
    public void refuse(String message) {
        script.refuse(message);
    }

    /** Has the driver prepare claims again. */
    public void prepare() {
        script.prepare();
    }

    /** Returns whether no claim is prepared. */
    public boolean isIdle() {
        return node.node()
                .exec("sh", "-c", "ls /var/run/cdi | grep " + NAME + " || true")
                .orThrow()
                .isBlank();
    }

    /** Returns what the program has written. */
    public String log() {
        program.checkAlive();
        return program.log();
    }

    @Override
    public void close() {
        withdraw();
        node.api()
                .admin()
                .dynamicResourceAllocation()
                .v1()
                .deviceClasses()
                .withName(DEVICE_CLASS)
                .delete();
        program.close();
    }
}
