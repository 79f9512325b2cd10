package dev.holdfast.qemu.dryrun;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Generated views, and invalid texts. */
class FlatViewTest {
    private static final long PAGE = 4096;
    private static final String HEAD = "FlatView #0\n AS \"memory\", root: system\n";

    static LongStream seeds() {
        return LongStream.range(0, 200);
    }

    /** QEMU splits RAM where something overlaps it, or where a slot ends; what is mapped does not change. */
    @ParameterizedTest
    @MethodSource("seeds")
    void splittingAtPagesDoesNotChangeTheSum(long seed) {
        Random random = new Random(seed);
        StringBuilder whole = new StringBuilder(HEAD);
        StringBuilder split = new StringBuilder(HEAD);
        long start = random.nextLong(3 * PAGE);
        for (int i = 0; i < 20; i++) {
            long end = start + random.nextLong(64 * PAGE);
            String type = new String[] {"ram", "rom", "nv-ram", "ramd", "romd", "i/o"}[random.nextInt(6)];
            whole.append(line(start, end, type, i));
            for (long from = start; from <= end; ) {
                long cut = (from + PAGE + random.nextLong(16) * PAGE) & -PAGE;
                long to = Math.min(end, cut - 1);
                split.append(line(from, to, type, i));
                from = to + 1;
            }
            start = end + 1 + random.nextLong(2 * PAGE);
        }

        assertThat(sum(split.toString())).isEqualTo(sum(whole.toString()));
    }

    private static String line(long start, long end, String type, int region) {
        return "  %016x-%016x (prio 0, %s): region%d\n".formatted(start, end, type, region);
    }

    private static long sum(String mtree) {
        return FlatView.ofSystemMemory(mtree).mappedBytes(PAGE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "garbage",
                "unknown command: 'info mtree -f'",
                // Lines of another address space, or without one.
                "FlatView #0\n AS \"memory-2\", root: system\n  0000000000000000-0000000000000fff (prio 0, ram): a\n",
                HEAD,
                HEAD + " Root memory region: (none)\n  No rendered FlatView\n",
                // An unknown type, order, address or line.
                HEAD + "  0000000000000000-0000000000000fff (prio 0, container): a\n",
                HEAD + "  0000000000001000-0000000000000fff (prio 0, ram): a\n",
                HEAD + "  0000000000000000-0000000000001fff (prio 0, ram): a\n"
                        + "  0000000000001000-0000000000002fff (prio 0, ram): b\n",
                HEAD + "  0000000000000000-ffffffffffffffff (prio 0, ram): a\n",
                HEAD + "  0000000000000000-00000000000000000000fff (prio 0, ram): a\n",
                HEAD + "  0000000000000000-0000000000000fff (ram): a\n  and more\n",
                HEAD + "  0000000000000000-0000000000000fff (prio 0, ram): a\n" + HEAD
            })
    void refusesInvalidOutputWithAMessage(String mtree) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> FlatView.ofSystemMemory(mtree))
                .withMessageStartingWith("info mtree -f shows ")
                .withMessageEndingWith("; this QEMU is not supported")
                .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(300).doesNotContain("\n"));
    }

    @Test
    void refusesAnswersThatAreTooLong() {
        String endless = HEAD + "  0000000000000000-0000000000000fff (prio 0, ram): " + "a ".repeat(1 << 20);
        StringBuilder many = new StringBuilder(HEAD);
        StringBuilder blocks = new StringBuilder();
        for (int i = 0; i <= 10_000; i++) {
            many.append(line(i * PAGE, i * PAGE, "i/o", i));
            blocks.append("b%d 4 KiB 0x0 0x1000 0x1000\n".formatted(i));
        }

        assertThatIllegalArgumentException().isThrownBy(() -> FlatView.ofSystemMemory(endless));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> FlatView.ofSystemMemory(many.toString()))
                .withMessageContaining("10001 ranges");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RamBlock.of(blocks.toString()))
                .withMessageContaining("10001 blocks");
        assertThatIllegalArgumentException().isThrownBy(() -> RamBlock.of("a" + " ".repeat(1 << 20) + "b"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "Block Name PSize Offset Used Total",
                "unknown command: 'info ramblock'",
                "ram0 4 KiB 0x0 0x1000",
                "ram0 4 KiB 0x0 many 0x1000",
                "ram0 4 KiB 0x0 0xffffffffffffffff 0xffffffffffffffff",
                "ram0 4 KiB 0x0 0x00000000000000001000 0x1000"
            })
    void refusesInvalidBlocks(String ramblock) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RamBlock.of(ramblock))
                .withMessageStartingWith("info ramblock shows ")
                .withMessageEndingWith("; this QEMU is not supported");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "[{\"type\":\"virtio-mem\"}]",
                "[{\"type\":\"virtio-mem\",\"data\":{\"memaddr\":-1,\"max-size\":1,\"requested-size\":1,\"size\":1,\"memdev\":\"/objects/a\"}}]",
                "[{\"type\":\"virtio-mem\",\"data\":{\"memaddr\":1,\"max-size\":1e30,\"requested-size\":1,\"size\":1,\"memdev\":\"/objects/a\"}}]",
                "[{\"type\":\"virtio-mem\",\"data\":{\"memaddr\":1,\"max-size\":1,\"requested-size\":1,\"size\":1}}]"
            })
    void refusesMemoryDevicesWithoutTheirSizes(String json) throws Exception {
        var answer = JsonMapper.builder().build().readTree(json);

        assertThatIllegalArgumentException()
                .isThrownBy(() -> VirtioMem.of(answer))
                .withMessageStartingWith("query-memory-devices returns ");
    }

    @Test
    void ignoresOtherMemoryDevices() throws Exception {
        assertThat(VirtioMem.of(JsonMapper.builder()
                        .build()
                        .readTree("[{\"type\":\"dimm\",\"data\":{\"addr\":4294967296,\"size\":268435456}}]")))
                .isEmpty();
    }
}
