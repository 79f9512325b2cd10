package dev.holdfast.host.kernel;

/** A descriptor that {@link WakeablePoll} can wait on. */
public sealed interface Pollable permits Pidfd, PeerConnection, UeventSocket {
    /** Returns the descriptor for poll(2); negative once closed, which poll ignores. */
    int descriptor();
}
