package dev.holdfast.testbed.kubelet.container;

/** Why a container cannot be made now, as its waiting state tells it: a CamelCase reason and a sentence. */
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
