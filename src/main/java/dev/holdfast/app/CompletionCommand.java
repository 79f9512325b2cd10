package dev.holdfast.app;

import java.io.PrintWriter;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code holdfast completion}: prints a script by which the shell completes commands and options. */
@Command(
        name = "completion",
        description = {
            "Prints a script by which the shell completes commands and options.",
            "For bash: source <(holdfast completion bash), in ~/.bashrc. For zsh the same in ~/.zshrc."
        },
        mixinStandardHelpOptions = true,
        versionProvider = Version.class)
final class CompletionCommand implements Callable<Integer> {
    /** The script is the same: zsh runs it by its own bashcompinit, which the script loads. */
    private enum Shell {
        bash,
        zsh
    }

    @Parameters(paramLabel = "SHELL", description = "${COMPLETION-CANDIDATES}")
    private Shell shell = Shell.bash;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        out.print(script());
        out.flush();
        return 0;
    }

    /** The model of this call has no other command. */
    private String script() {
        return switch (shell) {
            case bash, zsh -> AutoComplete.bash("holdfast", Holdfast.commandLine());
        };
    }
}
