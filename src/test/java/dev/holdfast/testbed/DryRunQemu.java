package dev.holdfast.testbed;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * Stands in for a QEMU in a launcher's training: it answers the questions of a dry-run, and is gone when the launcher wants to become
 * it. So the launcher has done all that it ever does, and ends, which a process must that leaves an AOT cache. The stage of the
 * images that trains has no QEMU.
 */
public final class DryRunQemu {
    private static final String CHANNEL = "socket,id=qmp,path=";
    private static final String MTREE = """
            FlatView #0
             AS "memory", root: system
             Root memory region: system
              0000000000000000-000000000fffffff (prio 0, ram): ram0
              00000000fec00000-00000000fec00fff (prio 0, i/o): ioapic
              00000000fffc0000-00000000ffffffff (prio 0, rom): pc.bios

            """;
    private static final String RAMBLOCK = """
                          Block Name    PSize              Offset               Used              Total
                                ram0    4 KiB  0x0000000000000000 0x0000000010000000 0x0000000010000000
                             pc.bios    4 KiB  0x0000000010000000 0x0000000000040000 0x0000000000040000
            """;
    private static final JsonMapper JSON = new JsonMapper();

    private DryRunQemu() {}

    /** Writes a program with QEMU's name that removes itself when it is called, and then is this class. */
    static void install(Path folder) throws IOException {
        Path program = Files.createDirectories(folder).resolve("qemu-system-x86_64");
        Files.writeString(program, """
                #!/bin/sh
                rm -- "$0"
                exec '%s' -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp '%s' %s "$@"
                """.formatted(
                        Build.javaHome().resolve("bin/java"),
                        System.getProperty("java.class.path"),
                        DryRunQemu.class.getName()));
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** @param arguments QEMU's */
    public static void main(String... arguments) throws IOException {
        String path = "";
        for (String argument : arguments) {
            path = argument.startsWith(CHANNEL) ? argument.substring(CHANNEL.length()) : path;
        }
        try (SocketChannel launcher = SocketChannel.open(UnixDomainSocketAddress.of(path));
                BufferedReader in = new BufferedReader(Channels.newReader(launcher, StandardCharsets.UTF_8));
                PrintWriter out = new PrintWriter(Channels.newWriter(launcher, StandardCharsets.UTF_8), true)) {
            out.println("{\"QMP\": {\"version\": {}, \"capabilities\": []}}");
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                JsonNode request = JSON.readTree(line);
                out.println("{\"return\": %s, \"id\": %s}".formatted(answer(request), request.path("id")));
            }
        }
    }

    private static String answer(JsonNode request) throws IOException {
        return switch (request.path("execute").asText()) {
            case "human-monitor-command" ->
                JSON.writeValueAsString(
                        request.path("arguments").path("command-line").asText().contains("mtree") ? MTREE : RAMBLOCK);
            case "query-memory-devices" -> "[]";
            default -> "{}";
        };
    }
}
