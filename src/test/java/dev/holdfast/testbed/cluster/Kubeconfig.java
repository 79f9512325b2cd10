package dev.holdfast.testbed.cluster;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import java.nio.file.Path;

/**
 * Address of the API server and a client's identity.
 *
 * @param server https URL
 * @param ca     PEM file of the certificate that the server shows
 */
record Kubeconfig(String server, Path ca, String token) {

    /** Returns the kubeconfig that kubectl and client libraries read. */
    String yaml() {
        return """
                apiVersion: v1
                kind: Config
                current-context: test
                contexts:
                - name: test
                  context: {cluster: test, user: test, namespace: default}
                clusters:
                - name: test
                  cluster: {server: "%s", certificate-authority: "%s"}
                users:
                - name: test
                  user: {token: "%s"}
                """.formatted(server, ca, token);
    }

    /** Without anything from this machine's own kubeconfig or environment. */
    Config config() {
        return new ConfigBuilder(Config.empty())
                .withMasterUrl(server)
                .withCaCertFile(ca.toString())
                .withOauthToken(token)
                .withNamespace("default")
                .build();
    }

    /** For asking whether the server is there: one try, a short one. */
    Config impatient() {
        return new ConfigBuilder(config())
                .withRequestRetryBackoffLimit(0)
                .withRequestTimeout(2000)
                .build();
    }
}
