package dev.holdfast.api.vm.storage;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
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
        VolumeClaim persistentVolumeClaim,

        @JsonPropertyDescription("An empty disk that is gone with its pod.") @Nullable
        EmptyDisk emptyDisk,

        @JsonPropertyDescription("An ISO image for cloud-init, labelled cidata: user-data, meta-data, network-config.")
        @Nullable
        CloudInitNoCloud cloudInitNoCloud,

        @JsonPropertyDescription("An ISO image, labelled cfgdata, with a file for each key of a Secret.") @Nullable
        SecretDisk secret,

        @JsonPropertyDescription("An ISO image, labelled cfgdata, with a file for each key of a ConfigMap.") @Nullable
        ConfigMapDisk configMap) {}
