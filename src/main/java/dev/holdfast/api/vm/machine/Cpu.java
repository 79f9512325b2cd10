package dev.holdfast.api.vm.machine;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/**
 * Virtual CPUs: their number is cores × sockets × threads. A q35 machine has at most 4096, older versions have fewer
 * (hw/i386/pc_q35.c, max_cpus); QEMU of the launcher image applies its own maximum.
 */
@ValidationRule(
        value = "(has(self.cores) ? self.cores : 1) * (has(self.sockets) ? self.sockets : 1)"
                + " * (has(self.threads) ? self.threads : 1) <= 4096",
        message = "cores x sockets x threads must be at most 4096, the maximum of a q35 machine; reduce one of them")
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Cpu(
        @JsonPropertyDescription("Cores of each socket. Default: 1.") @Nullable @Min(1) @Max(512)
        Integer cores,

        @JsonPropertyDescription("Number of sockets. Default: 1.") @Nullable @Min(1) @Max(64)
        Integer sockets,

        @JsonPropertyDescription("Threads of each core. Default: 1.") @Nullable @Min(1) @Max(8)
        Integer threads,

        @JsonPropertyDescription(
                "CPU model: host-passthrough (the default), or a model that qemu-system-x86_64 -cpu help lists.")
        @Nullable
        @Size(max = 64)
        @ValidationRule(
                value = "self.matches('^[A-Za-z0-9][A-Za-z0-9_.-]*$')",
                message = "a CPU model must be letters, digits, '_', '.' and '-'; set host-passthrough, or a name"
                        + " that `qemu-system-x86_64 -cpu help` lists")
        @ValidationRule(
                value = "self != 'host-model'",
                message = "host-model is not supported, because it requires libvirt; set host-passthrough, or a name"
                        + " that `qemu-system-x86_64 -cpu help` lists")
        String model) {}
