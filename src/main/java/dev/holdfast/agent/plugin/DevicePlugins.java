package dev.holdfast.agent.plugin;

import dev.holdfast.api.Names;
import dev.holdfast.pci.GroupId;
import dev.holdfast.telemetry.AgentMeters;
import dev.holdfast.text.LogKeys;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Device plugins, one for each class with devices on this node. Not thread-safe. */
public final class DevicePlugins implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(DevicePlugins.class);

    private final Path directory;
    private final Path grantDirectory;
    private final Function<GroupId, String> cdiName;
    private final UnixGrpc grpc;
    private final AllocationGate gate;
    private final Runnable allocated;
    private final AgentMeters meters;
    private final Map<String, Served> plugins = new TreeMap<>();

    /** A class, its devices, and what prevents their registration. */
    private record Served(DevicePlugin plugin, DevicePluginService devices, FailureLog failures) {}

    /**
     * Creates the object; nothing is served yet.
     *
     * @param directory      directory of the kubelet for device plugins
     * @param grantDirectory directory of the grant socket on the node
     * @param cdiName        returns the CDI name of a group, from its ID; called on any thread
     * @param gate           can refuse each allocation
     * @param allocated      called after each allocation, on a thread that must not be blocked
     * @param meters         counts the registrations
     */
    public DevicePlugins(
            Path directory,
            Path grantDirectory,
            Function<GroupId, String> cdiName,
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
     * Replaces the offered devices. A class whose last device has vanished stays registered with an empty list, so that
     * the kubelet forgets the devices at once. A class that is no longer in the map is stopped.
     *
     * @param devices devices by class; a class that never had devices is ignored
     */
    public void offer(Map<String, List<PluginDevice>> devices) {
        devices.forEach((deviceClass, list) -> {
            if (!list.isEmpty() || plugins.containsKey(deviceClass)) {
                plugins.computeIfAbsent(deviceClass, this::plugin).devices().offer(list);
            }
        });
        for (Iterator<Map.Entry<String, Served>> i = plugins.entrySet().iterator(); i.hasNext(); ) {
            Map.Entry<String, Served> entry = i.next();
            if (!devices.containsKey(entry.getKey())) {
                stop(entry.getKey(), entry.getValue());
                i.remove();
            }
        }
        ensure();
    }

    /** Serves and registers again where the kubelet requires it; cheap otherwise. */
    public void ensure() {
        plugins.values().forEach(served -> served.failures().attempt(served.plugin()::ensure));
        meters.pluginsRegistered(registered());
    }

    /** Returns whether all plugins are registered with the kubelet. */
    public boolean allRegistered() {
        return plugins.values().stream().map(Served::plugin).allMatch(DevicePlugin::registered);
    }

    @Override
    public void close() {
        plugins.forEach(this::stop);
        plugins.clear();
    }

    private Map<String, Boolean> registered() {
        Map<String, Boolean> registered = new TreeMap<>();
        plugins.forEach((deviceClass, served) ->
                registered.put(deviceClass, served.plugin().registered()));
        return registered;
    }

    private Served plugin(String deviceClass) {
        DevicePluginService devices =
                new DevicePluginService(Names.resourceOf(deviceClass), grantDirectory, cdiName, gate, allocated);
        return new Served(
                new DevicePlugin(
                        deviceClass,
                        directory,
                        grpc,
                        devices,
                        DevicePluginService.OPTIONS,
                        accepted -> meters.registered(deviceClass, accepted)),
                devices,
                new FailureLog(log, LogKeys.DEVICE_CLASS, deviceClass));
    }

    private void stop(String deviceClass, Served served) {
        try {
            served.plugin().stop();
        } catch (IOException e) {
            log.atWarn()
                    .addKeyValue(LogKeys.DEVICE_CLASS, deviceClass)
                    .setCause(e)
                    .log("cannot remove the socket of a device plugin");
        }
    }
}
