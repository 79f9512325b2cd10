package dev.holdfast.testbed.kubelet;

/**
 * Facts about its node that a container can read.
 *
 * @param ip  of the node and, on the host's network, of every pod
 * @param api the API server, as the node reaches it
 */
record NodeFacts(String name, String ip, ApiAccess api) {}
