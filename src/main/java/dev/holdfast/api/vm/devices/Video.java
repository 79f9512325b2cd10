package dev.holdfast.api.vm.devices;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.Quantity;
import org.jspecify.annotations.Nullable;

/**
 * The emulated display, besides the GPUs.
 */
@ValidationRule(
        value = "!has(self.memory) || has(self.type) && (self.type == 'vga' || self.type == 'bochs')",
        message = "this type of video has no memory to set; leave memory out, or choose vga or bochs")
@ValidationRule(
        value = "!has(self.type) || self.type != 'bochs' || !has(self.memory) || !isQuantity(string(self.memory))"
                + " || quantity(string(self.memory)).compareTo(quantity('4Mi')) >= 0",
        message = "bochs takes no less than 4Mi of memory; give more, or choose vga")
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Video(
        @JsonPropertyDescription("none (the default), vga, virtio, bochs or ramfb.") @Nullable
        VideoType type,

        @JsonPropertyDescription(
                "Framebuffer of vga (from 1Mi) and bochs (from 4Mi): a power of two up to 256Mi; 16Mi when absent.")
        @Nullable
        @ValidationRule(
                value = "isQuantity(string(self)) && ['1Mi', '2Mi', '4Mi', '8Mi', '16Mi', '32Mi', '64Mi', '128Mi',"
                        + " '256Mi'].exists(size, quantity(string(self)).compareTo(quantity(size)) == 0)",
                message = "video memory is a power of two from 1Mi to 256Mi; give such a size, 16Mi for instance")
        Quantity memory) {}
