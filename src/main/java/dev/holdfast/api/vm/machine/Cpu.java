package dev.holdfast.api.vm.machine;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/**
 * Virtual CPUs: cores × sockets × threads of them. No q35 so far has more than 4096, older ones have fewer
 * (hw/i386/pc_q35.c, max_cpus); QEMU of the launcher's image has the last word.
 */
@ValidationRule(
        value = "(has(self.cores) ? self.cores : 1) * (has(self.sockets) ? self.sockets : 1)"
                + " * (has(self.threads) ? self.threads : 1) <= 4096",
        message = "cores x sockets x threads are more than the 4096 CPUs that a q35 machine can have; give fewer")
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Cpu(
        @JsonPropertyDescription("Cores of each socket: 1 unless given.") @Nullable @Min(1) @Max(512)
        Integer cores,

        @JsonPropertyDescription("Sockets: 1 unless given.") @Nullable @Min(1) @Max(64)
        Integer sockets,

        @JsonPropertyDescription("Threads of each core: 1 unless given.") @Nullable @Min(1) @Max(8)
        Integer threads,

        @JsonPropertyDescription(
                "host-passthrough (the default), or a model that QEMU knows (qemu-system-x86_64 -cpu help).")
        @Nullable
        @Size(max = 64)
        @ValidationRule(
                value = "self.matches('^[A-Za-z0-9][A-Za-z0-9_.-]*$')",
                message = "a CPU model is named by letters, digits and _.- alone; give host-passthrough, or a name"
                        + " that `qemu-system-x86_64 -cpu help` lists")
        @ValidationRule(
                value = "self != 'host-model'",
                message = "host-model is a model that libvirt composes, and there is no libvirt; give host-passthrough,"
                        + " or a name that `qemu-system-x86_64 -cpu help` lists")
        String model) {}
