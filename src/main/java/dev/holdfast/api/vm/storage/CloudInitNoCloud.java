package dev.holdfast.api.vm.storage;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/**
 * Data for cloud-init's data source NoCloud. Text in the spec gets into the pod in a Secret that the operator creates.
 */
@ValidationRule(
        value = "[has(self.userData), has(self.userDataBase64), has(self.secretRef)].filter(given, given).size() == 1",
        message = "user data must come from exactly one of userData, userDataBase64 and secretRef; set exactly one")
@ValidationRule(
        value = "[has(self.networkData), has(self.networkDataBase64), has(self.networkDataSecretRef)]"
                + ".filter(given, given).size() <= 1",
        message = "network data must come from at most one of networkData, networkDataBase64 and"
                + " networkDataSecretRef; remove the others")
@JsonInclude(JsonInclude.Include.NON_NULL)
public record CloudInitNoCloud(
        @JsonPropertyDescription(
                "user-data as text. Everybody who may read the VM can read it; put passwords into a Secret.")
        @Nullable
        @Size(min = 1, max = 65536)
        String userData,

        @JsonPropertyDescription("user-data, encoded in base64.") @Nullable @Size(min = 1, max = 65536)
        String userDataBase64,

        @JsonPropertyDescription("Secret with the user-data under the key userdata.") @Nullable
        SecretName secretRef,

        @JsonPropertyDescription("network-config as text.") @Nullable @Size(min = 1, max = 16384)
        String networkData,

        @JsonPropertyDescription("network-config, encoded in base64.") @Nullable @Size(min = 1, max = 16384)
        String networkDataBase64,

        @JsonPropertyDescription("Secret with the network-config under the key networkdata.") @Nullable
        SecretName networkDataSecretRef) {}
