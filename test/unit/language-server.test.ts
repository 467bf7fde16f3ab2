import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createMessageConnection, type MessageConnection } from "vscode-jsonrpc/node.js";
import { runInMemory } from "../../src/cli/testing/run-in-memory.ts";

interface Diagnostic {
  readonly message: string;
  readonly range: { readonly start: { readonly line: number } };
}

const require = createRequire(import.meta.url);
let directory: string;
let server: ChildProcessWithoutNullStreams;
let connection: MessageConnection;
const heard = new Map<string, (diagnostics: readonly Diagnostic[]) => void>();

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "mailferry-editor-"));
  expect((await runInMemory(["init"], { cwd: directory })).exitCode).toBe(0);
  const bin = join(dirname(require.resolve("yaml-language-server/package.json")), "bin/yaml-language-server");
  server = spawn(process.execPath, [bin, "--stdio"], { cwd: directory });
  connection = createMessageConnection(server.stdout, server.stdin);
  const settings: Record<string, unknown> = {
    // As an editor without a network: nothing but the comment in the file leads to a schema.
    yaml: { schemaStore: { enable: false }, completion: true, hover: true, validate: true },
  };
  connection.onRequest("workspace/configuration", ({ items }: { items: { section: string }[] }) =>
    items.map(({ section }) => settings[section] ?? null),
  );
  connection.onRequest("client/registerCapability", () => null);
  connection.onNotification(
    "textDocument/publishDiagnostics",
    (told: { uri: string; diagnostics: Diagnostic[] }) => heard.get(told.uri)?.(told.diagnostics),
  );
  connection.listen();
  const rootUri = pathToFileURL(directory).href;
  await connection.sendRequest("initialize", {
    processId: process.pid,
    rootUri,
    workspaceFolders: [{ uri: rootUri, name: "project" }],
    capabilities: {
      workspace: { configuration: true },
      textDocument: { hover: { contentFormat: ["markdown"] } },
    },
  });
  await connection.sendNotification("initialized", {});
});

afterAll(async () => {
  await connection.sendRequest("shutdown");
  await connection.sendNotification("exit");
  await new Promise((resolve) => server.once("exit", resolve));
  connection.dispose();
  rmSync(directory, { recursive: true, force: true });
});

/** Opens a file as an editor does, and waits for what the server has to say of it. */
async function open(
  name: string,
  text: string,
): Promise<{ uri: string; diagnostics: readonly Diagnostic[] }> {
  const file = join(directory, name);
  writeFileSync(file, text);
  const uri = pathToFileURL(file).href;
  const told = new Promise<readonly Diagnostic[]>((resolve) => heard.set(uri, resolve));
  await connection.sendNotification("textDocument/didOpen", {
    textDocument: { uri, languageId: "yaml", version: 1, text },
  });
  return { uri, diagnostics: await told };
}

/** Where a `|` stands in a text, and the text without it. */
function atCursor(text: string) {
  const before = text.slice(0, text.indexOf("|"));
  const lines = before.split("\n");
  return {
    text: text.replace("|", ""),
    position: { line: lines.length - 1, character: lines.at(-1)?.length ?? 0 },
  };
}

async function completions(name: string, marked: string): Promise<string[]> {
  const { text, position } = atCursor(marked);
  const { uri } = await open(name, text);
  const answer = await connection.sendRequest("textDocument/completion", { textDocument: { uri }, position });
  return (answer as { items: { label: string }[] }).items.map(({ label }) => label);
}

async function hover(name: string, marked: string): Promise<string> {
  const { text, position } = atCursor(marked);
  const { uri } = await open(name, text);
  const answer = await connection.sendRequest("textDocument/hover", { textDocument: { uri }, position });
  return JSON.stringify((answer as { contents: unknown } | null)?.contents ?? "");
}

const playbookLine = "# yaml-language-server: $schema=.mailferry/schemas/playbook.json\n";
const inventoryLine = "# yaml-language-server: $schema=.mailferry/schemas/inventory.json\n";
const list = `${playbookLine}- hosts: new\n  tasks:\n    - name: a\n`;

describe("the real yaml-language-server", () => {
  test.each(["playbook.yml", "inventory.yml"])("has nothing against the %s of init", async (name) => {
    const { diagnostics } = await open(name, readFileSync(join(directory, name), "utf8"));
    expect(diagnostics).toEqual([]);
  });

  test("completes the modules and the words of a task", async () => {
    const labels = await completions("complete-task.yml", `${list}      |`);
    expect(labels).toEqual(expect.arrayContaining(["lineinfile", "rsync_pull", "register", "block"]));
  });

  test("completes the arguments of a module", async () => {
    const labels = await completions("complete-argument.yml", `${list}      lineinfile:\n        |`);
    expect(labels).toEqual(expect.arrayContaining(["path", "line"]));
  });

  test("completes the words of a stage", async () => {
    const labels = await completions("complete-stage.yml", `${playbookLine}stages:\n  - name: a\n    |`);
    expect(labels).toEqual(expect.arrayContaining(["confirm", "requires", "rollback"]));
  });

  test("completes the way to a host", async () => {
    const text = `${inventoryLine}all:\n  children:\n    old:\n      hosts:\n        a:\n          |`;
    expect(await completions("complete-host.yml", text)).toEqual(
      expect.arrayContaining(["address", "key_file"]),
    );
  });

  test("tells in a hover what a module and its argument are for", async () => {
    expect(await hover("hover-module.yml", `${list}      line|infile: { path: /a, line: b }\n`)).toContain(
      "line present in, or absent from, a text file",
    );
    expect(await hover("hover-word.yml", `${list}      command: "true"\n      no|_log: true\n`)).toContain(
      "Keep arguments and results out",
    );
  });

  test("marks a wrong key, at its line, and takes a template where a number is meant", async () => {
    const text = `${list}      lineinfile: { path: /a, line: b, backwards: yes }\n      retries: "{{n}}"\n`;
    const { diagnostics } = await open("wrong.yml", text);
    expect(diagnostics).toEqual([
      expect.objectContaining({
        message: "Property backwards is not allowed.",
        range: expect.objectContaining({ start: expect.objectContaining({ line: 4 }) }),
      }),
    ]);
  });
});
