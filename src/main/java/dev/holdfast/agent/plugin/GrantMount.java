package dev.holdfast.agent.plugin;

import dev.holdfast.agent.kubelet.v1beta1.Mount;
import dev.holdfast.grant.GrantSocket;
import java.nio.file.Path;

/** Mount of the directory of the grant socket, in answers to Allocate. */
final class GrantMount {
    private GrantMount() {}

    /** @param directory directory of the socket on the node */
    static Mount of(Path directory) {
        return Mount.newBuilder()
                .setHostPath(directory.toString())
                .setContainerPath(GrantSocket.DIRECTORY)
                .setReadOnly(true)
                .build();
    }
}
