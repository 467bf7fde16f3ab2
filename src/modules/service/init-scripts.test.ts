import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { service } from "../service.ts";
import { fakeContext } from "../testing/fake-context.ts";
import { type FakeAnswer, FakeHost } from "../testing/fake-host.ts";
import { runModule } from "../testing/run-module.ts";

let root: string;
let host: FakeHost;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "mailferry-init-"));
  for (const directory of ["init.d", "rc2.d"]) mkdirSync(join(root, directory));
  host = new FakeHost({ facts: { init: "sysvinit" } });
  for (const program of ["sh", "chmod", "update-rc.d"]) host.answer([program], ({ argv }) => really(argv));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Runs a command with this test's directory for /etc. */
function really(argv: readonly string[]): FakeAnswer {
  const [program = "", ...words] = argv.map((word) => word.replaceAll("/etc/", `${root}/`));
  if (program === "update-rc.d") {
    rmSync(join(root, "rc2.d", `S20${words[0]}`));
    return "";
  }
  const { status, stdout, stderr } = spawnSync(program, words, { encoding: "utf8" });
  return { exitCode: status ?? 1, stdout, stderr };
}

/** An init script whose service runs as long as a file is there. */
function script(name: string, status = `[ -e ${root}/${name}.runs ] || exit 3`): void {
  const path = join(root, "init.d", name);
  writeFileSync(
    path,
    `#!/bin/sh
case $1 in
start|restart) touch ${root}/${name}.runs ;;
stop) rm -f ${root}/${name}.runs ;;
${status === "" ? "" : `status) ${status} ;;`}
esac
`,
  );
  chmodSync(path, 0o755);
  symlinkSync(path, join(root, "rc2.d", `S20${name}`));
}

function start(name: string): void {
  execFileSync(join(root, "init.d", name), ["start"]);
}

describe("service, where sysvinit runs", () => {
  test("believes no script that only speaks of a status", async () => {
    script("qmail", "");
    const path = join(root, "init.d", "qmail");
    const usage = "*) echo 'Usage: qmail start|stop; exits with the status of qmail-send' >&2; exit 3 ;;";
    writeFileSync(path, readFileSync(path, "utf8").replace("esac", `${usage}\nesac`));
    start("qmail");
    const args = { name: "qmail", state: "stopped", masked: true } as const;
    await expect(runModule(service, args, host)).rejects.toThrow("does not tell whether qmail runs");
  });

  test.each(["status)", "'status')", "status|probe)", "try | status )", "  (status)"])(
    "asks a script that has %s",
    async (label) => {
      script("qmail");
      const path = join(root, "init.d", "qmail");
      writeFileSync(path, readFileSync(path, "utf8").replace("status)", label));
      start("qmail");
      const { applied } = await runModule(service, { name: "qmail", state: "stopped" }, host);
      expect(applied?.result).toMatchObject({ name: "qmail", state: "inactive" });
    },
  );

  test("stops before it masks, and then has nothing left to do", async () => {
    script("dovecot");
    start("dovecot");
    const args = { name: "dovecot.service", state: "stopped", masked: true } as const;
    const { change, applied, left } = await runModule(service, args, host);
    expect(change?.summary).toBe("stop dovecot, mask dovecot");
    expect(applied?.result).toMatchObject({ name: "dovecot", state: "inactive", units: [{ masked: true }] });
    expect(left).toBeUndefined();
    expect(() => start("dovecot")).toThrow("EACCES");
  });

  test("stops what runs although it is masked", async () => {
    script("dovecot");
    start("dovecot");
    chmodSync(join(root, "init.d", "dovecot"), 0o644);
    const { change, left } = await runModule(
      service,
      { name: "dovecot", state: "stopped", masked: true },
      host,
    );
    expect(change?.summary).toBe("stop dovecot");
    expect(left).toBeUndefined();
  });

  test("takes the mask off before it starts", async () => {
    script("postfix");
    chmodSync(join(root, "init.d", "postfix"), 0o644);
    const masked = service.check({ name: "postfix", state: "started" }, host.reader(), fakeContext());
    await expect(masked).rejects.toThrow("postfix is masked");
    const args = { name: "postfix", state: "started", masked: false } as const;
    const { change, left } = await runModule(service, args, host);
    expect(change?.summary).toBe("unmask postfix, start postfix");
    expect(left).toBeUndefined();
  });

  test("knows what starts at boot", async () => {
    script("dovecot");
    const check = (enabled: boolean) =>
      service.check({ name: "dovecot", enabled }, host.reader(), fakeContext());
    expect(await check(true)).toBeUndefined();
    const { change, left } = await runModule(service, { name: "dovecot", enabled: false }, host);
    expect(change?.summary).toBe("disable dovecot");
    expect(left).toBeUndefined();
    expect((await check(true))?.summary).toBe("enable dovecot");
    expect(host.changesRun()).toEqual(["update-rc.d dovecot disable"]);
  });

  test("has no sockets, and says where to look for a name", async () => {
    const wanted = { name: "dovecot.socket", state: "stopped", masked: true } as const;
    expect(
      await service.check({ ...wanted, missing: "ignore" }, host.reader(), fakeContext()),
    ).toBeUndefined();
    await expect(service.check(wanted, host.reader(), fakeContext())).rejects.toMatchObject({
      next: expect.stringContaining("ls /etc/init.d"),
    });
  });

  test.each(["", "exit 4"])(
    "a script that does not tell whether its service runs stops it (%j)",
    async (status) => {
      script("fetchmail", status);
      const looked = service.check({ name: "fetchmail", state: "stopped" }, host.reader(), fakeContext());
      await expect(looked).rejects.toThrow("does not tell whether fetchmail runs");
    },
  );
});
