package dev.holdfast.agent;

import dev.holdfast.host.ConfigSpace;
import dev.holdfast.host.PciAddress;
import dev.holdfast.host.PciFunction;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Groups that a VM left in a state in which they do not answer any more: a read of their configuration space gives all
 * ones. Nobody gets them until they answer. Used by one thread.
 *
 * <p>Asked is when a group is given back, and when the agent starts, and never in between: a read wakes a sleeping
 * device.
 */
public final class Quarantine {
    private static final Logger log = LoggerFactory.getLogger(Quarantine.class);
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(10);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(5);

    private final ConfigSpace config;
    private final Clock clock;
    private final Map<String, Patient> patients = new TreeMap<>();

    private record Patient(List<PciAddress> members, String sentence, Duration pause, Instant nextTry) {}

    /** Empty at first. */
    public Quarantine(ConfigSpace config, Clock clock) {
        this.config = config;
        this.clock = clock;
    }

    /**
     * Looks whether a group that nobody holds answers; it is kept here when not, or let go when it does again.
     *
     * @param group on the bus
     */
    public void check(DeviceGroup group) {
        String id = group.id().toString();
        List<PciAddress> members = addresses(group);
        List<PciAddress> silent = silent(members);
        if (silent.isEmpty()) {
            release(id);
        } else if (!patients.containsKey(id)) {
            String sentence = sentence(silent);
            patients.put(id, new Patient(members, sentence, FIRST_PAUSE, clock.instant()));
            log.atWarn().addKeyValue("group", id).log(sentence);
        }
    }

    /**
     * Resets those whose time has come and looks again. Those that have left the bus, or were handed out before it was
     * known, are forgotten.
     *
     * @param free the groups on the bus that nobody holds, by ID
     */
    public void treat(Map<String, DeviceGroup> free) {
        patients.keySet().removeIf(id -> !free.containsKey(id));
        Instant now = clock.instant();
        patients.replaceAll((id, patient) -> now.isBefore(patient.nextTry()) ? patient : reset(patient));
        for (DeviceGroup group : free.values()) {
            if (patients.containsKey(group.id().toString())) {
                check(group);
            }
        }
    }

    /** Why nobody gets a group, by its ID. */
    public Map<String, String> sentences() {
        Map<String, String> sentences = new TreeMap<>();
        patients.forEach((id, patient) -> sentences.put(id, patient.sentence()));
        return Map.copyOf(sentences);
    }

    /** When {@link #treat} has something to do; empty when nothing is here. */
    public Optional<Instant> nextTry() {
        return patients.values().stream().map(Patient::nextTry).min(Instant::compareTo);
    }

    private Patient reset(Patient patient) {
        String trouble = "";
        for (PciAddress member : silent(patient.members())) {
            try {
                config.reset(member);
            } catch (IOException e) {
                trouble = "; the agent could not reset it: " + e.getMessage();
            }
        }
        Duration pause = patient.pause();
        Duration doubled = pause.multipliedBy(2);
        return new Patient(
                patient.members(),
                sentence(silent(patient.members())) + trouble,
                doubled.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : doubled,
                clock.instant().plus(pause));
    }

    private void release(String id) {
        if (patients.remove(id) != null) {
            log.atInfo().addKeyValue("group", id).log("the device answers again and is offered");
        }
    }

    private List<PciAddress> silent(List<PciAddress> members) {
        return members.stream().filter(member -> !config.answers(member)).toList();
    }

    private static List<PciAddress> addresses(DeviceGroup group) {
        return group.members().stream().map(PciFunction::address).toList();
    }

    private static String sentence(List<PciAddress> silent) {
        return silent.isEmpty()
                ? ""
                : silent.getFirst() + " does not answer: its configuration space reads as all ones; write 1 to"
                        + " /sys/bus/pci/devices/" + silent.getFirst()
                        + "/reset as root, or power the node off and on, then it is offered again";
    }
}
