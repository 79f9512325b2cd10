package dev.holdfast.agent.grant;

import dev.holdfast.agent.kubelet.dra.v1.Claim;
import dev.holdfast.agent.kubelet.dra.v1.NodePrepareResourceResponse;
import dev.holdfast.agent.kubelet.v1.ClaimResource;
import dev.holdfast.agent.kubelet.v1.DynamicResource;
import dev.holdfast.api.Names;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Allocation;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.devices.HostDevice;
import dev.holdfast.grant.GrantSocket;
import dev.holdfast.pci.DeviceName;
import dev.holdfast.pci.GroupId;
import dev.holdfast.testbed.Build;
import dev.holdfast.testbed.Folders;
import dev.holdfast.testbed.fixtures.FakeCgroups;
import dev.holdfast.testbed.fixtures.FakeKubelet;
import dev.holdfast.testbed.fixtures.FakeProc;
import dev.holdfast.testbed.kubelet.claim.DraDrivers;
import dev.holdfast.testbed.kubelet.claim.DriverConnection;
import dev.holdfast.testbed.kubelet.device.UnixGrpc;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/**
 * The VMs of a node as its API server, its kubelet and its kernel show them to the agent, each with the process of a
 * launcher. The kubelet has allocated their devices, or the scheduler, and then the kubelet has had the claims prepared.
 */
final class LaunchedVms implements AutoCloseable {
    private static final String CLAIM = "gpu";

    private final Build build;
    private final Path folder;
    private final KubernetesClient client;
    private final FakeKubelet kubelet;
    private final Allocation allocation;
    private final FakeCgroups cgroups;
    private final FakeProc proc;
    private final UnixGrpc grpc = new UnixGrpc();
    private final DraDrivers drivers;

    /** @param folder of the agent's sockets, which also gets a cgroup tree and a procfs */
    LaunchedVms(Build build, Path folder, KubernetesClient client, FakeKubelet kubelet, Allocation allocation)
            throws IOException {
        this.build = build;
        this.folder = folder;
        this.client = client;
        this.kubelet = kubelet;
        this.allocation = allocation;
        cgroups = new FakeCgroups(folder.resolve("cgroup"));
        proc = new FakeProc(folder.resolve("proc"));
        drivers = new DraDrivers(grpc, folder.resolve("registry"));
        Path boot = Files.createDirectories(proc.root().resolve("sys/kernel/random"));
        Files.writeString(boot.resolve("boot_id"), "11111111-2222-3333-4444-555555555555\n");
    }

    Path cgroups() {
        return cgroups.root();
    }

    Path procfs() {
        return proc.root();
    }

    /** Adds a VM and its pod with this device, and starts a launcher in it. */
    WaitingLauncher launch(String name, GroupId device, long limitBytes) throws IOException {
        PassthroughVM vm = client.resource(vm(name)).create();
        Pod pod = client.resource(pod(name, vm.getMetadata().getUid())).create();
        String podUid = pod.getMetadata().getUid();
        pod.setStatus(GrantFixtures.pod().build().getStatus());
        client.resource(pod).updateStatus();
        vm.setStatus(GrantFixtures.status(name, podUid, GrantFixtures.exact(limitBytes)));
        client.resource(vm).updateStatus();
        if (allocation == Allocation.DRA) {
            prepare(name, podUid, DeviceName.of(device));
        } else {
            kubelet.hold(GrantFixtures.NAMESPACE, name, GrantFixtures.GPU, device.toString());
        }
        Process process = new ProcessBuilder(
                        build.script("bench/launcher").toString(),
                        folder.resolve("grant").resolve(GrantSocket.NAME).toString(),
                        "{\"namespace\":\"%s\",\"name\":\"%s\"}".formatted(GrantFixtures.NAMESPACE, name))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        int pid = Math.toIntExact(process.pid());
        cgroups.put(pid, cgroup(podUid), GrantFixtures.CONTAINER_ID);
        proc.showFirst(pid, container(podUid));
        return new WaitingLauncher(name, limitBytes, process, () -> remove(name, podUid, pid));
    }

    /** Shows the process of a launcher as a QEMU that has locked all that its plan requires. */
    void lock(WaitingLauncher launcher, long lockedKib) {
        proc.lock(launcher.pid(), lockedKib);
    }

    private PassthroughVM vm(String name) {
        HostDevice gpu = allocation == Allocation.DRA
                ? new HostDevice("gpu0", null, CLAIM, null)
                : new HostDevice("gpu0", GrantFixtures.GPU, null, null);
        PassthroughVM vm = GrantFixtures.vm(GrantFixtures.devices(List.of(gpu), List.of()), null);
        vm.setMetadata(new ObjectMetaBuilder(vm.getMetadata()).withName(name).build());
        return vm;
    }

    private Pod pod(String name, String vmUid) {
        PodBuilder pod = allocation == Allocation.DRA ? GrantFixtures.pod(new String[0]) : GrantFixtures.pod();
        if (allocation == Allocation.DRA) {
            pod.editSpec()
                    .addNewResourceClaim()
                    .withName(CLAIM)
                    .withResourceClaimName(name)
                    .endResourceClaim()
                    .endSpec();
        }
        return pod.editMetadata()
                .withName(name)
                .editFirstOwnerReference()
                .withName(name)
                .withUid(vmUid)
                .endOwnerReference()
                .endMetadata()
                .build();
    }

    /** Acts as scheduler and kubelet: allocates the device to a claim of the pod, and has it prepared. */
    private void prepare(String name, String podUid, String device) throws IOException {
        ResourceClaim made = client.resource(Serialization.unmarshal(
                        """
                        apiVersion: resource.k8s.io/v1
                        kind: ResourceClaim
                        metadata: {namespace: %s, name: %s}
                        spec: {devices: {requests: [{name: gpu, exactly: {deviceClassName: gpu}}]}}
                        status:
                          reservedFor: [{resource: pods, name: %s, uid: %s}]
                          allocation:
                            devices: {results: [{request: gpu, driver: %s, pool: %s, device: %s}]}
                        """.formatted(
                                        GrantFixtures.NAMESPACE,
                                        name,
                                        name,
                                        podUid,
                                        Names.DRA_DRIVER,
                                        GrantFixtures.NODE,
                                        device),
                        ResourceClaim.class))
                .create();
        Claim claim = claim(made);
        NodePrepareResourceResponse answer =
                Objects.requireNonNull(driver().prepare(claim).get(claim.getUid()));
        if (!answer.getError().isEmpty()) {
            throw new IllegalStateException("claim " + name + " was not prepared: " + answer.getError());
        }
        kubelet.claim(
                GrantFixtures.NAMESPACE,
                name,
                DynamicResource.newBuilder()
                        .setClaimNamespace(GrantFixtures.NAMESPACE)
                        .setClaimName(name)
                        .addClaimResources(ClaimResource.newBuilder()
                                .setDriverName(Names.DRA_DRIVER)
                                .setPoolName(GrantFixtures.NODE)
                                .setDeviceName(device))
                        .build());
    }

    private DriverConnection driver() throws IOException {
        drivers.look();
        return drivers.find(Names.DRA_DRIVER).orElseThrow();
    }

    private static Claim claim(ResourceClaim claim) {
        return Claim.newBuilder()
                .setNamespace(claim.getMetadata().getNamespace())
                .setName(claim.getMetadata().getName())
                .setUid(claim.getMetadata().getUid())
                .build();
    }

    private void remove(String name, String podUid, int pid) {
        try {
            kubelet.release(name);
            if (allocation == Allocation.DRA) {
                unprepare(name);
            }
            client.resources(PassthroughVM.class)
                    .inNamespace(GrantFixtures.NAMESPACE)
                    .withName(name)
                    .delete();
            client.pods().inNamespace(GrantFixtures.NAMESPACE).withName(name).delete();
            Folders.remove(proc.root().resolve(Integer.toString(pid)));
            Folders.remove(cgroups.root().resolve(cgroup(podUid)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void unprepare(String name) throws IOException {
        var claims = client.resources(ResourceClaim.class)
                .inNamespace(GrantFixtures.NAMESPACE)
                .withName(name);
        driver().unprepare(claim(claims.get()));
        claims.delete();
    }

    private static String cgroup(String podUid) {
        return "kubepods/burstable/pod" + podUid;
    }

    private static String container(String podUid) {
        return cgroup(podUid) + "/" + GrantFixtures.CONTAINER_ID;
    }

    @Override
    public void close() {
        drivers.close();
        grpc.close();
    }
}
