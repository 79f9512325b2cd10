package dev.holdfast.testbed;

import io.fabric8.kubernetes.client.KubernetesClient;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Cluster of a stage: a control plane with Holdfast's kinds, for an operator on the same host and one node. */
public interface Cluster extends AutoCloseable {
    /** Starts a cluster. */
    interface Kind {
        /** @param work gets whatever it leaves; empty */
        Cluster start(Build build, Path work);
    }

    /** Returns a short description. */
    String description();

    /** Returns a client with all permissions. */
    KubernetesClient admin();

    /** Returns a client of a user of VMs in the namespace {@code default}, with only the required rights. */
    KubernetesClient user();

    /** Returns options of the operator's command in addition to those that every stage uses. */
    List<String> operatorOptions();

    /** Returns the operator's environment variables with the API server's address and its identity. */
    Map<String, String> operatorEnvironment();

    /** Returns the kubelet's options with the API server's address and its identity. It also sees the folder {@code shared}. */
    List<String> kubeletOptions(Path shared);

    /** The agent's DaemonSet as it is shipped, but for emulation being allowed, as the node has no KVM. */
    void deployAgent();

    /** Makes every later write of a VM's status fail, to hold the moment between a pod and its binding. */
    void refuseVmStatus();

    /** Ends that; also when it has not begun. */
    void allowVmStatus();

    /** Ends a wait that cannot succeed: throws IllegalStateException when one of its processes has ended. */
    void checkAlive();

    @Override
    void close();
}
