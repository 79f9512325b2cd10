package dev.holdfast.plan.pod;

import dev.holdfast.api.Names;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.plan.machine.DiskVolume;
import dev.holdfast.plan.machine.DiskVolume.SeedData;
import dev.holdfast.plan.machine.MachineDisk;
import dev.holdfast.plan.machine.MachineSpec;
import dev.holdfast.plan.machine.Sha256;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The Secret with the inline cloud-init data of a spec, for its pod: the data must not be in any argument, annotation or log.
 * Its name has the generation of the spec that it was created from, so it is only created, never read or changed; see
 * docs/decisions/0014.
 */
public final class CloudInitSecret {
    static final String USER_KEY = "userdata";
    static final String NETWORK_KEY = "networkdata";

    // Names of Secrets and of VMs have at most 253 characters.
    private static final int NAME_LENGTH = 200;

    private CloudInitSecret() {}

    /** Returns the name for a VM whose spec has inline data. */
    public static String name(PassthroughVM vm) {
        String name = vm.getMetadata().getName();
        String uid = vm.getMetadata().getUid();
        // The UID distinguishes it from the Secrets of a former VM of the same name.
        return "%s-cloudinit-%s-%d"
                .formatted(
                        name.substring(0, Math.min(name.length(), NAME_LENGTH)),
                        uid.substring(0, Math.min(uid.length(), 8)),
                        vm.getMetadata().getGeneration());
    }

    /** Returns the Secret; empty for a machine that needs none. */
    public static Optional<Secret> of(PassthroughVM vm, MachineSpec machine) {
        return data(machine).map(data -> secret(vm, data));
    }

    /**
     * Returns the SHA-256 of the Secret's data, hexadecimal; empty for a machine that needs none. Only users who may read the
     * data may read the hash, as it could be used to test guesses of a password.
     */
    public static Optional<String> hash(MachineSpec machine) {
        return data(machine).map(data -> Sha256.hex(data.toString()));
    }

    /** Returns the data of the cloud-init volume, of which there is at most one. */
    private static Optional<Map<String, String>> data(MachineSpec machine) {
        return machine.disks().stream()
                .map(MachineDisk::volume)
                .filter(DiskVolume.CloudInit.class::isInstance)
                .map(volume -> data((DiskVolume.CloudInit) volume))
                .filter(data -> !data.isEmpty())
                .findFirst();
    }

    private static Map<String, String> data(DiskVolume.CloudInit seed) {
        Map<String, String> data = new TreeMap<>();
        if (seed.user() instanceof SeedData.Inline user) {
            data.put(USER_KEY, user.base64());
        }
        if (seed.network() instanceof SeedData.Inline network) {
            data.put(NETWORK_KEY, network.base64());
        }
        return data;
    }

    private static Secret secret(PassthroughVM vm, Map<String, String> data) {
        return new SecretBuilder()
                .withNewMetadata()
                .withNamespace(vm.getMetadata().getNamespace())
                .withName(name(vm))
                .addToLabels(Names.VM_UID_LABEL, vm.getMetadata().getUid())
                .withOwnerReferences(List.of(new OwnerReferenceBuilder()
                        .withApiVersion(vm.getApiVersion())
                        .withKind(vm.getKind())
                        .withName(vm.getMetadata().getName())
                        .withUid(vm.getMetadata().getUid())
                        .build()))
                .endMetadata()
                .withType("Opaque")
                .withImmutable(true)
                .withData(data)
                .build();
    }
}
