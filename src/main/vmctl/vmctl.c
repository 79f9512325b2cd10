/*
 * holdfast-vmctl: a command for a VM's pod that does not require a JVM. It runs in the pod at the same time as QEMU, which
 * uses all the memory, so it is static, allocates nothing and requires less than 1 MiB.
 *
 *   holdfast-vmctl shutdown [--timeout SECONDS] [--socket PATH]
 *
 * The preStop hook. Presses the guest's power button until the guest has powered off or the timeout has passed; the
 * kubelet ends QEMU by SIGTERM after that. QEMU is configured to remain when the guest has powered off (shutdown=pause):
 * it is the first process of the container, so its end would kill this hook, and the kubelet would report a failed hook.
 * SIGTERM still ends such a QEMU, with status 0 (qemu_system_killed of its system/runstate.c).
 *
 * Exit status: 0 the guest has powered off, did not in time, or QEMU is not running; 1 its power button could not be
 * pressed; 2 usage.
 *
 * A guest may have taken control of QEMU, so data from the socket is not trusted: lines have a maximum length, every wait
 * has a timeout, and only printable characters are printed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define DEFAULT_SOCKET "/run/holdfast/vm/qmp.sock"
#define DEFAULT_TIMEOUT_S 170
#define ANSWER_MS 5000
#define PRESS_AGAIN_MS 5000
#define RECONNECT_MS 100
/* Maximum length of a line; QEMU's greeting and its events have some hundred bytes. */
#define LINE_BYTES 65536
#define SHOWN_BYTES 120

enum status { DONE = 0, STUCK = 1, USAGE = 2 };

/* Milliseconds of a monotonic clock. */
typedef long long ms;

static ms now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

static ms earlier(ms a, ms b) { return a < b ? a : b; }

static void report(const char *text) { fprintf(stderr, "holdfast-vmctl: %s\n", text); }

/* --- JSON: the members of one object, which is not trusted to be one --- */

struct text {
    const char *start;
    const char *end;
};

static const char *skip_space(const char *at, const char *end) {
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\r')) at++;
    return at;
}

/* Returns the position after the string that begins at the quote; NULL when it does not end. */
static const char *skip_string(const char *at, const char *end) {
    for (at++; at < end && *at != '"'; at++)
        if (*at == '\\' && at + 1 < end) at++;
    return at < end ? at + 1 : NULL;
}

/**
 * Returns the position after the value that begins here; NULL when it does not end. Not recursive, so no input is too deep.
 */
static const char *skip_value(const char *at, const char *end) {
    long depth = 0;
    if (at == end) return NULL;
    if (*at != '{' && *at != '[' && *at != '"') {
        while (at < end && !strchr(",}] \t\r", *at)) at++;
        return at;
    }
    while (at < end) {
        if (*at == '"') {
            at = skip_string(at, end);
            if (!at) return NULL;
        } else {
            if (*at == '{' || *at == '[') depth++;
            if (*at == '}' || *at == ']') depth--;
            at++;
        }
        if (depth == 0) return at;
    }
    return NULL;
}

/* Finds the value of a member of this object itself, not of one inside it. */
static bool member(struct text object, const char *name, struct text *value) {
    size_t length = strlen(name);
    const char *at = skip_space(object.start, object.end);
    if (at == object.end || *at != '{') return false;
    for (at = skip_space(at + 1, object.end); at < object.end && *at == '"';) {
        const char *key = at + 1;
        at = skip_string(at, object.end);
        if (!at) return false;
        bool found = (size_t)(at - 1 - key) == length && !memcmp(key, name, length);
        at = skip_space(at, object.end);
        if (at == object.end || *at != ':') return false;
        value->start = skip_space(at + 1, object.end);
        value->end = skip_value(value->start, object.end);
        if (!value->end) return false;
        if (found) return true;
        at = skip_space(value->end, object.end);
        if (at == object.end || *at != ',') return false;
        at = skip_space(at + 1, object.end);
    }
    return false;
}

static bool is(struct text value, const char *json) {
    size_t length = strlen(json);
    return (size_t)(value.end - value.start) == length && !memcmp(value.start, json, length);
}

/* --- QMP: one JSON object for each line --- */

enum message { GREETING, ANSWER, REFUSAL, SHUTDOWN, OTHER, LATE, GONE, GARBAGE };

struct qmp {
    int socket;
    size_t filled;
    size_t taken;
    char received[LINE_BYTES];
};

static void show(struct text line) {
    size_t length = (size_t)(line.end - line.start);
    fputs("holdfast-vmctl: not QMP: ", stderr);
    for (size_t i = 0; i < length && i < SHOWN_BYTES; i++)
        fputc(line.start[i] >= ' ' && line.start[i] <= '~' ? line.start[i] : '?', stderr);
    fputs(length > SHOWN_BYTES ? "...\n" : "\n", stderr);
}

static enum message meaning(struct text line, struct text *value) {
    if (member(line, "event", value)) return is(*value, "\"SHUTDOWN\"") ? SHUTDOWN : OTHER;
    if (member(line, "return", value)) return ANSWER;
    if (member(line, "error", value)) return REFUSAL;
    if (member(line, "QMP", value)) return GREETING;
    show(line);
    return GARBAGE;
}

/* Waits until the socket is ready, the peer has closed it or the timeout has passed. */
static bool ready(int socket, short what, ms until) {
    for (;;) {
        ms left = until - now();
        if (left <= 0) return false;
        struct pollfd wait = {.fd = socket, .events = what};
        int count = poll(&wait, 1, (int)earlier(left, INT_MAX));
        if (count > 0) return true;
        if (count < 0 && errno != EINTR) return false;
    }
}

/* Returns the next message; an incomplete line is kept for the next call. */
static enum message next(struct qmp *qmp, ms until, struct text *value) {
    for (;;) {
        /* With a peer that never stops sending, the socket never times out. */
        if (now() >= until) return LATE;
        char *start = qmp->received + qmp->taken;
        char *end = memchr(start, '\n', qmp->filled - qmp->taken);
        if (end) {
            qmp->taken = (size_t)(end + 1 - qmp->received);
            struct text line = {skip_space(start, end), end};
            if (line.start == end) continue;
            return meaning(line, value);
        }
        memmove(qmp->received, start, qmp->filled - qmp->taken);
        qmp->filled -= qmp->taken;
        qmp->taken = 0;
        if (qmp->filled == LINE_BYTES) {
            report("received a line that is too long for QMP");
            return GARBAGE;
        }
        ssize_t count = recv(qmp->socket, qmp->received + qmp->filled, LINE_BYTES - qmp->filled, 0);
        if (count > 0) {
            qmp->filled += (size_t)count;
        } else if (count == 0) {
            return GONE;
        } else if (errno == EAGAIN) {
            if (!ready(qmp->socket, POLLIN, until)) return LATE;
        } else if (errno != EINTR) {
            return GONE;
        }
    }
}

static bool send_all(struct qmp *qmp, const char *command, ms until) {
    for (size_t left = strlen(command); left > 0;) {
        ssize_t count = send(qmp->socket, command, left, MSG_NOSIGNAL);
        if (count > 0) {
            command += count;
            left -= (size_t)count;
        } else if (count < 0 && errno == EAGAIN) {
            if (!ready(qmp->socket, POLLOUT, until)) return false;
        } else if (count == 0 || errno != EINTR) {
            return false;
        }
    }
    return true;
}

/* Executes one command. A SHUTDOWN meanwhile ends it, as there is nothing left to do then. */
static enum message execute(struct qmp *qmp, const char *command, ms deadline, struct text *value) {
    ms until = earlier(now() + ANSWER_MS, deadline);
    if (!send_all(qmp, command, until)) return GONE;
    for (;;) {
        enum message message = next(qmp, until, value);
        if (message != OTHER) return message;
    }
}

/* --- the power button --- */

enum end { POWERED_OFF, TIME_IS_OVER, BROKEN };

/* The guest may have powered off between two connections, which no event reports. */
static bool has_powered_off(enum message message, struct text value) {
    struct text status;
    return message == SHUTDOWN ||
           (message == ANSWER && member(value, "status", &status) && is(status, "\"shutdown\""));
}

static enum end press_until_off(struct qmp *qmp, ms deadline, bool *pressed) {
    struct text value = {NULL, NULL};
    if (next(qmp, earlier(now() + ANSWER_MS, deadline), &value) != GREETING) return BROKEN;
    if (execute(qmp, "{\"execute\":\"qmp_capabilities\"}\n", deadline, &value) != ANSWER) return BROKEN;
    enum message message =
        execute(qmp, "{\"execute\":\"set-action\",\"arguments\":{\"shutdown\":\"pause\"}}\n", deadline, &value);
    if (message == SHUTDOWN) return POWERED_OFF;
    if (message == REFUSAL) report("QEMU does not wait for the end of this hook, which may therefore fail");
    else if (message != ANSWER) return BROKEN;
    while (now() < deadline) {
        message = execute(qmp, "{\"execute\":\"query-status\"}\n", deadline, &value);
        if (has_powered_off(message, value)) return POWERED_OFF;
        if (message != ANSWER) return BROKEN;
        report("pressing the guest's power button");
        message = execute(qmp, "{\"execute\":\"system_powerdown\"}\n", deadline, &value);
        if (message == SHUTDOWN) return POWERED_OFF;
        if (message != ANSWER) return BROKEN;
        *pressed = true;
        /* A guest that is still booting ignores the button. */
        ms again = earlier(now() + PRESS_AGAIN_MS, deadline);
        while ((message = next(qmp, again, &value)) != LATE) {
            if (message == SHUTDOWN) return POWERED_OFF;
            if (message == GONE || message == GARBAGE) return BROKEN;
        }
    }
    return TIME_IS_OVER;
}

/* Returns a connected socket; -1 when nothing listens, -2 when it may not be used or other connections are waiting. */
static int connect_to(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, path, strlen(path));
    int peer = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (peer >= 0 && connect(peer, (struct sockaddr *)&address, sizeof address) == 0) return peer;
    int why = errno;
    if (peer >= 0) close(peer);
    return why == ENOENT || why == ECONNREFUSED ? -1 : -2;
}

static enum status power_down(const char *path, long seconds) {
    static struct qmp qmp;
    ms deadline = now() + seconds * 1000LL;
    bool pressed = false, seen = false;
    for (;;) {
        int peer = connect_to(path);
        if (peer == -1) {
            report(seen ? "QEMU has ended" : "QEMU is not running");
            return DONE;
        }
        if (peer >= 0) {
            seen = true;
            qmp.socket = peer;
            qmp.filled = qmp.taken = 0;
            enum end end = press_until_off(&qmp, deadline, &pressed);
            close(peer);
            if (end == POWERED_OFF) {
                report("the guest has powered off");
                return DONE;
            }
        }
        if (now() >= deadline) break;
        /* A connection that is accepted while QEMU ends gets no answer: try until nothing listens. */
        poll(NULL, 0, RECONNECT_MS);
    }
    if (pressed) {
        report("the guest did not power off in time; SIGTERM will end QEMU");
        return DONE;
    }
    fprintf(stderr, "holdfast-vmctl: the power button could not be pressed within %ld s: %s does not respond as QEMU does\n",
            seconds, path);
    return STUCK;
}

static enum status usage(const char *what, const char *found) {
    fprintf(stderr, "holdfast-vmctl: %s%s\n", what, found);
    fputs("usage: holdfast-vmctl shutdown [--timeout SECONDS] [--socket PATH]\n", stderr);
    return USAGE;
}

int main(int count, char **words) {
    const char *path = DEFAULT_SOCKET;
    long seconds = DEFAULT_TIMEOUT_S;
    if (count < 2) return usage("a command is required", "");
    if (strcmp(words[1], "shutdown")) return usage("unknown command: ", words[1]);
    for (int i = 2; i < count; i += 2) {
        const char *value = i + 1 < count ? words[i + 1] : NULL;
        if (!strcmp(words[i], "--timeout") && value) {
            char *end;
            errno = 0;
            seconds = strtol(value, &end, 10);
            if (errno || end == value || *end || seconds < 1 || seconds > 1000000)
                return usage("--timeout must be 1 to 1000000 seconds, not ", value);
        } else if (!strcmp(words[i], "--socket") && value) {
            if (!*value || strlen(value) >= sizeof((struct sockaddr_un *)0)->sun_path)
                return usage("--socket must be a path of 1 to 107 bytes, not ", value);
            path = value;
        } else {
            return usage("unknown option, or option without a value: ", words[i]);
        }
    }
    return power_down(path, seconds);
}
