package dev.holdfast.agent.grant.server;

import dev.holdfast.host.kernel.PeerConnection;
import java.util.Optional;

/**
 * Connection that was accepted within the bounds.
 *
 * @param podUid        UID of the pod of the peer; empty outside any pod
 * @param place         releases the connection from the bounds, to be run once
 * @param deadlineNanos time by which the request must be complete, of {@link System#nanoTime}
 */
record AdmittedConnection(PeerConnection connection, Optional<String> podUid, Runnable place, long deadlineNanos) {}
