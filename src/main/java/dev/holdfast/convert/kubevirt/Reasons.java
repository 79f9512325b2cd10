package dev.holdfast.convert.kubevirt;

import dev.holdfast.convert.draft.Notes;
import dev.holdfast.convert.tree.Part;
import java.util.Map;
import java.util.Optional;

/** Reasons why fields of KubeVirt are not carried over, with their replacements, by the end of the path. */
final class Reasons {
    private static final String BY_SERVER = "written by the API server; no action is needed";
    private static final String NO_MIGRATION =
            "VMs do not migrate between nodes, because their devices cannot; no action is needed";
    private static final String BY_CLASS =
            "a device has exactly one of deviceName and claimName; deviceName is kept, remove it to use the claim";
    private static final String DEFAULT = "a PassthroughVM has no such field; see docs/api.md for other fields";

    private static final Map<String, String> TEXTS = Map.ofEntries(
            Map.entry("metadata.uid", BY_SERVER),
            Map.entry("metadata.resourceVersion", BY_SERVER),
            Map.entry("metadata.generation", BY_SERVER),
            Map.entry("metadata.creationTimestamp", BY_SERVER),
            Map.entry("metadata.deletionTimestamp", BY_SERVER),
            Map.entry("metadata.deletionGracePeriodSeconds", BY_SERVER),
            Map.entry("metadata.selfLink", BY_SERVER),
            Map.entry("metadata.managedFields", BY_SERVER),
            Map.entry("metadata.generateName", "the VM has a name of its own; no action is needed"),
            Map.entry("metadata.finalizers", "a PassthroughVM has no finalizers; no action is needed"),
            Map.entry("metadata.ownerReferences", "the owner is an object of KubeVirt; no action is needed"),
            Map.entry("status", "written by the operator; no action is needed"),
            Map.entry(
                    "spec.dataVolumeTemplates",
                    "Holdfast creates no claims; if CDI is installed, apply each as a separate DataVolume, otherwise"
                            + " create a PersistentVolumeClaim with the same name"),
            Map.entry(
                    "spec.instancetype",
                    "instance types are not supported; import the output of `virtctl expand` to get its values"),
            Map.entry(
                    "spec.preference",
                    "preferences are not supported; import the output of `virtctl expand` to get its values"),
            Map.entry("spec.updateVolumesStrategy", NO_MIGRATION),
            Map.entry("spec.updateStrategy", "pools are not supported; no action is needed"),
            Map.entry("spec.selector", "replica sets and pools are not supported; no action is needed"),
            Map.entry("spec.paused", "replica sets and pools are not supported; no action is needed"),
            Map.entry("spec.scaleInStrategy", "pools are not supported; no action is needed"),
            Map.entry("spec.nameGeneration", "pools are not supported; no action is needed"),
            Map.entry("spec.autohealing", "pools are not supported; the runStrategy Always restarts a failed VM"),
            Map.entry("evictionStrategy", NO_MIGRATION + "; draining a node powers the guest off"),
            Map.entry("startStrategy", "VMs cannot be started paused; no action is needed"),
            Map.entry(
                    "hostname",
                    "the guest's host name is the name of the VM, by DHCP and cloud-init; name the VM accordingly"),
            Map.entry("subdomain", "the pod has no subdomain; use a Service to reach the guest"),
            Map.entry("dnsPolicy", "the pod uses the cluster's DNS; configure resolvers in the guest"),
            Map.entry("dnsConfig", "the pod uses the cluster's DNS; configure resolvers in the guest"),
            Map.entry("livenessProbe", "the guest is not probed; use devices.watchdog, or monitor it from outside"),
            Map.entry("readinessProbe", "the guest is not probed; monitor it from outside"),
            Map.entry("accessCredentials", "there is no guest agent; set keys and passwords by cloud-init"),
            Map.entry(
                    "topologySpreadConstraints", "spread constraints are not supported; use affinity.podAntiAffinity"),
            Map.entry(
                    "domain.resources",
                    "memory and CPU of the pod are computed from the guest's; set memory.overhead to add memory"),
            Map.entry(
                    "domain.resources.requests.memory",
                    "the pod's memory is computed from the guest's; set memory.overhead to add memory"),
            Map.entry(
                    "domain.resources.limits.memory",
                    "the pod's memory is computed from the guest's; set memory.overhead to add memory"),
            Map.entry(
                    "domain.resources.requests.cpu",
                    "the pod requests a tenth of a CPU for each CPU of the guest; no action is needed"),
            Map.entry("domain.resources.limits.cpu", "the pod has no CPU limit; no action is needed"),
            Map.entry("domain.resources.overcommitGuestOverhead", "the pod's memory is computed; no action is needed"),
            Map.entry(
                    "domain.memory.maxGuest",
                    "memory cannot be plugged later, because VFIO pins all of it; set memory.guest to the maximum"
                            + " that the guest needs"),
            Map.entry(
                    "domain.memory.reservedOverhead",
                    "the pod's memory is computed from the guest's; set memory.overhead to add memory"),
            Map.entry(
                    "domain.cpu.maxSockets",
                    "CPUs cannot be plugged later; set cpu.sockets to the number that the guest needs"),
            Map.entry(
                    "domain.cpu.features",
                    "single CPU features cannot be set; use host-passthrough, which has all features of the node's"
                            + " CPU, or a cpu.model that has them"),
            Map.entry("domain.cpu.dedicatedCpuPlacement", "CPUs are not pinned yet; there is no replacement"),
            Map.entry("domain.cpu.isolateEmulatorThread", "CPUs are not pinned yet; there is no replacement"),
            Map.entry("domain.cpu.numa", "the guest has one NUMA node; there is no replacement"),
            Map.entry("domain.cpu.realtime", "CPUs are not pinned yet; there is no replacement"),
            Map.entry("domain.chassis", "SMBIOS has QEMU's own values; there is no replacement"),
            Map.entry("domain.firmware.uuid", "SMBIOS has the UID of the VM; activate licenses again"),
            Map.entry("domain.firmware.serial", "SMBIOS has no serial number; there is no replacement"),
            Map.entry("domain.firmware.acpi", "ACPI tables cannot be added; there is no replacement"),
            Map.entry("bios.useSerial", "the serial console is the pod's terminal; no action is needed"),
            Map.entry(
                    "kernelBoot.container.imagePullPolicy",
                    "the kubelet's default applies to the image of the kernel; no action is needed"),
            Map.entry("domain.ioThreads", "I/O threads are not supported; there is no replacement"),
            Map.entry("domain.ioThreadsPolicy", "I/O threads are not supported; there is no replacement"),
            Map.entry("domain.features.smm", "UEFI with Secure Boot enables it; no action is needed"),
            Map.entry("domain.features.pvspinlock", "KVM's default applies; no action is needed"),
            Map.entry("hyperv.evmcs", "features.hyperv is a fixed set without it; nested Hyper-V is slower"),
            Map.entry("hyperv.ipi", "features.hyperv is a fixed set without it; no action is needed"),
            Map.entry("hyperv.tlbflush", "features.hyperv is a fixed set without it; no action is needed"),
            Map.entry(
                    "hyperv.reenlightenment",
                    "features.hyperv is a fixed set without it, and VMs do not migrate; no action is needed"),
            Map.entry("synictimer.direct", "features.hyperv is a fixed set without it; no action is needed"),
            Map.entry("clock.utc.offsetSeconds", "the clock has no offset; use clock.timezone for local time"),
            Map.entry("timer.hpet", "there is no HPET under KVM; no action is needed"),
            Map.entry("timer.hpet.present", "there is no HPET under KVM; no action is needed"),
            Map.entry("timer.hyperv", "part of features.hyperv; set that for Windows"),
            Map.entry("timer.tsc", "timers are set as by virt-install; no action is needed"),
            Map.entry("timer.kvm", "timers are set as by virt-install; no action is needed"),
            Map.entry("timer.pit", "timers are set as by virt-install; no action is needed"),
            Map.entry("timer.rtc", "timers are set as by virt-install; no action is needed"),
            Map.entry(
                    "template.metadata.name", "the pod of a PassthroughVM has the name of the VM; no action is needed"),
            Map.entry("virtualMachineTemplate.metadata.name", "the VM has the name of the pool; no action is needed"),
            Map.entry("clock.timer", "timers are set as by virt-install; no action is needed"),
            Map.entry(
                    "devices.inputs",
                    "there are no input devices, because the emulated display is not shown anywhere; use remote"
                            + " desktop in the guest, or `kubectl attach` for its serial console"),
            Map.entry("devices.sound", "there is no sound device; use the audio function of the GPU"),
            Map.entry("devices.tpm", "TPMs are not supported yet; remove the TPM, or keep the VM on KubeVirt"),
            Map.entry("devices.filesystems", "shared file systems are not supported; use a disk, or NFS in the guest"),
            Map.entry("devices.downwardMetrics", "metrics for the guest are not supported; there is no replacement"),
            Map.entry("devices.clientPassthrough", "USB redirection is not supported; there is no replacement"),
            Map.entry("devices.blockMultiQueue", "a disk has QEMU's default number of queues; no action is needed"),
            Map.entry(
                    "devices.networkInterfaceMultiqueue",
                    "the network interface has one queue; pass a virtual function through for more"),
            Map.entry("devices.panicDevices", "there is always a pvpanic device; no action is needed"),
            Map.entry(
                    "devices.useVirtioTransitional",
                    "virtio devices are modern; the guest needs a driver for virtio 1.0"),
            Map.entry(
                    "devices.autoattachSerialConsole",
                    "there is always a serial console, the pod's terminal; no action is needed"),
            Map.entry("devices.logSerialConsole", "`kubectl logs` shows the serial console; no action is needed"),
            Map.entry(
                    "devices.autoattachMemBalloon",
                    "there is no balloon, because VFIO pins all memory; no action is needed"),
            Map.entry(
                    "devices.autoattachInputDevice",
                    "there are no input devices; use `kubectl attach` for the serial console"),
            Map.entry("devices.autoattachVSOCK", "vsock is not supported; use the network"),
            Map.entry("devices.watchdog", "only the i6300esb is supported; use devices.watchdog.i6300esb"),
            Map.entry(
                    "gpus.virtualGPUOptions",
                    "QEMU does not show the display of a vGPU; use remote desktop in the guest"),
            Map.entry("gpus.tag", "devices have no tags; identify them by their order in the guest"),
            Map.entry("hostDevices.tag", "devices have no tags; identify them by their order in the guest"),
            Map.entry("gpus.claimName", BY_CLASS),
            Map.entry("gpus.requestName", BY_CLASS),
            Map.entry("hostDevices.claimName", BY_CLASS),
            Map.entry("hostDevices.requestName", BY_CLASS),
            Map.entry(
                    "disk.pciAddress",
                    "guest addresses of devices are assigned automatically; identify disks by serial in the guest"),
            Map.entry("disks.dedicatedIOThread", "I/O threads are not supported; there is no replacement"),
            Map.entry("disks.blockSize", "disks have sectors of 512 bytes; there is no replacement"),
            Map.entry(
                    "disks.errorPolicy",
                    "disk errors are reported to the guest, or stop it if there is no space; no action is needed"),
            Map.entry("disks.shareable", "a disk has one writer only; use a network file system"),
            Map.entry("disks.tag", "devices have no tags; use serial"),
            Map.entry("cdrom.readonly", "a CD-ROM is always read-only; use a disk"),
            Map.entry("cdrom.tray", "the tray is always closed; no action is needed"),
            Map.entry(
                    "interfaces.pciAddress",
                    "guest addresses of devices are assigned automatically; identify the interface by its macAddress"
                            + " in the guest"),
            Map.entry("interfaces.bootOrder", "guests do not boot from the network; add a disk"),
            Map.entry("interfaces.dhcpOptions", "QEMU's own DHCP server is used; set options in the guest"),
            Map.entry("interfaces.tag", "devices have no tags; identify the interface by its macAddress in the guest"),
            Map.entry(
                    "interfaces.acpiIndex",
                    "devices have no ACPI index; identify the interface by its macAddress in the guest"),
            Map.entry("interfaces.state", "the link is always up; set the interface down in the guest"),
            Map.entry("pod.vmNetworkCIDR", "the guest's network is always 10.0.2.0/24; no action is needed"),
            Map.entry(
                    "pod.vmIPv6NetworkCIDR",
                    "the guest's network has no IPv6; pass a virtual function through for IPv6"),
            Map.entry(
                    "networks",
                    "a PassthroughVM can have at most one network, the pod's; pass a virtual function through for"
                            + " another"),
            Map.entry("persistentVolumeClaim.hotpluggable", "volumes are attached at start; no action is needed"),
            Map.entry("dataVolume.hotpluggable", "volumes are attached at start; no action is needed"),
            Map.entry("secret.volumeLabel", "the disk has the label cfgdata; mount it by that label"),
            Map.entry("configMap.volumeLabel", "the disk has the label cfgdata; mount it by that label"),
            Map.entry("secret.optional", "the VM waits until the Secret exists; create it"),
            Map.entry("configMap.optional", "the VM waits until the ConfigMap exists; create it"));

    private static final Map<String, String> VOLUMES = Map.ofEntries(
            Map.entry(
                    "none",
                    "the volume has no content; set one of containerDisk, persistentVolumeClaim, emptyDisk,"
                            + " cloudInitNoCloud, secret and configMap"),
            Map.entry(
                    "ephemeral",
                    "a claim with a temporary layer is not supported; use a containerDisk, or a clone of the claim"),
            Map.entry("emptyDisk", "the capacity must be 1Mi to 64Ti; correct it"),
            Map.entry("cloudInitNoCloud", "the volume has no user data; set userData, userDataBase64 or secretRef"),
            Map.entry(
                    "cloudInitConfigDrive",
                    "the volume has no user data; set userData, userDataBase64 or secretRef in cloudInitNoCloud"),
            Map.entry(
                    "serviceAccount",
                    "the guest gets no service account; create a Secret with a token and use a secret volume"),
            Map.entry("downwardAPI", "such volumes are not supported; use a configMap"),
            Map.entry("downwardMetrics", "metrics for the guest are not supported; there is no replacement"),
            Map.entry(
                    "sysprep",
                    "sysprep volumes are not supported; use a secret or configMap, whose disk has the label cfgdata"),
            Map.entry("memoryDump", "memory dumps are not supported; there is no replacement"));

    private Reasons() {}

    /** Reports all parts that no rule has read. */
    static void report(Part object, Notes notes) {
        object.unread(part -> find(part.path()).isPresent())
                .toList()
                .forEach(part -> notes.notCarriedOver(part, find(part.path()).orElse(DEFAULT)));
    }

    /** Returns the reason why a volume of this kind is not carried over. */
    static String volume(String kind) {
        return VOLUMES.getOrDefault(
                kind,
                "the kind of the volume is not supported, or its required field is missing; use one of containerDisk,"
                        + " persistentVolumeClaim, emptyDisk, cloudInitNoCloud, secret and configMap");
    }

    /** Returns the reason for the longest end of the path that has one. */
    private static Optional<String> find(String path) {
        String end = path.replaceAll("\\[[^\\]]*\\]", "");
        while (!TEXTS.containsKey(end)) {
            int dot = end.indexOf('.');
            if (dot < 0) {
                return Optional.empty();
            }
            end = end.substring(dot + 1);
        }
        return Optional.ofNullable(TEXTS.get(end));
    }
}
