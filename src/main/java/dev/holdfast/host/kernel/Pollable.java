package dev.holdfast.host.kernel;

/** Something that {@link WakeablePoll} can wait on. */
public sealed interface Pollable permits Pidfd, PeerConnection, UeventSocket {
    /** The number that poll(2) takes; negative once closed, which poll passes over. */
    int descriptor();
}
