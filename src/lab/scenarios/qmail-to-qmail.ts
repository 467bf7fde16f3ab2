import type { HostFile } from "../host-files.ts";
import type { LabImage } from "../lab-image.ts";
import { runCommand } from "../run-command.ts";
import { writeHostFiles } from "../write-host-files.ts";
import type { LabScenario } from "./scenario.ts";

const image: LabImage = {
  name: "qmail",
  suite: "trixie",
  units: ["ssh", "svscan"],
  ports: [22, 25, 110],
};

/** Two hosts with a stand-in for qmail: one with users, a domain of locals and a virtual one, and an empty one. */
export const qmailToQmail: LabScenario = {
  name: "qmail-to-qmail",
  playbook: "qmail-to-qmail",
  images: { old: image, new: image },
  installKeys: async ({ roots }) => {
    await writeHostFiles(roots.old, [
      ...controlFiles("mail-old.example.org", {
        locals: ["localhost", "mail-old.example.org", "example.org"],
        rcpthosts: ["localhost", "mail-old.example.org", "example.org", "example.net"],
        virtualdomains: ["example.net:net"],
      }),
      { path: "/var/qmail/alias/.qmail-postmaster", content: "&alice@example.org\n", owner: "alias:nofiles" },
      { path: "/var/qmail/users/assign", content: `${qmailPeople.map(assignLine).join("")}.\n` },
    ]);
    await runCommand(["chroot", roots.old, "sh", "-euc", makePeople, "sh", ...qmailPeople.flatMap(wordsOf)]);
    const own = ["localhost", "mail-new.example.org"];
    await writeHostFiles(roots.new, controlFiles("mail-new.example.org", { locals: own, rcpthosts: own }));
  },
  variables: () => ({
    vmail_directory: "/mail",
    qmail_homes_depth: 2,
    qmail_old_names: ["mail-old.example.org"],
    qmail_new_names: ["mail-new.example.org"],
    // The stand-in speaks no IPv6, as qmail.
    preflight_ports: [25, 110],
    smoke_address: "alice@example.org",
    smoke_maildir: "/mail/example.org/alice/Maildir",
    smoke_server_name: "mail.example.org",
    smoke_smtp_tls: "none",
    smoke_certificates: [],
    qmail_quiet_seconds: 3,
  }),
};

/** A user of the old host. Homes lie in /mail/DOMAIN/NAME. */
export interface QmailPerson {
  readonly name: string;
  readonly domain: "example.org" | "example.net";
  readonly uid: number;
  /** Of the home, in octal digits: what was sticky before stays so. */
  readonly mode: string;
}

export const qmailPeople: readonly QmailPerson[] = [
  { name: "alice", domain: "example.org", uid: 2001, mode: "0700" },
  { name: "bob", domain: "example.org", uid: 2002, mode: "0755" },
  { name: "carol", domain: "example.net", uid: 2003, mode: "0711" },
  { name: "dave", domain: "example.net", uid: 2004, mode: "2750" },
  // On leave, and at work on her .qmail: nothing is delivered to her.
  { name: "erin", domain: "example.net", uid: 2005, mode: "1700" },
];

/** Everybody's password. */
export const qmailPassword = "summersun";

function controlFiles(me: string, files: Readonly<Record<string, readonly string[]>>): HostFile[] {
  return Object.entries({ me: [me], ...files }).map(([name, lines]) => ({
    path: `/var/qmail/control/${name}`,
    content: `${lines.join("\n")}\n`,
  }));
}

function assignLine({ name, domain, uid }: QmailPerson): string {
  const local = domain === "example.net" ? `net-${name}` : name;
  return `=${local}:${name}:${uid}:${uid}:/mail/${domain}/${name}:::\n`;
}

function wordsOf({ name, domain, uid, mode }: QmailPerson): string[] {
  return [name, String(uid), `/mail/${domain}/${name}`, mode];
}

const makePeople = `
  /var/qmail/bin/qmail-newu
  hash=$(openssl passwd -6 ${qmailPassword})
  while [ $# -gt 0 ]; do
    groupadd --gid "$2" "$1"
    mkdir -p "$(dirname "$3")"
    useradd --uid "$2" --gid "$2" --home-dir "$3" --password "$hash" --no-create-home "$1"
    for d in "$3" "$3/Maildir" "$3/Maildir/cur" "$3/Maildir/new" "$3/Maildir/tmp"; do install -d -m 700 -o "$1" -g "$1" "$d"; done
    chmod "$4" "$3"
    shift 4
  done`;
