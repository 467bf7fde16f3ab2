import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Lab, openLab } from "../../src/lab/lab.ts";
import { labDown, labRemains } from "../../src/lab/lab-down.ts";
import { labList, labStatus } from "../../src/lab/lab-status.ts";
import { labUp } from "../../src/lab/lab-up.ts";
import { labName } from "./lab-name.ts";
import { inLab, readFolder, sendMail } from "./mail-client.ts";

const run = promisify(execFile);
const [first, second, killed] = ["a", "b", "c"].map(labName) as [string, string, string];
const summersun = { pass: "summersun" };

let lab: Lab;

beforeAll(async () => {
  for (const name of [first, second, killed]) await labDown(name);
  lab = await labUp({ name: first });
});

afterAll(async () => {
  for (const name of [first, second, killed]) await labDown(name);
});

describe("the lab's hosts", () => {
  it("have every service running", async () => {
    const status = await labStatus(first);

    expect(status).toMatchObject({ complete: true, network: true });
    for (const host of status?.hosts ?? []) expect(host).toMatchObject({ running: true, missing: undefined });
  });

  it("are the two Debian releases, with vmail under different ids", async () => {
    expect(await lab.hosts.old.run(["cat", "/etc/debian_version"])).toMatch(/^11\./);
    expect(await lab.hosts.new.run(["cat", "/etc/debian_version"])).toMatch(/^13\./);
    expect(await lab.hosts.old.run(["id", "-u", "vmail"])).toBe("5000\n");
    expect(await lab.hosts.new.run(["id", "-u", "vmail"])).not.toBe("5000\n");
  });

  it("let root in by the lab's key and known_hosts, by name and by address", async () => {
    const { keyFile, knownHostsFile } = lab.files;
    const options = [
      "-F",
      "none",
      "-i",
      keyFile,
      "-o",
      `UserKnownHostsFile=${knownHostsFile}`,
      "-o",
      "BatchMode=yes",
    ];

    for (const host of [lab.hosts.old, lab.hosts.new]) {
      for (const at of [host.name, host.address, host.address6]) {
        const name = await inLab(lab, ["ssh", ...options, `root@${at}`, "hostname", "-f"]);
        expect(name.trim()).toBe(host.name);
      }
    }
  });

  it("have no way out", async () => {
    for (const host of [lab.hosts.old, lab.hosts.new, lab.hosts.dns]) {
      expect(await host.run(["ip", "route", "show", "default"])).toBe("");
      expect(await host.run(["ip", "-6", "route", "show", "default"])).toBe("");
    }
    expect(await inLab(lab, ["ip", "route", "show", "default"])).toBe("");
  });
});

describe("the old server", () => {
  it("takes mail from outside by SMTP, through its filter, into the Maildir", async () => {
    const { address } = lab.hosts.old;
    const caFile = lab.files.caFile;
    const mail = { from: "alice@example.com", servername: "mail.example.org", caFile };

    const taken = await sendMail(lab, {
      ...mail,
      host: address,
      to: "jack@example.org",
      subject: "by alias",
    });
    const refused = await sendMail(lab, { ...mail, host: address, to: "nobody@example.org", subject: "no" });

    expect(taken.response).toMatch(/^250 /);
    expect(refused.response).toMatch(/^550 5\.1\.1 /);
    await vi.waitFor(async () => {
      const user = { user: "john@example.org", ...summersun, servername: "mail.example.org", caFile };
      const { subjects, headers } = await readFolder(lab, { host: address, ...user });
      expect(subjects).toEqual(["by alias"]);
      expect(headers?.[0]).toContain("X-Spamd-Result");
    }, 20_000);
    expect(await lab.hosts.old.run(["stat", "-c", "%u:%g", "/var/vmail/example.org/john/Maildir"])).toBe(
      "5000:5000\n",
    );
  });

  it("signs the mail of its users with a key that the DNS confirms", async () => {
    const login = { user: "jane@example.net", ...summersun };
    const message = { from: "jane@example.net", to: "jane@example.net", subject: "signed", login };

    expect(await sendMail(lab, { host: lab.hosts.old.address, port: 587, ...message })).toMatchObject({
      accepted: true,
    });

    await vi.waitFor(async () => {
      const { headers } = await readFolder(lab, { host: lab.hosts.old.address, ...login });
      expect(headers?.[0]).toContain("d=example.net; s=2021020202;");
    }, 20_000);
    const record = await inLab(lab, ["dig", "+short", "TXT", "2021020202._domainkey.example.net"]);
    const keyFile = "/var/lib/rspamd/dkim/example.net.2021020202.key";
    const key = await lab.hosts.old.run(["openssl", "rsa", "-in", keyFile, "-pubout"]);
    const base64 = key.split("\n").slice(1, -2).join("");
    expect(record.replaceAll(/[" \n]/g, "")).toBe(`v=DKIM1;k=rsa;p=${base64}`);
  });

  it("lets in users of every password scheme, on both address families, and nobody without the password", async () => {
    const { address, address6 } = lab.hosts.old;
    for (const scheme of ["SHA256-CRYPT", "SHA512-CRYPT", "SSHA512", "ARGON2ID"]) {
      const user = `${scheme.toLowerCase()}@example.org`;
      const hash = (await lab.hosts.old.run(["doveadm", "pw", "-s", scheme, "-p", "p w"])).trim();
      await lab.hosts.old.run(["mysql", "mailserver"], {
        stdin: `INSERT INTO virtual_users (domain_id, email, password) VALUES (1, '${user}', '${hash}');`,
      });
      expect(await readFolder(lab, { host: address6, user, pass: "p w" })).toMatchObject({ loggedIn: true });
    }
    const refused = await readFolder(lab, { host: address, user: "john@example.org", pass: "other" });
    expect(refused.loggedIn).toBe(false);
  });

  it("has Roundcube's contacts, and a spam filter that has learned", async () => {
    const contacts = await lab.hosts.old.run([
      "mysql",
      "-N",
      "roundcube",
      "-e",
      "SELECT COUNT(*) FROM contacts",
    ]);
    const learned = await lab.hosts.old.run(["redis-cli", "DBSIZE"]);

    expect(Number(contacts)).toBe(3);
    expect(Number(learned)).toBeGreaterThan(100);
  });
});

describe("the new server", () => {
  it("knows nobody at first, and serves old's users once it has the rows", async () => {
    const host = lab.hosts.new.address;
    const mail = { host, from: "alice@example.com", to: "info@example.net", subject: "to new" };

    expect((await sendMail(lab, mail)).accepted).toBe(false);

    const rows = await lab.hosts.old.run(["mysqldump", "--no-create-info", "mailserver"]);
    await lab.hosts.new.run(["mariadb", "mailserver"], { stdin: rows });

    // A running smtpd remembers that there was no such domain.
    await lab.hosts.new.run(["systemctl", "restart", "postfix"]);
    await vi.waitFor(async () => expect((await sendMail(lab, mail)).response).toMatch(/^250 /), 60_000);
    await vi.waitFor(async () => {
      const read = await readFolder(lab, { host, user: "jane@example.net", ...summersun });
      expect(read.subjects).toEqual(["to new"]);
    }, 20_000);
    const argon = await readFolder(lab, { host, user: "argon2id@example.org", pass: "p w" });
    expect(argon.loggedIn).toBe(true);
  });
});

describe("the name servers", () => {
  it("answer with a day's TTL, both", async () => {
    for (const server of ["10.77.0.53", "10.77.0.54", "fd77::53"]) {
      const answer = await inLab(lab, ["dig", "+noall", "+answer", `@${server}`, "example.org", "MX"]);
      expect(answer).toMatch(/^example\.org\.\s+86400\s+IN\s+MX\s+10 mail\.example\.org\.$/m);
    }
    expect(await inLab(lab, ["dig", "+short", "-x", lab.hosts.old.address6])).toBe("mail-old.example.org.\n");
  });

  it("take updates with the lab's TSIG key only, and pass them on", async () => {
    const update = `${lab.directory}/update`;
    await writeFile(
      update,
      "server 10.77.0.53\nupdate delete mail.example.net A\nupdate add mail.example.net 60 A 10.77.0.20\nsend\n",
    );

    await expect(inLab(lab, ["nsupdate", update])).rejects.toThrow(/REFUSED/);
    await inLab(lab, ["nsupdate", "-k", lab.files.tsigKeyFile, update]);

    await vi.waitFor(async () => {
      for (const server of ["10.77.0.53", "10.77.0.54"]) {
        const answer = await inLab(lab, ["dig", "+noall", "+answer", `@${server}`, "mail.example.net", "A"]);
        expect(answer).toMatch(/^mail\.example\.net\.\s+60\s+IN\s+A\s+10\.77\.0\.20$/m);
      }
    }, 20_000);
  });
});

describe("what can be done to a lab", () => {
  it("cuts a host off and connects it again, while commands still reach it", async () => {
    const ping = () => lab.hosts.old.run(["ping", "-c1", "-W1", lab.hosts.new.address]);
    await ping();

    await lab.hostLink("new", "down");
    await expect(ping()).rejects.toThrow();
    expect(await lab.hosts.new.run(["hostname"])).toBe("mail-new\n");

    await lab.hostLink("new", "up");
    await vi.waitFor(ping, 20_000);
  });

  it("reboots a host, which keeps what it had", async () => {
    await lab.hosts.new.run(["touch", "/root/kept"]);
    const bootId = () => lab.hosts.new.run(["cat", "/proc/sys/kernel/random/boot_id"]);
    const before = await bootId();

    await lab.reboot("new");

    expect((await labStatus(first))?.hosts).toContainEqual(
      expect.objectContaining({ role: "new", running: true, missing: undefined }),
    );
    expect(await lab.hosts.new.run(["ls", "/root/kept"])).toBe("/root/kept\n");
    expect(await bootId()).not.toBe(before);
  });

  it("makes a host fresh again, back to the last snapshot, on a file system that renames and links", async () => {
    const mailbox = "/var/vmail/example.org/john/Maildir";
    await lab.hosts.old.run([
      "sh",
      "-euc",
      `ls ${mailbox}/cur/* | head -1 > /root/name; ln $(cat /root/name) ${mailbox}/tmp/link`,
    ]);
    await lab.snapshot("old");
    await lab.hosts.old.run(["sh", "-euc", `mv ${mailbox} ${mailbox}2 && touch /root/after`]);
    const links = await lab.hosts.old.run(["sh", "-euc", `stat -c %h ${mailbox}2/tmp/link`]);

    await lab.fresh("old");

    expect(links).toBe("2\n");
    const left = await lab.hosts.old.exec(["ls", "-d", mailbox, `${mailbox}2`, "/root/after"]);
    expect(left.stdout).toBe(`${mailbox}\n`);
  });
});

describe("several labs", () => {
  it("stand side by side with the same addresses", async () => {
    const other = await labUp({ name: second });
    try {
      const message = { host: other.hosts.old.address, from: "bob@example.com", to: "john@example.org" };
      expect(await sendMail(other, { ...message, subject: "side by side" })).toMatchObject({
        accepted: true,
      });

      expect(await labList()).toEqual(expect.arrayContaining([first, second]));
      const here = await lab.hosts.old.run(["cat", "/etc/machine-id"]);
      expect(await (await openLab(second)).hosts.old.run(["cat", "/etc/machine-id"])).not.toBe(here);
      await expect(labUp({ name: second })).rejects.toThrow(`the lab ${second} is already up`);
    } finally {
      await labDown(second);
    }
    expect(await labRemains(second, other.directory)).toEqual([]);
    expect(
      await sendMail(lab, {
        host: lab.hosts.old.address,
        from: "bob@example.com",
        to: "john@example.org",
        subject: "still here",
      }),
    ).toMatchObject({ accepted: true });
  });
});

describe("taking a lab down", () => {
  it("removes processes, mounts, network, cgroups and directory", async () => {
    const { directory } = lab;
    expect(await labRemains(first, directory)).not.toEqual([]);

    await labDown(first);

    expect(await labRemains(first, directory)).toEqual([]);
    expect(existsSync(directory)).toBe(false);
    expect(await labList()).not.toContain(first);
    expect(await processesNamed(`mailferry-lab-${first}`)).toEqual([]);
    expect((await run("ip", ["netns", "list"])).stdout).not.toContain(`mailferry-lab-${first}`);
    expect(await readFile("/proc/self/mountinfo", "utf8")).not.toContain(directory);
  });

  it("does so after the process that made it was killed half-way", async () => {
    const program = `const { labUp } = await import("${await compiled("lab/lab-up.js")}"); await labUp({ name: "${killed}" });`;
    const maker = spawn(process.execPath, ["--input-type=module", "--eval", program], { stdio: "ignore" });
    const closed = once(maker, "close");
    const directory = await vi.waitFor(async () => {
      const status = await labStatus(killed);
      if (!status?.hosts.some((host) => host.running)) throw new Error("no host runs yet");
      return status.directory;
    }, 60_000);
    maker.kill("SIGKILL");
    await closed;
    expect(await labStatus(killed)).toMatchObject({ complete: false });

    await labDown(killed);

    expect(await labRemains(killed, directory)).toEqual([]);
    expect(await processesNamed(`mailferry-lab-${killed}`)).toEqual([]);
  });

  it("is content when there is nothing to remove", async () => {
    await labDown(labName("never"));
  });
});

/** Compiles the sources, so that a process of its own can run them. Returns the path of one compiled file. */
async function compiled(file: string): Promise<string> {
  const project = fileURLToPath(new URL("../../", import.meta.url));
  const output = join(project, "node_modules", ".cache", "mailferry-test");
  const compiler = join(project, "node_modules", ".bin", "tsc");
  await run(compiler, ["-p", join(project, "tsconfig.build.json"), "--noCheck", "--outDir", output]);
  return join(output, file);
}

/** Ids of processes on this machine with the text in their command line. */
async function processesNamed(text: string): Promise<readonly string[]> {
  const ids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(ids.map((id) => readFile(`/proc/${id}/cmdline`, "utf8").catch(() => "")));
  return ids.filter((_, index) => lines[index]?.includes(text));
}
