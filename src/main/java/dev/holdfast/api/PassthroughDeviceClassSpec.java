package dev.holdfast.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What belongs to a device class.
 *
 * @param selectors a function that matches any of these brings its IOMMU group into the class
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record PassthroughDeviceClassSpec(
        @Required @Size(min = 1, max = 32) List<Selector> selectors) {

    /**
     * One description of a PCI function; every field that is given has to match. At least one must be given.
     * Hexadecimal digits are lower case, without 0x, as {@code lspci -nn} prints them.
     *
     * @param classCode four digits (class and subclass) or six (with the programming interface)
     * @param address   domain:bus:device.function, for the one slot of a node
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Selector(
            @Nullable @Pattern("^[0-9a-f]{4}$") String vendorID,
            @Nullable @Pattern("^[0-9a-f]{4}$") String deviceID,
            @Nullable @Pattern("^[0-9a-f]{4}$") String subsystemVendorID,
            @Nullable @Pattern("^[0-9a-f]{4}$") String subsystemID,

            @Nullable @Pattern("^[0-9a-f]{4}([0-9a-f]{2})?$")
            String classCode,

            @Nullable @Pattern("^[0-9a-f]{4,8}:[0-9a-f]{2}:[01][0-9a-f]\\.[0-7]$")
            String address) {}
}
