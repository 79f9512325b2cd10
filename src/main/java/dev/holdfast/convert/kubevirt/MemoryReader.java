package dev.holdfast.convert.kubevirt;

import dev.holdfast.convert.draft.Bytes;
import dev.holdfast.convert.draft.Draft;
import dev.holdfast.convert.draft.NotConvertibleException;
import dev.holdfast.convert.draft.Notes;
import dev.holdfast.convert.tree.Part;
import java.math.BigDecimal;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Reader of the guest's memory. If it is absent, KubeVirt takes it from the pod's resources. */
final class MemoryReader {
    private static final long MAX = 64L << 40;
    private static final Map<String, Long> PAGES = Map.of("2Mi", 2L << 20, "1Gi", 1L << 30);

    private final Part domain;
    private final Draft draft;
    private final Notes notes;

    MemoryReader(Part domain, Draft draft, Notes notes) {
        this.domain = domain;
        this.draft = draft;
        this.notes = notes;
    }

    void read() throws NotConvertibleException {
        Part memory = domain.field("memory");
        Part guest = guest(memory);
        String text = guest.text().orElse("");
        if (!Bytes.within(text, 1L << 20, MAX)) {
            throw new NotConvertibleException("%s is %s, must be a whole number of bytes, 1Mi to 64Ti; correct it"
                    .formatted(guest.path(), Notes.quote(text)));
        }
        draft.put("spec.memory.guest", text);
        Part pageSize = memory.field("hugepages").field("pageSize");
        Optional<String> page = pageSize.text();
        if (page.isPresent()) {
            hugePages(pageSize, page.get(), text);
        }
    }

    private Part guest(Part memory) throws NotConvertibleException {
        Part resources = domain.field("resources");
        Optional<Part> found = Stream.of(
                        memory.field("guest"),
                        resources.field("requests").field("memory"),
                        resources.field("limits").field("memory"))
                .filter(Part::present)
                .findFirst();
        return found.orElseThrow(() -> new NotConvertibleException(
                "%s not found; set it, or if an instancetype sets it, import the output of `virtctl expand`"
                        .formatted(memory.field("guest").path())));
    }

    private void hugePages(Part pageSize, String page, String guest) {
        Long bytes = PAGES.get(page);
        if (bytes == null) {
            notes.notCarriedOver(
                    pageSize, "huge pages of %s are not supported; use 2Mi or 1Gi".formatted(Notes.quote(page)));
        } else if (Bytes.of(guest)
                        .orElse(BigDecimal.ONE)
                        .remainder(BigDecimal.valueOf(bytes))
                        .signum()
                != 0) {
            notes.notCarriedOver(
                    pageSize,
                    "guest memory is %s, must be a multiple of the page size; set a multiple, and memory.hugepages.pageSize"
                            .formatted(guest));
        } else {
            draft.put("spec.memory.hugepages.pageSize", page);
        }
    }
}
