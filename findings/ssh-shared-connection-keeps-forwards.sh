#!/usr/bin/env bash
# OpenSSH with a shared connection (ControlMaster): the tunnel of `ssh -N -R` outlives the command that asked for it.
#
# Without sharing, the tunnel ends with the command. With it, the master made the tunnel and keeps it: after the command was ended
# the port on the server still listens and still leads to the old place, until the master itself goes. The next command that
# wants the port for another place is refused, as if a stranger held it. The manual pages of ssh and ssh_config
# describe -O cancel, but not that ending the command is no cancel. `ControlMaster auto` is in many a user's
# configuration, so a dictation that carries a microphone through `ssh -R` meets it after its first restart, and an old port
# leads into the machine longer than anyone asked. Give such a command -o ControlPath=none, or end with -O cancel.
#
# Versions: Debian's openssh-client and openssh-server 1:9.2p1-2+deb12u10. A server of its own on loopback is started and stopped.
set -euo pipefail
for tool in ssh ssh-keygen /usr/sbin/sshd python3; do
    command -v "$tool" >/dev/null || { echo "$tool is needed (Debian: openssh-client, openssh-server, python3)"; exit 2; }
done
work=$(mktemp -d)
made_run_folder=
server_pid=

finish() {
    "${client[@]}" -O exit 127.0.0.1 2>/dev/null || true
    [ -z "$server_pid" ] || kill "$server_pid" 2>/dev/null || true
    [ -z "$made_run_folder" ] || rmdir /run/sshd 2>/dev/null || true
    rm -rf "$work"
}

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# The first line that whoever listens on a port of this machine sends, or nothing.
greeting() {
    timeout 3 bash -c "exec 3<>/dev/tcp/127.0.0.1/$1; read -r line <&3; echo \"\${line%%-OpenSSH*}\"" 2>/dev/null || true
}

# Call a command each tenth of a second until it prints what is wanted; at most 10 s.
wait_for() {
    local wanted=$1
    shift
    for _ in $(seq 100); do
        [ "$("$@")" != "$wanted" ] || return 0
        sleep 0.1
    done
}

server_port=$(free_port)
tunnel_port=$(free_port)
client=(ssh -F none -p "$server_port" -i "$work/user" -o StrictHostKeyChecking=no -o "UserKnownHostsFile=$work/known"
    -o LogLevel=ERROR -o ExitOnForwardFailure=yes)
shared=(-o "ControlPath=$work/master")
trap finish EXIT
ssh-keygen -q -t ed25519 -N '' -f "$work/host"
ssh-keygen -q -t ed25519 -N '' -f "$work/user"
cat >"$work/sshd_config" <<CONFIG
Port $server_port
ListenAddress 127.0.0.1
HostKey $work/host
AuthorizedKeysFile $work/user.pub
PidFile none
StrictModes no
UsePAM no
CONFIG
if [ "$(id -u)" = 0 ] && [ ! -d /run/sshd ]; then
    mkdir /run/sshd
    made_run_folder=yes
fi
/usr/sbin/sshd -D -f "$work/sshd_config" -E "$work/log" &
server_pid=$!
wait_for SSH-2.0 greeting "$server_port"
[ "$(greeting "$server_port")" = SSH-2.0 ] || { echo "sshd does not start here"; exit 2; }

# Run a tunnel to the server's own port, end the command, and tell what the tunnel's port says before and after.
before_and_after() {
    "${client[@]}" "$@" -N -R "127.0.0.1:$tunnel_port:127.0.0.1:$server_port" 127.0.0.1 &
    local command_pid=$!
    wait_for SSH-2.0 greeting "$tunnel_port"
    local before
    before=$(greeting "$tunnel_port")
    kill "$command_pid"
    wait "$command_pid" || true
    wait_for "" greeting "$tunnel_port"
    echo "$before/$(greeting "$tunnel_port")"
}

ssh -V 2>&1 | sed 's/,.*//'
alone=$(before_and_after -o ControlPath=none 2>/dev/null)
echo "  a connection of its own, while the command runs and after its end: $alone"
"${client[@]}" "${shared[@]}" -o ControlMaster=yes -o ControlPersist=60 -N -f 127.0.0.1
client+=("${shared[@]}")
kept=$(before_and_after 2>/dev/null)
echo "  a shared connection, while the command runs and after its end: $kept"
again=accepted
"${client[@]}" -O forward -R "127.0.0.1:$tunnel_port:127.0.0.1:9" 127.0.0.1 2>/dev/null || again=refused
echo "  the same port for another place over the shared connection: $again"
"${client[@]}" -O cancel -R "127.0.0.1:$tunnel_port:127.0.0.1:$server_port" 127.0.0.1
cancelled=$(greeting "$tunnel_port")
echo "  after -O cancel: ${cancelled:-nobody listens}"
if [ "$alone $kept $again $cancelled" != "SSH-2.0/ SSH-2.0/SSH-2.0 refused " ]; then
    echo "changed: expected SSH-2.0/ SSH-2.0/SSH-2.0 refused and nobody, saw $alone $kept $again $cancelled"
    exit 1
fi
