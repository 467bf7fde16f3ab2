import type { Change, TextDiff } from "../contract/change.ts";
import { Failure } from "../contract/errors.ts";
import type { HostReader, HostWriter } from "../contract/host.ts";
import type { JsonSchema } from "../contract/json.ts";
import { changingModule } from "../contract/module.ts";
import { absolutePath, closed, given, oneOf, text, word, yesOrNo } from "./argument-schemas.ts";

type Values = Readonly<Record<string, string | null>>;

export interface PostconfArgs {
  readonly name?: string;
  readonly value?: string;
  readonly state?: "present" | "absent";
  readonly settings?: Values;
  readonly service_parameters?: Values;
  readonly config_directory?: string;
  readonly reload?: boolean;
}

export interface PostconfChange extends Change {
  readonly changes: readonly SettingChange[];
  readonly configDirectory: string | undefined;
  readonly reload: boolean;
}

/** One setting of main.cf, or with `service` one parameter of a service in master.cf. null stands for "not set there". */
interface SettingChange {
  readonly name: string;
  readonly service: boolean;
  readonly before: string | null;
  readonly after: string | null;
}

/** Sets Postfix's settings, or takes them out so that the default counts. */
export const postconf = changingModule<PostconfArgs, PostconfChange>({
  name: "postconf",
  description:
    "Sets settings of Postfix (main.cf, and services' own parameters in master.cf); `previous` in the result puts them back.",
  preview: "exact",
  args: closed(
    {
      name: settingName("The setting."),
      value: text("Its value, on one line or several; blanks and line ends count as one blank."),
      state: oneOf(
        ["present", "absent"],
        "absent takes the setting out, so that the default counts.",
        "present",
      ),
      settings: values("Several settings by their names; null takes one out.", "^[A-Za-z0-9_]+$"),
      service_parameters: values(
        'Parameters of services in master.cf, as "submission/inet/smtpd_tls_security_level"; null takes one out. Postfix takes no blanks here: use commas.',
        "^[^/ ]+/(inet|unix|unix-dgram|fifo|pass)/[A-Za-z0-9_]+$",
        "^\\S+$",
      ),
      config_directory: absolutePath("Postfix's configuration directory, if it is not the usual one."),
      reload: yesOrNo("Reload Postfix after a change, if it runs.", false),
    },
    {
      oneOf: [
        given("name", "value"),
        { properties: { name: {}, state: { const: "absent" } }, required: ["name", "state"] },
        given("settings"),
        given("service_parameters"),
      ],
      dependencies: { value: ["name"], state: ["name"] },
    },
  ),

  async check({ config_directory, reload = false, ...args }, host, { workPath }) {
    const changes = [
      ...(await changedSettings(wantedSettings(args), config_directory, host)),
      ...(await changedParameters(args.service_parameters ?? {}, config_directory, host)),
    ];
    // A run that was killed between the change and the reload left a note: Postfix still works by the old settings.
    const owed = reload && (await host.stat(reloadNote(workPath))) !== undefined;
    if (changes.length === 0 && !owed) return undefined;
    return {
      summary: changes.length === 0 ? "reload Postfix" : changes.map(told).join(", "),
      diff: diffsOf(changes, config_directory ?? "/etc/postfix"),
      changes,
      configDirectory: config_directory,
      reload,
    };
  },

  touches: () => [],
  async apply({ changes, configDirectory, reload }, host, context) {
    const note = reloadNote(await context.workDirectory(host));
    if (reload) await host.writeFile(note, "", { mode: "0600" });
    for (const service of [false, true]) {
      await write(
        changes.filter((change) => change.service === service),
        service,
        configDirectory,
        host,
      );
    }
    if (changes.some(({ service }) => !service)) await letCool(host, configDirectory);
    if (reload) {
      await reloadIfRunning(host, configDirectory);
      await host.run(["rm", "-f", "--", note]);
    }
    return {
      result: {
        changed: changes.map(({ name }) => name),
        previous: Object.fromEntries(changes.map(({ name, before }) => [name, before])),
        current: Object.fromEntries(changes.map(({ name, after }) => [name, after])),
      },
    };
  },
});

function reloadNote(workPath: string): string {
  return `${workPath}/postfix-reload`;
}

function settingName(description: string): JsonSchema {
  return { ...word(description), pattern: "^[A-Za-z0-9_]+$" };
}

function values(description: string, namePattern: string, valuePattern?: string): JsonSchema {
  const value = {
    type: ["string", "null"],
    ...(valuePattern === undefined ? {} : { pattern: valuePattern }),
  };
  return {
    type: "object",
    minProperties: 1,
    propertyNames: { pattern: namePattern },
    additionalProperties: value,
    description,
  };
}

function wantedSettings({ name, value, state, settings }: PostconfArgs): Values {
  if (name === undefined) return settings ?? {};
  return { [name]: state === "absent" ? null : (value ?? "") };
}

/** What stands in main.cf counts, and the default where nothing does: a setting that is so by default is not written. */
async function changedSettings(
  wanted: Values,
  configDirectory: string | undefined,
  host: HostReader,
): Promise<SettingChange[]> {
  const names = Object.keys(wanted);
  if (names.length === 0) return [];
  const ask = async (...flags: string[]): Promise<Map<string, string>> =>
    parseSettings((await host.probe([...command(configDirectory), ...flags, ...names])).stdout);
  const [inEffect, written] = await Promise.all([ask(), ask("-n")]);
  const changes: SettingChange[] = [];
  for (const name of names) {
    const after = oneLine(wanted[name] ?? null);
    if (after !== null && !inEffect.has(name)) throw unknownSetting(name, host.name);
    const before = written.get(name) ?? null;
    const isSo = after === null ? before === null : inEffect.get(name) === after;
    if (!isSo) changes.push({ name, service: false, before, after });
  }
  return changes;
}

async function changedParameters(
  wanted: Values,
  configDirectory: string | undefined,
  host: HostReader,
): Promise<SettingChange[]> {
  const names = Object.keys(wanted);
  if (names.length === 0) return [];
  const { stdout } = await host.probe([...command(configDirectory), "-P"]);
  const written = parseSettings(stdout);
  return names
    .map((name) => ({
      name,
      service: true,
      before: written.get(name) ?? null,
      after: oneLine(wanted[name] ?? null),
    }))
    .filter(({ before, after }) => before !== after);
}

async function write(
  changes: readonly SettingChange[],
  service: boolean,
  configDirectory: string | undefined,
  host: HostWriter,
): Promise<void> {
  const edit = service ? ["-P", "-e"] : ["-e"];
  const removal = service ? ["-P", "-X"] : ["-X"];
  const set = changes.filter(({ after }) => after !== null).map(({ name, after }) => `${name}=${after}`);
  const removed = changes.filter(({ after }) => after === null).map(({ name }) => name);
  if (set.length > 0) await host.run([...command(configDirectory), ...edit, "--", ...set]);
  if (removed.length > 0) await host.run([...command(configDirectory), ...removal, "--", ...removed]);
}

/**
 * Every program of Postfix reads a main.cf again and again until it is two seconds old, for it may be half written
 * (dict_load_file_xt). postconf puts it into place whole: nobody has to wait.
 */
async function letCool(host: HostWriter, configDirectory = "/etc/postfix"): Promise<void> {
  await host.run(["touch", "-c", "-m", "-d", "3 seconds ago", "--", `${configDirectory}/main.cf`]);
}

async function reloadIfRunning(host: HostWriter, configDirectory: string | undefined): Promise<void> {
  const postfix = ["postfix", ...(configDirectory === undefined ? [] : ["-c", configDirectory])];
  const { exitCode } = await host.probe([...postfix, "status"], { accept: "any" });
  if (exitCode === 0) await host.run([...postfix, "reload"]);
}

function command(configDirectory: string | undefined): string[] {
  return ["postconf", ...(configDirectory === undefined ? [] : ["-c", configDirectory])];
}

/** Lines as `name = value`; postconf itself joins what stands on several lines. */
function parseSettings(stdout: Buffer): Map<string, string> {
  const found = new Map<string, string>();
  for (const line of stdout.toString("utf8").split("\n")) {
    const [, name, value] = /^([^ =]+) =(.*)$/.exec(line) ?? [];
    if (name !== undefined) found.set(name, oneLine(value ?? "") ?? "");
  }
  return found;
}

/** `postconf -e` takes no line ends, and to Postfix they are blanks. */
function oneLine(value: string | null): string | null {
  return value === null ? null : value.replaceAll(/\s+/g, " ").trim();
}

function unknownSetting(name: string, host: string): Failure {
  return new Failure("task-failed", `Postfix on ${host} knows no setting "${name}"`, {
    host,
    next: "Look for a typing error; `postconf -d` on the host lists all settings.",
  });
}

function told({ name, after }: SettingChange): string {
  return after === null ? `${name} not set` : `${name} = ${after}`;
}

function diffsOf(changes: readonly SettingChange[], directory: string): TextDiff[] {
  return [false, true].flatMap((service) => {
    const own = changes.filter((change) => change.service === service);
    if (own.length === 0) return [];
    const side = (which: "before" | "after"): string =>
      own.map((change) => (change[which] === null ? "" : `${change.name} = ${change[which]}\n`)).join("");
    const path = `${directory}/${service ? "master.cf" : "main.cf"}`;
    return [{ path, before: side("before"), after: side("after") }];
  });
}
