import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { loginUser } from "../../src/lab/host-files.ts";
import type { LabHost } from "../../src/lab/lab.ts";
import { runCommand } from "../../src/lab/run-command.ts";
import { makeIdentity, sealAge } from "../../src/secrets/age.ts";
import { sealVault } from "../../src/secrets/ansible-vault.ts";
import { sudoersLines } from "../../src/transport/sudoers.ts";
import { type Stage, until } from "./rehearse.ts";

/** Secrets that a whole move works with, and where they may be seen. */
export interface Canary {
  /** Who showed one in its command line or its environment since the secrets are in use: `cmdline of PID: …`. */
  seen(): readonly string[];
  /** Files that hold one, in any of its forms, written since then on the hosts and here. */
  files(): Promise<readonly string[]>;
  /** Those that have to be found, or the search is worth nothing. */
  readonly planted: readonly string[];
  stop(): Promise<void>;
}

/**
 * Gives sudo, MariaDB and a mailbox on both hosts passwords of their own, and the controller the first of them encrypted with age,
 * the last with Ansible Vault, whose own password is as secret, as a user would. Looks at all processes of this machine, which those
 * of the lab's hosts are among, until it is stopped.
 */
export async function plantCanary({ lab, rehearsal }: Stage, mailbox: string): Promise<Canary> {
  const hosts = [lab.hosts.old, lab.hosts.new];
  const [sudo, database, user, vault] = ["sudo", "data", "user", "vault"].map(
    (name) => `${name}"&%/${randomBytes(9).toString("hex")}`,
  ) as [string, string, string, string];
  const own = await mkdtemp(join(tmpdir(), "mailferry-canary-"));
  const forms = [sudo, database, user, vault].flatMap(formsOf);
  writeFileSync(join(own, "forms"), `${forms.join("\n")}\n`, { mode: 0o600 });
  await protect(hosts, { sudo, database });
  const hashed = await lab.hosts.old.run(["openssl", "passwd", "-6", "-stdin"], { stdin: `${user}\n` });
  await lab.hosts.old.run(["mysql", "mailserver"], {
    stdin: `UPDATE virtual_users SET password = '{SHA512-CRYPT}${hashed.trim()}' WHERE email = '${mailbox}';`,
  });

  const { identity, recipient } = await makeIdentity();
  writeFileSync(join(own, "identity"), `${identity}\n`, { mode: 0o600 });
  writeFileSync(join(own, "vault"), `${vault}\n`, { mode: 0o600 });
  const byAge = await sealAge(Buffer.from(sudo), { recipients: [recipient] });
  const byVault = await sealVault(Buffer.from(user), vault);
  await mkdir(join(rehearsal.directory, "group_vars"));
  writeFileSync(
    join(rehearsal.directory, "group_vars", "all.yml"),
    `become_password: !age ${block(byAge)}smoke_password: !vault ${block(byVault)}`,
  );
  process.env.MAILFERRY_IDENTITY_FILE = join(own, "identity");
  process.env.ANSIBLE_VAULT_PASSWORD_FILE = join(own, "vault");

  const watch = watchProcesses(forms);
  await provesToSee(watch, lab.hosts.old, database);
  for (const host of hosts) {
    const hidden = Buffer.from(`.${user}.`).toString("base64");
    await host.run(["sh", "-c", "cat >/var/tmp/planted"], { stdin: hidden });
  }
  const here = join(rehearsal.directory, "planted");
  writeFileSync(here, `{"x":"${Buffer.from(sudo).toString("hex")}"}`);
  return {
    seen: () => [...watch.seen],
    planted: [
      here,
      ...hosts.flatMap(({ name }) => [`${name}: /root/.my.cnf`, `${name}: /var/tmp/planted`]),
    ].sort(),
    files: async () => {
      const found = await Promise.all(hosts.map((host) => filesOf(host, forms)));
      return [...found.flat(), ...(await filesHere(own, [rehearsal.directory, tmpdir()]))].sort();
    },
    stop: async () => {
      delete process.env.MAILFERRY_IDENTITY_FILE;
      delete process.env.ANSIBLE_VAULT_PASSWORD_FILE;
      await watch.stop();
      await rm(own, { recursive: true });
    },
  };
}

/** From now on sudo asks for a password, and MariaDB wants one of root, which its option file knows. */
async function protect(
  hosts: readonly LabHost[],
  { sudo, database }: { readonly sudo: string; readonly database: string },
): Promise<void> {
  const rights = sudoersLines({ loginUser, becomeUsers: ["root"], asksPassword: true });
  for (const host of hosts) {
    await host.run(["chpasswd"], { stdin: `${loginUser}:${sudo}\n` });
    await host.run(["sh", "-c", `cat >/etc/sudoers.d/${loginUser}`], { stdin: `${rights.join("\n")}\n` });
    await host.run(["mysql"], { stdin: `ALTER USER root@localhost IDENTIFIED BY '${database}';` });
    await host.run(["sh", "-c", "umask 077; touch /var/tmp/begin; cat >/root/.my.cnf"], {
      stdin: `[client]\npassword='${database}'\n`,
    });
  }
}

/** As it may stand in a file: as it is, in JSON, in a URL, in hexadecimal digits, and in base64 wherever it begins there. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const inBase64 = [0, 1, 2].map((offset) => {
    const shifted = Buffer.concat([Buffer.alloc(offset), bytes]);
    const [from, to] = [Math.ceil((offset * 8) / 6), Math.floor((shifted.length * 8) / 6)];
    return shifted.toString("base64").slice(from, to);
  });
  const forms = [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    bytes.toString("hex"),
  ];
  return [...new Set([...forms, ...inBase64])];
}

interface Watch {
  readonly seen: Set<string>;
  stop(): Promise<void>;
}

/** Looks at every process again and again. */
function watchProcesses(forms: readonly string[]): Watch {
  const seen = new Set<string>();
  const ending = new AbortController();
  const watching = (async () => {
    while (!ending.signal.aborted) {
      for (const pid of readdirSync("/proc").filter((name) => /^[0-9]+$/.test(name))) {
        for (const part of ["cmdline", "environ"]) {
          const text = readIfThere(`/proc/${pid}/${part}`);
          if (forms.some((form) => text.includes(form))) seen.add(`${part} of ${pid}: ${text.slice(0, 200)}`);
        }
      }
      await sleep(200, undefined, { signal: ending.signal }).catch(() => {});
    }
  })();
  return {
    seen,
    stop: () => {
      ending.abort();
      return watching;
    },
  };
}

/** A process may be gone, or be the kernel's. */
function readIfThere(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

/** A program on a host that has the secret among its words and in its environment is seen to have it. */
async function provesToSee({ seen }: Watch, host: LabHost, secret: string): Promise<void> {
  const wait = "while [ ! -e /run/seen ]; do sleep 0.1; done";
  const shown = host.run(["env", `SHOWN=${secret}`, "sh", "-c", wait, "sh", secret]);
  await until(() => ["cmdline", "environ"].every((part) => [...seen].some((line) => line.startsWith(part))));
  await host.run(["touch", "/run/seen"]);
  await shown;
  seen.clear();
}

/** Of everything on a host that was written since, its journal too. */
async function filesOf(host: LabHost, forms: readonly string[]): Promise<string[]> {
  const script = `cat >/dev/shm/forms
    find / \\( -path /proc -o -path /sys -o -path /dev/shm/forms \\) -prune -o -type f -newer /var/tmp/begin -print0 2>/dev/null |
      xargs -0 -r grep -laFs -f /dev/shm/forms
    ! journalctl --no-pager -o export | grep -qaF -f /dev/shm/forms || echo "the journal"
    rm /dev/shm/forms`;
  const found = await host.run(["sh", "-c", script], { stdin: `${forms.join("\n")}\n` });
  return found.split("\n").flatMap((file) => (file === "" ? [] : [`${host.name}: ${file}`]));
}

/** Of what was written here since: all of the move's own, and what is in the directory for temporary files. */
async function filesHere(own: string, directories: readonly string[]): Promise<string[]> {
  const script = `own=$1; shift
    find "$@" -path "$own" -prune -o -type f -newer "$own/forms" -print0 2>/dev/null |
      xargs -0 -r grep -laFs -f "$own/forms"; :`;
  const { stdout } = await runCommand(["sh", "-c", script, "sh", own, ...directories]);
  return stdout
    .toString()
    .split("\n")
    .filter((file) => file !== "");
}

/** A text of several lines as a value of YAML. */
function block(text: string): string {
  return `|\n${text.replaceAll(/^/gm, "  ").trimEnd()}\n`;
}
