import { describe, expect, test } from "vitest";
import { archive } from "./archive/archive.ts";
import { copy } from "./copy.ts";
import { file } from "./file.ts";
import { lineinfile } from "./lineinfile.ts";
import { fakeContext } from "./testing/fake-context.ts";
import { FakeHost } from "./testing/fake-host.ts";
import { registeredBy, runModule } from "./testing/run-module.ts";

describe("what file modules register", () => {
  test("of a file is the same whether it was put there or was there", async () => {
    const host = new FakeHost({ files: { "/etc": { type: "directory" } } });
    const args = { content: "one\n", dest: "/etc/motd", mode: "640", group: "vmail" };
    const ran = await runModule(copy, args, host);
    const known = {
      ...{ path: "/etc/motd", dest: "/etc/motd", state: "file", mode: "0640", group: "vmail", size: 4 },
      // printf 'one\n' | sha1sum
      checksum: "c7059bb19433cc3cabaa6236c83d56668a843dd2",
    };
    expect(await registeredBy(copy, args, host, ran)).toMatchObject({ ...known, uid: 0 });
    expect(await registeredBy(copy, args, host)).toMatchObject({ ...known, uid: 0 });
  });

  test("is known in check mode, as far as it can be", async () => {
    const host = new FakeHost({ files: { "/etc/motd": "one\n" } });
    const args = { content: "two\n", dest: "/etc/motd", mode: "0600" };
    const change = await copy.check(args, host.reader(), fakeContext({ checkMode: true }));
    expect(await registeredBy(copy, args, host, { change })).toMatchObject({
      ...{ dest: "/etc/motd", owner: "root", mode: "0600", size: 4 },
      checksum: "7bbef45b3bc70855010e02460717643125c3beca",
    });
  });

  test("is of the file in the directory that dest names", async () => {
    const host = new FakeHost({ files: { "/etc": { type: "directory" } } });
    const context = fakeContext({ projectFiles: { "files/motd": "one\n" } });
    const args = { src: "motd", dest: "/etc" };
    await runModule(copy, args, host, context);
    expect(await registeredBy(copy, args, host)).toMatchObject({ dest: "/etc/motd", state: "file" });
  });

  test("tells of directories, links and what is gone", async () => {
    const host = new FakeHost({ files: { "/srv": { type: "directory" } } });
    const made = { path: "/srv/a", state: "directory", mode: "0755" } as const;
    await runModule(file, made, host);
    expect(await registeredBy(file, made, host)).toMatchObject({ path: "/srv/a", state: "directory" });
    const linked = { path: "/srv/b", state: "link", src: "a" } as const;
    await runModule(file, linked, host);
    expect(await registeredBy(file, linked, host)).toMatchObject({ dest: "/srv/b", state: "link", src: "a" });
    const gone = { path: "/srv/c", state: "absent" } as const;
    expect(await registeredBy(file, gone, host)).toMatchObject({ path: "/srv/c", state: "absent" });
  });

  test("keeps the name of the backup that was made", async () => {
    const host = new FakeHost({ files: { "/etc/hosts": "a\n" } });
    const args = { path: "/etc/hosts", line: "b", backup: true };
    const ran = await runModule(lineinfile, args, host);
    const kept = await registeredBy(lineinfile, args, host, ran);
    expect(await host.readText(String(kept.backup_file))).toBe("a\n");
    expect(await registeredBy(lineinfile, args, host)).not.toHaveProperty("backup_file");
  });

  test("tells of an archive that is as it shall be", async () => {
    const host = new FakeHost({ files: { "/srv/a.tar.gz": { content: Buffer.from("x"), mode: "0600" } } });
    const args = { path: "/srv/a", dest: "/srv/a.tar.gz" };
    expect(await registeredBy(archive, args, host)).toMatchObject({ dest: "/srv/a.tar.gz", mode: "0600" });
  });
});
