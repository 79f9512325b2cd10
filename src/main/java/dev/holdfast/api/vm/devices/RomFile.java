package dev.holdfast.api.vm.devices;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** An option ROM in a ConfigMap or a Secret of the VM's namespace. */
@ValidationRule(
        value = "has(self.configMap) != has(self.secret)",
        message = "a romFile is in one configMap or in one secret; give exactly one of them")
@JsonInclude(JsonInclude.Include.NON_NULL)
public record RomFile(
        @JsonPropertyDescription("A ConfigMap, the ROM in its binaryData.") @Nullable
        RomFileKey configMap,

        @JsonPropertyDescription("A Secret.") @Nullable RomFileKey secret) {}
