import type { Applied, Change, TextDiff } from "../../contract/change.ts";
import { Failure } from "../../contract/errors.ts";
import type { HostReader, HostWriter } from "../../contract/host.ts";
import type { JsonSchema } from "../../contract/json.ts";
import { type ApplyContext, changingModule } from "../../contract/module.ts";
import { closed, given, notBoth, oneOf, onlyWhen, whenIs, word, yesOrNo } from "../argument-schemas.ts";
import { keepBackup } from "../backup-file.ts";
import { type FileChange, followLink, planFile, putFile } from "../managed-file.ts";
import { entryIn, namesIn, withJob, withoutJob, withoutVariable, withVariable } from "./crontab-text.ts";
import { keepCrontab, readCrontab, writeCrontab } from "./crontabs.ts";

type TimeField = string | number;

export interface CronArgs {
  readonly name: string;
  readonly job?: string;
  readonly state?: "present" | "absent";
  readonly user?: string;
  readonly minute?: TimeField;
  readonly hour?: TimeField;
  readonly day?: TimeField;
  readonly month?: TimeField;
  readonly weekday?: TimeField;
  readonly special_time?: string;
  readonly disabled?: boolean;
  readonly env?: boolean;
  readonly insertafter?: string;
  readonly insertbefore?: string;
  readonly cron_file?: string;
  readonly backup?: boolean;
}

export interface CronChange extends Change {
  readonly before: string;
  readonly after: string;
  readonly backup: boolean;
  /** Of a user's own crontab; undefined is the task's user. */
  readonly user: string | undefined;
  /** The file in place of a user's crontab. */
  readonly file: { readonly path: string; readonly change: FileChange | undefined } | undefined;
}

const oneLine = "^[^\\r\\n]+$";
const variableName = "^[A-Za-z_][A-Za-z0-9_]*$";
const timeField = (what: string): JsonSchema => ({
  type: ["string", "integer"],
  minimum: 0,
  pattern: "^[0-9A-Za-z*/,~-]+$",
  description: `${what}, as cron reads it: a number, \`*\`, \`*/2\`, \`1-5\`, \`1,15\`. \`*\` without it.`,
});

/** Keeps a job, or a variable, in a crontab. */
export const cron = changingModule<CronArgs, CronChange>({
  name: "cron",
  description:
    "Keeps a job or a variable in a user's crontab or in a file of /etc/cron.d. A job is found again by the comment `#Ansible: NAME` above it, so those that Ansible made are known. " +
    "Registers `jobs` and `envs`: the names that are there. Of a user's own crontab a diff shows the entry alone. " +
    "Differs from Ansible: what is left empty is removed, and a `cron_file` that cron would ignore because of its name is refused.",
  preview: "exact",
  args: closed(
    {
      name: { ...word("The job's name; with `env` the variable's."), pattern: oneLine },
      job: {
        ...word(
          "The command; with `env` the variable's value. cron takes a `%` for a line end unless a backslash stands before it.",
        ),
        pattern: oneLine,
      },
      state: oneOf(["present", "absent"], "Whether it shall be there.", "present"),
      user: {
        ...word("Whose crontab; with `cron_file` the user that the job runs as. The task's user without it."),
        pattern: "^[A-Za-z_][A-Za-z0-9_.-]*[$]?$",
      },
      minute: timeField("The minute"),
      hour: timeField("The hour"),
      day: timeField("The day of the month"),
      month: timeField("The month"),
      weekday: timeField("The day of the week, 0 for Sunday"),
      special_time: oneOf(
        ["reboot", "yearly", "annually", "monthly", "weekly", "daily", "hourly"],
        "In place of the five fields. `reboot` is each start of cron after a boot.",
      ),
      disabled: yesOrNo("Keep the job as a comment, so that it does not run.", false),
      env: yesOrNo("It is about a variable of the crontab.", false),
      insertafter: { ...word("A new variable goes after this one."), pattern: variableName },
      insertbefore: { ...word("A new variable goes before this one."), pattern: variableName },
      cron_file: {
        ...word("A file in place of a user's crontab: a name in /etc/cron.d, or a path."),
        pattern: "^([A-Za-z0-9_-]+|/etc/cron\\.d/[A-Za-z0-9_-]+|/(?!etc/crontab$|etc/cron\\.d/).+)$",
      },
      backup: yesOrNo("Keep the crontab as it was; `backup_file` says where.", false),
    },
    {
      required: ["name"],
      anyOf: [given("job"), { ...given("state"), properties: { state: { const: "absent" } } }],
      allOf: [
        notBoth("insertafter", "insertbefore"),
        onlyWhen("insertafter", "env", true),
        onlyWhen("insertbefore", "env", true),
        ...["minute", "hour", "day", "month", "weekday"].map((field) => notBoth("special_time", field)),
        whenIs("env", true, { limits: { name: { type: "string", pattern: variableName } } }),
      ],
    },
  ),

  async check(args, host, { checkMode }) {
    const { name, user, env = false, backup = false, state = "present" } = args;
    const path = args.cron_file === undefined ? undefined : await followLink(filePath(args.cron_file), host);
    const before =
      path === undefined
        ? await readCrontab(user, host, checkMode || state === "absent")
        : ((await host.readText(path)) ?? "");
    const after = edited(before, args, host);
    if (after === before) return undefined;
    const what = `${env ? "variable" : "cron job"} ${name} ${state}`;
    if (path === undefined) {
      const summary = `${what} in the crontab of ${user ?? host.facts.user}`;
      const diff = [entryDiff(args, before, after, host)];
      return { summary, diff, before, after, backup, user, file: undefined, result: namesIn(after) };
    }
    const change =
      after === "" ? undefined : await planFile({ path, content: Buffer.from(after), backup }, host);
    const diff = change === undefined ? [{ path, before, after: undefined }] : change.diff;
    const summary = `${what} in ${path}`;
    const result = { ...namesIn(after), cron_file: path };
    return { summary, diff, before, after, backup, user, file: { path, change }, result };
  },

  touches: ({ file }) => (file === undefined ? [] : [{ path: file.path, how: "write" }]),
  async apply(change, host, context) {
    const { signal } = context;
    const { before, after, user, backup, file } = change;
    if (file !== undefined) return { result: await writeCronFile(change, file, host, context) };
    const kept = backup && before !== "" ? { backup_file: await keepCrontab(before, host) } : {};
    await writeCrontab(user, after, host, signal);
    return { result: kept };
  },

  async current({ cron_file: file, user }, host) {
    const path = file === undefined ? undefined : await followLink(filePath(file), host);
    const text =
      path === undefined ? await readCrontab(user, host, true) : ((await host.readText(path)) ?? "");
    return { ...namesIn(text), ...(path === undefined ? {} : { cron_file: path }) };
  },
});

function edited(before: string, args: CronArgs, host: HostReader): string {
  const { name, job = "", state, env } = args;
  if (state === "absent") return env === true ? withoutVariable(before, name) : withoutJob(before, name);
  if (env !== true) return withJob(before, name, jobLine(args, host));
  const after = withVariable(before, name, job, args);
  if (after !== undefined) return after;
  throw new Failure("task-failed", `there is no variable ${args.insertafter ?? args.insertbefore} in it`, {
    host: host.name,
    next: "Leave `insertafter` and `insertbefore` out to put the variable on top.",
  });
}

/** The line of the job. In a file of /etc/cron.d it names the user that it runs as. */
function jobLine(args: CronArgs, host: HostReader): string {
  const { minute = "*", hour = "*", day = "*", month = "*", weekday = "*", special_time: special } = args;
  const when = special === undefined ? [minute, hour, day, month, weekday].join(" ") : `@${special}`;
  const who = args.cron_file === undefined ? [] : [args.user ?? host.facts.user];
  return `${args.disabled === true ? "#" : ""}${[when, ...who, args.job ?? ""].join(" ")}`;
}

function filePath(file: string): string {
  return file.startsWith("/") ? file : `/etc/cron.d/${file}`;
}

/** A crontab is its user's own: what else stands there (passwords in variables, for instance) is not shown. */
function entryDiff(
  { name, env = false, user }: CronArgs,
  before: string,
  after: string,
  host: HostReader,
): TextDiff {
  return {
    path: `crontab of ${user ?? host.facts.user}`,
    before: entryIn(before, name, env),
    after: entryIn(after, name, env),
  };
}

async function writeCronFile(
  { backup }: CronChange,
  { path, change }: NonNullable<CronChange["file"]>,
  host: HostWriter,
  context: ApplyContext,
): Promise<Applied["result"]> {
  if (change !== undefined) return (await putFile(change, host, context)).result;
  const kept = backup ? { backup_file: await keepBackup(path, host) } : {};
  await host.run(["rm", "-f", "--", path], { signal: context.signal });
  return kept;
}
