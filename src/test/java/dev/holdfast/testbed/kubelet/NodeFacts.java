package dev.holdfast.testbed.kubelet;

/**
 * What a container may learn about its node.
 *
 * @param ip  of the node and, on the host's network, of every pod
 * @param api the API server, as the node reaches it
 */
record NodeFacts(String name, String ip, ApiAccess api) {}
