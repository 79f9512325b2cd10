package dev.holdfast.api.vm.storage;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** For cloud-init's data source NoCloud. Text in the spec goes to the pod by a Secret that the operator makes. */
@ValidationRule(
        value = "[has(self.userData), has(self.userDataBase64), has(self.secretRef)].filter(given, given).size() == 1",
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
