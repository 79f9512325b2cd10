package dev.holdfast.testbed.cluster;

import dev.holdfast.testbed.HostProcess;
import java.util.function.Supplier;

/** A replica of the operator. When it ends by itself it is started again, as the kubelet does with a container. */
public final class Replica implements AutoCloseable {
    private final String name;
    private final Supplier<HostProcess> start;
    private HostProcess process;
    private boolean wanted = true;

    Replica(String name, Supplier<HostProcess> start) {
        this.name = name;
        this.start = start;
        process = started();
    }

    private HostProcess started() {
        HostProcess made = start.get();
        made.onExit(this::startAgain);
        return made;
    }

    private synchronized void startAgain() {
        if (wanted) {
            process = started();
        }
    }

    String name() {
        return name;
    }

    /** Process ID of the present process. */
    public synchronized long pid() {
        return process.pid();
    }

    /** All that this replica's processes have written. */
    public synchronized String log() {
        return process.log();
    }

    /** Kills the process by SIGKILL without a restart, as when the node has failed. */
    public void kill() {
        end().kill();
    }

    /** Kills the process by SIGKILL; the kubelet starts it again. */
    public synchronized void crash() {
        process.signal("KILL");
    }

    /** SIGTERM, as in a rolling update. */
    @Override
    public void close() {
        end().close();
    }

    private synchronized HostProcess end() {
        wanted = false;
        return process;
    }
}
