package dev.holdfast.host;

/** Something that {@link WakeablePoll} can wait on. */
public sealed interface Polled permits Pidfd, PeerConnection, UeventSocket {
    /** The number that poll(2) takes; negative once closed, which poll passes over. */
    int descriptor();
}
