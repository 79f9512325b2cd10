package dev.holdfast.testbed.kubelet.device;

import dev.holdfast.agent.kubelet.v1beta1.ContainerAllocateResponse;
import dev.holdfast.agent.kubelet.v1beta1.Device;
import io.grpc.StatusRuntimeException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Devices by extended resource, and the pods that hold them. */
public final class DeviceManager {
    private static final Logger log = LoggerFactory.getLogger(DeviceManager.class);

    private final Map<String, Plugin> plugins = new HashMap<>();
    private final Map<String, Holder> holders = new LinkedHashMap<>();
    private volatile Runnable changed = () -> {};

    /** {@code listener} runs after every change of the counts. */
    public void onChange(Runnable listener) {
        changed = listener;
    }

    /** All devices of a resource, and those of them that are healthy. */
    public record Count(int capacity, int allocatable) {}

    /** A pod's only container and its devices: IDs by resource. */
    record Holder(String uid, String namespace, String pod, String container, Map<String, List<String>> devices) {}

    private static final class Plugin {
        private final PluginConnection connection;
        private List<Device> devices = List.of();

        private Plugin(PluginConnection connection) {
            this.connection = connection;
        }
    }

    /** A new plugin takes the place of one that served the same resource before. */
    void register(String resource, PluginConnection connection) {
        Plugin plugin = new Plugin(connection);
        Plugin former;
        synchronized (this) {
            former = plugins.put(resource, plugin);
            if (former != null) {
                plugin.devices = former.devices;
            }
        }
        if (former != null) {
            former.connection.close();
        }
        connection.follow(listed -> list(resource, plugin, listed), () -> lose(resource, plugin));
    }

    private void list(String resource, Plugin plugin, List<Device> listed) {
        synchronized (this) {
            plugin.devices = List.copyOf(listed);
        }
        log.atInfo()
                .addKeyValue("resource", resource)
                .addKeyValue(
                        "devices",
                        listed.stream()
                                .map(device -> device.getID() + " " + device.getHealth())
                                .toList())
                .log("Devices listed");
        changed.run();
    }

    /** The devices stay known, so that the capacity does, but none can be had until the plugin is back. */
    private void lose(String resource, Plugin plugin) {
        synchronized (this) {
            plugin.devices = plugin.devices.stream()
                    .map(device -> device.toBuilder().setHealth("Unhealthy").build())
                    .toList();
        }
        log.atWarn().addKeyValue("resource", resource).log("Device plugin is gone");
        plugin.connection.close();
        changed.run();
    }

    /** Sets the state of a kubelet that starts: it knows former devices, and allocates none until the plugins register. */
    public void forgetPlugins() {
        Map<String, Plugin> all;
        synchronized (this) {
            all = Map.copyOf(plugins);
        }
        all.forEach(this::lose);
    }

    /** By extended resource. */
    public synchronized Map<String, Count> counts() {
        Map<String, Count> counts = new TreeMap<>();
        plugins.forEach((resource, plugin) -> counts.put(
                resource, new Count(plugin.devices.size(), healthy(plugin).size())));
        return counts;
    }

    /** All admitted pods, also those without devices. */
    synchronized List<Holder> holders() {
        return List.copyOf(holders.values());
    }

    /**
     * Reserves devices for a pod and calls Allocate of their plugins. After a refusal the pod holds
     * nothing.
     *
     * @param wanted number by extended resource, all of them of device plugins
     */
    public List<ContainerAllocateResponse> admit(
            String podUid, String namespace, String pod, String container, Map<String, Integer> wanted)
            throws Rejection {
        List<ContainerAllocateResponse> answers = new ArrayList<>();
        synchronized (this) {
            holders.put(podUid, new Holder(podUid, namespace, pod, container, Map.of()));
        }
        try {
            for (Map.Entry<String, Integer> entry : wanted.entrySet()) {
                String resource = entry.getKey();
                List<String> ids = reserve(podUid, resource, entry.getValue());
                answers.add(plugin(resource).connection.allocate(ids));
                log.atInfo()
                        .addKeyValue("pod", namespace + "/" + pod)
                        .addKeyValue("resource", resource)
                        .addKeyValue("devices", ids)
                        .log("Allocated");
            }
        } catch (StatusRuntimeException e) {
            release(podUid);
            throw Rejection.unexpectedAdmissionError("rpc error: " + e.getMessage());
        } catch (Rejection e) {
            release(podUid);
            throw e;
        }
        return answers;
    }

    /** Before the container starts. */
    public void preStart(String podUid) throws Rejection {
        Holder holder;
        synchronized (this) {
            holder = holders.get(podUid);
        }
        if (holder != null) {
            for (Map.Entry<String, List<String>> held : holder.devices.entrySet()) {
                plugin(held.getKey()).connection.preStart(held.getValue());
            }
        }
    }

    public synchronized void release(String podUid) {
        holders.remove(podUid);
    }

    private synchronized Plugin plugin(String resource) throws Rejection {
        Plugin plugin = plugins.get(resource);
        if (plugin == null) {
            throw Rejection.unexpectedAdmissionError("no device plugin is registered for " + resource);
        }
        return plugin;
    }

    /** Chooses and holds in one step: two pods that come at once get different ones. */
    private synchronized List<String> reserve(String podUid, String resource, int count) throws Rejection {
        List<String> ids = choose(resource, count);
        Holder former = Objects.requireNonNull(holders.get(podUid));
        Map<String, List<String>> devices = new TreeMap<>(former.devices);
        devices.put(resource, ids);
        holders.put(podUid, new Holder(podUid, former.namespace, former.pod, former.container, devices));
        return ids;
    }

    private List<String> choose(String resource, int count) throws Rejection {
        Plugin plugin = plugin(resource);
        Set<String> held = holders.values().stream()
                .flatMap(holder -> holder.devices.getOrDefault(resource, List.of()).stream())
                .collect(Collectors.toSet());
        List<String> available =
                healthy(plugin).stream().filter(id -> !held.contains(id)).toList();
        if (available.size() < count) {
            throw Rejection.unexpectedAdmissionError("requested number of devices unavailable for " + resource
                    + ". Requested: " + count + ", Available: " + available.size());
        }
        return plugin.connection.prefer(available, count);
    }

    private static List<String> healthy(Plugin plugin) {
        return plugin.devices.stream()
                .filter(device -> device.getHealth().equals("Healthy"))
                .map(Device::getID)
                .sorted()
                .toList();
    }
}
