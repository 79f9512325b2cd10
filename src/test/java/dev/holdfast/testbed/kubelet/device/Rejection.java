package dev.holdfast.testbed.kubelet.device;

/** Reason and message of the status of a pod that is not admitted and fails permanently. */
public final class Rejection extends Exception {
    private static final long serialVersionUID = 1;

    private final String reason;

    public Rejection(String reason, String message) {
        super(message);
        this.reason = reason;
    }

    /** The stand-in lacks something that a real kubelet has. */
    public static Rejection unsupported(String what) {
        return new Rejection("Unsupported", "The embedded kubelet does not know " + what + ".");
    }

    /** The kubelet's words for everything that goes wrong with devices at admission. */
    static Rejection unexpectedAdmissionError(String why) {
        return new Rejection(
                "UnexpectedAdmissionError",
                "Pod was rejected: Allocate failed due to " + why + ", which is unexpected");
    }

    public String reason() {
        return reason;
    }
}
