package dev.holdfast.convert.kubevirt;

import dev.holdfast.convert.draft.Notes;
import dev.holdfast.convert.tree.Part;
import java.util.Map;
import java.util.Optional;

/** Why a field of KubeVirt is not carried over, and what there is instead, by the end of its path. */
final class Reasons {
    private static final String SERVER = "the API server writes it; nothing to do";
    private static final String NO_MIGRATION = "VMs do not move between nodes, as their devices cannot; nothing to do";
    private static final String OTHERWISE =
            "a PassthroughVM has no such field; look it up in docs/api.md, or do without";

    private static final Map<String, String> TEXTS = Map.ofEntries(
            Map.entry("metadata.uid", SERVER),
            Map.entry("metadata.resourceVersion", SERVER),
            Map.entry("metadata.generation", SERVER),
            Map.entry("metadata.creationTimestamp", SERVER),
            Map.entry("metadata.deletionTimestamp", SERVER),
            Map.entry("metadata.deletionGracePeriodSeconds", SERVER),
            Map.entry("metadata.selfLink", SERVER),
            Map.entry("metadata.managedFields", SERVER),
            Map.entry("metadata.generateName", "the VM needs a name of its own, which it has; nothing to do"),
            Map.entry("metadata.finalizers", "a PassthroughVM has none; nothing to do"),
            Map.entry("metadata.ownerReferences", "the owner is one of KubeVirt's objects; nothing to do"),
            Map.entry("status", "the operator writes it; nothing to do"),
            Map.entry(
                    "spec.dataVolumeTemplates",
                    "no claims are made; apply each as a DataVolume of its own when CDI is installed, or make a PersistentVolumeClaim of its name"),
            Map.entry(
                    "spec.instancetype",
                    "there are no instance types; import what `virtctl expand` prints to have its values"),
            Map.entry(
                    "spec.preference",
                    "there are no preferences; import what `virtctl expand` prints to have its values"),
            Map.entry("spec.updateVolumesStrategy", NO_MIGRATION),
            Map.entry("spec.updateStrategy", "there are no pools; nothing to do"),
            Map.entry("spec.selector", "there are no replica sets and pools; nothing to do"),
            Map.entry("spec.paused", "there are no replica sets and pools; nothing to do"),
            Map.entry("spec.scaleInStrategy", "there are no pools; nothing to do"),
            Map.entry("spec.nameGeneration", "there are no pools; nothing to do"),
            Map.entry("spec.autohealing", "there are no pools; the runStrategy Always starts a failed VM again"),
            Map.entry("evictionStrategy", NO_MIGRATION + ", and draining a node powers the guest off"),
            Map.entry("startStrategy", "VMs do not start paused; nothing to do"),
            Map.entry("hostname", "the guest's host name is the VM's name, by DHCP and cloud-init; name the VM so"),
            Map.entry("subdomain", "the pod has no subdomain; reach the guest by a Service"),
            Map.entry("dnsPolicy", "the pod has the cluster's DNS; set resolvers in the guest"),
            Map.entry("dnsConfig", "the pod has the cluster's DNS; set resolvers in the guest"),
            Map.entry("livenessProbe", "the guest is not probed; use devices.watchdog, or monitor it from outside"),
            Map.entry("readinessProbe", "the guest is not probed; monitor it from outside"),
            Map.entry("accessCredentials", "there is no guest agent; give keys and passwords by cloud-init"),
            Map.entry("topologySpreadConstraints", "there are no spread constraints; use affinity.podAntiAffinity"),
            Map.entry(
                    "resourceClaims",
                    "devices are of device classes, not of DRA claims; use devices.gpus[].deviceName"),
            Map.entry(
                    "domain.resources",
                    "the pod's memory and CPU are computed from the guest's; add memory.overhead for more memory"),
            Map.entry(
                    "domain.resources.requests.memory",
                    "the pod's memory is computed from the guest's; add memory.overhead for more"),
            Map.entry(
                    "domain.resources.limits.memory",
                    "the pod's memory is computed from the guest's; add memory.overhead for more"),
            Map.entry(
                    "domain.resources.requests.cpu",
                    "the pod requests a tenth of a CPU for each of the guest's; nothing to do"),
            Map.entry("domain.resources.limits.cpu", "the pod has no CPU limit; nothing to do"),
            Map.entry("domain.resources.overcommitGuestOverhead", "the pod's memory is computed; nothing to do"),
            Map.entry(
                    "domain.memory.maxGuest",
                    "no memory is plugged in later, as VFIO pins it all; set memory.guest to what is needed"),
            Map.entry(
                    "domain.memory.reservedOverhead",
                    "the pod's memory is computed from the guest's; use memory.overhead for more"),
            Map.entry("domain.cpu.maxSockets", "no CPUs are plugged in later; set cpu.sockets to what is needed"),
            Map.entry(
                    "domain.cpu.features",
                    "single CPU features are not set; host-passthrough has all of the node's, or name a cpu.model that has them"),
            Map.entry("domain.cpu.dedicatedCpuPlacement", "CPUs are not pinned to the guest's yet; do without"),
            Map.entry("domain.cpu.isolateEmulatorThread", "CPUs are not pinned to the guest's yet; do without"),
            Map.entry("domain.cpu.numa", "the guest has one NUMA node; do without"),
            Map.entry("domain.cpu.realtime", "CPUs are not pinned to the guest's yet; do without"),
            Map.entry("domain.chassis", "SMBIOS has QEMU's own values; do without"),
            Map.entry("domain.firmware.uuid", "SMBIOS has the VM's own UID; bind licences anew"),
            Map.entry("domain.firmware.serial", "SMBIOS has no serial number; do without"),
            Map.entry("domain.firmware.acpi", "there are no ACPI tables from outside; do without"),
            Map.entry("bios.useSerial", "the serial console is the pod's terminal anyway; nothing to do"),
            Map.entry(
                    "kernelBoot.container.imagePullPolicy",
                    "the kubelet's default holds for the image of the kernel; nothing to do"),
            Map.entry("domain.ioThreads", "there are no I/O threads; do without"),
            Map.entry("domain.ioThreadsPolicy", "there are no I/O threads; do without"),
            Map.entry("domain.features.smm", "UEFI with Secure Boot turns it on by itself; nothing to do"),
            Map.entry("domain.features.pvspinlock", "it is KVM's default; nothing to do"),
            Map.entry("hyperv.evmcs", "features.hyperv is a fixed set without it; nested Hyper-V is slower"),
            Map.entry("hyperv.ipi", "features.hyperv is a fixed set without it; nothing to do"),
            Map.entry("hyperv.tlbflush", "features.hyperv is a fixed set without it; nothing to do"),
            Map.entry(
                    "hyperv.reenlightenment",
                    "features.hyperv is a fixed set without it, and VMs do not move; nothing to do"),
            Map.entry("synictimer.direct", "features.hyperv is a fixed set without it; nothing to do"),
            Map.entry("clock.utc.offsetSeconds", "the clock has no offset; use clock.timezone for local time"),
            Map.entry("timer.hpet", "there is no HPET under KVM; nothing to do"),
            Map.entry("timer.hpet.present", "there is no HPET under KVM; nothing to do"),
            Map.entry("timer.hyperv", "it is part of features.hyperv; turn that on for Windows"),
            Map.entry("timer.tsc", "the timers are set as virt-install sets them; nothing to do"),
            Map.entry("timer.kvm", "the timers are set as virt-install sets them; nothing to do"),
            Map.entry("timer.pit", "the timers are set as virt-install sets them; nothing to do"),
            Map.entry("timer.rtc", "the timers are set as virt-install sets them; nothing to do"),
            Map.entry("template.metadata.name", "a PassthroughVM's pod has the VM's name; nothing to do"),
            Map.entry("virtualMachineTemplate.metadata.name", "the VM has the pool's name; nothing to do"),
            Map.entry("clock.timer", "the timers are set as virt-install sets them; nothing to do"),
            Map.entry(
                    "devices.inputs",
                    "there are no input devices, as nothing shows the emulated display; use remote desktop in the guest, or `kubectl attach` for its serial console"),
            Map.entry("devices.sound", "there is no sound device; use the audio function that comes with the GPU"),
            Map.entry("devices.tpm", "there is no TPM yet; do without, or keep the VM where it is"),
            Map.entry("devices.filesystems", "there are no shared file systems; use a disk, or NFS in the guest"),
            Map.entry("devices.downwardMetrics", "there are no metrics for the guest; do without"),
            Map.entry("devices.clientPassthrough", "there is no USB redirection; do without"),
            Map.entry("devices.blockMultiQueue", "the number of a disk's queues is QEMU's default; nothing to do"),
            Map.entry(
                    "devices.networkInterfaceMultiqueue",
                    "the network card has one queue; pass a virtual function through for more"),
            Map.entry("devices.panicDevices", "there is always a pvpanic device; nothing to do"),
            Map.entry(
                    "devices.useVirtioTransitional",
                    "virtio devices are modern; the guest needs a driver for virtio 1.0"),
            Map.entry(
                    "devices.autoattachSerialConsole",
                    "there is always a serial console, the pod's terminal; nothing to do"),
            Map.entry("devices.logSerialConsole", "`kubectl logs` has the serial console; nothing to do"),
            Map.entry("devices.autoattachMemBalloon", "there is no balloon, as VFIO pins all memory; nothing to do"),
            Map.entry(
                    "devices.autoattachInputDevice",
                    "there are no input devices; use `kubectl attach` for the serial console"),
            Map.entry("devices.autoattachVSOCK", "there is no vsock; use the network"),
            Map.entry("devices.watchdog", "there is the i6300esb alone; use devices.watchdog.i6300esb"),
            Map.entry(
                    "gpus.virtualGPUOptions",
                    "a vGPU has no display for QEMU to show; use remote desktop in the guest"),
            Map.entry("gpus.tag", "devices have no tags; the guest knows them by their order"),
            Map.entry("hostDevices.tag", "devices have no tags; the guest knows them by their order"),
            Map.entry("gpus.claimName", "devices are of device classes, not of DRA claims; deviceName stays"),
            Map.entry("gpus.requestName", "devices are of device classes, not of DRA claims; deviceName stays"),
            Map.entry(
                    "disk.pciAddress",
                    "devices get their guest addresses by themselves; name disks by serial in the guest"),
            Map.entry("disks.dedicatedIOThread", "there are no I/O threads; do without"),
            Map.entry("disks.blockSize", "disks have sectors of 512 bytes; do without"),
            Map.entry(
                    "disks.errorPolicy",
                    "a disk's error is reported to the guest, or stops it when there is no room; nothing to do"),
            Map.entry("disks.shareable", "a disk has one writer; use a network file system"),
            Map.entry("disks.tag", "devices have no tags; use serial"),
            Map.entry("cdrom.readonly", "a CD-ROM cannot be written; use a disk"),
            Map.entry("cdrom.tray", "the tray is closed; nothing to do"),
            Map.entry(
                    "interfaces.pciAddress",
                    "devices get their guest addresses by themselves; name the card by its macAddress in the guest"),
            Map.entry("interfaces.bootOrder", "guests do not start from the network; give a disk"),
            Map.entry("interfaces.dhcpOptions", "QEMU's own DHCP server answers; set options in the guest"),
            Map.entry("interfaces.tag", "devices have no tags; name the card by its macAddress in the guest"),
            Map.entry(
                    "interfaces.acpiIndex", "devices have no ACPI index; name the card by its macAddress in the guest"),
            Map.entry("interfaces.state", "the link is always up; take the interface down in the guest"),
            Map.entry("pod.vmNetworkCIDR", "the guest's network is 10.0.2.0/24; nothing to do"),
            Map.entry("pod.vmIPv6NetworkCIDR", "the guest's network has no IPv6; use a virtual function for that"),
            Map.entry(
                    "networks",
                    "a PassthroughVM has at most one network, the pod's; pass a virtual function through for another"),
            Map.entry("persistentVolumeClaim.hotpluggable", "volumes are there from the start; nothing to do"),
            Map.entry("dataVolume.hotpluggable", "volumes are there from the start; nothing to do"),
            Map.entry("secret.volumeLabel", "the disk is labelled cfgdata; mount it by that"),
            Map.entry("configMap.volumeLabel", "the disk is labelled cfgdata; mount it by that"),
            Map.entry("secret.optional", "the VM waits until the Secret is there; make it"),
            Map.entry("configMap.optional", "the VM waits until the ConfigMap is there; make it"));

    private static final Map<String, String> VOLUMES = Map.ofEntries(
            Map.entry(
                    "none",
                    "it has no content; give it one of containerDisk, persistentVolumeClaim, emptyDisk, cloudInitNoCloud, secret and configMap"),
            Map.entry(
                    "ephemeral",
                    "a claim under a layer that is thrown away cannot be had; use a containerDisk, or a clone of the claim"),
            Map.entry("emptyDisk", "its capacity must be 1Mi to 64Ti; correct it"),
            Map.entry("cloudInitNoCloud", "it has no user data; give userData, userDataBase64 or secretRef"),
            Map.entry(
                    "cloudInitConfigDrive",
                    "it has no user data; give userData, userDataBase64 or secretRef in cloudInitNoCloud"),
            Map.entry(
                    "serviceAccount",
                    "the guest gets no service account; make a Secret with a token and use a secret volume"),
            Map.entry("downwardAPI", "there is no such volume; use a configMap"),
            Map.entry("downwardMetrics", "there are no metrics for the guest; do without"),
            Map.entry(
                    "sysprep", "there is no sysprep volume; use a secret or configMap, whose disk is labelled cfgdata"),
            Map.entry("memoryDump", "memory is not dumped; do without"));

    private Reasons() {}

    /** Reports all that no rule has read. */
    static void report(Part object, Notes notes) {
        object.unread(part -> find(part.path()).isPresent())
                .toList()
                .forEach(part -> notes.notCarriedOver(part, find(part.path()).orElse(OTHERWISE)));
    }

    /** Why a volume of that kind is not carried over. */
    static String volume(String kind) {
        return VOLUMES.getOrDefault(
                kind,
                "it is a kind of volume that there is not, or without its required field; use one of containerDisk, persistentVolumeClaim, emptyDisk, cloudInitNoCloud, secret and configMap");
    }

    /** By the longest end of the path that has a reason. */
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
