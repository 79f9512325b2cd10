package dev.holdfast.api.vm.storage;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** Contents of the disk of the same name: exactly one of the kinds. */
@ValidationRule(
        value =
                "[has(self.containerDisk), has(self.persistentVolumeClaim), has(self.emptyDisk),"
                        + " has(self.cloudInitNoCloud), has(self.secret), has(self.configMap)].filter(given, given).size() == 1",
        message = "a volume must be exactly one of containerDisk, persistentVolumeClaim, emptyDisk, cloudInitNoCloud,"
                + " secret and configMap; set exactly one")
@JsonInclude(JsonInclude.Include.NON_NULL)
public record VmVolume(
        @JsonPropertyDescription("Name of the volume and of its disk.") @Required @Size(max = 58)
        String name,

        @JsonPropertyDescription(
                "A disk image in a container image. Data that the guest writes is lost when its pod ends.")
        @Nullable
        ContainerDisk containerDisk,

        @JsonPropertyDescription(
                "A PersistentVolumeClaim: the file disk.img at the root of its file system, or its block device.")
        @Nullable
        VolumeClaim persistentVolumeClaim,

        @JsonPropertyDescription("An empty disk, which is deleted with the pod.") @Nullable
        EmptyDisk emptyDisk,

        @JsonPropertyDescription("An ISO image for cloud-init with the label cidata and the files user-data,"
                + " meta-data and network-config.")
        @Nullable
        CloudInitNoCloud cloudInitNoCloud,

        @JsonPropertyDescription("An ISO image with the label cfgdata and a file for each key of a Secret.") @Nullable
        SecretDisk secret,

        @JsonPropertyDescription("An ISO image with the label cfgdata and a file for each key of a ConfigMap.")
        @Nullable
        ConfigMapDisk configMap) {}
