package dev.holdfast.plan.lifecycle;

import dev.holdfast.api.Cause;
import dev.holdfast.api.Reason;
import dev.holdfast.plan.observed.PodState.Ended;
import dev.holdfast.plan.observed.PodState.Exit;
import dev.holdfast.plan.observed.QemuLog;
import dev.holdfast.plan.pod.VmPod;
import java.util.Optional;

/**
 * Why a pod ended, in one sentence. Its last words are the launcher's sentence, or else the end of the container's
 * output: the guest's console, and what QEMU says of itself.
 */
final class TerminationCause {
    /** The kubelet's reason for a pod whose devices it does not have. */
    private static final String REFUSED = "UnexpectedAdmissionError";

    private TerminationCause() {}

    /**
     * The most telling of what is known.
     *
     * @param logs    the command that shows the container's output
     * @param granted whether QEMU had been given its limit
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
        if (exit.isLaunchers() && ended.lastWords().isPresent()) {
            return new Cause(Reason.LaunchFailed, ended.lastWords().get());
        }
        if (ended.podReason().isPresent() && !(granted && exit.unknown() && isRefused(ended))) {
            return ended.podReason().get();
        }
        if (exit.unknown()) {
            return new Cause(
                    granted ? Reason.GuestFailed : Reason.LaunchFailed,
                    "the node was restarted or has lost the container, so how %s ended is unknown"
                            .formatted(granted ? "QEMU" : "the launcher"));
        }
        Optional<String> error = ended.lastWords().flatMap(QemuLog::error);
        if (error.isPresent()) {
            return new Cause(
                    Reason.QemuFailed,
                    "QEMU ended with %s and said \"%s\"; %s`%s` shows more"
                            .formatted(
                                    words(exit),
                                    error.get(),
                                    ended.lastWords().map(QemuLog::advice).orElse(""),
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
                    Reason.GuestFailed, "QEMU ended with %s; `%s` shows its last words".formatted(words(exit), logs));
        }
        return new Cause(
                Reason.LaunchFailed,
                "the launcher ended with %s before QEMU had its limit%s; `%s` shows why"
                        .formatted(
                                words(exit),
                                ended.lastWords()
                                        .flatMap(QemuLog::lastLine)
                                        .map(line -> " and said \"" + line + "\"")
                                        .orElse(""),
                                logs));
    }

    /**
     * After a restart of its node a kubelet refuses the pods that ran there, since the agent has not registered the devices
     * yet. Its words are about the devices, and say nothing of the machine that ran.
     */
    private static boolean isRefused(Ended ended) {
        return ended.podReason().filter(cause -> REFUSED.equals(cause.reason())).isPresent();
    }

    /** Runtimes report death by signal n as status 128 + n. */
    private static String words(Exit exit) {
        return exit.status() > 128
                ? "signal %d (status %d)".formatted(exit.status() - 128, exit.status())
                : "status %d".formatted(exit.status());
    }
}
