package dev.holdfast.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;

/** Huge pages behind the guest's memory. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Hugepages(
        @JsonPropertyDescription(
                "2Mi or 1Gi; guest memory is a multiple of it. The nodes have to have such pages set aside.")
        @Required
        PageSize pageSize) {

    /** A size of x86's huge pages. */
    public enum PageSize {
        @JsonProperty("2Mi")
        MIB_2(2L << 20),
        @JsonProperty("1Gi")
        GIB_1(1L << 30);

        private final long bytes;

        PageSize(long bytes) {
            this.bytes = bytes;
        }

        public long bytes() {
            return bytes;
        }
    }
}
