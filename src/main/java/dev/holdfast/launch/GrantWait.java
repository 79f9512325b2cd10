package dev.holdfast.launch;

import dev.holdfast.grant.GrantAnswer;
import dev.holdfast.grant.GrantRequest;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks until there is an answer. The launcher may be earlier than the operator's binding of the plan to the pod, and the
 * agent may be away for an upgrade; both end, so it asks again, but not forever.
 */
final class GrantWait {
    private static final Logger log = LoggerFactory.getLogger(GrantWait.class);
    private static final Duration PROGRESS_EVERY = Duration.ofSeconds(10);

    private final GrantService grants;
    private final InstantSource clock;
    private final Sleeper pause;
    private final Duration patience;

    GrantWait(GrantService grants, InstantSource clock, Sleeper pause, Duration patience) {
        this.grants = grants;
        this.clock = clock;
        this.pause = pause;
        this.patience = patience;
    }

    /**
     * @throws LaunchException when the agent refuses, speaks garbage, or has not decided in time
     */
    GrantAnswer.Granted await(GrantRequest request) throws LaunchException {
        Instant start = clock.instant();
        Instant tell = start;
        String reason = "";
        while (true) {
            try {
                switch (grants.ask(request)) {
                    case GrantAnswer.Granted granted -> {
                        return granted;
                    }
                    case GrantAnswer.Refused refused -> throw LaunchException.refused(refused.message());
                    case GrantAnswer.Waiting waiting -> reason = waiting.message();
                }
            } catch (GrantService.GarbageException e) {
                throw LaunchException.failed(e);
            } catch (IOException e) {
                reason = "the agent does not answer, it may be starting: " + e.getMessage();
            }
            Instant now = clock.instant();
            if (!now.isBefore(start.plus(patience))) {
                throw LaunchException.failed("there is no grant after %d s: %s; look at the agent of this node"
                        .formatted(patience.toSeconds(), reason));
            }
            if (!now.isBefore(tell)) {
                log.atInfo()
                        .addKeyValue("waited", Duration.between(start, now).toSeconds() + "s")
                        .addKeyValue("reason", reason)
                        .log("waiting for the grant");
                tell = now.plus(PROGRESS_EVERY);
            }
            pause.pause();
        }
    }
}
