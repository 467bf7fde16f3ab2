import { describe, expect, it } from "vitest";
import { isIdentity, makeIdentity, recipientCount, recipientOf, sealAge } from "./age.ts";
import { sealVault } from "./ansible-vault.ts";
import { createKeyring, type KeySources, noKeys } from "./keyring.ts";

const place = { file: "group_vars/all", line: 3, column: 7 };
const value = Buffer.from("Mee7-zoh4-Kee9");

/** Encrypted by the passphrase "correct horse", with little work so that it is read quickly. */
const byPassphrase = `-----BEGIN AGE ENCRYPTED FILE-----
YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IHNjcnlwdCBhK3pQTVR5aXpBK0tNOW1S
aGp1ZjNRIDgKQTM4QU5pZ3Uza0Y2NjcrallneXcyVzNLK3NVMm52aVJsd3kzNWdz
aEVCNAotLS0gSHpidjFCVENXRlhmbFowL0ZiRGNZTERoUUpHYTg3TXAxMEpkN3gr
Wm1qVQqUmTZEbF/pVaWKcmQtHWs6ZhrZnNeXoR+DxYNkGYy9/GZ5cSnJ190sN7dM
jTTX
-----END AGE ENCRYPTED FILE-----
`;

function keyring(keys: {
  readonly identities?: readonly string[];
  readonly passphrase?: string;
  readonly passwords?: readonly string[];
}) {
  const sources: KeySources = {
    identities: async () => keys.identities ?? [],
    passphrase: async () => keys.passphrase,
    vaultPasswords: async () => (keys.passwords ?? []).map((password) => ({ id: "default", password })),
  };
  return createKeyring(sources, () => undefined);
}

describe("a keyring", () => {
  it("opens by any of its identities", async () => {
    const [mine, other] = [await makeIdentity(), await makeIdentity()];
    const sealed = await sealAge(value, { recipients: [mine.recipient] });
    const both = keyring({ identities: [other.identity, mine.identity] });
    expect(await both.open(sealed, place)).toEqual(value);
    await expect(keyring({ identities: [other.identity] }).open(sealed, place)).rejects.toMatchObject({
      kind: "bad-input",
      problems: [{ message: "this is encrypted for others than the identities given", place }],
    });
  });

  it("opens by a passphrase, and not by another", async () => {
    expect(await keyring({ passphrase: "correct horse" }).open(byPassphrase, place)).toEqual(value);
    await expect(keyring({ passphrase: "wrong horse" }).open(byPassphrase, place)).rejects.toMatchObject({
      problems: [{ message: "this is encrypted with another passphrase than the one given", place }],
    });
  });

  it("tries all passwords of Ansible Vault, whatever id the text names", async () => {
    const sealed = await sealVault(value, "two", "web");
    expect(await keyring({ passwords: ["one", "two"] }).open(sealed, place)).toEqual(value);
    await expect(keyring({ passwords: ["one"] }).open(sealed, place)).rejects.toMatchObject({
      problems: [{ message: "none of the passwords given opens this", place }],
    });
  });

  it("says which key is wanted when there is none", async () => {
    const { recipient } = await makeIdentity();
    const wanted = async (sealed: string) =>
      noKeys.open(sealed, place).catch((error: { readonly next: string }) => error.next);
    expect(await wanted(byPassphrase)).toContain("--ask-secret-pass");
    expect(await wanted(await sealAge(value, { recipients: [recipient] }))).toContain("--identity FILE");
    expect(await wanted(await sealVault(value, "x"))).toContain("--vault-password-file FILE");
  });

  it("says that a text is damaged, for each part of it that may be", async () => {
    const { identity, recipient } = await makeIdentity();
    const sealed = await sealAge(value, { recipients: [recipient] });
    const lines = sealed.trimEnd().split("\n");
    const last = lines.at(-2) ?? "";
    const changed = last.startsWith("AAAA") ? `BBBB${last.slice(4)}` : `AAAA${last.slice(4)}`;
    for (const text of [
      lines.slice(0, -1).join("\n"),
      lines.filter((_, index) => index !== 2).join("\n"),
      [...lines.slice(0, -2), changed, lines.at(-1)].join("\n"),
      [lines[0], lines.at(-1)].join("\n"),
    ]) {
      const failure = await keyring({ identities: [identity] })
        .open(text, place)
        .catch((error: unknown) => error);
      expect(failure, text).toMatchObject({ kind: "bad-input", place });
    }
  });

  it("refuses a text that is not encrypted at all", async () => {
    await expect(noKeys.open("hunter2", place)).rejects.toMatchObject({ kind: "bad-input", place });
  });

  it("remembers what came out", () => {
    const told: string[] = [];
    const sources: KeySources = {
      identities: async () => [],
      passphrase: async () => undefined,
      vaultPasswords: async () => [],
    };
    const remembering = createKeyring(sources, (secret) => told.push(secret));
    remembering.remember("geheim");
    expect([told, remembering.knows("geheim"), remembering.knows("offen")]).toEqual([
      ["geheim"],
      true,
      false,
    ]);
  });
});

describe("age", () => {
  it("counts the recipients of a text", async () => {
    const [one, two] = [await makeIdentity(), await makeIdentity()];
    const sealed = await sealAge(value, { recipients: [one.recipient, two.recipient] });
    expect([recipientCount(sealed), recipientCount(byPassphrase)]).toEqual([2, 0]);
  });

  it("makes identities whose recipient it knows", async () => {
    const { identity, recipient } = await makeIdentity();
    expect([isIdentity(identity), isIdentity(recipient), await recipientOf(identity)]).toEqual([
      true,
      false,
      recipient,
    ]);
  });
});
