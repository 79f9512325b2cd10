package dev.holdfast.plan.machine;

/**
 * RAM of the guest.
 *
 * @param bytes         at least 1 MiB
 * @param pages         page size of the backing memory
 * @param overheadBytes memory that the spec adds to the pod's memory, 0 for none
 */
public record GuestMemory(long bytes, Pages pages, long overheadBytes) {
    private static final long MIB = 1L << 20;

    /** Page sizes of the backing memory. */
    public enum Pages {
        /** The host's base page size. */
        SMALL(4096, "4 KiB"),
        HUGE_2_MIB(2 * MIB, "2 MiB"),
        HUGE_1_GIB(1024 * MIB, "1024 MiB");

        private final long bytes;
        private final String text;

        Pages(long bytes, String text) {
            this.bytes = bytes;
            this.text = text;
        }

        public long bytes() {
            return bytes;
        }

        public boolean isHuge() {
            return this != SMALL;
        }

        @Override
        public String toString() {
            return text;
        }
    }

    /** Returns the guest memory that is charged to the pod's memory; huge pages are a separate resource. */
    public long smallPageBytes() {
        return pages.isHuge() ? 0 : bytes;
    }
}
