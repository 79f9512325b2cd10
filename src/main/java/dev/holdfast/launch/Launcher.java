package dev.holdfast.launch;

import dev.holdfast.grant.GrantAnswer;
import dev.holdfast.grant.GrantRequest;
import dev.holdfast.host.kernel.Rlimit;
import dev.holdfast.launch.disk.DiskException;
import dev.holdfast.launch.disk.DiskPreparation;
import dev.holdfast.launch.disk.KeptOpenFiles;
import dev.holdfast.pci.PciAddress;
import dev.holdfast.qemu.argv.DiskFacts;
import dev.holdfast.qemu.argv.FirmwareFiles;
import dev.holdfast.qemu.argv.InheritedDescriptors;
import dev.holdfast.qemu.argv.NodeFacts;
import dev.holdfast.qemu.argv.NodeFacts.Accelerator;
import dev.holdfast.qemu.argv.QemuArgv;
import dev.holdfast.qemu.dryrun.DryRun;
import dev.holdfast.qemu.shape.QemuShape;
import dev.holdfast.qemu.shape.QemuShapeJson;
import dev.holdfast.text.LogKeys;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts QEMU for a shape: measures the memory, requests the grant, checks the limit, builds the command line, and replaces
 * this process by QEMU.
 */
public final class Launcher {
    private static final Logger log = LoggerFactory.getLogger(Launcher.class);

    /** Time limit: ten times what QEMU requires for half a tebibyte. */
    private static final Duration DRY_RUN = Duration.ofSeconds(5);

    /** Time limit with emulation; the node is often emulated too then. */
    private static final Duration EMULATED_DRY_RUN = Duration.ofSeconds(30);

    private final GrantRequester grants;
    private final MemoryProbe probe;
    private final OwnProcess process;
    private final LauncherEnvironment environment;
    private final InstantSource clock;
    private final Sleeper sleeper;

    public Launcher(
            GrantRequester grants,
            MemoryProbe probe,
            OwnProcess process,
            LauncherEnvironment environment,
            InstantSource clock,
            Sleeper sleeper) {
        this.grants = grants;
        this.probe = probe;
        this.process = process;
        this.environment = environment;
        this.clock = clock;
        this.sleeper = sleeper;
    }

    /**
     * Replaces this process by QEMU; returns only by throwing.
     *
     * @param shapeJson {@link QemuShape} as written by {@link QemuShapeJson}
     * @param started   when this process started
     * @param limits    time limits for the grant
     * @throws LaunchException with the termination message
     */
    public void launch(String shapeJson, Instant started, GrantWait.Limits limits) throws LaunchException {
        try (KeptOpenFiles files = new KeptOpenFiles()) {
            launch(shape(shapeJson), files, started, limits);
        }
    }

    private void launch(QemuShape shape, KeptOpenFiles files, Instant started, GrantWait.Limits limits)
            throws LaunchException {
        // Both are checked before the request: an unused grant would be misleading.
        Path qemu = environment
                .find(QemuArgv.PROGRAM)
                .orElseThrow(() -> LaunchException.failed("%s is not on the PATH %s; use a launcher image that has it"
                        .formatted(QemuArgv.PROGRAM, environment.path())));
        Accelerator accelerator = accelerator(shape);
        List<String> qemuEnvironment =
                environment.environmentForQemu(shape.options().timezone());
        FirmwareFiles firmware = shape.options().uefi() == null
                ? null
                : environment.firmware().prepare(shape.options().uefi(), files);
        Map<String, DiskFacts> disks = disks(shape, files);
        new MachineFiles(environment.root(), files).open(shape);
        Long measuredBytes = measure(shape, qemu, qemuEnvironment, accelerator, firmware);
        Instant asked = clock.instant();
        GrantAnswer.Granted granted = new GrantWait(grants, clock, sleeper, limits)
                .await(new GrantRequest(shape.namespace(), shape.name(), measuredBytes));
        Instant answered = clock.instant();
        checkLimit(granted.limitBytes());
        List<String> argv = argv(shape, accelerator, granted, firmware, disks, files.opened());
        log.atInfo()
                .addKeyValue(LogKeys.VM, shape.namespace() + "/" + shape.name())
                .addKeyValue("limit", Rlimit.text(granted.limitBytes()))
                .addKeyValue("accelerator", accelerator)
                .addKeyValue("waitedMs", Duration.between(asked, answered).toMillis())
                .addKeyValue(
                        "totalMs", Duration.between(started, clock.instant()).toMillis())
                .addKeyValue("argv", argv)
                .log("executing QEMU");
        System.out.flush();
        System.err.flush();
        try {
            process.execve(qemu.toString(), argv, qemuEnvironment, files.descriptors());
        } catch (IOException e) {
            throw LaunchException.failed(e);
        }
    }

    /** Returns what VFIO will map, in bytes; null when it cannot be measured, and the planned limit then applies. */
    private @Nullable Long measure(
            QemuShape shape,
            Path qemu,
            List<String> environment,
            Accelerator accelerator,
            @Nullable FirmwareFiles firmware) {
        Duration limit = accelerator == Accelerator.KVM ? DRY_RUN : EMULATED_DRY_RUN;
        return switch (probe.measure(qemu, environment, shape, accelerator, firmware, limit)) {
            case DryRun.Outcome.Measured measured -> {
                log.atInfo()
                        .addKeyValue(LogKeys.MEASURED_BYTES, measured.bytes())
                        .addKeyValue("tookMs", measured.took().toMillis())
                        .addKeyValue("qemuCpuMs", measured.cpu().toMillis())
                        .log("measured in a dry-run what VFIO will map");
                yield measured.bytes();
            }
            case DryRun.Outcome.Failed failed -> {
                log.atWarn()
                        .addKeyValue(LogKeys.MESSAGE, failed.message())
                        .log("no measurement; the planned limit applies");
                yield null;
            }
        };
    }

    private static QemuShape shape(String json) throws LaunchException {
        try {
            return QemuShapeJson.read(json);
        } catch (IllegalArgumentException e) {
            throw LaunchException.unusable(e);
        }
    }

    private Accelerator accelerator(QemuShape shape) throws LaunchException {
        if (environment.kvmOpens()) {
            return Accelerator.KVM;
        }
        if (shape.allowEmulation()) {
            return Accelerator.TCG;
        }
        throw LaunchException.failed(
                "%s cannot be opened for reading and writing and emulation is not allowed; use a node with KVM or start the operator with --allow-emulation"
                        .formatted(environment.kvm()));
    }

    /** Checks the limit against the grant: QEMU would fail much later, with a less helpful message. */
    private void checkLimit(long grantedBytes) throws LaunchException {
        Rlimit own;
        try {
            own = process.memlockLimit();
        } catch (IOException e) {
            throw LaunchException.failed(e);
        }
        if (Long.compareUnsigned(own.soft(), grantedBytes) < 0 || Long.compareUnsigned(own.hard(), grantedBytes) < 0) {
            throw LaunchException.failed(
                    "the agent granted %s of locked memory, but the limit is %s (soft) and %s (hard); check what has lowered it since"
                            .formatted(Rlimit.text(grantedBytes), Rlimit.text(own.soft()), Rlimit.text(own.hard())));
        }
    }

    private static List<PciAddress> functions(GrantAnswer.NamedDevice device) {
        return device.pciAddresses().stream()
                .map(address -> NodeFacts.address(device.name(), address))
                .toList();
    }

    private Map<String, DiskFacts> disks(QemuShape shape, KeptOpenFiles files) throws LaunchException {
        try {
            return new DiskPreparation(environment.root(), files).prepare(shape.disks());
        } catch (DiskException e) {
            throw LaunchException.failed(e);
        }
    }

    private List<String> argv(
            QemuShape shape,
            Accelerator accelerator,
            GrantAnswer.Granted granted,
            @Nullable FirmwareFiles firmware,
            Map<String, DiskFacts> disks,
            InheritedDescriptors opened)
            throws LaunchException {
        try {
            Map<String, List<PciAddress>> devices = granted.devices().stream()
                    .collect(Collectors.toMap(GrantAnswer.NamedDevice::name, Launcher::functions));
            NodeFacts node = environment
                    .hardware()
                    .facts(accelerator, devices)
                    .with(firmware)
                    .with(disks, SearchDomains.of(environment.root().resolve("etc/resolv.conf")))
                    .with(opened);
            environment.hardware().checkCliques(shape, node);
            return QemuArgv.of(shape, node);
        } catch (IllegalArgumentException | IllegalStateException e) {
            // The latter for a duplicate name.
            throw LaunchException.failed(e);
        }
    }
}
