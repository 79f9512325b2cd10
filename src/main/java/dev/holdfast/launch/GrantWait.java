package dev.holdfast.launch;

import dev.holdfast.grant.GrantAnswer;
import dev.holdfast.grant.GrantRequest;
import dev.holdfast.text.LogKeys;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Repeats the request until the agent has decided. The launcher may start before the operator has bound the plan to the pod,
 * and the agent may be restarting for an upgrade; both are temporary, so the request is retried, with a time limit for each.
 */
public final class GrantWait {
    private static final Logger log = LoggerFactory.getLogger(GrantWait.class);
    private static final Duration PROGRESS_EVERY = Duration.ofSeconds(10);

    private final GrantRequester grants;
    private final InstantSource clock;
    private final Sleeper sleeper;
    private final Limits limits;

    /**
     * @param decision how long an agent that responds may leave the request undecided
     * @param agent    how long to wait, from the first request, for an agent that does not respond
     */
    public record Limits(Duration decision, Duration agent) {}

    GrantWait(GrantRequester grants, InstantSource clock, Sleeper sleeper, Limits limits) {
        this.grants = grants;
        this.clock = clock;
        this.sleeper = sleeper;
        this.limits = limits;
    }

    /**
     * @throws LaunchException when the agent refuses, sends an invalid answer, or has not decided in time
     */
    GrantAnswer.Granted await(GrantRequest request) throws LaunchException {
        Instant start = clock.instant();
        Instant lastAbsence = start;
        Instant nextReport = start;
        while (true) {
            String reason;
            Instant deadline;
            try {
                switch (grants.ask(request)) {
                    case GrantAnswer.Granted granted -> {
                        return granted;
                    }
                    case GrantAnswer.Refused refused -> throw LaunchException.refused(refused.message());
                    case GrantAnswer.Waiting waiting -> {
                        reason = waiting.message();
                        deadline = lastAbsence.plus(limits.decision());
                    }
                }
            } catch (GrantRequester.GarbageException e) {
                throw LaunchException.failed(e);
            } catch (IOException e) {
                reason = "the agent is not responding and may be starting: " + e.getMessage();
                deadline = start.plus(limits.agent());
                lastAbsence = clock.instant();
            }
            Instant now = clock.instant();
            if (!now.isBefore(deadline)) {
                throw LaunchException.failed("no grant after %d s: %s; check the agent of this node"
                        .formatted(Duration.between(start, now).toSeconds(), reason));
            }
            if (!now.isBefore(nextReport)) {
                log.atInfo()
                        .addKeyValue("waited", Duration.between(start, now).toSeconds() + "s")
                        .addKeyValue(LogKeys.MESSAGE, reason)
                        .log("waiting for the grant");
                nextReport = now.plus(PROGRESS_EVERY);
            }
            sleeper.pause();
        }
    }
}
