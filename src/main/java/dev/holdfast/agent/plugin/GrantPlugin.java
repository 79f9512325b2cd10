package dev.holdfast.agent.plugin;

import dev.holdfast.api.Names;
import dev.holdfast.telemetry.AgentMeters;
import dev.holdfast.text.LogKeys;
import java.io.IOException;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Extended resource {@code holdfast.dev/grant}: the grant socket, /dev/kvm and /dev/vfio/vfio for a pod whose devices are of
 * another driver, and that gets none of them with a device of Holdfast. Each node with an agent has it. Not thread-safe.
 */
public final class GrantPlugin implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(GrantPlugin.class);

    private final DevicePlugin plugin;
    private final FailureLog failures = new FailureLog(log, LogKeys.RESOURCE, Names.resourceOf(Names.GRANT));
    private boolean started;

    /**
     * Creates the object; nothing is served before {@link #start}.
     *
     * @param directory      directory of the kubelet for device plugins
     * @param grantDirectory directory of the grant socket on the node
     * @param cdiDevice      CDI name of the device nodes
     * @param meters         counts the registrations
     */
    public GrantPlugin(Path directory, Path grantDirectory, String cdiDevice, UnixGrpc grpc, AgentMeters meters) {
        plugin = new DevicePlugin(
                Names.GRANT,
                directory,
                grpc,
                new GrantPluginService(grantDirectory, cdiDevice),
                GrantPluginService.OPTIONS,
                accepted -> meters.registered(Names.GRANT, accepted));
    }

    /** Serves and registers; the CDI file of the device nodes must exist. */
    public void start() {
        started = true;
        ensure();
    }

    /** Serves and registers again where the kubelet requires it; cheap otherwise. */
    public void ensure() {
        if (started) {
            failures.attempt(plugin::ensure);
        }
    }

    /** Returns whether it is registered with the kubelet. */
    public boolean registered() {
        return plugin.registered();
    }

    @Override
    public void close() {
        try {
            plugin.stop();
        } catch (IOException e) {
            log.atWarn()
                    .addKeyValue(LogKeys.RESOURCE, Names.resourceOf(Names.GRANT))
                    .setCause(e)
                    .log("cannot remove the socket of a device plugin");
        }
    }
}
