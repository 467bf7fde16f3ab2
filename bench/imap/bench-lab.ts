import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createRandom } from "../mail/random.ts";
import { type VolumeSize, writeVolume } from "../mail/volume.ts";

/** A lab of the scenario imap-copy, with mail on old. */
export interface BenchLab {
  readonly inventory: string;
  readonly users: readonly string[];
  /** Runs a script on a host, as root; gives what it prints. */
  on(host: "old" | "new", script: string): string;
  /** The argv that runs another one in the lab's network. */
  inNetwork(argv: readonly string[]): string[];
  /** Makes new what it was before anything was copied. */
  empty(): void;
  /** How many messages all users have on a host. */
  count(host: "old" | "new"): number;
  down(): void;
}

/** Boots the lab, and fills it. Whoever gets it takes it down. */
export function bootBenchLab(name: string, size: VolumeSize): BenchLab {
  mailferry(["lab", "down", name]);
  const told = mailferry(["lab", "up", "--scenario", "imap-copy", name]);
  const inventory = /^Its inventory: (.*)$/m.exec(told)?.[1] ?? "";
  const on: BenchLab["on"] = (host, script) => mailferry(["lab", "shell", host, name], `set -eu\n${script}`);
  try {
    const users = writeMail(join(dirname(inventory), "hosts", "old", "root", "var"), size);
    for (const host of ["old", "new"] as const) on(host, makeUsers(users));
    on("old", indexMail);
    return {
      ...{ inventory, users, on },
      inNetwork: (argv) => ["nsenter", `--net=/run/netns/mailferry-lab-${name}`, ...argv],
      empty: () => void on("new", emptyMail),
      count: (host) => Number(on(host, "doveadm search -A ALL | wc -l")),
      down: () => void mailferry(["lab", "down", name]),
    };
  } catch (error) {
    mailferry(["lab", "down", name]);
    throw error;
  }
}

function mailferry(words: readonly string[], input = ""): string {
  const program = join(process.cwd(), "bin", "mailferry.js");
  return execFileSync(process.execPath, [program, ...words], { encoding: "utf8", input, maxBuffer: 2 ** 28 });
}

/** Puts mailboxes below `directory`/vmail, and gives whose they are. */
function writeMail(directory: string, size: VolumeSize): string[] {
  const room = mkdtempSync(join(tmpdir(), "mailferry-bench-"));
  try {
    // The mail's owner has to come through.
    chmodSync(room, 0o755);
    const source = join(room, "vmail");
    writeVolume(source, size, createRandom(1));
    execFileSync("cp", ["-a", source, directory]);
    return readdirSync(source).flatMap((domain) =>
      readdirSync(join(source, domain)).map((user) => `${user}@${domain}`),
    );
  } finally {
    rmSync(room, { recursive: true, force: true });
  }
}

/** In place of those that the lab's image has: nobody looks at their passwords. */
function makeUsers(users: readonly string[]): string {
  const domains = [...new Set(users.map((user) => user.slice(user.indexOf("@") + 1)))];
  const sql = [
    "DELETE FROM virtual_users;",
    ...domains.map((domain) => `INSERT INTO virtual_domains (name) VALUES ('${domain}');`),
    ...users.map(
      (user) =>
        `INSERT INTO virtual_users (domain_id, email, password) SELECT id, '${user}', '!' FROM virtual_domains WHERE name = '${user.slice(user.indexOf("@") + 1)}';`,
    ),
  ];
  return `mysql mailserver <<'SQL'\n${sql.join("\n")}\nSQL\n`;
}

/** The volume's files of Dovecot, and the sizes in the names of its messages, are not true: for rsync they need not be. */
const indexMail = `
  find /var/vmail -name 'dovecot*' -delete
  find /var/vmail -name '*,S=*' -print0 | perl -0 -lne '($name = $_) =~ s/,S=\\d+,W=\\d+//; rename $_, $name or die $!'
  doveadm index -A '*'`;

const emptyMail = `
  systemctl stop dovecot.socket dovecot
  rm -rf /var/vmail/*
  sync
  systemctl start dovecot`;
