package dev.holdfast.reconcile;

import dev.holdfast.api.Names;
import dev.holdfast.api.Reason;
import dev.holdfast.api.deviceclass.PassthroughDeviceClass;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.api.vm.RunStrategy;
import dev.holdfast.plan.lifecycle.Action.CreatePod;
import dev.holdfast.plan.lifecycle.Action.DeletePod;
import dev.holdfast.plan.lifecycle.Action.InspectNodes;
import dev.holdfast.plan.lifecycle.Action.Nothing;
import dev.holdfast.plan.lifecycle.ObservedState;
import dev.holdfast.plan.lifecycle.OperatorSettings;
import dev.holdfast.plan.lifecycle.RefusedPodRetry;
import dev.holdfast.plan.lifecycle.UndecodableVm;
import dev.holdfast.plan.lifecycle.VmPlan;
import dev.holdfast.plan.machine.TolerantSpec;
import dev.holdfast.plan.status.StartPhase;
import dev.holdfast.plan.status.StatusEvents;
import dev.holdfast.plan.status.StatusPlan;
import dev.holdfast.telemetry.OperatorMeters;
import dev.holdfast.text.LogKeys;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.api.config.informer.Informer;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.IndexerResourceCache;
import io.javaoperatorsdk.operator.processing.event.source.inbound.SimpleInboundEventSource;
import java.net.HttpURLConnection;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Reconciles a VM: observes, plans, applies and reports. {@link VmPlan} makes all decisions; this class accesses the API
 * server. Failures are thrown, and the framework retries.
 */
@ControllerConfiguration(
        name = PassthroughVMReconciler.NAME,
        fieldManager = Names.OPERATOR,
        generationAwareEventProcessing = false, // replaced by:
        informer = @Informer(onUpdateFilter = VmUpdateFilter.class))
public final class PassthroughVMReconciler implements Reconciler<PassthroughVM> {
    /** Name of the controller in metrics and threads of the framework. */
    public static final String NAME = "passthroughvm";

    private static final Logger log = LoggerFactory.getLogger(PassthroughVMReconciler.class);
    /** Answers of admission to a refused pod: quota, Pod Security, an unknown priority class. */
    private static final Set<Integer> REFUSALS =
            Set.of(HttpURLConnection.HTTP_BAD_REQUEST, HttpURLConnection.HTTP_FORBIDDEN, 422);

    /** Delay until the cache is current; the watch lags behind the API server and does not report each change of a VM. */
    private static final Duration CACHE_DELAY = Duration.ofSeconds(1);

    private final OperatorSettings defaults;
    private final EventRecorder events;
    private final OperatorMeters meters;
    private final Clock clock;
    private final int threads;
    private final RefusedStarts refusedStarts = new RefusedStarts();
    private final SimpleInboundEventSource<PassthroughVM> retries = new SimpleInboundEventSource<>("retries");
    private @Nullable IndexerResourceCache<PassthroughVM> vms;
    private List<EventSource<?, PassthroughVM>> sources = List.of();
    private StartsFirst starts = new StartsFirst(0, Stream::empty);

    /**
     * @param threads concurrent reconciliations
     */
    public PassthroughVMReconciler(
            OperatorSettings defaults, EventRecorder events, OperatorMeters meters, Clock clock, int threads) {
        this.threads = threads;
        this.defaults = defaults;
        this.events = events;
        this.meters = meters;
        this.clock = clock;
        meters.countWarnings(MetricReasons.warnings());
    }

    @Override
    public List<EventSource<?, PassthroughVM>> prepareEventSources(EventSourceContext<PassthroughVM> context) {
        vms = context.getPrimaryCache();
        VmIndex index = VmIndex.in(context.getPrimaryCache());
        sources = Stream.concat(VmEventSources.of(context, index).stream(), Stream.of(retries))
                .toList();
        starts = new StartsFirst(threads, () -> VmEventSources.withoutPod(sources, index.unreported()));
        return sources;
    }

    /**
     * Registers the metrics of the caches, which exist once the operator has started; a standby replica has none.
     *
     * @return task that updates those that are not counted at each scrape
     */
    public Runnable countVms() {
        return VmCounts.register(Objects.requireNonNull(vms, "the operator has not started"), sources, meters);
    }

    @Override
    public UpdateControl<PassthroughVM> reconcile(PassthroughVM vm, Context<PassthroughVM> context) {
        Optional<Pod> pod = context.getSecondaryResourcesAsStream(Pod.class)
                .filter(owned ->
                        owned.getMetadata().getName().equals(vm.getMetadata().getName()))
                .findFirst();
        return pod.isEmpty()
                ? reconcile(vm, pod, context)
                : starts.follow(() -> reconcile(vm, pod, context))
                        .orElseGet(() -> UpdateControl.<PassthroughVM>noUpdate().rescheduleAfter(StartsFirst.LATER));
    }

    private UpdateControl<PassthroughVM> reconcile(
            PassthroughVM vm, Optional<Pod> pod, Context<PassthroughVM> context) {
        PodClient pods = new PodClient(context.getClient());
        Instant now = clock.instant();
        ObservedState observed = observe(vm, pod, context);
        VmPlan plan = VmPlan.of(observed, defaults, now);
        if (observed.pod().isEmpty() && requiresAbsence(vm, plan)) {
            Optional<Pod> found = pods.read(vm);
            observed = found.map(observed::with).orElse(observed);
            plan = found.isPresent() ? VmPlan.of(observed, defaults, now) : plan;
        }
        return report(vm, apply(plan, observed, context, pods, now), new StatusWriter(context), now);
    }

    /** Returns the task that updates the statuses of device classes; it needs the started operator. */
    public DeviceClassStatuses deviceClassStatuses(KubernetesClient client) {
        return new DeviceClassStatuses(
                client,
                () -> VmEventSources.cached(sources, PassthroughDeviceClass.class),
                () -> VmEventSources.cached(sources, PassthroughNode.class),
                new DeviceClassKeeper(client, new VmDynamicResources(sources)::deviceClasses, clock),
                clock);
    }

    private ObservedState observe(PassthroughVM vm, Optional<Pod> cached, Context<PassthroughVM> context) {
        Set<String> classes = VmEventSources.cached(sources, PassthroughDeviceClass.class).stream()
                .map(deviceClass -> deviceClass.getMetadata().getName())
                .collect(Collectors.toSet());
        return new ObservedState(vm, cached, VmEventSources.nodes(sources), classes, VmClaims.of(vm, context))
                .with(new VmDynamicResources(sources).of(vm, cached, context.getClient(), clock.instant()));
    }

    /**
     * Returns whether the plan is valid only if there is no pod. A cache may lag behind, and does not hold pods of other owners,
     * so only the API server's answer counts. It is not asked when nothing would be written, nor before a pod is created, which
     * results in a conflict if there is one.
     */
    private static boolean requiresAbsence(PassthroughVM vm, VmPlan plan) {
        return expectsPod(vm)
                && (plan.action() instanceof InspectNodes
                        || !(plan.action() instanceof CreatePod)
                                && !plan.status().equals(vm.getStatus()));
    }

    private static boolean expectsPod(PassthroughVM vm) {
        PassthroughVMStatus status = vm.getStatus();
        boolean halted = TolerantSpec.runStrategy(vm.getSpec()) == RunStrategy.Halted;
        return !halted || (status != null && status.phase() != null && status.phase() != Phase.Stopped);
    }

    private VmPlan apply(
            VmPlan plan, ObservedState observed, Context<PassthroughVM> context, PodClient pods, Instant now) {
        return switch (plan.action()) {
            case Nothing nothing -> plan;
            case DeletePod pod -> {
                pods.delete(observed.vm(), pod);
                logged(observed.vm(), "pod deleted", pod.uid());
                yield plan;
            }
            case InspectNodes nodes -> {
                ObservedState inspected = observed.with(VmNodes.inspect(context.getClient(), nodes.names()));
                yield planned(inspected, context, pods, now);
            }
            case CreatePod create ->
                refusedStarts
                        .pause(observed.vm(), now)
                        .map(plan::postponed)
                        .orElseGet(() -> start(create, observed, context, pods, now));
        };
    }

    private VmPlan start(
            CreatePod create, ObservedState observed, Context<PassthroughVM> context, PodClient pods, Instant now) {
        PassthroughVM vm = observed.vm();
        VmPlan plan = create(create, observed, context, pods, now);
        if (RefusedPodRetry.isRefused(vm, plan.status())) {
            plan.recheck().ifPresent(at -> refusedStarts.refused(vm, at, now));
        } else {
            refusedStarts.accepted(vm, now).forEach(retries::propagateEvent);
        }
        return plan;
    }

    /**
     * Creates the pod and plans again with it, so that one write of the status binds the memlock plan to the pod. This is done later
     * for a new VM when others wait for their pods.
     */
    private VmPlan create(
            CreatePod create, ObservedState observed, Context<PassthroughVM> context, PodClient pods, Instant now) {
        try {
            VmStateClaim claims = new VmStateClaim(context.getClient());
            Optional<PersistentVolumeClaim> taken =
                    create.claim().flatMap(claim -> claims.ensure(observed.vm(), claim));
            if (taken.isPresent()) {
                return VmPlan.claimTaken(observed, defaults, now, taken.get());
            }
            create.secret().ifPresent(secret -> pods.create(secret));
            Pod created = context.resourceOperations().create(create.pod());
            logged(observed.vm(), "pod created", created.getMetadata().getUid());
            meters.podCreated();
            return VmIndex.isUnreported(observed.vm()) && starts.areMany()
                    ? VmPlan.later(observed, now.plus(StartsFirst.LATER))
                    : planned(observed.with(created), context, pods, now);
        } catch (KubernetesClientException e) {
            if (e.getCode() == HttpURLConnection.HTTP_CONFLICT) {
                return pods.read(observed.vm())
                        .map(found -> planned(observed.with(found), context, pods, now))
                        .orElseThrow(() -> e);
            }
            if (REFUSALS.contains(e.getCode())) {
                return VmPlan.refused(observed, defaults, now, ServerMessage.of(e));
            }
            throw e;
        }
    }

    private VmPlan planned(ObservedState withPod, Context<PassthroughVM> context, PodClient pods, Instant now) {
        return apply(VmPlan.of(withPod, defaults, now), withPod, context, pods, now);
    }

    /**
     * Writes the status, and then reports it. The API server refuses a status that was planned from an outdated VM, which is
     * then planned again.
     */
    private UpdateControl<PassthroughVM> report(PassthroughVM vm, VmPlan plan, StatusWriter writer, Instant now) {
        List<StatusEvents> notices = StatusEvents.between(vm.getStatus(), plan.status());
        if (!written(vm, plan, notices, writer)) {
            return UpdateControl.<PassthroughVM>noUpdate().rescheduleAfter(CACHE_DELAY);
        }
        notices.forEach(notice -> publish(vm, notice));
        StartPhase.justEnded(vm.getStatus(), plan.status())
                .forEach((phase, took) -> meters.started(phase.label(), took));
        UpdateControl<PassthroughVM> control = UpdateControl.noUpdate();
        plan.recheck().ifPresent(at -> control.rescheduleAfter(pause(now, at)));
        return control;
    }

    private static boolean written(PassthroughVM vm, VmPlan plan, List<StatusEvents> notices, StatusWriter writer) {
        if (UndecodableVm.keepsStoredStatus(vm)) {
            return notices.isEmpty() || writer.writePartial(vm, plan.status());
        }
        return plan.status().equals(StatusPlan.before(vm)) || writer.write(vm, plan.status());
    }

    private void publish(PassthroughVM vm, StatusEvents notice) {
        log.atLevel(notice.warning() ? Level.WARN : Level.INFO)
                .addKeyValue(LogKeys.VM, VmName.of(vm))
                .addKeyValue(LogKeys.REASON, notice.cause().reason())
                .log(notice.cause().message());
        if (notice.warning()) {
            meters.warned(MetricReasons.of(notice.cause().reason()));
        }
        if (notice.cause().is(Reason.ModelBelowMeasurement)) {
            meters.modelBelowMeasurement();
        }
        events.record(vm, notice);
    }

    private static Duration pause(Instant now, Instant at) {
        Duration pause = Duration.between(now, at).plusMillis(1);
        return pause.isPositive() ? pause : Duration.ofMillis(1);
    }

    private static void logged(PassthroughVM vm, String message, String podUid) {
        log.atInfo()
                .addKeyValue(LogKeys.VM, VmName.of(vm))
                .addKeyValue(LogKeys.POD_UID, podUid)
                .log(message);
    }
}
