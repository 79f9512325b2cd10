package dev.holdfast.user;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.api.vm.RunStrategy;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A VM as the API server returned it. Only the fields that a command uses are read, so that it also works for a VM that another
 * version has written. An absent text is empty.
 *
 * @param json the object
 */
public record VmView(JsonNode json) {

    /** Condition of the status. */
    public record ConditionView(String type, String status, String reason, String message) {}

    public String namespace() {
        return text("/metadata/namespace");
    }

    public String name() {
        return text("/metadata/name");
    }

    /** Returns {@code namespace/name}. */
    public String title() {
        return namespace() + "/" + name();
    }

    String resourceVersion() {
        return text("/metadata/resourceVersion");
    }

    long generation() {
        return json.at("/metadata/generation").asLong();
    }

    /** Returns the annotation's value; empty if it is absent. */
    Optional<String> annotation(String key) {
        return Optional.ofNullable(json.at("/metadata/annotations").get(key)).map(JsonNode::asText);
    }

    /** Returns the strategy, or its default. */
    RunStrategy strategy() {
        return strategy(text("/spec/runStrategy")).orElse(RunStrategy.Always);
    }

    /** Returns the strategy of this name; empty for any other text. */
    static Optional<RunStrategy> strategy(String name) {
        return Stream.of(RunStrategy.values())
                .filter(known -> known.name().equals(name))
                .findFirst();
    }

    public String phase() {
        return text("/status/phase");
    }

    /** Returns the name of the VM's pod: that of the status, or the one that the operator will give it. */
    public String podName() {
        String bound = text("/status/podName");
        return bound.isEmpty() ? name() : bound;
    }

    String nextStartTime() {
        return text("/status/nextStartTime");
    }

    public String podUid() {
        return text("/status/podUID");
    }

    /** Returns whether the status is of the current spec. */
    boolean isObserved() {
        return json.at("/status/observedGeneration").asLong(-1) >= generation();
    }

    /** Returns whether the machine has ended, and its next start was not planned when the status was written. */
    boolean isOver() {
        return (phase().equals("Succeeded") || phase().equals("Failed"))
                && nextStartTime().isEmpty();
    }

    public Stream<ConditionView> conditions() {
        return items("/status/conditions")
                .map(condition -> new ConditionView(
                        condition.path("type").asText(),
                        condition.path("status").asText(),
                        condition.path("reason").asText(),
                        condition.path("message").asText()));
    }

    public Optional<ConditionView> condition(String type) {
        return conditions().filter(condition -> condition.type().equals(type)).findFirst();
    }

    /** Returns the condition that has the reason of the VM's state: Ready, or Stopped in its place. */
    public Optional<ConditionView> state() {
        return condition("Ready").or(() -> condition("Stopped"));
    }

    /** Returns the state in one line: the phase or the reason for it, and the message of the operator. */
    public String summary() {
        String status = text("/status/printableStatus");
        String message = state().map(ConditionView::message).orElse("");
        return status.isEmpty()
                ? "no status; the operator has not seen the VM"
                : status + (message.isEmpty() ? "" : ": " + message);
    }

    /** Returns the text at a JSON pointer. */
    public String text(String pointer) {
        return Json.text(json, pointer);
    }

    /** Returns the items of the list at a JSON pointer. */
    public Stream<JsonNode> items(String pointer) {
        return Json.items(json, pointer);
    }
}
