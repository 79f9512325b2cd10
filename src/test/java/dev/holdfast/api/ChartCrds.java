package dev.holdfast.api;

import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/**
 * Generates the CRDs as templates of the Helm chart. Helm would install CRDs in a chart's folder {@code crds/}, but
 * never upgrade them. The templates are kept when the chart is uninstalled; otherwise all VMs would be deleted with the
 * CRDs.
 */
final class ChartCrds {
    static final Path DIRECTORY = Path.of("deploy/chart/templates/crds");

    private static final String HEAD = "kind: CustomResourceDefinition\nmetadata:\n";
    private static final String KEPT = """
            kind: CustomResourceDefinition
            metadata:
              annotations:
                helm.sh/resource-policy: keep
              labels:
                app.kubernetes.io/part-of: holdfast
                app.kubernetes.io/managed-by: {{ .Release.Service }}
                helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
            """;

    private ChartCrds() {}

    /** Returns the contents of the files by name. */
    static Map<String, String> generate() {
        Map<String, String> templates = new TreeMap<>();
        CrdFiles.generate().forEach((name, crd) -> templates.put(name, template(crd)));
        return templates;
    }

    private static String template(String crd) {
        if (!crd.contains(HEAD) || crd.contains("{{")) {
            throw new IllegalStateException("not a CRD that can be a template as it is: " + crd);
        }
        return crd.replace(HEAD, KEPT);
    }
}
