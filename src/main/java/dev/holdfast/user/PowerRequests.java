package dev.holdfast.user;

import dev.holdfast.api.Names;
import dev.holdfast.api.vm.RunStrategy;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Decides what to write to start, stop or restart a VM. Pure. */
public final class PowerRequests {
    private PowerRequests() {}

    /**
     * Starts a VM with the given strategy, or with the one that it had before {@code holdfast stop}.
     *
     * @param wanted not Halted
     */
    public static PowerRequest start(VmView vm, Optional<RunStrategy> wanted, Instant now) {
        RunStrategy current = vm.strategy();
        RunStrategy strategy = wanted.orElseGet(() -> current == RunStrategy.Halted ? former(vm) : current);
        if (current != RunStrategy.Halted && vm.isOver() && strategy != RunStrategy.Always) {
            return again(vm, strategy, now);
        }
        if (strategy == current) {
            return new PowerRequest.Already("%s is started already, with spec.runStrategy %s; its state is %s"
                    .formatted(vm.title(), current, vm.summary()));
        }
        return new PowerRequest.Write(
                Optional.of(strategy),
                forgotten(vm),
                "%s is starting: spec.runStrategy is %s, it was %s".formatted(vm.title(), strategy, current));
    }

    /** Starts a machine that has ended and that its strategy does not start again. */
    private static PowerRequest again(VmView vm, RunStrategy strategy, Instant now) {
        return strategy == RunStrategy.Once
                ? new PowerRequest.Refused(
                        "%s has run once (%s), and spec.runStrategy is Once; for another run stop it with `holdfast stop` and start it again, or choose another --strategy"
                                .formatted(vm.title(), vm.phase()))
                : new PowerRequest.Write(
                        strategy == vm.strategy() ? Optional.empty() : Optional.of(strategy),
                        Map.of(Names.RESTARTED_AT_ANNOTATION, restartTime(vm, now)),
                        "%s is starting: it was %s, and spec.runStrategy is %s"
                                .formatted(vm.title(), vm.phase(), strategy));
    }

    /** Powers a VM off, and notes its strategy for the next start. */
    public static PowerRequest stop(VmView vm) {
        RunStrategy current = vm.strategy();
        return current == RunStrategy.Halted
                ? new PowerRequest.Already("%s is stopped already, with spec.runStrategy Halted; its state is %s"
                        .formatted(vm.title(), vm.summary()))
                : new PowerRequest.Write(
                        Optional.of(RunStrategy.Halted),
                        Map.of(Names.FORMER_STRATEGY_ANNOTATION, current.name()),
                        "%s is stopping: spec.runStrategy is Halted, and `holdfast start` sets it to %s again"
                                .formatted(vm.title(), current));
    }

    /** Requests a restart by the annotation that the operator reads. */
    public static PowerRequest restart(VmView vm, Instant now) {
        return switch (vm.strategy()) {
            case Halted ->
                new PowerRequest.Refused(
                        "%s is stopped, because spec.runStrategy is Halted; start it with `holdfast start`"
                                .formatted(vm.title()));
            case Once ->
                new PowerRequest.Refused(
                        "%s cannot be restarted, because spec.runStrategy is Once; stop it with `holdfast stop` and start it again"
                                .formatted(vm.title()));
            case Always, RerunOnFailure -> {
                String time = restartTime(vm, now);
                yield new PowerRequest.Write(
                        Optional.empty(),
                        Map.of(Names.RESTARTED_AT_ANNOTATION, time),
                        "%s is restarting: annotation %s is %s"
                                .formatted(vm.title(), Names.RESTARTED_AT_ANNOTATION, time));
            }
        };
    }

    /** Returns the time of this host, or a later one: the operator ignores a restart from before the machine's start. */
    private static String restartTime(VmView vm, Instant now) {
        return Stream.concat(
                        Stream.of(
                                        vm.text("/status/startTimes/executed"),
                                        vm.text("/status/startTimes/created"),
                                        vm.text("/status/restartedAt"),
                                        vm.annotation(Names.RESTARTED_AT_ANNOTATION)
                                                .orElse(""))
                                .flatMap(text -> time(text).stream())
                                .map(time -> time.plusMillis(1)),
                        Stream.of(now))
                .max(Instant::compareTo)
                .orElse(now)
                .truncatedTo(ChronoUnit.MILLIS)
                .toString();
    }

    private static Optional<Instant> time(String text) {
        try {
            return Optional.of(OffsetDateTime.parse(text).toInstant());
        } catch (DateTimeParseException e) {
            return Optional.empty();
        }
    }

    private static RunStrategy former(VmView vm) {
        return vm.annotation(Names.FORMER_STRATEGY_ANNOTATION)
                .flatMap(VmView::strategy)
                .filter(strategy -> strategy != RunStrategy.Halted)
                .orElse(RunStrategy.Always);
    }

    private static Map<String, String> forgotten(VmView vm) {
        return vm.annotation(Names.FORMER_STRATEGY_ANNOTATION).isPresent()
                ? Map.of(Names.FORMER_STRATEGY_ANNOTATION, "")
                : Map.of();
    }
}
