package dev.holdfast.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.deviceclass.PassthroughDeviceClass;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Allocation;
import dev.holdfast.testbed.apiserver.DraSupport;
import dev.holdfast.testbed.apiserver.MockApiServer;
import dev.holdfast.testbed.fixtures.SettableClock;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceClass;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceClassBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.http.BasicBuilder;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.Interceptor;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The DeviceClass of a class with allocation DRA, kept against the mock API server; each run reads it anew. */
final class DeviceClassStatusesTest {
    private static final String NAME = "a100";

    private final MockApiServer server = MockApiServer.start();
    private final AtomicInteger writes = new AtomicInteger();
    private final KubernetesClient client = new KubernetesClientBuilder()
            .withConfig(new ConfigBuilder(Config.empty())
                    .withMasterUrl(server.url())
                    .build())
            .withHttpClientBuilderConsumer(builder -> builder.addOrReplaceInterceptor("writes", new Interceptor() {
                @Override
                public void before(BasicBuilder request, HttpRequest sent, RequestTags tags) {
                    if (!sent.method().equals("GET")) {
                        writes.incrementAndGet();
                    }
                }
            }))
            .build();
    private final SettableClock clock = new SettableClock();
    private boolean served = true;
    private final DeviceClassStatuses statuses = new DeviceClassStatuses(
            client,
            () -> List.of(own()),
            List::of,
            new DeviceClassKeeper(
                    client,
                    () -> served
                            ? Optional.of(
                                    client.resources(DeviceClass.class).list().getItems())
                            : Optional.empty(),
                    clock),
            clock);

    @AfterEach
    void close() {
        client.close();
        server.close();
    }

    @Test
    void createsTheClassAndWritesNothingAfterwards() {
        create(Allocation.DRA);

        statuses.run();

        DeviceClass made = Objects.requireNonNull(kept());
        assertThat(made.getSpec().getExtendedResourceName()).isEqualTo("holdfast.dev/a100");
        assertThat(made.getMetadata().getOwnerReferences())
                .singleElement()
                .satisfies(owner ->
                        assertThat(owner.getUid()).isEqualTo(own().getMetadata().getUid()));
        assertThat(conditions())
                .containsExactly(
                        "DeviceClassReady True DeviceClassKept", "ExtendedResourceReady True ExtendedResourceOffered");
        staysUnchanged();
    }

    @Test
    void putsBackWhatSomebodyHasChanged() {
        create(Allocation.DRA);
        statuses.run();
        client.resource(kept())
                .edit(found -> new DeviceClassBuilder(found)
                        .editSpec()
                        .withExtendedResourceName("example.com/other")
                        .editFirstSelector()
                        .editCel()
                        .withExpression("true")
                        .endCel()
                        .endSelector()
                        .endSpec()
                        .build());

        statuses.run();

        assertThat(Objects.requireNonNull(kept()).getSpec()).satisfies(spec -> {
            assertThat(spec.getExtendedResourceName()).isEqualTo("holdfast.dev/a100");
            assertThat(spec.getSelectors().getFirst().getCel().getExpression()).startsWith("device.driver == ");
        });
        staysUnchanged();
    }

    @Test
    void deletesTheClassWhenTheAllocationIsSwitchedBack() {
        create(Allocation.DRA);
        statuses.run();

        client.resource(own()).edit(found -> with(found, Allocation.DevicePlugin));
        statuses.run();

        assertThat(kept()).isNull();
        assertThat(own().getStatus().conditions()).isNull();
    }

    @Test
    void leavesAStrangersClassAloneAndReportsIt() {
        DeviceClass stranger = client.resource(new DeviceClassBuilder()
                        .withNewMetadata()
                        .withName(NAME)
                        .endMetadata()
                        .withNewSpec()
                        .endSpec()
                        .build())
                .create();
        create(Allocation.DRA);

        statuses.run();

        assertThat(kept()).isEqualTo(stranger);
        assertThat(conditions())
                .containsExactly(
                        "DeviceClassReady False DeviceClassTaken", "ExtendedResourceReady False DeviceClassTaken");

        client.resource(own()).edit(found -> with(found, Allocation.DevicePlugin));
        statuses.run();
        assertThat(kept()).isEqualTo(stranger);
    }

    @Test
    void reportsAServerThatDropsTheExtendedResourceWithoutWritingAgain() {
        server.support(DraSupport.WITHOUT_EXTENDED_RESOURCES);
        create(Allocation.DRA);

        statuses.run();

        assertThat(conditions())
                .containsExactly(
                        "DeviceClassReady True DeviceClassKept", "ExtendedResourceReady False ExtendedResourceDropped");
        staysUnchanged();
    }

    @Test
    void offersTheExtendedResourceOnceTheServerHasBeenUpdated() {
        server.support(DraSupport.WITHOUT_EXTENDED_RESOURCES);
        create(Allocation.DRA);
        statuses.run();

        server.support(DraSupport.FULL);
        clock.goOn(Duration.ofMinutes(59));
        staysUnchanged();
        clock.goOn(Duration.ofMinutes(1));
        statuses.run();

        assertThat(conditions()).contains("ExtendedResourceReady True ExtendedResourceOffered");
        staysUnchanged();
    }

    /** VMs would be held back, with a message about a refusal. */
    @Test
    void reportsNothingOfAServerThatDoesNotRespond() {
        create(Allocation.DRA);
        PassthroughDeviceClass own = own();
        String url;
        try (MockApiServer gone = MockApiServer.start()) {
            url = gone.url();
        }
        try (KubernetesClient none = new KubernetesClientBuilder()
                .withConfig(new ConfigBuilder(Config.empty())
                        .withMasterUrl(url)
                        .withRequestRetryBackoffLimit(0)
                        .build())
                .build()) {
            assertThat(new DeviceClassKeeper(none, () -> Optional.of(List.of()), clock).keep(own))
                    .isEmpty();
        }
    }

    @Test
    void reportsAServerWithoutDraOnce() {
        served = false;
        create(Allocation.DRA);

        statuses.run();

        assertThat(conditions())
                .containsExactly(
                        "DeviceClassReady False DRANotAvailable", "ExtendedResourceReady False DRANotAvailable");
        assertThat(kept()).isNull();
        staysUnchanged();
    }

    /** A further run writes nothing. */
    private void staysUnchanged() {
        int before = writes.get();
        statuses.run();
        statuses.run();
        assertThat(writes).hasValue(before);
    }

    private List<String> conditions() {
        return Objects.requireNonNull(own().getStatus().conditions()).stream()
                .map(condition ->
                        "%s %s %s".formatted(condition.getType(), condition.getStatus(), condition.getReason()))
                .toList();
    }

    private void create(Allocation allocation) {
        PassthroughDeviceClass made = new PassthroughDeviceClass();
        made.setMetadata(new ObjectMetaBuilder().withName(NAME).build());
        client.resource(with(made, allocation)).create();
    }

    private static PassthroughDeviceClass with(PassthroughDeviceClass deviceClass, Allocation allocation) {
        deviceClass.setSpec(new PassthroughDeviceClassSpec(List.of(), null, null, null, allocation));
        return deviceClass;
    }

    private PassthroughDeviceClass own() {
        return client.resources(PassthroughDeviceClass.class).withName(NAME).get();
    }

    private @Nullable DeviceClass kept() {
        return client.resources(DeviceClass.class).withName(NAME).get();
    }
}
