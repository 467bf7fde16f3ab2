import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";

/** The user that every peer logs in as. */
export const farmUser = "bench";

/**
 * Runs a program in namespaces of its own: mounts (/etc, /root, /home and /var/lib are laid over, /run is empty), network
 * (nothing but a loopback) and processes (all of them end with it). What is unmounted outside goes away in here too: a lab beside
 * it could not mount a host's layers again otherwise. Root's start files are those of a fresh Debian: each login runs them, and what
 * this machine's hold is no matter of anybody who is measured. Gives back its exit code.
 */
export async function runInNamespaces(argv: readonly string[], work: string): Promise<number> {
  mkdirSync(join(work, "layers"));
  const child = spawn(
    "unshare",
    [
      ...["--mount", "--propagation", "slave", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"],
      ...["/bin/sh", "-c", enterScript, "sh", work, ...argv],
    ],
    { stdio: "inherit" },
  );
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 1));
  });
}

// The shell stays as process 1: it takes the orphans that peers leave.
const enterScript = `set -e
work=$1; shift
mount -t tmpfs tmpfs "$work/layers"
for of in etc root home var/lib; do
  name=$(echo "$of" | tr / -)
  mkdir -p "$work/layers/$name" "$work/layers/$name.work"
  mount -t overlay overlay -o "lowerdir=/$of,upperdir=$work/layers/$name,workdir=$work/layers/$name.work" "/$of"
done
mount -t tmpfs tmpfs /run
mkdir -p /run/sshd
ip link set lo up
rm -rf /root/.ssh /root/.ansible /root/.bash_profile /root/.bash_login
for file in bashrc profile; do cp "/usr/share/base-files/dot.$file" "/root/.$file"; done
useradd --create-home --shell /bin/bash --password '*' ${farmUser}
mkdir -p /etc/sudoers.d
echo '${farmUser} ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/mailferry-bench
chmod 0440 /etc/sudoers.d/mailferry-bench
"$@"
`;
