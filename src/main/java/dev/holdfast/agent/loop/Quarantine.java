package dev.holdfast.agent.loop;

import dev.holdfast.host.pci.ConfigSpace;
import dev.holdfast.host.pci.PciAddress;
import dev.holdfast.host.pci.PciFunction;
import dev.holdfast.inventory.DeviceGroup;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Groups that a VM left in a state in which they do not answer any more: a read of their configuration space gives all
 * ones. Nobody gets them until they answer. Used by one thread; resets run on others, since the kernel may wait a minute
 * for a device that does not come back.
 *
 * <p>Asked is when a group becomes free: when it is given back, when a class begins to name it, when the agent starts.
 * Never in between: a read wakes a sleeping device.
 */
public final class Quarantine {
    private static final Logger log = LoggerFactory.getLogger(Quarantine.class);
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(10);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(5);

    private final ConfigSpace config;
    private final Executor executor;
    private final Runnable ended;
    private final Clock clock;
    private final Map<String, Patient> patients = new TreeMap<>();
    private final Queue<Treated> results = new ConcurrentLinkedQueue<>();

    /** @param nextTry null while a reset is under way */
    private record Patient(
            String sentence, Duration pause, @Nullable Instant nextTry) {}

    /** @param trouble empty when all resets were taken */
    private record Treated(String id, String trouble) {}

    /**
     * Empty at first.
     *
     * @param executor runs resets
     * @param ended    told after each, on whichever thread: it is time for a round
     */
    public Quarantine(ConfigSpace config, Executor executor, Runnable ended, Clock clock) {
        this.config = config;
        this.executor = executor;
        this.ended = ended;
        this.clock = clock;
    }

    /** Whether functions answer now. For any thread. */
    public boolean answer(Collection<PciAddress> functions) {
        return functions.stream().allMatch(config::answers);
    }

    /**
     * Looks whether a group that nobody holds answers; it is kept here when not, or let go when it does again.
     *
     * @param group on the bus
     */
    public void check(DeviceGroup group) {
        String id = group.id().toString();
        List<PciFunction> silent = silent(group);
        if (silent.isEmpty()) {
            release(id);
        } else if (!patients.containsKey(id)) {
            String sentence = sentence(silent);
            patients.put(id, new Patient(sentence, FIRST_PAUSE, clock.instant()));
            log.atWarn().addKeyValue("group", id).log(sentence);
        }
    }

    /**
     * Takes in what resets have brought, and starts those whose time has come. Groups that have left the bus, or were
     * handed out before it was known, are forgotten.
     *
     * @param free the groups on the bus that nobody holds, by ID
     */
    public void treat(Map<String, DeviceGroup> free) {
        patients.keySet().removeIf(id -> !free.containsKey(id));
        for (Treated result = results.poll(); result != null; result = results.poll()) {
            takeIn(result, free);
        }
        Instant now = clock.instant();
        patients.replaceAll((id, patient) -> {
            Instant due = patient.nextTry();
            if (due == null || now.isBefore(due)) {
                return patient;
            }
            List<PciFunction> silent = silent(Objects.requireNonNull(free.get(id)));
            executor.execute(() -> reset(id, silent));
            return new Patient(patient.sentence(), patient.pause(), null);
        });
    }

    /** Why nobody gets a group, by its ID. */
    public Map<String, String> sentences() {
        Map<String, String> sentences = new TreeMap<>();
        patients.forEach((id, patient) -> sentences.put(id, patient.sentence()));
        return Map.copyOf(sentences);
    }

    /** When {@link #treat} has something to do; empty when nothing is here. */
    public Optional<Instant> nextTry() {
        return patients.values().stream()
                .map(Patient::nextTry)
                .flatMap(Stream::ofNullable)
                .min(Instant::compareTo);
    }

    /** What has a driver made for it is left to that: it knows what a reset would lose, the type of a vGPU for one. */
    private void reset(String id, List<PciFunction> silent) {
        String trouble = "";
        for (PciFunction member : silent) {
            if (member.needsItsDriver()) {
                trouble = "; the agent resets nothing that is on " + member.driver() + ", whose log may say more";
                continue;
            }
            try {
                config.reset(member.address());
            } catch (IOException e) {
                trouble = "; the agent could not reset it: " + e.getMessage();
            }
        }
        results.add(new Treated(id, trouble));
        ended.run();
    }

    private void takeIn(Treated result, Map<String, DeviceGroup> free) {
        Patient patient = patients.get(result.id());
        DeviceGroup group = free.get(result.id());
        if (patient == null || group == null) {
            return;
        }
        List<PciFunction> silent = silent(group);
        if (silent.isEmpty()) {
            release(result.id());
            return;
        }
        Duration pause = patient.pause();
        Duration doubled = pause.multipliedBy(2);
        patients.put(
                result.id(),
                new Patient(
                        sentence(silent) + result.trouble(),
                        doubled.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : doubled,
                        clock.instant().plus(pause)));
    }

    private void release(String id) {
        if (patients.remove(id) != null) {
            log.atInfo().addKeyValue("group", id).log("the device answers again and is offered");
        }
    }

    private List<PciFunction> silent(DeviceGroup group) {
        return group.members().stream()
                .filter(member -> !config.answers(member.address()))
                .toList();
    }

    private static String sentence(List<PciFunction> silent) {
        PciAddress first = silent.getFirst().address();
        return first + " does not answer: its configuration space reads as all ones; write 1 to"
                + " /sys/bus/pci/devices/" + first
                + "/reset as root, or power the node off and on, then it is offered again";
    }
}
