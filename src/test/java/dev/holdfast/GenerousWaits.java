package dev.holdfast;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.platform.launcher.LauncherSession;
import org.junit.platform.launcher.LauncherSessionListener;

/**
 * Gives every wait of a test that names no bound one that holds on a machine with ten times the work that it can do. Only a
 * test that fails takes so long.
 */
public final class GenerousWaits implements LauncherSessionListener {
    private static final Duration LAST_BOUND = Duration.ofMinutes(3);

    @Override
    public void launcherSessionOpened(LauncherSession session) {
        Awaitility.setDefaultTimeout(LAST_BOUND);
    }
}
