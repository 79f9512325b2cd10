package dev.holdfast.stage;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.platform.launcher.LauncherSession;
import org.junit.platform.launcher.LauncherSessionListener;

/**
 * The stage that the test classes of a JVM have one after the other, since a boot of the node takes a minute. Each class
 * leaves it without VMs, pods and grants; a class that changes the agent or the node has a stage of its own.
 */
public final class SharedStage implements LauncherSessionListener {
    private static @Nullable Stage stage;

    /** The stage, started for the first class that asks, in whose work folder it stays; each class finds its own one empty. */
    static Stage at(Build build, Path work) {
        Stage shared = stage;
        if (shared == null) {
            shared = Stage.set(build, work, EmbeddedCluster::start);
            stage = shared;
        } else {
            Folders.empty(work);
        }
        if (!shared.operator().isAlive()) {
            shared.restartOperator();
        }
        return shared;
    }

    /** Ends it, if there is one. */
    static void end() {
        Stage shared = stage;
        stage = null;
        if (shared != null) {
            shared.end();
        }
    }

    /** Whether somebody after the present class may want this one. */
    static boolean is(Stage any) {
        return any == stage;
    }

    @Override
    public void launcherSessionClosed(LauncherSession session) {
        end();
    }
}
