package dev.holdfast.plan;

import dev.holdfast.api.Names;
import dev.holdfast.api.vm.CloudInitNoCloud;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.VmVolume;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The Secret that brings the cloud-init data that stands in a spec to its pod: it must be in no argument, no annotation
 * and no log. Its name tells the generation of the spec that it was made from, so that it is only ever created, neither
 * read nor changed; see docs/decisions/0014.
 */
final class CloudInitSecret {
    static final String USER_KEY = "userdata";
    static final String NETWORK_KEY = "networkdata";

    // A Secret's name takes 253 characters, a VM's as well.
    private static final int NAME_LENGTH = 200;

    private CloudInitSecret() {}

    /** Of a VM whose spec has such data. */
    static String name(PassthroughVM vm) {
        String name = vm.getMetadata().getName();
        String uid = vm.getMetadata().getUid();
        // The UID keeps apart what a VM of the same name has left to the garbage collector.
        return "%s-cloudinit-%s-%d"
                .formatted(
                        name.substring(0, Math.min(name.length(), NAME_LENGTH)),
                        uid.substring(0, Math.min(uid.length(), 8)),
                        vm.getMetadata().getGeneration());
    }

    /** Empty for a VM that needs none. */
    static Optional<Secret> of(PassthroughVM vm) {
        return Volumes.of(vm.getSpec()).stream()
                .map(VmVolume::cloudInitNoCloud)
                .filter(seed -> seed != null && isInline(seed))
                .findFirst()
                .map(seed -> secret(vm, data(seed)));
    }

    /**
     * SHA-256 of what {@link #of} brings, hexadecimal; empty for a VM that needs none. Who may read the data may read
     * this, and nobody else: it would let a guess at a password be tried.
     */
    static Optional<String> hash(PassthroughVM vm) {
        return of(vm).map(secret -> Sha256.hex(secret.getData().toString()));
    }

    static boolean isInline(CloudInitNoCloud seed) {
        return !data(seed).isEmpty();
    }

    private static Map<String, String> data(CloudInitNoCloud seed) {
        Map<String, String> data = new TreeMap<>();
        put(data, USER_KEY, seed.userData(), seed.userDataBase64());
        put(data, NETWORK_KEY, seed.networkData(), seed.networkDataBase64());
        return data;
    }

    private static void put(Map<String, String> data, String key, @Nullable String text, @Nullable String base64) {
        if (text != null) {
            data.put(key, Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8)));
        } else if (base64 != null) {
            data.put(key, base64.replaceAll("\\s", ""));
        }
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
