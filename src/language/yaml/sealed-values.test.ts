import { describe, expect, it } from "vitest";
import { renderValue } from "../../expression/template.ts";
import { sealVault } from "../../secrets/ansible-vault.ts";
import { createKeyring } from "../../secrets/keyring.ts";
import { openYaml } from "./read-yaml.ts";

const password = "correct horse";

function open(text: string, isRendered = true) {
  const secrets: string[] = [];
  const sources = {
    identities: async () => [],
    passphrase: async () => undefined,
    vaultPasswords: async () => [{ id: "default", password }],
  };
  const keyring = createKeyring(sources, (value) => secrets.push(value));
  const yaml = openYaml(text, "vars.yml", { keyring, isRendered });
  return yaml.then(({ value, places }) => ({ value, places, secrets }));
}

async function sealed(text: string, indent: number): Promise<string> {
  const lines = (await sealVault(Buffer.from(text), password)).trimEnd().split("\n");
  return lines.map((line) => `${" ".repeat(indent)}${line}\n`).join("");
}

describe("encrypted values", () => {
  it("stand where their tags stood, as texts, and are known as secrets", async () => {
    const text = `a: !vault |\n${await sealed("geheim", 2)}b:\n  - 1\n  - !vault |\n${await sealed("42", 4)}c: plain\n`;
    const { value, places, secrets } = await open(text);
    expect(value).toEqual({ a: "geheim", b: [1, "42"], c: "plain" });
    expect(secrets).toEqual(["geheim", "42"]);
    expect(places.placeOf("/a")).toEqual({ file: "vars.yml", line: 1, column: 11 });
    expect(places.placeOf("/c").line).toBe(text.split("\n").length - 1);
  });

  it("are read as ansible-inventory --list writes them", async () => {
    const vault = await sealVault(Buffer.from("geheim"), password);
    const text = JSON.stringify({ a: { __ansible_vault: vault }, b: [{ __ansible_vault: vault }] });
    expect((await open(text)).value).toEqual({ a: "geheim", b: ["geheim"] });
  });

  it("are no templates, whatever is in them", async () => {
    const hostile = "pa{{ss}}{{ \\{{ 'w\"";
    const text = `a: !vault |\n${await sealed(hostile, 2)}`;
    const { value } = await open(text);
    expect(renderValue(value ?? null, {})).toEqual({ a: hostile });
    expect((await open(text, false)).value).toEqual({ a: hostile });
  });

  it("each tell their own fault", async () => {
    const text = `a: !vault |\n${await sealed("x", 2)}b: !vault hunter2\nc: !age |\n  -----BEGIN AGE ENCRYPTED FILE-----\n  AAAA\n`;
    const failure = await open(text.replace(/\d\n/, "\n")).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      kind: "bad-input",
      problems: [
        { place: { line: 1, column: 11 } },
        { message: "this is not encrypted, though its tag says so" },
        { message: "this is encrypted with age, but damaged: it is not whole" },
      ],
    });
  });

  it("can't be keys", async () => {
    await expect(open("!vault a: 1\n")).rejects.toMatchObject({ kind: "bad-input" });
  });
});

describe("an encrypted file", () => {
  it("is read, and all that is in it is secret", async () => {
    const { value, secrets } = await open(
      await sealVault(Buffer.from("a: {b: geheim}\nc: [12345678]\n"), password),
    );
    expect(value).toEqual({ a: { b: "geheim" }, c: [12345678] });
    expect(secrets).toEqual(["geheim", "12345678"]);
  });

  it("tells a slip in it by its own lines", async () => {
    await expect(open(await sealVault(Buffer.from("a: 1\na: 2\n"), password))).rejects.toMatchObject({
      problems: [{ place: { file: "vars.yml", line: 2, column: 1 } }],
    });
  });

  it("has to hold text", async () => {
    await expect(open(await sealVault(Buffer.from([0xff, 0xfe, 0x31]), password))).rejects.toMatchObject({
      problems: [{ message: "what is encrypted here is no text" }],
    });
  });
});
