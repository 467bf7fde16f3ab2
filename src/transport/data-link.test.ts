import { getPriority } from "node:os";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { HostConnection } from "../contract/connection.ts";
import type { CommandResult, HostWriter } from "../contract/host.ts";
import { createConnect } from "./connect.ts";
import { closeDataLinks, type LinkRequest, type OpenedLink, openDataLink } from "./data-link.ts";
import { type PrivateHost, startPrivateHost, until } from "./testing/private-host.ts";

// Real processes on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

const connect = createConnect({ environment: { PATH: "/usr/bin:/bin" }, homeDirectory: "/nonexistent" });

let oldMachine: PrivateHost;
let newMachine: PrivateHost;
let connections: [HostConnection, HostConnection];
let source: HostWriter;
let target: HostWriter;

const tree = `
mkdir -p /home/mail/a/cur "/home/mail/b/o'brien, r&d émile/sieve" /home/other
printf keep >"/home/mail/b/o'brien, r&d émile/sieve/a"
printf one >/home/mail/a/cur/1
printf secret >/home/other/secret
ln -s /home/other /home/mail/out
`;

beforeAll(async () => {
  [oldMachine, newMachine] = await Promise.all([startPrivateHost({ prepare: tree }), startPrivateHost()]);
  const signal = new AbortController().signal;
  connections = await Promise.all([
    connect(oldMachine.spec({ name: "old" }), signal),
    connect(newMachine.spec({ name: "new" }), signal),
  ]);
  [source, target] = await Promise.all([connections[0].as(), connections[1].as()]);
});

afterAll(async () => {
  for (const connection of connections) await connection.close();
  await Promise.all([oldMachine.stop(), newMachine.stop()]);
});

function request(changes: Partial<LinkRequest> = {}): LinkRequest {
  return {
    directory: "/home/mail",
    migration: "trial",
    sourceAddress: "127.0.0.1",
    sourcePort: oldMachine.port,
    sourceUser: "root",
    targetAddresses: ["127.0.0.1"],
    expiresInSeconds: 600,
    ...changes,
  };
}

function pull(link: OpenedLink, ...argv: string[]): Promise<CommandResult> {
  return target.run(["rsync", "-e", link.remoteShell, ...argv], { accept: "any" });
}

/** What a standing connection may do was settled when it was made. */
async function endStanding(link: OpenedLink): Promise<void> {
  await target.run(["sh", "-c", `${link.remoteShell} -O exit ${link.remote}`]);
}

function keys(): Promise<string | undefined> {
  return source.readText("/root/.ssh/authorized_keys");
}

/** The same host, which says that its OpenSSH is 6.0. */
function older(host: HostWriter): HostWriter {
  const probe: HostWriter["probe"] = async (argv, options) => {
    const result = await host.probe(argv, options);
    const told = result.stdout.toString("latin1").replace(/^openssh .*$/m, "openssh 6.0");
    return { ...result, stdout: Buffer.from(told, "latin1") };
  };
  return new Proxy(host, {
    get: (at, word) => {
      const value: unknown = word === "probe" ? probe : Reflect.get(at, word, at);
      return typeof value === "function" && word !== "probe" ? value.bind(at) : value;
    },
  });
}

describe("a data link", () => {
  test("lets the target read the directory, and closes without a trace", async () => {
    const link = await openDataLink(source, target, request());
    expect(link).toMatchObject({ remote: "root@127.0.0.1", directory: "/home/mail" });
    expect(
      (await pull(link, "-aHAXS", "--numeric-ids", "--checksum", `${link.remote}:/`, "/root/got/")).exitCode,
    ).toBe(0);
    expect(await target.readText("/root/got/a/cur/1")).toBe("one");
    expect((await pull(link, "-a", `${link.remote}:/a/`, "/root/part/")).exitCode).toBe(0);
    expect(await target.readText("/root/part/cur/1")).toBe("one");
    expect(await keys()).toMatch(
      /^restrict,from="[^"]*127\.0\.0\.1[^"]*",expiry-time="\d{14}",command="[^"]* \/home\/mail[^"]*" ssh-ed25519 \S+ mailferry:trial:[0-9a-f]{16}\n$/,
    );
    expect(await source.stat("/root/.ssh")).toMatchObject({ mode: "0700" });
    expect(await source.stat("/root/.ssh/authorized_keys")).toMatchObject({ mode: "0600" });
    expect(await closeDataLinks(source, target, "trial")).toBe(1);
    expect(await keys()).toBe("");
    expect(await target.stat("/var/lib/mailferry/trial/links")).toBeUndefined();
    expect((await pull(link, "--list-only", `${link.remote}:/`)).exitCode).not.toBe(0);
    expect(await closeDataLinks(source, target, "trial")).toBe(0);
  });

  test("takes a key and limits that an sshd of 2012 knows", async () => {
    const link = await openDataLink(older(source), target, request());
    expect(await keys()).toMatch(
      /^no-agent-forwarding,[a-zA-Z0-9,-]+,from="[^"]*",command="[^"]*" ecdsa-sha2-nistp256 \S+ mailferry:trial:/,
    );
    expect((await pull(link, "--list-only", `${link.remote}:/`)).exitCode).toBe(0);
    await closeDataLinks(source, target, "trial");
  });

  test("opened twice is one line, and other lines stay byte for byte", async () => {
    const others = Buffer.from(
      "# caf\xe9\r\nssh-ed25519 AAAA other mailferry:trial2:00\n\n  ssh-rsa BBBB no line end",
      "latin1",
    );
    await source.writeFile("/root/.ssh/authorized_keys", others, { mode: "0640" });
    await Promise.all([
      openDataLink(source, target, request()),
      openDataLink(source, target, request({ directory: "/home/other" })),
    ]);
    await openDataLink(source, target, request());
    const now = await source.readFile("/root/.ssh/authorized_keys");
    expect(now?.subarray(0, others.length)).toEqual(others);
    expect(
      now
        ?.toString("latin1")
        .split("\n")
        .filter((line) => line.includes(" mailferry:trial:")).length,
    ).toBe(2);
    expect(await source.stat("/root/.ssh/authorized_keys")).toMatchObject({ mode: "0640" });
    expect(await closeDataLinks(source, target, "trial")).toBe(2);
    expect(await source.readFile("/root/.ssh/authorized_keys")).toEqual(
      Buffer.concat([others, Buffer.from("\n")]),
    );
    await source.run(["rm", "/root/.ssh/authorized_keys"]);
  });

  test("has a connection that stands until it is closed", async () => {
    const link = await openDataLink(source, target, request());
    const asked = ["sh", "-c", `${link.remoteShell} -O check ${link.remote}`];
    const { stderr } = await target.run(asked);
    const pid = /pid=(\d+)/.exec(stderr.toString())?.[1];
    expect(pid).toBeDefined();
    expect((await pull(link, "--list-only", `${link.remote}:/`)).exitCode).toBe(0);
    await closeDataLinks(source, target, "trial");
    await until(
      async () => (await target.run(["kill", "-0", String(pid)], { accept: "any" })).exitCode !== 0,
    );
  });

  test("is dead after its expiry, by the source's own clock", async () => {
    const link = await openDataLink(source, target, request({ expiresInSeconds: 3600 }));
    const past = (await keys())?.replace(/expiry-time="\d+"/, 'expiry-time="20200101000000"') ?? "";
    await source.writeFile("/root/.ssh/authorized_keys", past);
    await endStanding(link);
    expect((await pull(link, "--list-only", `${link.remote}:/`)).stderr.toString()).toMatch(/denied/i);
    await closeDataLinks(source, target, "trial");
  });

  test("tells what stands in the way", async () => {
    await expect(openDataLink(source, target, request({ sourcePort: 1 }))).rejects.toMatchObject({
      message: expect.stringMatching(/new can't read \/home\/mail from old: .*refused/s),
      next: expect.stringContaining("firewall"),
    });
    await expect(openDataLink(source, target, request({ directory: "mail" }))).rejects.toMatchObject({
      kind: "bad-input",
    });
    await closeDataLinks(source, target, "trial");
  });
});

describe("the forced command of a link", () => {
  const script = "/var/lib/mailferry/pull-only";
  let link: OpenedLink;

  beforeAll(async () => {
    link = await openDataLink(source, target, request());
    expect(await keys()).toContain(`command="/bin/sh ${script} /home/mail"`);
  });

  afterAll(() => closeDataLinks(source, target, "trial"));

  test("lets rsync read with all that a copy needs", () => copyInManyWays(link));

  test("gives the whole directory as a tar stream, and no way out of it", () => unpackArchive(link));

  test.each<readonly [string, (link: OpenedLink) => readonly string[]]>([
    ["writing", ({ remote }) => ["-a", "/etc/hostname", `${remote}:/new`]],
    ["a path with ..", ({ remote }) => ["-a", `${remote}:/../other/`, "/root/leak/"]],
    ["a path through a link that leads out", ({ remote }) => ["-a", `${remote}:/out/`, "/root/leak/"]],
    ["removing at the source", ({ remote }) => ["-a", "--remove-source-files", `${remote}:/`, "/root/leak/"]],
  ])("refuses %s", async (_what, argv) => {
    expect((await pull(link, ...argv(link))).exitCode).not.toBe(0);
    expect(await target.stat("/root/leak/secret")).toBeUndefined();
    expect(await source.stat("/home/mail/new")).toBeUndefined();
    expect(await source.stat("/home/mail/a/cur/1")).toMatchObject({ sizeBytes: 3 });
  });

  test("forwards nothing and runs nothing else", async () => {
    const script = `${link.remoteShell} -S none -W 127.0.0.1:${newMachine.port} "$1" </dev/null; ${link.remoteShell} "$1" id </dev/null`;
    const result = await target.run(["sh", "-c", script, "sh", link.remote], { accept: "any" });
    expect(result.stderr.toString()).toMatch(/prohibited/);
    expect(result.stdout.toString()).toBe("");
  });

  test.each([
    ["nice=12 ionice=idle rsync --server --sender -e.x . /a", 12, /idle$/],
    ["nice=5 rsync --server --sender -e.x . /a", 5, /none: prio [0-9]$/],
    ["rsync --server --sender -e.x . /a", 0, /none: prio [0-9]$/],
  ])("steps back for %j", async (asked, steps, disk) => {
    await source.run(["mkdir", "-p", "/home/bin"]);
    await source.writeFile("/home/bin/rsync", '#!/bin/sh\necho "$(nice) $(ionice)"\n', { mode: "0755" });
    const environment = { SSH_ORIGINAL_COMMAND: asked, PATH: "/home/bin:/usr/bin:/bin" };
    const { stdout } = await source.run(["/bin/sh", script, "/home/mail"], { environment });
    expect(stdout.toString().trim()).toMatch(disk);
    expect(Number.parseInt(stdout.toString(), 10)).toBe(Math.min(getPriority() + steps, 19));
    await source.run(["rm", "/home/bin/rsync"]);
  });

  // Before 3.5 rsync reads rules for what to leave out from any file, and tells the line that is none.
  test("ends as rsync does, and tells no line of a file", async () => {
    const fake = `#!/bin/sh
printf '%s\n' "$*"
echo 'rsync: Permission denied (13)' >&2
echo 'Unknown filter rule: \`root:secret' >&2
echo "'!' rule has trailing characters: root:secret" >&2
exit 23
`;
    await source.run(["mkdir", "-p", "/home/bin"]);
    await source.writeFile("/home/bin/rsync", fake, { mode: "0755" });
    const asked = "rsync --server --sender -e.x . /a";
    const environment = { SSH_ORIGINAL_COMMAND: asked, PATH: "/home/bin:/usr/bin:/bin" };
    const result = await source.run(["/bin/sh", script, "/home/mail"], { environment, accept: "any" });
    expect(result.exitCode).toBe(23);
    expect(result.stdout.toString()).toBe("--server --sender --msgs2stderr -e.x . a\n");
    expect(result.stderr.toString()).toBe("rsync: Permission denied (13)\nUnknown filter\n'!' rule\n");
    await source.run(["rm", "/home/bin/rsync"]);
  });

  test("refuses names out of the directory in a list of files", async () => {
    await target.writeFile("/root/names", "../other/secret\n/home/other/secret\na/../../other/secret\n");
    await pull(link, "-a", "--files-from=/root/names", `${link.remote}:/`, "/root/leak/");
    const found = await target.probe(["sh", "-c", "find /root/leak -name secret -type f 2>/dev/null || :"]);
    expect(found.stdout.toString()).toBe("");
  });

  // rsync has no option against it; SECURITY.md tells of it.
  test("is led out by a linked directory that a list of files names, and by nothing else", async () => {
    await target.writeFile("/root/names", "out/secret\n");
    await pull(link, "-a", "--files-from=/root/names", `${link.remote}:/`, "/root/led/");
    expect(await target.readText("/root/led/out/secret")).toBe("secret");
    for (const options of [["-a"], ["-aK"], ["-a", "--files-from=/root/top"]]) {
      await target.writeFile("/root/top", "./\nout\n");
      await pull(link, ...options, `${link.remote}:/`, "/root/whole/");
      expect(await target.stat("/root/whole/out")).toMatchObject({ type: "link" });
    }
    await target.run(["rm", "-r", "/root/led", "/root/whole"]);
  });

  test.each([
    "",
    "id",
    "rsync --server -logDtpre.iLsfxCIvu . /",
    "rsync --server --sender",
    "rsync --server --sender -e.x .",
    "rsync --server --sender -e.x /a",
    "rsync --server --sender -e.x . /a;id",
    "rsync --server --sender -e.x . /a\nid",
    "rsync --server --sender -e.x . $(id)",
    "rsync --server --sender -e.x . ../other",
    "rsync --server --sender -e.x . /a/../../other",
    "rsync --server --sender -e.x . /out/",
    "rsync --server --sender -e.x . /out/secret",
    "rsync --server --sender -e.x . /a /out",
    "rsync --server --sender -lLogDtpre.iLsfxCIvu . /",
    "rsync --server --sender -k . /a",
    "rsync --server --sender -lKe.x . /a",
    "rsync --server --sender -vvvlogDtpre.iLsfxCIvu . /a",
    "rsync --server --sender --verbose -e.x . /a",
    "rsync --server --sender --no-msgs2stderr -e.x . /a",
    "rsync --server --sender -s",
    "rsync --server --sender -logse.x . /a",
    "rsync --server --sender --copy-links -e.x . /a",
    "rsync --server --sender --copy-unsafe-links -e.x . /a",
    "rsync --server --sender --copy-devices -e.x . /a",
    "rsync --server --sender --remove-source-files -e.x . /a",
    "rsync --server --sender --files-from=/etc/passwd -e.x . /a",
    "rsync --server --sender --daemon -e.x . /a",
    "rsync --server --sender --log-file=/tmp/x -e.x . /a",
    "rsync --server --sender --rsh=id -e.x . /a",
    "rsync --server --sender --debug=all -e.x . /a",
    "rsync  --server --sender -e.x . /a",
    "scp -f /etc/hostname",
    "mailferry-archive /home/other",
    "mailferry-archive ../other",
    "mailferry-archive .",
    "mailferry-archive -C/ etc",
    "mailferry-archive --exclude=/x",
    "mailferry-archive --exclude=o*t",
    "mailferry-archive --exclude=*o*",
    "mailferry-archive --exclude=$(id)",
    "mailferry-archive --exclude=x;id",
    "mailferry-archive --exclude=x\nid",
    "mailferry-archive --owner=root",
    "mailferry-archive --nice=20",
    "mailferry-archive --nice=-1",
    "mailferry-archive --ionice=8",
    "mailferry-archive --ionice=3 -p1",
    "mailferry-archive --dereference",
    "mailferry-archive --remove-files",
    "mailferry-archive --files-from=x",
    "mailferry-archive --shard=x",
    "mailferry-archive --exclude-from=x",
    "mailferry-archive --to-command=id",
    "mailferry-archive --checkpoint-action=exec=id",
    "mailferry-archive --use-compress-program=id",
    "mailferry-archive -I id",
    "mailferry-archives",
    "nice=20 rsync --server --sender -e.x . /a",
    "nice=-1 rsync --server --sender -e.x . /a",
    "ionice=8 rsync --server --sender -e.x . /a",
    "nice=10 ionice=idle",
    "nice=10 id",
    "nice=1;id rsync --server --sender -e.x . /a",
    "nice=10 rsync --server --sender -e.x . ../other",
    "sh -c 'rsync --server --sender'",
  ])("refuses %j", async (asked) => {
    const environment = { SSH_ORIGINAL_COMMAND: asked };
    const result = await source.run(["/bin/sh", script, "/home/mail"], { environment, accept: "any" });
    expect(result).toMatchObject({ exitCode: 1, stdout: Buffer.alloc(0) });
    expect(result.stderr.toString()).toMatch(/^mailferry: refused: /);
  });
});

describe("a link with a Dovecot behind it", () => {
  const dovecot = "/etc/dovecot/dovecot.conf";
  let link: OpenedLink;
  let command = "";

  /** The answer to what is asked for, where doveadm prints its words. */
  function ask(asked: string): Promise<CommandResult> {
    const [, script = "", ...words] = command.split(" ");
    const environment = { SSH_ORIGINAL_COMMAND: asked, PATH: "/home/bin:/usr/bin:/bin" };
    return source.run(["/bin/sh", script, ...words], { environment, accept: "any" });
  }

  beforeAll(async () => {
    link = await openDataLink(source, target, request({ dovecot }));
    command = /command="([^"]*)"/.exec((await keys()) ?? "")?.[1] ?? "";
    await source.run(["mkdir", "-p", "/home/bin"]);
    await source.writeFile("/home/bin/doveadm", "#!/bin/sh\nprintf '<%s>' \"$@\"\n", { mode: "0755" });
  });

  afterAll(() => closeDataLinks(source, target, "trial"));

  test("is another one than that without, and reads the directory, too", async () => {
    const plain = await openDataLink(source, target, request());
    expect(plain.remoteShell).not.toBe(link.remoteShell);
    expect((await pull(link, "-a", `${link.remote}:/a/`, "/root/beside/")).exitCode).toBe(0);
    expect(await target.readText("/root/beside/cur/1")).toBe("one");
    expect((await pull(link, "-a", `${link.remote}:/../other/`, "/root/leak/")).exitCode).not.toBe(0);
  });

  test.each(["john@example.org", "-w@example.org", "a b;id", "$(id)"])(
    "hands over the mailbox of %s",
    async (user) => {
      const { stdout } = await ask(`mailferry-mailbox ${user}`);
      expect(stdout.toString()).toBe(`<-c><${dovecot}><dsync-server><-u><${user}>`);
    },
  );

  test("ends by itself where sshd can't see to that, and is begun anew when it is opened again", async () => {
    const old = { source: older(source), request: request({ dovecot, directory: "/home/mail/a" }) };
    const ended = openDataLink(old.source, target, { ...old.request, expiresInSeconds: 0 });
    await expect(ended).rejects.toThrow("mailferry: refused: this key has ended");
    expect(await keys()).not.toMatch(/expiry-time[^\n]*\/home\/mail\/a/);
    const again = await openDataLink(old.source, target, old.request);
    expect((await pull(again, "--list-only", `${again.remote}:/`)).exitCode).toBe(0);
  });

  test("takes what the other dsync puts behind the name", async () => {
    const { stdout } = await ask("mailferry-mailbox john@example.org dsync-server");
    expect(stdout.toString()).toBe(`<-c><${dovecot}><dsync-server><-u><john@example.org>`);
  });

  test.each([
    "mailferry-mailbox",
    "mailferry-mailbox ",
    "mailferry-mailbox *",
    "mailferry-mailbox a\nb",
    "id",
  ])("refuses %j", async (asked) => {
    const result = await ask(asked);
    expect(result.stdout.toString()).toBe("");
    expect(result.exitCode).not.toBe(0);
  });
});

async function unpackArchive(link: OpenedLink): Promise<void> {
  const script = `mkdir /root/unpacked && ${link.remoteShell} "$1" "mailferry-archive --nice=19 --ionice=idle --gzip --acls --xattrs --owner=0 --group=0 --exclude=b*" </dev/null |
    tar --extract --gzip --file=- --directory=/root/unpacked && cd /root/unpacked && find . | sort && readlink out && cat a/cur/1; rm -r /root/unpacked`;
  const { stdout } = await target.run(["sh", "-c", script, "sh", link.remote]);
  expect(stdout.toString()).toBe(".\n./a\n./a/cur\n./a/cur/1\n./out\n/home/other\none");
  const shard = `printf '%s\\n' ./b /etc ../other './a/c*' | ${link.remoteShell} "$1" "mailferry-archive --shard --exclude=o*" | tar --list | sort`;
  const listed = await target.run(["sh", "-c", shard, "sh", link.remote]);
  expect(listed.stdout.toString()).toBe("./\n./a/\n./a/cur/\n./a/cur/1\n");
}

async function copyInManyWays(link: OpenedLink): Promise<void> {
  await target.writeFile("/root/names", "a/cur/1\n");
  const copies = [
    ["-aHSAX", "--no-devices", "--chmod=Fug-s", "--filter=-x security.capability", "--itemize-changes"],
    ["-aHAXS", "--numeric-ids", "--delete", "--checksum", "--partial-dir=.part", "--no-inc-recursive"],
    ["-a", "--fsync", "--stats", "--out-format=%i %n", "--delete-after", "--timeout=60", "--bwlimit=90000"],
    ["-a", "--files-from=/root/names", "--ignore-missing-args", "--info=progress2"],
    ["-a", "--rsync-path=nice=10 ionice=7 rsync"],
    ["-aR", "--compress", "--checksum-choice=md5", "--dry-run", "--itemize-changes"],
  ];
  for (const options of copies) {
    const result = await pull(link, ...options, `${link.remote}:/`, "/root/copy/");
    expect([options, result.exitCode, result.stderr.toString()]).toEqual([options, 0, ""]);
  }
  expect(await target.readText("/root/copy/a/cur/1")).toBe("one");
  // In a list of names no name is odd.
  await target.writeFile("/root/names", "b/o'brien, r&d émile/./\0");
  const home = [
    "-ar",
    "--from0",
    "--files-from=/root/names",
    "--delete",
    "--include=/sieve/",
    "--exclude=/*",
  ];
  expect((await pull(link, ...home, `${link.remote}:/`, "/root/copy/home/")).stderr.toString()).toBe("");
  expect(await target.readText("/root/copy/home/sieve/a")).toBe("keep");
  await target.run(["rm", "-r", "/root/copy"]);
}
