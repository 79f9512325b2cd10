package dev.holdfast.bench.scale;

import dev.holdfast.testbed.Build;
import java.io.IOException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The live objects of a JVM of this host. */
public final class LiveHeap {
    private static final Pattern USED = Pattern.compile("used (\\d+)K");

    private LiveHeap() {}

    /** Returns what is left after a full collection, in KiB. */
    public static long kib(long pid) throws IOException, InterruptedException {
        jcmd(pid, "GC.run");
        String info = jcmd(pid, "GC.heap_info");
        String heap = info.substring(0, info.contains("Metaspace") ? info.indexOf("Metaspace") : info.length());
        Matcher used = USED.matcher(heap);
        long sum = 0;
        while (used.find()) {
            sum += Long.parseLong(used.group(1));
        }
        return sum;
    }

    private static String jcmd(long pid, String command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Build.javaHome().resolve("bin/jcmd").toString(), String.valueOf(pid), command)
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes());
        process.waitFor();
        return output;
    }
}
