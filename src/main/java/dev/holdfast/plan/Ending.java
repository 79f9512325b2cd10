package dev.holdfast.plan;

import dev.holdfast.plan.PodState.Ended;
import dev.holdfast.plan.PodState.Exit;

/** Why a pod ended, in one sentence. */
final class Ending {
    private Ending() {}

    /**
     * The most telling of what is known.
     *
     * @param logs    the command that shows the container's output
     * @param granted whether QEMU had been given its limit
     */
    static Why why(Ended ended, String logs, boolean granted) {
        if (ended.succeeded()) {
            return new Why("GuestStopped", "the guest powered itself off");
        }
        if (ended.exit().outOfMemory()) {
            return new Why(
                    "OutOfMemory",
                    "the kernel killed QEMU because the pod used more memory than its limit allows; "
                            + "please report it with the pod's annotation %s".formatted(VmPod.OVERHEAD_ANNOTATION));
        }
        if (ended.lastWords().isPresent()) {
            return new Why("LaunchFailed", ended.lastWords().get());
        }
        if (ended.podReason().isPresent()) {
            return ended.podReason().get();
        }
        return granted
                ? new Why(
                        "GuestFailed",
                        "QEMU ended with %s; `%s` shows its last words".formatted(words(ended.exit()), logs))
                : new Why(
                        "LaunchFailed",
                        "the launcher ended with %s before QEMU had its limit; `%s` shows why"
                                .formatted(words(ended.exit()), logs));
    }

    /** Runtimes report death by signal n as status 128 + n. */
    private static String words(Exit exit) {
        return exit.status() > 128
                ? "signal %d (status %d)".formatted(exit.status() - 128, exit.status())
                : "status %d".formatted(exit.status());
    }
}
