package dev.holdfast.agent.grant.server;

import dev.holdfast.host.kernel.PeerConnection;
import java.util.Optional;

/**
 * Somebody who has been let in.
 *
 * @param podUid        of the pod that the peer is in; empty outside any
 * @param place         gives the place back, to be run once
 * @param deadlineNanos by which the request must have come, of {@link System#nanoTime}
 */
record AdmittedConnection(PeerConnection connection, Optional<String> podUid, Runnable place, long deadlineNanos) {}
