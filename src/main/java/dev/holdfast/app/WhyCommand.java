package dev.holdfast.app;

import dev.holdfast.user.why.WhyReader;
import java.io.PrintWriter;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code holdfast why}: shows what is in the way of a VM, as a tree. */
@Command(
        name = "why",
        description = {
            "Shows what is in the way of a PassthroughVM, as a tree: VM, pod, claims, device classes, nodes, IOMMU groups,"
                    + " functions. Objects that the user may not read are named, and the others are shown.",
            "Exit status: 0; 1 if the VM cannot be read; 2 for input that cannot be used."
        },
        mixinStandardHelpOptions = true,
        versionProvider = Version.class)
final class WhyCommand implements Callable<Integer> {
    @Parameters(paramLabel = "NAME", description = "Name of the PassthroughVM.")
    private String name = "";

    @Mixin
    private ClusterOptions cluster = new ClusterOptions();

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        return cluster.run(spec, connected -> {
            WhyReader.lines(connected, name).forEach(out::println);
            out.flush();
            return 0;
        });
    }
}
