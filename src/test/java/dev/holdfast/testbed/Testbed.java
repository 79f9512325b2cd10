package dev.holdfast.testbed;

import org.awaitility.core.ConditionFactory;

/** A cluster of one node with Holdfast in it, as demo and tests see it, whatever kubelet and control plane it has. */
public interface Testbed extends AutoCloseable {
    /** What it is made of, in a few words. */
    String description();

    /**
     * Installs device classes and agent, and boots the node.
     *
     * @param guest whether the image of the guest is needed
     */
    void bringUp(boolean guest);

    ApiServer api();

    VirtualNode node();

    /** Ends a wait that would be in vain because a process has died. */
    void checkAlive();

    /** Begins a wait that ends in vain when a process has died, or when neither a log nor an object moves any more. */
    ConditionFactory await(String what);

    /** What a pod's container has printed: {@code kubectl logs}; empty before it is there. */
    String logs(String namespace, String pod);

    /** The log of the agent's pod, whatever its name. */
    default String agentLog() {
        return api().holdfastsPods().stream()
                .map(pod -> pod.getMetadata().getName())
                .filter(pod -> pod.startsWith("holdfast-agent"))
                .map(pod -> logs(Stage.NAMESPACE, pod))
                .reduce("", String::concat);
    }

    /** How many pods of Holdfast are on the node. */
    int podsOfHoldfast();

    @Override
    void close();
}
