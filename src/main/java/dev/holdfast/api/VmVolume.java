package dev.holdfast.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** What is on the disk of the same name: exactly one of the kinds. */
@ValidationRule(
        value =
                "[has(self.containerDisk), has(self.persistentVolumeClaim), has(self.emptyDisk),"
                        + " has(self.cloudInitNoCloud), has(self.secret), has(self.configMap)].filter(given, given).size() == 1",
        message = "a volume is one of containerDisk, persistentVolumeClaim, emptyDisk, cloudInitNoCloud, secret and"
                + " configMap; give exactly one")
@JsonInclude(JsonInclude.Include.NON_NULL)
public record VmVolume(
        @JsonPropertyDescription("That of its disk.") @Required @Size(max = 58)
        String name,

        @JsonPropertyDescription("A disk image in a container image. What the guest writes is gone with its pod.")
        @Nullable
        ContainerDisk containerDisk,

        @JsonPropertyDescription(
                "A PersistentVolumeClaim: disk.img at the root of its file system, or its block device.")
        @Nullable
        Claim persistentVolumeClaim,

        @JsonPropertyDescription("An empty disk that is gone with its pod.") @Nullable
        EmptyDisk emptyDisk,

        @JsonPropertyDescription("An ISO image for cloud-init, labelled cidata: user-data, meta-data, network-config.")
        @Nullable
        CloudInitNoCloud cloudInitNoCloud,

        @JsonPropertyDescription("An ISO image, labelled cfgdata, with a file for each key of a Secret.") @Nullable
        SecretDisk secret,

        @JsonPropertyDescription("An ISO image, labelled cfgdata, with a file for each key of a ConfigMap.") @Nullable
        ConfigMapDisk configMap) {

    /** A disk image in a container image, qcow2 or raw, without a backing file. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record ContainerDisk(
            @JsonPropertyDescription("A container image; mounted read-only as an image volume.")
            @Required
            @Size(min = 1, max = 512)
            @ValidationRule(
                    value = "!self.matches('\\\\s')",
                    message = "an image's name has no blanks; give one such as registry.example.com/debian:13")
            String image,

            @JsonPropertyDescription(
                    "Absolute path of the disk image; the first *.qcow2, *.img or *.raw of /disk when absent.")
            @Nullable
            @Size(max = 512)
            @ValidationRule(
                    value = "self.matches('^(/[A-Za-z0-9_+-][A-Za-z0-9._+-]*)+$')",
                    message = "expected is an absolute path of letters, digits and ._+- without a part that begins with"
                            + " a dot; give one such as /disk/root.qcow2")
            String path,

            @JsonPropertyDescription("As of a container: Always, IfNotPresent or Never.") @Nullable
            PullPolicy imagePullPolicy,

            @JsonPropertyDescription(
                    "The largest disk that the image may hold, 1Mi to 64Ti; as much may be written on the node's disk. Default: 20Gi.")
            @Nullable
            @Size(max = 32)
            @ValidationRule(
                    value = "isQuantity(self) && quantity(self).compareTo(quantity('1Mi')) >= 0"
                            + " && quantity(self).compareTo(quantity('64Ti')) <= 0",
                    message = "a container disk can have 1Mi to 64Ti; give a size in that range, such as 20Gi")
            String capacity) {}

    /** When an image is fetched, as of a container. */
    public enum PullPolicy {
        Always,
        IfNotPresent,
        Never
    }

    /** A claim in the VM's namespace. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Claim(
            @JsonPropertyDescription("A PersistentVolumeClaim of the VM's namespace.")
            @Required
            @Size(min = 1, max = 253)
            @ValidationRule(
                    value = "self.matches('^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$')",
                    message = "a claim is named by lower-case letters, digits, dashes and dots; `kubectl get pvc` lists"
                            + " them")
            String claimName,

            @JsonPropertyDescription("The guest cannot write to it, and it is mounted read-only.") @Nullable
            Boolean readOnly,

            @JsonPropertyDescription(
                    "What the claim holds. It is never guessed: a guest could write a raw disk that looks like a qcow2 image.")
            @Nullable
            @Default("raw")
            ImageFormat format) {}

    public enum ImageFormat {
        @JsonProperty("raw")
        RAW,
        @JsonProperty("qcow2")
        QCOW2
    }

    /** An empty disk. A text of its own kind: of a quantity in a list the API server fears that it is endless. */
    public record EmptyDisk(
            @JsonPropertyDescription("Its size: 1Mi to 64Ti, rounded up to whole sectors of 512 bytes.")
            @Required
            @Size(min = 1, max = 32)
            @ValidationRule(
                    value = "isQuantity(self) && quantity(self).compareTo(quantity('1Mi')) >= 0"
                            + " && quantity(self).compareTo(quantity('64Ti')) <= 0",
                    message = "an empty disk can have 1Mi to 64Ti; give a size in that range, such as 10Gi")
            String capacity) {}

    /** For cloud-init's data source NoCloud. Text in the spec goes to the pod by a Secret that the operator makes. */
    @ValidationRule(
            value =
                    "[has(self.userData), has(self.userDataBase64), has(self.secretRef)].filter(given, given).size() == 1",
            message = "user data comes from one of userData, userDataBase64 and secretRef; give exactly one")
    @ValidationRule(
            value = "[has(self.networkData), has(self.networkDataBase64), has(self.networkDataSecretRef)]"
                    + ".filter(given, given).size() <= 1",
            message = "network data comes from one of networkData, networkDataBase64 and networkDataSecretRef; give one"
                    + " at the most")
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record CloudInitNoCloud(
            @JsonPropertyDescription("user-data as text. Who may read the VM reads it: put passwords into a Secret.")
            @Nullable
            @Size(min = 1, max = 65536)
            String userData,

            @JsonPropertyDescription("user-data in base64.") @Nullable @Size(min = 1, max = 65536)
            String userDataBase64,

            @JsonPropertyDescription("A Secret with user-data at its key userdata.") @Nullable
            SecretName secretRef,

            @JsonPropertyDescription("network-config as text.") @Nullable @Size(min = 1, max = 16384)
            String networkData,

            @JsonPropertyDescription("network-config in base64.") @Nullable @Size(min = 1, max = 16384)
            String networkDataBase64,

            @JsonPropertyDescription("A Secret with network-config at its key networkdata.") @Nullable
            SecretName networkDataSecretRef) {}

    /** A Secret of the VM's namespace. */
    public record SecretName(
            @JsonPropertyDescription("Its name.")
            @Required
            @Size(min = 1, max = 253)
            @ValidationRule(
                    value = "self.matches('^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$')",
                    message =
                            "a Secret is named by lower-case letters, digits, dashes and dots; `kubectl get secrets` lists"
                                    + " them")
            String name) {}

    /** A Secret as a disk. */
    public record SecretDisk(
            @JsonPropertyDescription("A Secret of the VM's namespace.")
            @Required
            @Size(min = 1, max = 253)
            @ValidationRule(
                    value = "self.matches('^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$')",
                    message =
                            "a Secret is named by lower-case letters, digits, dashes and dots; `kubectl get secrets` lists"
                                    + " them")
            String secretName) {}

    /** A ConfigMap as a disk. */
    public record ConfigMapDisk(
            @JsonPropertyDescription("A ConfigMap of the VM's namespace.")
            @Required
            @Size(min = 1, max = 253)
            @ValidationRule(
                    value = "self.matches('^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$')",
                    message = "a ConfigMap is named by lower-case letters, digits, dashes and dots; `kubectl get"
                            + " configmaps` lists them")
            String name) {}
}
