# Keeps daemons of the node running, as an init system would. Sourced by `node-start` and `daemon`.
#
# /run/daemons/NAME.pid contains the process, /run/daemons/NAME.stopped exists while it must not be restarted.
daemons=/run/daemons

# Starts a daemon, and starts it again whenever it has ended. The containers of a daemon continue to run: only its own
# process is ended.
# $1: name, $2: log, then the command
keep_running() {
    local name=$1 log=$2
    shift 2
    mkdir -p "$daemons"
    (
        while :; do
            while [ -e "$daemons/$name.stopped" ]; do sleep 0.2; done
            setsid "$@" < /dev/null >> "$log" 2>&1 &
            echo $! > "$daemons/$name.pid"
            wait $! || true
            rm -f "$daemons/$name.pid"
            sleep 0.2
        done
    ) &
}

# $1: name; prints nothing when it does not run
daemon_pid() { cat "$daemons/$1.pid" 2> /dev/null || true; }

# $1: name, $2: signal
end_daemon() {
    local pid
    pid=$(daemon_pid "$1")
    [ -n "$pid" ] || return 0
    kill "-$2" "$pid" 2> /dev/null || true
    while [ "$(daemon_pid "$1")" = "$pid" ]; do sleep 0.1; done
}
