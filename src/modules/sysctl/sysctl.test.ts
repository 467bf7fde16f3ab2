import { describe, expect, test } from "vitest";
import { type FakeCommand, FakeHost, type FakeHostOptions } from "../testing/fake-host.ts";
import { refuses, registeredBy, runModule } from "../testing/run-module.ts";
import { kernelPath, withoutSetting, withSetting } from "./settings-text.ts";
import { type SysctlArgs, sysctl } from "./sysctl.ts";

const kernel: FakeCommand = {
  argv: ["/bin/sh", "-c"],
  answer: ({ argv }, host) => {
    const [path = "", value = ""] = argv.slice(-2);
    // The kernel parts numbers by tabs, whatever it was given.
    host.tree.put(path, { content: Buffer.from(`${value.replaceAll(" ", "\t")}\n`) });
    return "";
  },
};
const usual = "/etc/sysctl.d/99-sysctl.conf";
const hostWith = (files: FakeHostOptions["files"]) =>
  new FakeHost({ files: { "/etc/sysctl.d": { type: "directory" }, ...files }, commands: [kernel] });

describe("sysctl", () => {
  test("puts a setting into the file and the kernel, once", async () => {
    const host = hostWith({ "/proc/sys/net/ipv4/tcp_rmem": "4096\t1\t2\n" });
    const args: SysctlArgs = { name: "net.ipv4.tcp_rmem", value: "4096 87380 6291456" };
    const ran = await runModule(sysctl, args, host);
    const { change, left } = ran;
    expect(change?.summary).toBe(`create ${usual}, set net.ipv4.tcp_rmem to 4096 87380 6291456`);
    expect(change?.diff).toEqual([
      { path: usual, before: undefined, after: "net.ipv4.tcp_rmem=4096 87380 6291456\n" },
    ]);
    const setting = { name: "net.ipv4.tcp_rmem", value: "4096 87380 6291456" };
    expect(await registeredBy(sysctl, args, host, ran)).toMatchObject(setting);
    expect(await registeredBy(sysctl, args, host)).toMatchObject(setting);
    expect(left).toBeUndefined();
    expect((await runModule(sysctl, { ...args, sysctl_set: true }, host)).change).toBeUndefined();
  });

  test("follows the link that Debian 12 has", async () => {
    const host = hostWith({
      [usual]: { type: "link", target: "../sysctl.conf" },
      "/etc/sysctl.conf": "# kernel\n",
    });
    await runModule(sysctl, { name: "vm.swappiness", value: 10, reload: false }, host);
    expect(await host.readText("/etc/sysctl.conf")).toBe("# kernel\nvm.swappiness=10\n");
  });

  test("tells the kernel alone when only the kernel differs", async () => {
    const host = hostWith({ [usual]: "vm.swappiness = 10\n", "/proc/sys/vm/swappiness": "60\n" });
    const args: SysctlArgs = { name: "vm.swappiness", value: "10" };
    expect((await runModule(sysctl, args, host)).change).toBeUndefined();
    const { change, left } = await runModule(sysctl, { ...args, sysctl_set: true }, host);
    expect(change?.summary).toBe("set vm.swappiness to 10");
    expect(left).toBeUndefined();
  });

  test("takes a setting out, and does not ask the kernel", async () => {
    const host = hostWith({ "/etc/x.conf": "a.b=1\nc.d=2\na/b = 3\n" });
    const args: SysctlArgs = { name: "a.b", state: "absent", sysctl_file: "/etc/x.conf" };
    const { left } = await runModule(sysctl, args, host);
    expect(await host.readText("/etc/x.conf")).toBe("c.d=2\n");
    expect(left).toBeUndefined();
  });

  test("fails for a key that the kernel does not know, unless that may be", async () => {
    const args: SysctlArgs = { name: "a.b", value: "1" };
    await expect(runModule(sysctl, args, hostWith({}))).rejects.toThrow("no setting a.b");
    const { left } = await runModule(sysctl, { ...args, ignoreerrors: true }, hostWith({}));
    expect(left).toBeUndefined();
  });

  test.each([
    ["", "a.b", "1", "a.b=1\n"],
    ["a.b=0", "a.b", "1", "a.b=1\n"],
    ["a.b=0\nx=1\n-a/b = 2\n", "a.b", "1", "a.b=0\nx=1\na.b=1\n"],
    ["#a.b=1\n; a.b=1\n", "a.b", "1", "#a.b=1\n; a.b=1\na.b=1\n"],
    ["a.b =  1\n", "a.b", "1", "a.b =  1\n"],
  ])("%j with %s=%s is %j", (text, name, value, after) => {
    expect(withSetting(text, name, value)).toBe(after);
  });

  test("knows both ways to write a key", () => {
    expect(kernelPath("net.ipv4.conf.eth0/1.forwarding")).toBe("/proc/sys/net/ipv4/conf/eth0.1/forwarding");
    expect(kernelPath("net/ipv4/conf/eth0.1/forwarding")).toBe("/proc/sys/net/ipv4/conf/eth0.1/forwarding");
    expect(withoutSetting("a/b=1\n", "a.b")).toBe("");
  });

  test.each([
    { name: "a.b" },
    { name: "a.b", value: "" },
    { name: "a.b", value: "1\n2" },
    { name: "../../etc/passwd", value: "1" },
    { name: "a/../../etc/passwd", value: "1" },
    { name: "a.//.b", value: "1" },
    { name: "a.b", state: "present" },
    { name: "a.b", value: true },
    { value: "1" },
  ])("its schema refuses %j", (args) => expect(refuses(sysctl, args)).toBeDefined());
});
