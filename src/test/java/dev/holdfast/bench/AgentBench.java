package dev.holdfast.bench;

import dev.holdfast.agent.grant.RealAgent;
import dev.holdfast.agent.grant.WaitingLauncher;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Allocation;
import dev.holdfast.api.node.Grant;
import dev.holdfast.testbed.Build;
import dev.holdfast.testbed.Training;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * The agent of a big node at rest, and over a long life: what it holds on to after many uevents and grants, and whether anything is lost when it is
 * killed at random moments while launchers ask.
 */
@SuppressWarnings("SystemOut") // What is wrong goes beside the table.
final class AgentBench implements Bench {
    private static final int GPUS = 16;
    private static final int UEVENTS = 10_000;
    private static final int GRANTS = 2_000;
    private static final int KILLS = 100;
    private static final long BUDGET_KIB = 128 * 1024;
    /** Possible growth of the limited heap and the limited code cache, which are filled over time. */
    private static final long NO_GROWTH_KIB = 8 * 1024;

    private static final long FEW = 8;

    private static final long LIMIT_BYTES = 4L << 20;
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    @Override
    public String name() {
        return "agent";
    }

    @Override
    public List<Figure> measure() throws Exception {
        Path folder = Path.of("target/agent-bench").toAbsolutePath();
        Training.ensure(Build.here());
        List<Figure> figures = new ArrayList<>();
        for (Allocation allocation : Allocation.values()) {
            figures.addAll(BigNode.figures(Build.here(), allocation));
        }
        try (RealAgent agent = new RealAgent(Build.here(), folder, GPUS, Allocation.DevicePlugin)) {
            figures.addAll(life(agent));
            figures.addAll(deaths(agent));
        }
        return figures;
    }

    private static List<Figure> life(RealAgent agent) throws IOException {
        work(agent, "early", UEVENTS / 4, GRANTS / 4);
        long descriptors = agent.descriptors();
        long threads = agent.threads();
        long early = agent.residentKib();
        work(agent, "late", UEVENTS - UEVENTS / 4, GRANTS - GRANTS / 4);
        long late = agent.residentKib();
        double heard = agent.metric("holdfast_uevents_total");
        return List.of(
                new Figure("uevents heard by the agent", "%.0f".formatted(heard), ">= " + UEVENTS, heard >= UEVENTS),
                new Figure(
                        "resident after %d uevents, %d grants".formatted(UEVENTS, GRANTS),
                        mib(late),
                        mib(BUDGET_KIB),
                        late <= BUDGET_KIB),
                new Figure(
                        "growth since a quarter of them",
                        mib(late - early),
                        mib(NO_GROWTH_KIB),
                        late - early <= NO_GROWTH_KIB),
                few("descriptors more than then", agent.descriptors() - descriptors),
                few("threads more than then", agent.threads() - threads));
    }

    /** Several VMs at a time start and end, while the kernel repeatedly sends uevents of a device. */
    private static void work(RealAgent agent, String prefix, int uevents, int grants) throws IOException {
        Path uevent = someDevice().resolve("uevent");
        int told = 0;
        for (int done = 0; done < grants; done += GPUS) {
            List<WaitingLauncher> launchers = new ArrayList<>();
            for (int gpu = 0; gpu < GPUS && done + gpu < grants; gpu++) {
                launchers.add(agent.launcher(prefix + (done + gpu), gpu, LIMIT_BYTES));
            }
            launchers.forEach(WaitingLauncher::go);
            for (long upTo = (long) uevents * (done + GPUS) / grants; told < Math.min(upTo, uevents); told++) {
                Files.writeString(uevent, "change");
            }
            for (WaitingLauncher launcher : launchers) {
                check(launcher);
            }
            launchers.forEach(WaitingLauncher::close);
        }
        agent.awaitIdle(PATIENCE);
    }

    private static List<Figure> deaths(RealAgent agent) throws IOException {
        Random random = new Random(20261122);
        List<String> wrong = new ArrayList<>();
        List<String> twice = new ArrayList<>();
        for (int kill = 0; kill < KILLS; kill++) {
            List<WaitingLauncher> launchers = new ArrayList<>();
            for (int gpu = 0; gpu < 3; gpu++) {
                launchers.add(agent.launcher("k%d-%d".formatted(kill, gpu), gpu, LIMIT_BYTES + kill));
            }
            launchers.forEach(WaitingLauncher::go);
            LockSupport.parkNanos(random.nextLong(TimeUnit.MILLISECONDS.toNanos(40)));
            agent.killAgent();
            for (WaitingLauncher launcher : launchers) {
                launcher.wrong().ifPresent(wrong::add);
            }
            twice.addAll(handedOutTwice(agent));
            launchers.forEach(WaitingLauncher::close);
        }
        agent.awaitIdle(PATIENCE);
        List<String> files = agent.files();
        List<String> left = files.stream()
                .filter(file -> !Set.of(
                                "cdi/holdfast.dev-grant.json",
                                "cdi/holdfast.dev-vfio.json",
                                "dp/holdfast-gpu.sock",
                                "dp/holdfast-grant.sock",
                                "dp/kubelet.sock",
                                "grant/grant.sock")
                        .contains(file))
                .toList();
        return List.of(
                none(KILLS + " agents killed: launchers without their limit", wrong),
                none("devices in two grants at once", twice),
                none("files left behind", left));
    }

    private static List<String> handedOutTwice(RealAgent agent) {
        Set<String> seen = new HashSet<>();
        return agent.status().stream()
                .flatMap(status -> Stream.ofNullable(status.grants()).flatMap(List::stream))
                .map(Grant::devices)
                .flatMap(List::stream)
                .flatMap(device -> device.pciAddresses().stream())
                .filter(address -> !seen.add(address))
                .toList();
    }

    private static void check(WaitingLauncher launcher) throws IOException {
        launcher.wrong().ifPresent(message -> {
            throw new IllegalStateException(message);
        });
    }

    /** A device of this host whose uevent root can trigger again. */
    private static Path someDevice() throws IOException {
        try (Stream<Path> devices = Files.list(Path.of("/sys/bus/pci/devices"))) {
            return devices.filter(device -> Files.isWritable(device.resolve("uevent")))
                    .min(Path::compareTo)
                    .orElseThrow(
                            () -> new IllegalStateException(
                                    "There is no PCI device whose uevent may be written; run as root on a machine with a PCI bus."));
        }
    }

    private static Figure none(String what, List<String> found) {
        found.forEach(message -> System.err.println(what + ": " + message));
        return none(what, found.size());
    }

    private static Figure none(String what, long count) {
        return new Figure(what, Long.toString(count), "0", count <= 0);
    }

    /** Pools breathe; a leak would be hundreds. */
    private static Figure few(String what, long count) {
        return new Figure(what, Long.toString(count), Long.toString(FEW), count <= FEW);
    }

    private static String mib(long kib) {
        return "%.1f MiB".formatted(kib / 1024.0);
    }
}
