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

    /** Namespace of an object whose name is logged separately. */
    public static final String NAMESPACE = "namespace";

    /** Name of an object without its namespace. */
    public static final String NAME = "name";

    /** Kind of an object, or the plural of its kind. */
    public static final String KIND = "kind";

    /** UID of a pod. */
    public static final String POD_UID = "podUID";

    /** Process ID in the node's PID namespace, or that of this process. */
    public static final String PID = "pid";

    /** Name of a device class. */
    public static final String DEVICE_CLASS = "class";

    /** Extended resource of a device class. */
    public static final String RESOURCE = "resource";

    /** Devices as a list, or their number. */
    public static final String DEVICES = "devices";

    /** Decision on a grant request: granted or refused. */
    public static final String DECISION = "decision";

    /** Bytes that QEMU reported in the dry-run. */
    public static final String MEASURED_BYTES = "measuredBytes";

    /** Lease of the leader election as {@code namespace/name}. */
    public static final String LEASE = "lease";

    /** Path of a file or URL. */
    public static final String PATH = "path";

    /** File of the agent's state. */
    public static final String FILE = "file";

    /** Path of a unix socket. */
    public static final String SOCKET = "socket";

    /** True while the server or thread is being stopped. */
    public static final String STOPPING = "stopping";

    /** Version of Holdfast. */
    public static final String VERSION = "version";

    /** Port of health checks and metrics. */
    public static final String HTTP_PORT = "httpPort";

    /** True if VMs may run by software emulation. */
    public static final String ALLOW_EMULATION = "allowEmulation";

    private LogKeys() {}
}
