import { describe, expect, it } from "vitest";
import { openVault, sealVault, vaultIdOf } from "./ansible-vault.ts";

const password = "correct horse";

/** Written by ansible-vault of ansible-core 2.14. */
const byAnsible = `$ANSIBLE_VAULT;1.1;AES256
31336435646563386138616132613063613361363533316634656265363233613933396565626635
3638636330326133666531653637613430323630333463650a383565323536666632326566646363
31653662613265376165386364326638396462653666366335646139383262666332396136623331
3034666465623733320a353666663565343730623738646530373233353163336662633335343839
62313333343364626232323435323266323435393134356337373764393062613131
`;
const withId = `$ANSIBLE_VAULT;1.2;AES256;lab
37663430666662626563653633616436636537663038346432666636646432346136333137376165
3561396564363530393962376435616666646337363061300a623335333362326464653564666565
64353130663633653865383465313430373366373764343963346335373363356538333333393734
3664613631326131300a323961356230663335323561386165346430323939663139656534366134
34333664666339386534383364323761343439353230346131666230383938636365386133663366
6265366337663665323635346138626564623930363836376631
`;

describe("openVault", () => {
  it("reads what Ansible wrote, 1.1 and 1.2", async () => {
    expect(await openVault(byAnsible, password)).toEqual({
      kind: "opened",
      bytes: Buffer.from("s3cret {{ value }}"),
    });
    expect(await openVault(withId, password)).toEqual({
      kind: "opened",
      bytes: Buffer.from("db_password: Mee7-zoh4-Kee9\ndb_port: 3306\n"),
    });
    expect([vaultIdOf(byAnsible), vaultIdOf(withId)]).toEqual([undefined, "lab"]);
  });

  it("reads it with blanks at the lines, as an indented or folded block leaves them", async () => {
    const folded = `  ${byAnsible.trim().replaceAll("\n", "   ")} `;
    expect((await openVault(folded, password)).kind).toBe("opened");
  });

  it.each([
    ["", "a"],
    ["exactly 16 bytes", "pässwörd"],
    ["many lines\n".repeat(500), "p"],
  ])("opens what sealVault made", async (text, key) => {
    const sealed = await sealVault(Buffer.from(text), key, "web");
    expect(sealed).toMatch(/^\$ANSIBLE_VAULT;1\.2;AES256;web\n([0-9a-f]{80}\n)*[0-9a-f]{1,80}\n$/);
    expect(await openVault(sealed, key)).toEqual({ kind: "opened", bytes: Buffer.from(text) });
    expect((await openVault(sealed, `${key}!`)).kind).toBe("wrong key");
  });

  it("takes a changed digit for a wrong key: its checksum can't tell them apart", async () => {
    const changed = `${byAnsible.trim().slice(0, -1)}2`;
    expect(changed).not.toBe(byAnsible.trim());
    expect((await openVault(changed, password)).kind).toBe("wrong key");
  });

  it.each([
    ["cut off", byAnsible.slice(0, 150)],
    ["without a body", "$ANSIBLE_VAULT;1.1;AES256"],
    ["with letters", byAnsible.replace("3133", "31x3")],
    ["of version 1.0", byAnsible.replace("1.1;AES256", "1.0;AES")],
  ])("calls a text damaged that is %s", async (_, text) => {
    expect((await openVault(text, password)).kind).toBe("damaged");
  });
});
