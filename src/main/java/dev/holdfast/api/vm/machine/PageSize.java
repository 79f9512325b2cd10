package dev.holdfast.api.vm.machine;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Size of x86 huge pages. */
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
