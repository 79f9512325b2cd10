package dev.holdfast.agent.grant;

import dev.holdfast.agent.grant.decision.Decision;
import dev.holdfast.api.node.GrantedDevice;
import dev.holdfast.grant.GrantRequest;
import dev.holdfast.host.kernel.Rlimit;
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
 * Who was given what, and who was not: lines with the same keys in the same order, under a logger's name of its own. Each
 * grant is a line. A pod that has to wait asks several times a second, which is one line as long as the answer is the
 * same; of a pod's refusals for one reason the first is a line, and the others one line in a minute that says how many
 * they were.
 *
 * <p>Thread-safe.
 */
public final class AuditLog {
    /** Part of what operators of a cluster filter by: not to be changed. */
    public static final String LOGGER = "dev.holdfast.audit";

    private static final Logger log = LoggerFactory.getLogger(LOGGER);
    private static final String NOTHING = "-";
    /** More than the pods of a node. */
    private static final int REMEMBERED = 512;

    private final Map<String, String> lastWait = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, String> eldest) {
            return size() > REMEMBERED;
        }
    };

    private final RefusalCounts refusals;

    /** @param nanoTime as {@link System#nanoTime} */
    public AuditLog(LongSupplier nanoTime) {
        refusals = new RefusalCounts(nanoTime);
    }

    /**
     * Who asked, and for what.
     *
     * @param process    the name of its command, as it says itself
     * @param startTicks empty when the process has ended
     * @param claim      empty when none could be made out
     */
    public record Asker(
            int pid,
            int uid,
            String process,
            Optional<Long> startTicks,
            Optional<String> podUid,
            Optional<GrantRequest> claim) {}

    public void write(Asker asker, Decision decision) {
        switch (decision) {
            case Decision.Grant granted -> {
                forget(asker);
                line(Level.INFO, "granted", NOTHING, asker, granted, "memlock limit granted");
            }
            case Decision.Wait wait -> {
                if (changed(asker, wait.sentence())) {
                    line(Level.INFO, "waiting", NOTHING, asker, null, wait.sentence());
                }
            }
            case Decision.Refuse refuse -> {
                if (refusals.isFirst(who(asker), refuse.reason().code())) {
                    line(Level.WARN, "refused", refuse.reason().code(), asker, null, refuse.sentence());
                }
            }
        }
        foldRefusals();
    }

    /** Writes the lines of refusals that were counted for a whole interval. */
    public void foldRefusals() {
        refusals.due().forEach(AuditLog::line);
    }

    private static void line(RefusalCounts.Folded folded) {
        log.atWarn()
                .addKeyValue("decision", "refused")
                .addKeyValue("reason", folded.reason())
                .addKeyValue("podUID", folded.podUid().isEmpty() ? NOTHING : folded.podUid())
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
            String sentence) {
        Rlimit before = granted == null ? null : granted.before();
        log.atLevel(level)
                .addKeyValue("decision", decision)
                .addKeyValue("reason", reason)
                .addKeyValue(
                        "namespace", asker.claim().map(GrantRequest::namespace).orElse(NOTHING))
                .addKeyValue("name", asker.claim().map(GrantRequest::name).orElse(NOTHING))
                .addKeyValue("podUID", asker.podUid().orElse(NOTHING))
                .addKeyValue("pid", asker.pid())
                .addKeyValue(
                        "startTicks", asker.startTicks().map(String::valueOf).orElse(NOTHING))
                .addKeyValue("uid", asker.uid())
                .addKeyValue("process", printable(asker.process()))
                .addKeyValue("measuredBytes", measured(asker))
                .addKeyValue("limitBytes", granted == null ? NOTHING : bytes(granted.limitBytes()))
                .addKeyValue("softBefore", before == null ? NOTHING : bytes(before.soft()))
                .addKeyValue("hardBefore", before == null ? NOTHING : bytes(before.hard()))
                .addKeyValue("devices", granted == null ? NOTHING : devices(granted.devices()))
                .log(sentence);
    }

    private static String measured(Asker asker) {
        return asker.claim()
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

    /** The peer chose its name itself; it shall not write keys or lines of its own into the log. */
    private static String printable(String name) {
        return name.replaceAll("[^ !#-~]", "?");
    }

    private boolean changed(Asker asker, String sentence) {
        synchronized (lastWait) {
            return !sentence.equals(lastWait.put(who(asker), sentence));
        }
    }

    private void forget(Asker asker) {
        synchronized (lastWait) {
            lastWait.remove(who(asker));
        }
    }

    /** Bounded per pod, so that nobody gets lines by asking in many names. */
    private static String who(Asker asker) {
        return asker.podUid().orElse("");
    }
}
