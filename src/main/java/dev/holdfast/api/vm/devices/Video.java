package dev.holdfast.api.vm.devices;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.Quantity;
import org.jspecify.annotations.Nullable;

/**
 * Emulated display, besides the GPUs.
 */
@ValidationRule(
        value = "!has(self.memory) || has(self.type) && (self.type == 'vga' || self.type == 'bochs')",
        message = "memory is set, but only vga and bochs have it; remove memory, or choose vga or bochs")
@ValidationRule(
        value = "!has(self.type) || self.type != 'bochs' || !has(self.memory) || !isQuantity(string(self.memory))"
                + " || quantity(string(self.memory)).compareTo(quantity('4Mi')) >= 0",
        message = "bochs requires at least 4Mi of memory; set more, or choose vga")
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Video(
        @JsonPropertyDescription("Type of the display: none (the default), vga, virtio, bochs or ramfb.") @Nullable
        VideoType type,

        @JsonPropertyDescription(
                "Framebuffer of vga (at least 1Mi) and bochs (at least 4Mi): a power of two, at most 256Mi. Default:"
                        + " 16Mi.")
        @Nullable
        @ValidationRule(
                value = "isQuantity(string(self)) && ['1Mi', '2Mi', '4Mi', '8Mi', '16Mi', '32Mi', '64Mi', '128Mi',"
                        + " '256Mi'].exists(size, quantity(string(self)).compareTo(quantity(size)) == 0)",
                message = "video memory must be a power of two from 1Mi to 256Mi; set a size such as 16Mi")
        Quantity memory) {}
