package dev.holdfast.testbed.kubelet.container;

/** Waiting state of a container that cannot be created now: a CamelCase reason and a message. */
public final class ContainerProblem extends Exception {
    private static final long serialVersionUID = 1;

    private final String reason;

    public ContainerProblem(String reason, String message) {
        super(message);
        this.reason = reason;
    }

    public String reason() {
        return reason;
    }
}
