package dev.holdfast.testbed.cluster;

import java.util.List;

/**
 * Options of the control plane's components in addition to those of every test.
 *
 * @param apiServer         of kube-apiserver
 * @param controllerManager of kube-controller-manager
 */
public record ControlPlaneOptions(List<String> apiServer, List<String> controllerManager) {
    /** For nodes that are objects alone: no heart of theirs beats. */
    public static final ControlPlaneOptions NODES_MADE_BY_HAND =
            new ControlPlaneOptions(List.of(), List.of("--node-monitor-grace-period=1h"));
}
