import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { identityFiles, loginFiles } from "./host-files.ts";
import { labFilesIn } from "./identity.ts";
import { renderInventory } from "./inventory-file.ts";
import { labHosts } from "./lab-hosts.ts";
import { scenarioNamed, usualScenario } from "./scenarios/scenarios.ts";

describe("the files that make a host itself", () => {
  const files = new Map(identityFiles(labHosts.old).map((file) => [file.path, file]));

  it("give it both its addresses and no gateway", () => {
    const network = files.get("/etc/systemd/network/10-host0.network")?.content;
    expect(network).toContain("Address=10.77.0.10/24");
    expect(network).toContain("Address=fd77::10/64");
    expect(network).not.toContain("Gateway");
  });

  it("give it a name of its own and the lab's resolver", () => {
    expect(files.get("/etc/hostname")?.content).toBe("mail-old\n");
    expect(files.get("/etc/hosts")?.content).toContain("10.77.0.10 mail-old.example.org mail-old\n");
    expect(files.get("/etc/resolv.conf")?.content).toContain("nameserver 10.77.0.53\n");
  });

  it("give every host another machine id", () => {
    const id = (host = labHosts.old) =>
      identityFiles(host).find((file) => file.path === "/etc/machine-id")?.content;
    expect(id()).toMatch(/^[0-9a-f]{32}\n$/);
    expect(id()).not.toBe(id());
  });
});

it("where nobody logs in as root, the controller gets in as a user whom sudo lets become root, and root itself by no key that opens a shell", () => {
  const files = new Map(loginFiles("ssh-ed25519 AAAA x\n").map((file) => [file.path, file]));
  expect(files.get("/home/ferryman/.ssh/authorized_keys")).toMatchObject({
    content: "ssh-ed25519 AAAA x\n",
    mode: 0o600,
    owner: "ferryman:ferryman",
  });
  expect(files.get("/etc/sudoers.d/ferryman")).toMatchObject({
    content: "Defaults:ferryman !requiretty\nferryman ALL = (root) NOPASSWD: /bin/sh\n",
    mode: 0o440,
  });
  expect([...files.keys()].filter((path) => path.startsWith("/root/"))).toEqual([]);
});

it("the inventory names one old and one new host, and the files that the controller needs", () => {
  const lab = { scenario: scenarioNamed(usualScenario), files: labFilesIn("/lab") };
  const inventory = parse(renderInventory(lab));
  expect(inventory.all.vars).toMatchObject({
    user: "root",
    key_file: "/lab/id_ed25519",
    known_hosts_file: "/lab/known_hosts",
    mail_domains: ["example.org", "example.net"],
    dns_key_file: "/lab/tsig.key",
  });
  const other = parse(renderInventory({ ...lab, isWithoutRootLogin: true }));
  expect(other.all.vars).toMatchObject({ user: "ferryman", become: true });
  expect(Object.keys(inventory.all.children.old.hosts)).toEqual(["mail-old.example.org"]);
  expect(inventory.all.children.new.hosts["mail-new.example.org"]).toMatchObject({ address: "10.77.0.20" });
});
