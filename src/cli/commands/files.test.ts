import { afterAll, describe, expect, it } from "vitest";
import { inventoryText, makeWorkplace, playbookText } from "../testing/run-in-memory.ts";

const place = makeWorkplace({ "inventory.yml": inventoryText, "move.yml": playbookText });
afterAll(() => place.remove());

describe("check", () => {
  it("says that the files are in order", async () => {
    const { exitCode, stdout, stderr } = await place.run(["check", "move.yml", "-i", "inventory.yml"]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toContain(
      "Stages: copy, switch, finish\nHosts: mail-old.example.org, mail-new.example.org\n",
    );
  });

  it("tells the problems of both files at once, with their places from here", async () => {
    place.write("bad.yml", playbookText.replace("echo hello", "echo {{ unclosed"));
    place.write("bad-inventory.yml", inventoryText.replace("192.0.2.10, user: root", "192.0.2.10, port: 0"));
    const { exitCode, stdout, stderr } = await place.run(["check", "bad.yml", "-i", "bad-inventory.yml"]);
    expect(exitCode).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^bad\.yml:11:\d+: /m);
    expect(stderr).toMatch(/^bad-inventory\.yml:3:\d+: /m);
  });

  it("shows no password of a line that has a problem", async () => {
    const text = inventoryText.replace("user: root", "pasword: x, password: geheimnis, user: root");
    place.write("secret.yml", text);
    const { exitCode, stderr } = await place.run(["check", "move.yml", "-i", "secret.yml"]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("unknown key `pasword`");
    expect(stderr).toContain("password: ********, user: root");
    expect(stderr).not.toContain("geheimnis");
  });

  it.each([
    [["check", "bullseye-to-trixi", "-i", "inventory.yml"], "did you mean `bullseye-to-trixie`?"],
    [["check", "./nowhere.yml", "-i", "inventory.yml"], 'there is no playbook "./nowhere.yml"'],
    [["check", "move.yml", "-i", "nowhere.yml"], "there is no file"],
    [["check", "move.yml", "-i", "inventory.yml", "--tags", "nowhere"], 'no task has the tag "nowhere"'],
    [["check", "move.yml", "-i", "inventory.yml", "-e", "novalue"], "neither name=value nor @file"],
    [["check", "move.yml", "-i", "inventory.yml", "-e", "@nowhere.yml"], "there is no file"],
  ])("refuses %j", async (argv, message) => {
    const { exitCode, stderr } = await place.run(argv);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
  });
});

describe("plan", () => {
  it("shows stages, plays, hosts and tasks as a tree", async () => {
    const { exitCode, stdout } = await place.run(["plan", "move.yml", "-i", "inventory.yml"]);
    expect(exitCode).toBe(0);
    expect(stdout).toBe(`A small move
├─ copy (as often as you like)
│  └─ Copy [mail-new.example.org]
│     ├─ Say hello (command)
│     └─ handlers
│        └─ Tell it (command)
├─ switch (within 1 d of copy, asks first)
│  ├─ Open [mail-old.example.org, mail-new.example.org]
│  │  └─ Go (command, tag go)
│  └─ rollback
│     └─ Back [mail-old.example.org]
│        └─ Undo (command)
└─ finish (after switch)
   └─ Finish [mail-old.example.org, mail-new.example.org]
      └─ Done (command)
`);
  });

  it("shows one stage alone, and refuses one that is not there", async () => {
    const one = await place.run(["plan", "move.yml", "-i", "inventory.yml", "--stage", "finish"]);
    expect(one.stdout).toMatch(/^A small move\n└─ finish/);
    const none = await place.run(["plan", "move.yml", "-i", "inventory.yml", "--stage", "finnish"]);
    expect(none.exitCode).toBe(2);
    expect(none.stderr).toContain('no stage "finnish"');
  });
});

describe("plan --json", () => {
  it("gives the same as data", async () => {
    const { exitCode, stdout } = await place.run(["plan", "move.yml", "-i", "inventory.yml", "--json"]);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      version: 1,
      name: "A small move",
      stages: [
        {
          name: "copy",
          plays: [{ hosts: ["mail-new.example.org"], tasks: [{ kind: "task", module: "command" }] }],
        },
        { name: "switch", asksFirst: true, requires: [{ stage: "copy", withinSeconds: 86_400 }] },
        { name: "finish" },
      ],
    });
  });
});

describe("doc", () => {
  it("lists all modules", async () => {
    expect((await place.run(["doc", "--list"])).stdout).toMatch(/^command +\S/m);
    expect((await place.run(["modules"])).stdout).toBe((await place.run(["doc"])).stdout);
  });

  it("shows modules with their arguments, no line wider than a terminal", async () => {
    const { stdout } = await place.run(["doc", "copy", "command"]);
    expect(stdout).toMatch(/^copy\n/);
    expect(stdout).toMatch(/^ {2}dest \(path, required\)\n {6}Where/m);
    expect(stdout).toContain("Short form: command: … means command: { cmd: … }.");
    for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  });

  it("refuses one that is not there", async () => {
    const { exitCode, stderr } = await place.run(["doc", "copy", "comand"]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("did you mean `command`?");
  });
});
