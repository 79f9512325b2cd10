package dev.holdfast.bench.scale;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.api.Names;
import dev.holdfast.api.node.Device;
import dev.holdfast.api.node.DeviceState;
import dev.holdfast.api.node.Grant;
import dev.holdfast.api.node.GrantedDevice;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.node.PassthroughNodeStatus;
import dev.holdfast.api.node.VmReference;
import dev.holdfast.testbed.fixtures.DeviceBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** A node whose kubelet and agent the bench plays: so many GPUs of one class, each a group of its own. */
final class PlayedNode {
    private static final int OK = 200;
    private static final int CREATED = 201;
    private static final int NOT_FOUND = 404;

    private final FleetApi api;
    private final Holdings holdings;
    private final String name;
    private final String deviceClass;
    /** UID of the pod that holds each device; null where it is free. */
    private final String[] holders;

    private final Map<String, Grant> grants = new LinkedHashMap<>();

    PlayedNode(FleetApi api, Holdings holdings, String name, String deviceClass, int devices) {
        this.api = api;
        this.holdings = holdings;
        this.name = name;
        this.deviceClass = deviceClass;
        holders = new String[devices];
    }

    /** Creates the Node, ready, and the agent's first report. */
    void join() {
        check(api.create("/api/v1/nodes", """
                {"apiVersion":"v1","kind":"Node","metadata":{"name":"%s","labels":{"kubernetes.io/hostname":"%s",
                "kubernetes.io/os":"linux","kubernetes.io/arch":"amd64"}}}""".formatted(name, name)), CREATED);
        check(api.applyAsAgent(name, path(), Serialization.asJson(named())), CREATED);
        ready(true);
        report();
    }

    /** The kubelet reports whether the node is ready, with what it has. */
    void ready(boolean ready) {
        String now = Instant.now().toString();
        String amounts = """
                {"cpu":"128","memory":"2Ti","ephemeral-storage":"1Ti","pods":"250","%s":"%d"}""".formatted(Names.resourceOf(deviceClass), holders.length);
        check(
                api.merge("/api/v1/nodes/" + name + "/status", """
                        {"status":{"capacity":%s,"allocatable":%s,"conditions":[{"type":"Ready","status":"%s",
                        "reason":"Played","message":"played","lastHeartbeatTime":"%s","lastTransitionTime":"%s"}]}}""".formatted(
                                amounts, amounts, ready ? "True" : "False", now, now)),
                OK);
    }

    /** The kubelet's only word on a pod: its container runs. */
    void run(JsonNode pod) {
        check(
                api.merge(path(pod) + "/status", """
                        {"status":{"phase":"Running","podIP":"10.1.2.3","podIPs":[{"ip":"10.1.2.3"}],"containerStatuses":[
                        {"name":"%s","image":"holdfast:bench","imageID":"","ready":true,"started":true,"restartCount":0,
                        "resources":%s,"state":{"running":{"startedAt":"%s"}}}]}}""".formatted(
                                Names.QEMU_CONTAINER, pod.at("/spec/containers/0/resources"), Instant.now())),
                OK,
                NOT_FOUND);
    }

    /**
     * The agent has applied the limit, and QEMU has locked its memory: one write. Repeated after a failed write.
     *
     * @return false when the scheduler sent more pods here than there are devices
     */
    synchronized boolean grant(JsonNode vm) {
        String pod = vm.at("/status/podUID").asText();
        if (!grants.containsKey(pod)) {
            int device = Arrays.asList(holders).indexOf(null);
            if (device < 0) {
                return false;
            }
            holders[device] = pod;
            holdings.take(vm.at("/metadata/uid").asText(), pod);
            grants.put(pod, granted(vm, device));
        }
        report();
        return true;
    }

    private static Grant granted(JsonNode vm, int device) {
        long limit = vm.at("/status/memlock/limitBytes").asLong();
        long required = vm.at("/status/memlock/requiredBytes").asLong();
        return new Grant(
                vm.at("/status/podUID").asText(),
                new VmReference(
                        vm.at("/metadata/namespace").asText(),
                        vm.at("/metadata/name").asText(),
                        vm.at("/metadata/uid").asText()),
                4000L + device,
                1000,
                List.of(new GrantedDevice("gpu0", List.of(address(device)), device, null)),
                required,
                null,
                limit,
                limit,
                required,
                Instant.now().toString());
    }

    /** A pod that is being deleted has ended, and its process is gone. Repeated after a failed write. */
    void end(JsonNode pod) {
        forget(pod.at("/metadata/uid").asText());
        check(api.remove(path(pod)), OK, NOT_FOUND);
    }

    private synchronized void forget(String pod) {
        Grant grant = grants.remove(pod);
        if (grant != null) {
            holders[Arrays.asList(holders).indexOf(pod)] = null;
            holdings.release(grant.vm().uid(), pod);
        }
        report();
    }

    private void report() {
        PassthroughNode node = named();
        node.setStatus(new PassthroughNodeStatus(
                "boot-1",
                null,
                IntStream.range(0, holders.length).mapToObj(this::device).toList(),
                grants.isEmpty() ? null : List.copyOf(grants.values())));
        check(api.applyAsAgent(name, path() + "/status", Serialization.asJson(node)), OK);
    }

    private Device device(int index) {
        return DeviceBuilder.at(address(index))
                .ids("10de:20b0")
                .classCode("030200")
                .driver("vfio-pci")
                .group(index, address(index), address(index))
                .deviceClass(deviceClass)
                .state(holders[index] == null ? DeviceState.Free : DeviceState.Allocated)
                .build();
    }

    private PassthroughNode named() {
        PassthroughNode node = new PassthroughNode();
        node.setMetadata(new ObjectMetaBuilder().withName(name).build());
        return node;
    }

    private String path() {
        return "/apis/%s/%s/passthroughnodes/%s".formatted(Names.GROUP, Names.VERSION, name);
    }

    private static String path(JsonNode pod) {
        return "/api/v1/namespaces/%s/pods/%s"
                .formatted(
                        pod.at("/metadata/namespace").asText(),
                        pod.at("/metadata/name").asText());
    }

    private static String address(int device) {
        return "0000:%02x:00.0".formatted(device + 1);
    }

    private static void check(int status, int... expected) {
        if (IntStream.of(expected).noneMatch(one -> one == status)) {
            throw new IllegalStateException("the API server answered " + status);
        }
    }
}
