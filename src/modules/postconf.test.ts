import { describe, expect, test } from "vitest";
import { type PostconfArgs, postconf } from "./postconf.ts";
import { FakeHost } from "./testing/fake-host.ts";
import { refuses, runModule } from "./testing/run-module.ts";

const defaults: Readonly<Record<string, string>> = { soft_bounce: "no", relayhost: "", mynetworks: "" };

/** A host whose postconf keeps what it is given. */
function postfixHost(written: Record<string, string>, running = true): FakeHost {
  const parameters: Record<string, string> = { "submission/inet/smtpd_tls_security_level": "may" };
  return new FakeHost({
    files: { "/var/lib/mailferry/.keep": "" },
    commands: [
      {
        argv: ["postconf"],
        answer: ({ argv }) => {
          const flags = argv.filter((word) => /^-[a-zA-Z]$/.test(word));
          const target = flags.includes("-P") ? parameters : written;
          const operands = argv.slice(1).filter((word) => !word.startsWith("-"));
          for (const operand of flags.includes("-e") ? operands : []) {
            const [name = "", value = ""] = operand.split(/=(.*)/s);
            if (value.includes("\n")) return { exitCode: 1 };
            target[name] = value;
          }
          for (const name of flags.includes("-X") ? operands : []) delete target[name];
          if (flags.includes("-e") || flags.includes("-X")) return "";
          if (flags.includes("-P")) return lines(parameters);
          const known = Object.entries(flags.includes("-n") ? written : { ...defaults, ...written });
          return lines(Object.fromEntries(known.filter(([name]) => operands.includes(name))));
        },
      },
      { argv: ["postfix", "status"], answer: { exitCode: running ? 0 : 1 } },
      { argv: ["postfix", "reload"], answer: "" },
      { argv: ["touch", "-c", "-m"], answer: "" },
    ],
  });
}

function lines(settings: Record<string, string>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name} =${value === "" ? "" : ` ${value}`}\n`)
    .join("");
}

describe("postconf", () => {
  test("reloads when a killed run changed the setting and never came to reload", async () => {
    const host = postfixHost({ soft_bounce: "yes" });
    host.tree.put("/var/lib/mailferry/postfix-reload", {});
    const wanted = { name: "soft_bounce", value: "yes", reload: true };
    const run = await runModule(postconf, wanted, host);
    expect(run.change?.summary).toBe("reload Postfix");
    expect(host.changesRun()).toContain("postfix reload");
    expect(run.left).toBeUndefined();
  });

  test("sets a setting once, and its result puts it back", async () => {
    const host = postfixHost({});
    const run = await runModule(postconf, { name: "soft_bounce", value: "yes", reload: true }, host);
    expect(run.change).toMatchObject({
      summary: "soft_bounce = yes",
      diff: [{ path: "/etc/postfix/main.cf", before: "", after: "soft_bounce = yes\n" }],
    });
    expect(run.left).toBeUndefined();
    expect(host.changesRun()).toEqual([
      "postconf -e -- soft_bounce=yes",
      "touch -c -m -d 3 seconds ago -- /etc/postfix/main.cf",
      "postfix reload",
      "rm -f -- /var/lib/mailferry/postfix-reload",
    ]);
    expect(run.applied?.result).toEqual({
      changed: ["soft_bounce"],
      previous: { soft_bounce: null },
      current: { soft_bounce: "yes" },
    });
    const back = await runModule(postconf, { settings: { soft_bounce: null } }, host);
    expect(back.change?.summary).toBe("soft_bounce not set");
    expect(back.left).toBeUndefined();
  });

  test("leaves alone what is so, by the file or by default, on one line or several", async () => {
    const host = postfixHost({ mynetworks: "127.0.0.0/8 10.0.0.0/8" });
    const settings = { mynetworks: "127.0.0.0/8\n  10.0.0.0/8\n", soft_bounce: "no", relayhost: "" };
    expect((await runModule(postconf, { settings }, host)).change).toBeUndefined();
    expect((await runModule(postconf, { name: "relayhost", state: "absent" }, host)).change).toBeUndefined();
    const more = { mynetworks: "127.0.0.0/8\n192.0.2.0/24" };
    await runModule(postconf, { settings: more }, host);
    expect(host.changesRun()[0]).toBe("postconf -e -- mynetworks=127.0.0.0/8 192.0.2.0/24");
  });

  test("sets and takes out parameters of services", async () => {
    const host = postfixHost({}, false);
    const name = "submission/inet/smtpd_tls_security_level";
    const run = await runModule(
      postconf,
      { service_parameters: { [name]: "encrypt", "smtp/inet/smtpd_x": null }, reload: true },
      host,
    );
    expect(run.left).toBeUndefined();
    expect(run.applied?.result?.previous).toEqual({ [name]: "may" });
    expect(host.changesRun()[0]).toBe(`postconf -P -e -- ${name}=encrypt`);
    await runModule(postconf, { service_parameters: { [name]: null } }, host);
    expect(host.changesRun()).toContain(`postconf -P -X -- ${name}`);
  });

  test("a setting that Postfix does not know is an error", async () => {
    const wrong = runModule(postconf, { name: "soft_bonce", value: "yes" }, postfixHost({}));
    await expect(wrong).rejects.toThrow('no setting "soft_bonce"');
  });

  test.each<[string, unknown]>([
    ["nothing", {}],
    ["a name without a value", { name: "a" }],
    ["a value to take out", { name: "a", value: "b", state: "absent" }],
    ["two ways at once", { name: "a", value: "b", settings: { c: "d" } }],
    ["a state without a name", { settings: { c: "d" }, state: "absent" }],
    ["a name that is none", { name: "a b", value: "c" }],
    ["a boolean", { settings: { soft_bounce: true } }],
    ["blanks in a parameter", { service_parameters: { "smtp/inet/a": "b c" } }],
    ["an unknown word", { name: "a", value: "b", nmae: "" }],
  ])("refuses %s", (_what, args) => {
    expect(refuses(postconf, args as PostconfArgs)).toBeDefined();
  });
});
