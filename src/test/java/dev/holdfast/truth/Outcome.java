package dev.holdfast.truth;

/** Result of a guest under a limit that is one page too small. */
enum Outcome {
    REFUSED_AT_START("refused at start"),
    ABORTED_LATER("starts, then aborts under firmware"),
    RAN("ran all the same"),
    ENDED_OTHERWISE("ended for another reason");

    /** QEMU's hw_error() ends with SIGABRT. */
    private static final int ABORTED = 128 + 6;

    /**
     * ENOMEM. The number -12 cannot be relied on: {@code vfio_dma_map} of QEMU 7.2 returns errno after it has reported the
     * failure, and with {@code -msg timestamp=on} the report makes an ENOENT of it.
     */
    private static final String NO_MEMORY = "Cannot allocate memory";

    private final String words;

    Outcome(String words) {
        this.words = words;
    }

    /** Only the kernel's own line proves that the limit was the reason. */
    static Outcome of(Run run, long limitBytes) {
        if (run.end() != Run.End.EXITED) {
            return RAN;
        }
        if (!run.kernelRefused(limitBytes) || run.qemu().stream().noneMatch(line -> line.contains(NO_MEMORY))) {
            return ENDED_OTHERWISE;
        }
        return switch (run.status()) {
            case 1 -> REFUSED_AT_START;
            case ABORTED -> ABORTED_LATER;
            default -> ENDED_OTHERWISE;
        };
    }

    boolean byTheLimit() {
        return this == REFUSED_AT_START || this == ABORTED_LATER;
    }

    @Override
    public String toString() {
        return words;
    }
}
