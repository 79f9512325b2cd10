package dev.holdfast.launch;

import dev.holdfast.grant.GrantAnswer;
import dev.holdfast.grant.GrantRequest;
import dev.holdfast.host.kernel.Rlimit;
import dev.holdfast.launch.disk.DiskException;
import dev.holdfast.launch.disk.DiskPreparation;
import dev.holdfast.launch.disk.OpenFiles;
import dev.holdfast.qemu.argv.DiskFacts;
import dev.holdfast.qemu.argv.FirmwareFiles;
import dev.holdfast.qemu.argv.NodeFacts;
import dev.holdfast.qemu.argv.NodeFacts.Accelerator;
import dev.holdfast.qemu.argv.OpenedFiles;
import dev.holdfast.qemu.argv.QemuArgv;
import dev.holdfast.qemu.dryrun.DryRun;
import dev.holdfast.qemu.shape.QemuShape;
import dev.holdfast.qemu.shape.QemuShapeJson;
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

/** From a shape to QEMU: measure, ask for the grant, check that it holds, build the command line, become QEMU. */
public final class Launcher {
    private static final Logger log = LoggerFactory.getLogger(Launcher.class);

    /** Ten times what QEMU needs for half a tebibyte. */
    private static final Duration DRY_RUN = Duration.ofSeconds(5);

    /** Where the guest is emulated the node often is as well. */
    private static final Duration EMULATED_DRY_RUN = Duration.ofSeconds(30);

    private final GrantService grants;
    private final MemoryProbe measurement;
    private final ProcessImage process;
    private final LauncherEnvironment surroundings;
    private final InstantSource clock;
    private final Sleeper pause;

    public Launcher(
            GrantService grants,
            MemoryProbe measurement,
            ProcessImage process,
            LauncherEnvironment surroundings,
            InstantSource clock,
            Sleeper pause) {
        this.grants = grants;
        this.measurement = measurement;
        this.process = process;
        this.surroundings = surroundings;
        this.clock = clock;
        this.pause = pause;
    }

    /**
     * Becomes QEMU; returns only by throwing.
     *
     * @param shapeJson {@link QemuShape} as {@link QemuShapeJson} writes it
     * @param started   when this process started
     * @param patience  how long to wait for the grant
     * @throws LaunchException with the sentence for the termination message
     */
    public void launch(String shapeJson, Instant started, Duration patience) throws LaunchException {
        try (OpenFiles files = new OpenFiles()) {
            launch(shape(shapeJson), files, started, patience);
        }
    }

    private void launch(QemuShape shape, OpenFiles files, Instant started, Duration patience) throws LaunchException {
        // Both are known before the agent is asked: a grant that cannot be used only confuses.
        Path qemu = surroundings
                .find(QemuArgv.PROGRAM)
                .orElseThrow(() -> LaunchException.failed("%s is not on the PATH %s; use a launcher image that has it"
                        .formatted(QemuArgv.PROGRAM, surroundings.path())));
        Accelerator accelerator = accelerator(shape);
        List<String> environment = surroundings.environmentForQemu(shape.board().timezone());
        FirmwareFiles firmware = shape.board().uefi() == null
                ? null
                : surroundings.firmware().prepare(shape.board().uefi(), files);
        Map<String, DiskFacts> disks = disks(shape, files);
        new MachineFiles(surroundings.root(), files).open(shape);
        Long measuredBytes = measure(shape, qemu, environment, accelerator, firmware);
        Instant asked = clock.instant();
        GrantAnswer.Granted granted = new GrantWait(grants, clock, pause, patience)
                .await(new GrantRequest(shape.namespace(), shape.name(), measuredBytes));
        Instant answered = clock.instant();
        checkLimit(granted.limitBytes());
        List<String> argv = argv(shape, accelerator, granted, firmware, disks, files.opened());
        log.atInfo()
                .addKeyValue("vm", shape.namespace() + "/" + shape.name())
                .addKeyValue("limit", Rlimit.text(granted.limitBytes()))
                .addKeyValue("accelerator", accelerator)
                .addKeyValue("waitedMs", Duration.between(asked, answered).toMillis())
                .addKeyValue(
                        "totalMs", Duration.between(started, clock.instant()).toMillis())
                .addKeyValue("argv", argv)
                .log("becoming QEMU");
        System.out.flush();
        System.err.flush();
        try {
            process.execve(qemu.toString(), argv, environment, files.descriptors());
        } catch (IOException e) {
            throw LaunchException.failed(e);
        }
    }

    /** What VFIO will map; null when QEMU does not tell, which the planned limit does without. */
    private @Nullable Long measure(
            QemuShape shape,
            Path qemu,
            List<String> environment,
            Accelerator accelerator,
            @Nullable FirmwareFiles firmware) {
        Duration limit = accelerator == Accelerator.KVM ? DRY_RUN : EMULATED_DRY_RUN;
        return switch (measurement.measure(qemu, environment, shape, accelerator, firmware, limit)) {
            case DryRun.Outcome.Measured measured -> {
                log.atInfo()
                        .addKeyValue("measuredBytes", measured.bytes())
                        .addKeyValue("tookMs", measured.took().toMillis())
                        .addKeyValue("qemuCpuMs", measured.cpu().toMillis())
                        .log("QEMU told in a dry-run what VFIO will map");
                yield measured.bytes();
            }
            case DryRun.Outcome.Failed failed -> {
                log.atWarn()
                        .addKeyValue("reason", failed.sentence())
                        .log("no measurement, so the planned limit decides alone");
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
        if (surroundings.kvmOpens()) {
            return Accelerator.KVM;
        }
        if (shape.allowEmulation()) {
            return Accelerator.TCG;
        }
        throw LaunchException.failed(
                "%s cannot be opened for reading and writing and emulation is not allowed; use a node with KVM or start the operator with --allow-emulation"
                        .formatted(surroundings.kvm()));
    }

    /** The agent's word is checked against the kernel's: QEMU would fail much later and say less. */
    private void checkLimit(long grantedBytes) throws LaunchException {
        Rlimit own;
        try {
            own = process.memlockLimit();
        } catch (IOException e) {
            throw LaunchException.failed(e);
        }
        if (Long.compareUnsigned(own.soft(), grantedBytes) < 0 || Long.compareUnsigned(own.hard(), grantedBytes) < 0) {
            throw LaunchException.failed(
                    "the agent granted %s of locked memory, but the kernel says %s (soft) and %s (hard); did something lower it since?"
                            .formatted(Rlimit.text(grantedBytes), Rlimit.text(own.soft()), Rlimit.text(own.hard())));
        }
    }

    private Map<String, DiskFacts> disks(QemuShape shape, OpenFiles files) throws LaunchException {
        try {
            return new DiskPreparation(surroundings.root(), files).prepare(shape.disks());
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
            OpenedFiles opened)
            throws LaunchException {
        try {
            Map<String, List<String>> devices = granted.devices().stream()
                    .collect(Collectors.toMap(GrantAnswer.NamedDevice::name, GrantAnswer.NamedDevice::pciAddresses));
            NodeFacts node = surroundings
                    .hardware()
                    .facts(accelerator, devices)
                    .with(firmware)
                    .with(disks, SearchDomains.of(surroundings.root().resolve("etc/resolv.conf")))
                    .with(opened);
            surroundings.hardware().checkCliques(shape, node);
            return QemuArgv.of(shape, node);
        } catch (IllegalArgumentException | IllegalStateException e) {
            // The latter for a name that comes twice.
            throw LaunchException.failed(e);
        }
    }
}
