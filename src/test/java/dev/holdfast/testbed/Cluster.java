package dev.holdfast.testbed;

import io.fabric8.kubernetes.client.KubernetesClient;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** What a stage stands on: a control plane with Holdfast's kinds, for an operator beside it and one node. */
public interface Cluster extends AutoCloseable {
    /** How to start one. */
    interface Kind {
        /** @param work gets whatever it leaves; empty */
        Cluster start(Build build, Path work);
    }

    /** What it is, in a few words. */
    String description();

    /** Who may do everything. */
    KubernetesClient admin();

    /** Who has VMs in the namespace {@code default}, with the rights that this takes and no more. */
    KubernetesClient user();

    /** What the operator's command needs here beside the options that it has on every stage. */
    List<String> operatorOptions();

    /** How the operator's process finds the API server, and who it is there. */
    Map<String, String> operatorEnvironment();

    /** How the node's kubelet finds the API server, and who it is there. The folder {@code shared} it sees too. */
    List<String> kubeletOptions(Path shared);

    /** The agent's DaemonSet as it is shipped, but for emulation being allowed, as the node has no KVM. */
    void deployAgent();

    /** From the return of this on every write of a VM's status fails: the moment between a pod and its binding, at leisure. */
    void refuseVmStatus();

    /** Ends that; also when it has not begun. */
    void allowVmStatus();

    /** Ends a wait that would be in vain: throws IllegalStateException when a process of it has died. */
    void checkAlive();

    @Override
    void close();
}
