package dev.holdfast.agent.grant;

import dev.holdfast.agent.apiserver.Decoding;
import dev.holdfast.agent.apiserver.JsonFields;
import dev.holdfast.agent.grant.decision.PodFacts;
import dev.holdfast.agent.grant.decision.VmFacts;
import dev.holdfast.api.Names;
import dev.holdfast.api.node.Grant;
import dev.holdfast.api.node.VmReference;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMSpec;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.PassthroughVMStatus.Memlock;
import dev.holdfast.api.vm.devices.Devices;
import dev.holdfast.api.vm.devices.HostDevice;
import dev.holdfast.inventory.CurrentInventory;
import dev.holdfast.inventory.Inventory;
import dev.holdfast.pci.PciAddress;
import dev.holdfast.testbed.fixtures.SpecYaml;
import dev.holdfast.testbed.fixtures.Statuses;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** VM with one GPU and its pod, as the operator makes them, and plans of every kind. */
public final class GrantFixtures {
    public static final String NODE = "node-a";
    public static final String NAMESPACE = "lab";
    public static final String NAME = "trainer";
    public static final String GPU = "holdfast.dev/gpu";
    public static final String NIC = "holdfast.dev/nic";
    static final String VM_UID = "11111111-aaaa-bbbb-cccc-000000000001";
    public static final String POD_UID = "22222222-aaaa-bbbb-cccc-000000000002";
    public static final String CONTAINER_ID = "c0ffee".repeat(10) + "abcd";
    public static final long LIMIT_BYTES = 32L << 20;
    public static final long MARGIN_BYTES = 1L << 20;
    public static final long MAX_BYTES = 64L << 20;

    private static final KubernetesSerialization JSON = new KubernetesSerialization();

    /** A node whose bus nobody reads, as no claim has a device of another driver. */
    public static final CurrentInventory NO_DEVICES = new CurrentInventory() {
        @Override
        public Inventory read() {
            return Inventory.EMPTY;
        }

        @Override
        public boolean respond(Collection<PciAddress> functions) {
            return false;
        }
    };

    private GrantFixtures() {}

    public static PassthroughVM vm() {
        return vm(devices(List.of(new HostDevice("gpu0", GPU, null, null)), List.of()), status(POD_UID, exact()));
    }

    public static PassthroughVM vm(@Nullable PassthroughVMStatus status) {
        return vm(devices(List.of(new HostDevice("gpu0", GPU, null, null)), List.of()), status);
    }

    public static PassthroughVM vm(Devices devices, @Nullable PassthroughVMStatus status) {
        PassthroughVM vm = new PassthroughVM();
        vm.setMetadata(new ObjectMetaBuilder()
                .withNamespace(NAMESPACE)
                .withName(NAME)
                .withUid(VM_UID)
                .build());
        vm.setSpec(spec(devices));
        vm.setStatus(status);
        return vm;
    }

    public static Devices devices(List<HostDevice> gpus, List<HostDevice> hostDevices) {
        return devices(
                "gpus: %s, hostDevices: %s".formatted(Serialization.asJson(gpus), Serialization.asJson(hostDevices)));
    }

    /** Devices of a spec, in YAML. */
    public static Devices devices(String yaml) {
        return SpecYaml.spec("{memory: {guest: 31Mi}, devices: {%s}}".formatted(yaml))
                .devices();
    }

    static PassthroughVMSpec spec(Devices devices) {
        return SpecYaml.spec("{memory: {guest: 31Mi}, devices: %s}".formatted(Serialization.asJson(devices)));
    }

    public static PassthroughVMStatus status(@Nullable String podUid, @Nullable Memlock memlock) {
        return status(NAME, podUid, memlock);
    }

    public static PassthroughVMStatus status(
            @Nullable String podName, @Nullable String podUid, @Nullable Memlock memlock) {
        Map<String, @Nullable Object> fields = new HashMap<>();
        fields.put("podName", podName);
        fields.put("podUID", podUid);
        fields.put("memlock", memlock);
        return Statuses.of(fields);
    }

    public static Memlock exact() {
        return plan("Exact", LIMIT_BYTES, MAX_BYTES, false);
    }

    /** A plan of the policy Exact whose limit is the required bytes and the margin. */
    public static Memlock exact(long limitBytes) {
        return new Memlock(
                "Exact",
                limitBytes - MARGIN_BYTES,
                MARGIN_BYTES,
                limitBytes,
                limitBytes,
                false,
                1,
                null,
                null,
                null,
                null);
    }

    public static Memlock plan(String policy, @Nullable Long limitBytes, @Nullable Long maxBytes, boolean unlimited) {
        return new Memlock(
                policy,
                LIMIT_BYTES - MARGIN_BYTES,
                MARGIN_BYTES,
                limitBytes,
                maxBytes,
                unlimited,
                1,
                null,
                null,
                null,
                null);
    }

    /** Pod of {@link #vm()}, running, with the ID of its container. */
    public static PodBuilder pod() {
        return pod(GPU);
    }

    /** Pod of a VM with these devices, by resource; a resource that is required twice is listed twice. */
    public static PodBuilder pod(String... resources) {
        Map<String, Quantity> limits = Stream.of(resources)
                .collect(Collectors.groupingBy(resource -> resource, Collectors.counting()))
                .entrySet()
                .stream()
                .collect(Collectors.toMap(Map.Entry::getKey, entry -> new Quantity(Long.toString(entry.getValue()))));
        return new PodBuilder()
                .withNewMetadata()
                .withNamespace(NAMESPACE)
                .withName(NAME)
                .withUid(POD_UID)
                .addNewOwnerReference()
                .withApiVersion(Names.GROUP + "/" + Names.VERSION)
                .withKind("PassthroughVM")
                .withName(NAME)
                .withUid(VM_UID)
                .withController(true)
                .endOwnerReference()
                .endMetadata()
                .withNewSpec()
                .withNodeName(NODE)
                .addNewContainer()
                .withName(Names.QEMU_CONTAINER)
                .withNewResources()
                .withLimits(limits)
                .endResources()
                .endContainer()
                .endSpec()
                .withNewStatus()
                .withQosClass("Burstable")
                .addNewContainerStatus()
                .withName(Names.QEMU_CONTAINER)
                .withContainerID("containerd://" + CONTAINER_ID)
                .endContainerStatus()
                .endStatus();
    }

    /** Pod whose container's ID the kubelet has not reported yet. */
    public static PodBuilder startingPod() {
        return pod().editStatus().withContainerStatuses(List.of()).endStatus();
    }

    /** Grant of the VM's pod as it is in a node report. */
    static Grant grant(int pid, long startTicks) {
        return grant(POD_UID, pid, startTicks);
    }

    static Grant grant(String podUid, int pid, long startTicks) {
        return new Grant(
                podUid,
                new VmReference(NAMESPACE, NAME, VM_UID),
                pid,
                startTicks,
                List.of(),
                LIMIT_BYTES - MARGIN_BYTES,
                null,
                LIMIT_BYTES,
                LIMIT_BYTES,
                null,
                "2026-11-22T12:00:00Z");
    }

    /** Converts to the facts that the agent reads. */
    public static PodFacts facts(Pod pod) {
        return read(pod, PodFacts::read);
    }

    /** Converts to the facts that the agent reads. */
    public static VmFacts facts(PassthroughVM vm) {
        return read(vm, VmFacts::read);
    }

    private static <T> T read(Object object, JsonFields.Decoder<T> decoder) {
        return Decoding.read(JSON.asJson(object), decoder);
    }

    public static Pod deleted(PodBuilder pod) {
        return pod.editMetadata()
                .withDeletionTimestamp("2026-11-22T12:00:00Z")
                .endMetadata()
                .build();
    }
}
