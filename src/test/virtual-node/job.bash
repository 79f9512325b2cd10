# Hands a command to a running node and follows it. Sourced by `boot` and `exec`.

# $1: state folder of the node, $2: job id, then the command. Returns once the order is given.
submit_job() {
    local state=$1 id=$2 job=$1/jobs/$2 argument
    shift 2
    mkdir "$job"
    : > "$job/out"
    : > "$job/err"
    {
        # The node sees the same files at the same paths, except where it has its own (/tmp, /run).
        printf 'cd -- %s 2>/dev/null || cd /\n' "$(quote "$PWD")"
        printf 'export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8\n'
        [ -z "${JAVA_HOME:-}" ] || printf 'export JAVA_HOME=%s\n' "$(quote "$JAVA_HOME")"
        printf 'exec'
        for argument in "$@"; do printf ' %s' "$(quote "$argument")"; done
        printf '\n'
    } > "$job/request"
    give_order "$state" "run $id"
}

# One write below PIPE_BUF is never mixed with another's. Read-write, because opening must not wait for QEMU.
give_order() {
    echo "$2" 1<> "$1/control.in"
}

# Between single quotes a shell leaves everything alone but the single quote itself.
quote() {
    printf "'%s'" "${1//\'/\'\\\'\'}"
}

# Copies the job's output until it has ended; sets `job_status`. Returns 1 when the node is gone first.
# $1: state folder, $2: job id, $3: a command that succeeds while the node runs
follow_job() {
    local job=$1/jobs/$2 alive=$3 ended='' gone='' pause=0.02 idle=0
    exec {job_out}< "$job/out" {job_err}< "$job/err" {never}<> <(:)
    while :; do
        # Look for the end before reading: what was written before it is then read for certain.
        [ ! -e "$job/status" ] || ended=yes
        $alive || gone=yes
        cat <&"$job_out"
        cat <&"$job_err" >&2
        [ -z "$ended" ] || break
        [ -z "$gone" ] || return 1
        # Quick commands get a quick answer, long ones cost the host little.
        [ $((++idle)) -lt 50 ] || pause=0.2
        read -rt $pause -u "$never" || true
    done
    exec {job_out}<&- {job_err}<&- {never}<&-
    read -r job_status < "$job/status"
    rm -rf "$job"
}
