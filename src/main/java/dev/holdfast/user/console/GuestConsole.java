package dev.holdfast.user.console;

import dev.holdfast.user.PodAccess;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.client.dsl.ExecListener;
import io.fabric8.kubernetes.client.dsl.ExecWatch;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Connects keyboard and screen to the serial console of a VM, until the user leaves or the connection ends. */
public final class GuestConsole {
    private static final int BUFFER_BYTES = 4096;

    /** Reason for the end of a session. */
    public enum End {
        /** The user pressed the key, or the input has ended. */
        LEFT,
        /** The machine has ended, or the connection was lost. */
        DISCONNECTED
    }

    private GuestConsole() {}

    /**
     * Attaches to the pod of a VM.
     *
     * @param keys   read on a thread of its own, which may stay blocked in a read when this returns
     * @param screen gets what the guest prints
     * @throws dev.holdfast.user.CommandFailure when the API server refuses
     */
    public static End run(PodAccess pod, InputStream keys, OutputStream screen) {
        CompletableFuture<End> end = new CompletableFuture<>();
        try (ExecWatch connection = pod.attach(screen, ending(end))) {
            Thread.ofPlatform().name("keyboard").daemon().start(() -> forward(keys, connection.getInput(), end));
            return end.join();
        }
    }

    private static void forward(InputStream keys, OutputStream guest, CompletableFuture<End> end) {
        byte[] read = new byte[BUFFER_BYTES];
        try {
            int length = keys.read(read);
            while (length >= 0) {
                int sent = EscapeFilter.forGuest(read, length);
                guest.write(read, 0, sent);
                guest.flush();
                if (sent < length) {
                    break;
                }
                length = keys.read(read);
            }
            end.complete(End.LEFT);
        } catch (IOException e) {
            end.complete(End.DISCONNECTED);
        }
    }

    private static ExecListener ending(CompletableFuture<End> end) {
        return new ExecListener() {
            @Override
            public void onFailure(Throwable failure, ExecListener.@Nullable Response response) {
                end.complete(End.DISCONNECTED);
            }

            @Override
            public void onExit(int code, @Nullable Status status) {
                end.complete(End.DISCONNECTED);
            }

            @Override
            public void onClose(int code, String reason) {
                end.complete(End.DISCONNECTED);
            }
        };
    }
}
