package dev.holdfast.agent.grant;

import dev.holdfast.agent.grant.decision.Decision;
import dev.holdfast.api.node.GrantedDevice;
import dev.holdfast.grant.GrantRequest;
import dev.holdfast.host.kernel.Rlimit;
import dev.holdfast.text.LogKeys;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Log of grants, waits and refusals: lines with the same keys in the same order, under a logger name of its own. Each
 * grant is one line. A pod that has to wait sends several requests per second; they are one line as long as the message
 * is the same. Of the refusals of a pod for one reason the first is a line, and the others are counted in one line per
 * minute.
 *
 * <p>Thread-safe.
 */
public final class AuditLog {
    /** Name of the logger. Logs are filtered by it: it must not change. */
    public static final String LOGGER = "dev.holdfast.audit";

    private static final Logger log = LoggerFactory.getLogger(LOGGER);
    private static final String NOTHING = "-";
    /** More than the number of pods on a node. */
    private static final int REMEMBERED = 512;

    private final Map<String, String> lastWait = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, String> eldest) {
            return size() > REMEMBERED;
        }
    };

    private final RefusalCounts refusals;

    /**
     * Creates an empty log.
     *
     * @param nanoTime as {@link System#nanoTime}
     */
    public AuditLog(LongSupplier nanoTime) {
        refusals = new RefusalCounts(nanoTime);
    }

    /**
     * Peer of a request, and the request.
     *
     * @param process    name of its command as it reports it itself
     * @param startTicks empty when the process has ended
     * @param request    empty when no request could be parsed
     */
    public record Asker(
            int pid,
            int uid,
            String process,
            Optional<Long> startTicks,
            Optional<String> podUid,
            Optional<GrantRequest> request) {}

    public void write(Asker asker, Decision decision) {
        switch (decision) {
            case Decision.Grant granted -> {
                forget(asker);
                line(Level.INFO, "granted", NOTHING, asker, granted, "memlock limit granted");
            }
            case Decision.Wait wait -> {
                if (changed(asker, wait.message())) {
                    line(Level.INFO, "waiting", NOTHING, asker, null, wait.message());
                }
            }
            case Decision.Refuse refuse -> {
                if (refusals.isFirst(podUidOf(asker), refuse.reason().code())) {
                    line(Level.WARN, "refused", refuse.reason().code(), asker, null, refuse.message());
                }
            }
        }
        foldRefusals();
    }

    /** Writes the lines of refusals that were counted for a full interval. */
    public void foldRefusals() {
        refusals.due().forEach(AuditLog::line);
    }

    private static void line(RefusalCounts.Folded folded) {
        log.atWarn()
                .addKeyValue(LogKeys.DECISION, "refused")
                .addKeyValue(LogKeys.REASON, folded.reason())
                .addKeyValue(LogKeys.POD_UID, folded.podUid().isEmpty() ? NOTHING : folded.podUid())
                .addKeyValue("times", folded.times())
                .addKeyValue("seconds", RefusalCounts.INTERVAL.toSeconds())
                .log("refused again for the same reason");
    }

    private static void line(
            Level level,
            String decision,
            String reason,
            Asker asker,
            Decision.@Nullable Grant granted,
            String message) {
        Rlimit before = granted == null ? null : granted.before();
        log.atLevel(level)
                .addKeyValue(LogKeys.DECISION, decision)
                .addKeyValue(LogKeys.REASON, reason)
                .addKeyValue(
                        LogKeys.NAMESPACE,
                        asker.request().map(GrantRequest::namespace).orElse(NOTHING))
                .addKeyValue(
                        LogKeys.NAME, asker.request().map(GrantRequest::name).orElse(NOTHING))
                .addKeyValue(LogKeys.POD_UID, asker.podUid().orElse(NOTHING))
                .addKeyValue(LogKeys.PID, asker.pid())
                .addKeyValue(
                        "startTicks", asker.startTicks().map(String::valueOf).orElse(NOTHING))
                .addKeyValue("uid", asker.uid())
                .addKeyValue("process", printable(asker.process()))
                .addKeyValue(LogKeys.MEASURED_BYTES, measured(asker))
                .addKeyValue("limitBytes", granted == null ? NOTHING : bytes(granted.limitBytes()))
                .addKeyValue("softBefore", before == null ? NOTHING : bytes(before.soft()))
                .addKeyValue("hardBefore", before == null ? NOTHING : bytes(before.hard()))
                .addKeyValue(LogKeys.DEVICES, granted == null ? NOTHING : devices(granted.devices()))
                .log(message);
    }

    private static String measured(Asker asker) {
        return asker.request()
                .map(GrantRequest::measuredBytes)
                .map(String::valueOf)
                .orElse(NOTHING);
    }

    private static String bytes(long limit) {
        return limit == Rlimit.INFINITY ? "unlimited" : Long.toUnsignedString(limit);
    }

    private static String devices(List<GrantedDevice> devices) {
        return devices.stream()
                .map(device -> device.name() + "=" + String.join("+", device.pciAddresses()))
                .reduce((some, more) -> some + "," + more)
                .orElse(NOTHING);
    }

    /**
     * Replaces all but harmless ASCII characters: the peer selects its name itself, and must not write keys or lines
     * into the log.
     */
    private static String printable(String name) {
        return name.replaceAll("[^ !#-~]", "?");
    }

    private boolean changed(Asker asker, String message) {
        synchronized (lastWait) {
            return !message.equals(lastWait.put(podUidOf(asker), message));
        }
    }

    private void forget(Asker asker) {
        synchronized (lastWait) {
            lastWait.remove(podUidOf(asker));
        }
    }

    /** Key of the bounds: the pod, so that a peer does not get more lines by requests with many names. */
    private static String podUidOf(Asker asker) {
        return asker.podUid().orElse("");
    }
}
