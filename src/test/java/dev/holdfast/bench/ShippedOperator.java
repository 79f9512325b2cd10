package dev.holdfast.bench;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What the shipped Deployment gives the operator.
 *
 * @param javaOptions options of its JVM
 * @param limitKib    limit of its memory
 */
record ShippedOperator(String javaOptions, long limitKib) {
    private static final Path DEPLOYMENT = Path.of("deploy/operator-deployment.yaml");

    static ShippedOperator read() throws IOException {
        String deployment = Files.readString(DEPLOYMENT).split("(?m)^---$")[0];
        Container container = Serialization.unmarshal(deployment, Deployment.class)
                .getSpec()
                .getTemplate()
                .getSpec()
                .getContainers()
                .getFirst();
        String options = container.getEnv().stream()
                .filter(variable -> variable.getName().equals("HOLDFAST_JAVA_OPTS"))
                .findFirst()
                .orElseThrow()
                .getValue();
        Quantity limit = container.getResources().getLimits().get("memory");
        return new ShippedOperator(options, Quantity.getAmountInBytes(limit).longValueExact() / 1024);
    }
}
