package dev.holdfast.testbed;

import org.awaitility.core.ConditionFactory;

/** A cluster of one node with Holdfast in it, as demo and tests see it, whatever kubelet and control plane it has. */
public interface Testbed extends AutoCloseable {
    /** Returns a short description of its components. */
    String description();

    /**
     * Installs device classes and agent, and boots the node.
     *
     * @param guest whether the image of the guest is needed
     */
    void bringUp(boolean guest);

    ApiServer api();

    VirtualNode node();

    /** Ends a wait that cannot succeed because a process has ended. */
    void checkAlive();

    /** Begins a wait that fails when a process has ended, or when neither a log nor an object changes any more. */
    ConditionFactory await(String what);

    /** Returns the output of a pod's container ({@code kubectl logs}); empty before it exists. */
    String logs(String namespace, String pod);

    /** The log of the agent's pod, whatever its name. */
    default String agentLog() {
        return api().holdfastsPods().stream()
                .map(pod -> pod.getMetadata().getName())
                .filter(pod -> pod.startsWith("holdfast-agent"))
                .map(pod -> logs(Stage.NAMESPACE, pod))
                .reduce("", String::concat);
    }

    /** Returns the number of Holdfast's pods on the node. */
    int podsOfHoldfast();

    @Override
    void close();
}
