package dev.holdfast.text;

/** Keys of log lines. One thing has one key in operator, agent and launcher, so that logs can be filtered by it. */
public final class LogKeys {
    /** A VM as {@code namespace/name}. */
    public static final String VM = "vm";

    /** A pod as {@code namespace/name}. */
    public static final String POD = "pod";

    /** Name of a node. */
    public static final String NODE = "node";

    /** ID of a device: the PCI address that its IOMMU group is known by. */
    public static final String DEVICE = "device";

    /** Code word of a condition, an Event or a refusal, CamelCase. */
    public static final String REASON = "reason";

    /** Message of a condition or an Event. */
    public static final String MESSAGE = "message";

    /** Message of an exception. */
    public static final String ERROR = "error";

    private LogKeys() {}
}
