package dev.holdfast.embedded.kubelet;

/**
 * What a container may learn about its node.
 *
 * @param apiUrl of the API server, as the node reaches it
 * @param ip     of the node and, on the host's network, of every pod
 */
record NodeFacts(String name, String ip, String apiUrl) {}
