package dev.holdfast.agent.plugin;

import dev.holdfast.api.Names;
import dev.holdfast.telemetry.AgentMeters;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A device plugin for each class that has something on this node. Used by one thread. */
public final class DevicePlugins implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(DevicePlugins.class);

    private final Path directory;
    private final Path grantDirectory;
    private final UnaryOperator<String> cdiName;
    private final UnixGrpc grpc;
    private final AllocationGate gate;
    private final Runnable allocated;
    private final AgentMeters meters;
    private final Map<String, DevicePlugin> plugins = new TreeMap<>();
    private final Map<String, String> troubles = new HashMap<>();

    /**
     * Serves nothing yet.
     *
     * @param directory      the kubelet's directory of device plugins
     * @param grantDirectory the directory of the grant socket on the node
     * @param cdiName        of a group, by its ID; asked on any thread
     * @param gate           has the last word on each allocation
     * @param allocated      told after each allocation, on a thread that must not be held up
     * @param meters         counts the registrations
     */
    public DevicePlugins(
            Path directory,
            Path grantDirectory,
            UnaryOperator<String> cdiName,
            UnixGrpc grpc,
            AllocationGate gate,
            Runnable allocated,
            AgentMeters meters) {
        this.directory = directory;
        this.grantDirectory = grantDirectory;
        this.cdiName = cdiName;
        this.grpc = grpc;
        this.gate = gate;
        this.allocated = allocated;
        this.meters = meters;
    }

    /**
     * Replaces what is offered. A class whose last device went away stays registered with an empty list, so that the
     * kubelet forgets the devices at once; one that is not named any more is stopped.
     *
     * @param devices by class; a class without devices that never had any is left alone
     */
    public void offer(Map<String, List<PluginDevice>> devices) {
        devices.forEach((deviceClass, list) -> {
            if (!list.isEmpty() || plugins.containsKey(deviceClass)) {
                plugins.computeIfAbsent(deviceClass, this::plugin).offer(list);
            }
        });
        for (Iterator<Map.Entry<String, DevicePlugin>> i = plugins.entrySet().iterator(); i.hasNext(); ) {
            Map.Entry<String, DevicePlugin> entry = i.next();
            if (!devices.containsKey(entry.getKey())) {
                stop(entry.getKey(), entry.getValue());
                i.remove();
            }
        }
        ensure();
    }

    /** Serves and registers again where the kubelet made that necessary; cheap when it did not. */
    public void ensure() {
        plugins.forEach((deviceClass, plugin) -> {
            try {
                plugin.ensure();
                troubles.remove(deviceClass);
            } catch (IOException e) {
                String trouble = Objects.toString(e.getMessage(), e.toString());
                if (!trouble.equals(troubles.put(deviceClass, trouble))) {
                    log.atWarn().addKeyValue("class", deviceClass).log(trouble);
                }
            }
        });
    }

    /** Whether the kubelet knows of all that is offered. */
    public boolean allRegistered() {
        return plugins.values().stream().allMatch(DevicePlugin::registered);
    }

    @Override
    public void close() {
        plugins.forEach(this::stop);
        plugins.clear();
    }

    private DevicePlugin plugin(String deviceClass) {
        return new DevicePlugin(
                deviceClass,
                directory,
                grpc,
                new DevicePluginService(Names.resourceOf(deviceClass), grantDirectory, cdiName, gate, allocated),
                taken -> meters.registered(deviceClass, taken));
    }

    private void stop(String deviceClass, DevicePlugin plugin) {
        try {
            plugin.stop();
        } catch (IOException e) {
            log.atWarn()
                    .addKeyValue("class", deviceClass)
                    .setCause(e)
                    .log("cannot remove the socket of a device plugin");
        }
    }
}
