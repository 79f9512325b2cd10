package dev.holdfast.testbed.node;

import dev.holdfast.testbed.Build;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;

/**
 * Client certificate of the API server for the kubelet, for one run. It is self-signed, so it is also the certificate that the
 * kubelet trusts.
 *
 * @param certificate PEM
 * @param key         PEM
 */
record KubeletClientCertificate(Path certificate, Path key) {
    private static final String ALIAS = "client";
    private static final String PASSWORD = "public";

    /** Makes a new one, by the JDK's keytool. */
    static KubeletClientCertificate make(Path folder) {
        Path store = folder.resolve("kubelet-client.p12");
        try {
            Process keytool = new ProcessBuilder(
                            Build.javaHome().resolve("bin/keytool").toString(),
                            "-genkeypair",
                            "-alias",
                            ALIAS,
                            "-keyalg",
                            "RSA",
                            "-keysize",
                            "2048",
                            "-dname",
                            "CN=kube-apiserver-kubelet-client, O=system:masters",
                            "-ext",
                            "ExtendedKeyUsage=clientAuth",
                            "-storetype",
                            "PKCS12",
                            "-storepass",
                            PASSWORD,
                            "-keystore",
                            store.toString())
                    .redirectErrorStream(true)
                    .start();
            String output = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (keytool.waitFor() != 0) {
                throw new IllegalStateException("keytool made no certificate: " + output);
            }
            KeyStore keys = KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray());
            return new KubeletClientCertificate(
                    pem(
                            folder.resolve("kubelet-client.crt"),
                            "CERTIFICATE",
                            keys.getCertificate(ALIAS).getEncoded()),
                    pem(
                            folder.resolve("kubelet-client.key"),
                            "PRIVATE KEY",
                            keys.getKey(ALIAS, PASSWORD.toCharArray()).getEncoded()));
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException("The API server's certificate could not be made: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while a certificate was made", e);
        }
    }

    private static Path pem(Path file, String kind, byte[] content) throws IOException {
        String lines = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
        return Files.writeString(file, "-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n".formatted(kind, lines));
    }
}
