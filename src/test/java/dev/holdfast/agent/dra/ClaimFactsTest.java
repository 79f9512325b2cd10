package dev.holdfast.agent.dra;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.holdfast.agent.apiserver.ApiServerException;
import dev.holdfast.agent.dra.ClaimFacts.Result;
import java.io.IOException;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ClaimFactsTest {
    @Test
    void readsWhatTheSchedulerAllocated() throws IOException {
        ClaimFacts claim = Claims.facts(Claims.json(
                Claims.UID,
                List.of(
                        Claims.ours("gpu/large", Claims.GPU_DEVICE),
                        Claims.admin("look", Claims.NIC_DEVICE),
                        Claims.result("x", "gpu.example.com", "elsewhere", "gpu-0")),
                "pod-1",
                "pod-2"));

        assertThat(claim.uid()).isEqualTo(Claims.UID);
        assertThat(claim.allocated()).isTrue();
        assertThat(claim.pods()).containsExactly("pod-1", "pod-2");
        assertThat(claim.results())
                .containsExactly(
                        new Result("gpu/large", "vfio.holdfast.dev", "n1", Claims.GPU_DEVICE, false),
                        new Result("look", "vfio.holdfast.dev", "n1", Claims.NIC_DEVICE, true),
                        new Result("x", "gpu.example.com", "elsewhere", "gpu-0", false));
        assertThat(claim.results()).extracting(Result::mainRequest).containsExactly("gpu", "look", "x");
    }

    @ParameterizedTest
    @CsvSource({"gpu, gpu", "../gpu,", "a/b,"})
    void readsItsNameInThePodThatItWasMadeFor(String annotation, @Nullable String name) throws IOException {
        String claim = "{\"metadata\": {\"uid\": \"u\", \"annotations\": {\"a\": \"b\","
                + " \"resource.kubernetes.io/pod-claim-name\": \"%s\"}}}";

        assertThat(Claims.facts(claim.formatted(annotation)).podClaimName()).isEqualTo(name);
    }

    @Test
    void readsAClaimThatIsNotAllocated() throws IOException {
        ClaimFacts claim = Claims.facts("{\"metadata\": {\"uid\": \"u\"}, \"status\": {\"allocation\": null}}");

        assertThat(claim).isEqualTo(new ClaimFacts("u", null, false, List.of(), List.of()));
    }

    @Test
    void refusesMoreResultsOrPodsThanKubernetesAllows() {
        List<String> results = Collections.nCopies(33, Claims.ours("gpu", Claims.GPU_DEVICE));
        String[] pods = Collections.nCopies(257, "pod").toArray(String[]::new);

        assertThatExceptionOfType(ApiServerException.class)
                .isThrownBy(() -> Claims.facts(Claims.json(Claims.UID, results)))
                .withMessage("more than 32 elements in \"results\"");
        assertThatExceptionOfType(ApiServerException.class)
                .isThrownBy(() -> Claims.facts(Claims.json(Claims.UID, List.of(), pods)))
                .withMessage("more than 256 elements in \"reservedFor\"");
    }

    @Test
    void refusesALongName() {
        assertThatExceptionOfType(ApiServerException.class)
                .isThrownBy(() -> Claims.facts(Claims.json(Claims.UID, List.of(Claims.ours("gpu", "x".repeat(254))))))
                .withMessageContaining("string of 254 characters in \"device\"");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"status\": []}",
                "{\"status\": {\"allocation\": 1}}",
                "{\"status\": {\"allocation\": {\"devices\": {\"results\": {}}}}}",
                "{\"status\": {\"allocation\": {\"devices\": {\"results\": [1]}}}}",
                "{\"status\": {\"allocation\": {\"devices\": {\"results\": [{\"pool\": {}}]}}}}",
                "{\"status\": {\"reservedFor\": [{\"uid\": 7}]}}",
                "{\"metadata\": \"x\"}"
            })
    void refusesAnotherShape(String json) {
        assertThatExceptionOfType(ApiServerException.class).isThrownBy(() -> Claims.facts(json));
    }
}
