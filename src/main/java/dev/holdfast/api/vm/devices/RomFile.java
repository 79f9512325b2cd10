package dev.holdfast.api.vm.devices;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** Option ROM in a ConfigMap or a Secret of the VM's namespace. */
@ValidationRule(
        value = "has(self.configMap) != has(self.secret)",
        message = "a romFile must be exactly one of configMap and secret; set exactly one")
@JsonInclude(JsonInclude.Include.NON_NULL)
public record RomFile(
        @JsonPropertyDescription("A ConfigMap with the ROM in its binaryData.") @Nullable
        RomFileKey configMap,

        @JsonPropertyDescription("A Secret with the ROM.") @Nullable
        RomFileKey secret) {}
