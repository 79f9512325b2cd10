package dev.holdfast.plan.lifecycle;

import dev.holdfast.api.Cause;
import dev.holdfast.api.Reason;
import dev.holdfast.plan.observed.PodState.Ended;
import dev.holdfast.plan.observed.PodState.Exit;
import dev.holdfast.plan.observed.QemuLog;
import dev.holdfast.plan.pod.VmPod;
import java.util.Optional;

/**
 * Explains why a pod ended, in one message. The container's termination message is the launcher's message, or else the end of
 * the container's output: the guest's console and QEMU's messages.
 */
final class TerminationCause {
    /** The kubelet's reason for a pod whose devices are not registered. */
    private static final String REFUSED = "UnexpectedAdmissionError";

    private TerminationCause() {}

    /**
     * Returns the most specific known cause.
     *
     * @param logs    the command that shows the container's output
     * @param granted whether QEMU had its limit
     */
    static Cause cause(Ended ended, String logs, boolean granted) {
        Exit exit = ended.exit();
        if (ended.succeeded()) {
            return new Cause(Reason.GuestStopped, "the guest powered itself off");
        }
        if (exit.outOfMemory()) {
            return new Cause(
                    Reason.OutOfMemory,
                    "the kernel killed QEMU because the pod used more memory than its limit allows; "
                            + "please report it with the pod's annotation %s".formatted(VmPod.OVERHEAD_ANNOTATION));
        }
        if (exit.isLaunchers() && ended.terminationMessage().isPresent()) {
            return new Cause(Reason.LaunchFailed, ended.terminationMessage().get());
        }
        if (ended.podReason().isPresent() && !(granted && exit.unknown() && isRefused(ended))) {
            return ended.podReason().get();
        }
        if (exit.unknown()) {
            return new Cause(
                    granted ? Reason.GuestFailed : Reason.LaunchFailed,
                    "the node was restarted or has lost the container; the exit status of %s is unknown"
                            .formatted(granted ? "QEMU" : "the launcher"));
        }
        Optional<String> error = ended.terminationMessage().flatMap(QemuLog::error);
        if (error.isPresent()) {
            return new Cause(
                    Reason.QemuFailed,
                    "QEMU ended with %s and reported \"%s\"; %s`%s` shows more"
                            .formatted(
                                    text(exit),
                                    error.get(),
                                    ended.terminationMessage()
                                            .map(QemuLog::advice)
                                            .orElse(""),
                                    logs));
        }
        if (granted && exit.status() == Exit.PANIC_OR_ERROR) {
            return new Cause(
                    Reason.GuestPanicked,
                    "the guest's kernel panicked, so QEMU ended with status 1; `%s` shows the guest's console"
                            .formatted(logs));
        }
        if (granted) {
            return new Cause(
                    Reason.GuestFailed,
                    "QEMU ended with %s; `%s` shows the end of its output".formatted(text(exit), logs));
        }
        return new Cause(
                Reason.LaunchFailed,
                "the launcher ended with %s before QEMU had its limit%s; `%s` shows why"
                        .formatted(
                                text(exit),
                                ended.terminationMessage()
                                        .flatMap(QemuLog::lastLine)
                                        .map(line -> " and reported \"" + line + "\"")
                                        .orElse(""),
                                logs));
    }

    /**
     * Returns whether a kubelet refused the pod, as after a restart of its node before the agent has registered the devices. Its
     * message is about the devices, and not about the machine that ran.
     */
    private static boolean isRefused(Ended ended) {
        return ended.podReason().filter(cause -> REFUSED.equals(cause.reason())).isPresent();
    }

    /** Describes an exit; runtimes report death by signal n as status 128 + n. */
    private static String text(Exit exit) {
        return exit.status() > 128
                ? "signal %d (status %d)".formatted(exit.status() - 128, exit.status())
                : "status %d".formatted(exit.status());
    }
}
