package dev.holdfast.app;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.holdfast.cli.DevicesReport;
import dev.holdfast.cli.DevicesTable;
import dev.holdfast.cli.Terminal;
import dev.holdfast.host.pci.PciIds;
import dev.holdfast.host.pci.Sysfs;
import dev.holdfast.host.pci.ThisHost;
import dev.holdfast.host.usage.PciUsers;
import dev.holdfast.inventory.HostUse;
import dev.holdfast.inventory.KvmDeviceNode;
import dev.holdfast.text.Quoted;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code holdfast devices}: checks any Linux host, without a cluster and without root. */
@Command(
        name = "devices",
        description =
                "Shows which devices of this host can be passed through, what prevents the others, and the remedies.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class)
final class DevicesCommand implements Callable<Integer> {
    private enum Output {
        table,
        json
    }

    @Option(
            names = "--sysfs",
            paramLabel = "DIR",
            description = "A sysfs, or a copy of another host's sysfs; then nothing else of this host is read."
                    + " Default: /sys.")
    private @Nullable Path sysfs;

    @Option(
            names = "--pci-ids",
            paramLabel = "FILE",
            description =
                    "Names of devices. Default: /usr/share/misc/pci.ids or /usr/share/hwdata/pci.ids, if present.")
    private @Nullable Path pciIds;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            defaultValue = "table",
            description = "${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    private Output output = Output.table;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws JsonProcessingException {
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        DevicesReport report;
        try {
            PciIds names = pciIds == null ? PciIds.usual() : PciIds.at(pciIds);
            report =
                    sysfs == null ? ofThisHost(names) : DevicesReport.of(new Sysfs(sysfs, names), HostUse.UNSEEN, null);
        } catch (IOException e) {
            spec.commandLine().getErr().println(Quoted.escaped("holdfast devices: " + e.getMessage()));
            return Holdfast.UNUSABLE_INPUT;
        }
        // A copied sysfs may have any names.
        (output == Output.json ? json(report) : DevicesTable.of(report, Terminal.width()))
                .lines()
                .map(Quoted::escaped)
                .forEach(out::println);
        out.flush();
        return 0;
    }

    private static DevicesReport ofThisHost(PciIds names) throws IOException {
        Path sys = Path.of("/sys");
        return DevicesReport.of(
                new Sysfs(sys, names).of(ThisHost.real()),
                HostUse.seenBy(new PciUsers(sys, Path.of("/proc"))),
                new KvmDeviceNode(Path.of("/dev/kvm")));
    }

    private static String json(DevicesReport report) throws JsonProcessingException {
        return JsonMapper.builder()
                        .enable(SerializationFeature.INDENT_OUTPUT)
                        .build()
                        .writeValueAsString(report)
                + System.lineSeparator();
    }
}
