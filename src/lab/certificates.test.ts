import { X509Certificate } from "node:crypto";
import { lstat, mkdtemp, readFile, readlink, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeCa, makeLetsencrypt } from "./certificates.ts";

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "mailferry-ca-"));
  await makeLetsencrypt(join(directory, "letsencrypt"), await makeCa(directory));
});

afterAll(() => rm(directory, { recursive: true }));

describe("the lab's /etc/letsencrypt", () => {
  it("has links in live/ that lead into archive/, relative as certbot makes them", async () => {
    const live = join(directory, "letsencrypt", "live", "mail.example.org", "privkey.pem");
    expect((await lstat(live)).isSymbolicLink()).toBe(true);
    expect(await readlink(live)).toBe("../../archive/mail.example.org/privkey2.pem");
    expect(await readFile(live, "utf8")).toContain("PRIVATE KEY");
  });

  it("has a certificate that the lab's authority signed, for the mail name and both hosts", async () => {
    const live = join(directory, "letsencrypt", "live", "mail.example.org", "fullchain.pem");
    const certificate = new X509Certificate(await readFile(live));
    const authority = new X509Certificate(await readFile(join(directory, "ca.pem")));
    expect(certificate.verify(authority.publicKey)).toBe(true);
    for (const name of ["mail.example.org", "mail-old.example.org", "mail-new.example.org"]) {
      expect(certificate.checkHost(name)).toBe(name);
    }
  });

  it("can be renewed: one configuration for each lineage", async () => {
    const renewal = join(directory, "letsencrypt", "renewal", "mail.example.net.conf");
    expect(await readFile(renewal, "utf8")).toContain(
      "archive_dir = /etc/letsencrypt/archive/mail.example.net\n",
    );
  });
});
