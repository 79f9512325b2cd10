package dev.holdfast.api.vm.machine;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import org.jspecify.annotations.Nullable;

/** KVM's own signature. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Kvm(
        @JsonPropertyDescription("The guest does not learn that KVM runs it. Default: false.") @Nullable
        Boolean hidden) {}
