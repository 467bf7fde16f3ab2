import type { Applied, Change } from "../../contract/change.ts";
import { BadInput } from "../../contract/errors.ts";
import type { FileStat } from "../../contract/host.ts";
import { changingModule } from "../../contract/module.ts";
import { type ControlFile, readerOf, withEntries, withoutNames } from "../../mail/qmail-control.ts";
import { absolutePath, closed, exactlyOne, oneOf, text, yesOrNo } from "../argument-schemas.ts";
import { diffOf } from "../text-diff.ts";

export interface QmailControlArgs {
  readonly file: string;
  readonly qmail_directory?: string;
  readonly present?: readonly string[];
  readonly absent?: readonly string[];
  readonly value?: string;
  readonly state?: "kept" | "restored";
  readonly keep?: boolean;
}

export interface QmailControlChange extends Change {
  readonly file: string;
  readonly path: string;
  readonly directory: string;
  /** The file as it shall be; undefined when it goes. `same` when its text stays. */
  readonly after: string | undefined | typeof same;
  /** What is kept before the change, as JSON; null when the record goes behind it. */
  readonly record: string | undefined | null;
  readonly compiles: boolean;
}

const same = Symbol("the text stays");

/** Edits one control file of qmail, whole or not at all. */
export const qmailControl = changingModule<QmailControlArgs, QmailControlChange>({
  name: "qmail_control",
  description:
    "Edits a control file of qmail, whole or not at all, and puts it back to what it was. `read` in the result says what makes qmail read it: `hangup` and `start` are done by `qmail_reread`, `each-use` needs nothing. morercpthosts is compiled.",
  preview: "exact",
  args: closed(
    {
      file: {
        type: "string",
        pattern: "^[a-z][a-z0-9_-]*$",
        description: "Its name: locals, rcpthosts, virtualdomains, smtproutes, concurrencyremote, …",
      },
      qmail_directory: absolutePath("Where qmail lives; /var/qmail when left out."),
      present: entries(
        "Lines that shall stand in it. smtproutes and virtualdomains (`example.org:192.0.2.20`) have one for a name. Where there is no rcpthosts, none is made: qmail takes mail for every domain then.",
      ),
      absent: entries(
        "Names of domains that shall not stand in it. virtualdomains loses the domain's single addresses too, and gets an exception where a line for many domains would take it in.",
      ),
      value: { ...text("The one line that it shall hold."), pattern: "^[^\\r\\n]+$" },
      state: oneOf(["restored"], "Puts back what `keep` kept. Without a record nothing is done."),
      keep: yesOrNo("Keep what the file held before, unless something is kept of it already.", false),
    },
    { required: ["file"], ...exactlyOne("present", "absent", "value", "state") },
  ),

  async check(args, host, { workPath }) {
    const { file, qmail_directory: directory = "/var/qmail", keep = false } = args;
    const path = `${directory}/control/${file}`;
    const recordPath = recordOf(workPath, file);
    const [before, me, record, stat, compiled] = await Promise.all([
      host.readText(path),
      host.readText(`${directory}/control/me`),
      host.readText(recordPath),
      host.stat(path),
      host.stat(`${path}.cdb`),
    ]);
    if (args.state === "restored" && record === undefined) return undefined;
    const control = { file, text: before, me: me?.split("\n", 1)[0]?.trim() ?? "" };
    const after = wantedText(args, control, record);
    const compiles =
      file === "morercpthosts" && after !== undefined && (after !== before || isStale(stat, compiled));
    if (after === before && !compiles && args.state !== "restored") return undefined;
    const keeps = keep && record === undefined && after !== before;
    const { diff } = shown(path, before, after, stat);
    return {
      summary: after === before ? settled(path, compiles) : `change ${path}`,
      diff,
      ...{ file, path, directory, compiles },
      after: after === before ? same : after,
      record: args.state === "restored" ? null : keeps ? JSON.stringify({ text: before ?? null }) : undefined,
      result: { file, path, read: readerOf(file) },
    };
  },

  // A control file is no mail, wherever qmail lives.
  touches: () => [],
  async apply(change, host, context): Promise<Applied> {
    const { file, path, directory, after, record, compiles } = change;
    if (typeof record === "string") {
      await context.workDirectory(host);
      await host.writeFile(recordOf(context.workPath, file), record, { mode: "0600" });
    }
    if (after === undefined) await host.run(["rm", "-f", "--", path]);
    else if (after !== same) await host.writeFile(path, after);
    if (compiles) await host.run([`${directory}/bin/qmail-newmrh`]);
    if (record === null) await host.run(["rm", "-f", "--", recordOf(context.workPath, file)]);
    return {};
  },
  current: async ({ file, qmail_directory = "/var/qmail" }) => ({
    file,
    path: `${qmail_directory}/control/${file}`,
    read: readerOf(file),
  }),
});

function entries(description: string) {
  return {
    type: "array",
    minItems: 1,
    items: { type: "string", pattern: "^[^\\s#][^\\r\\n]*$" },
    description,
  };
}

function recordOf(workPath: string, file: string): string {
  return `${workPath}/qmail-${file}.json`;
}

function wantedText(
  { present, absent, value }: QmailControlArgs,
  control: ControlFile,
  record: string | undefined,
): string | undefined {
  if (present !== undefined) return withEntries(control, present);
  if (absent !== undefined) return withoutNames(control, absent);
  if (value !== undefined) return control.text?.trim() === value ? control.text : `${value}\n`;
  return keptText(record ?? "", control.file);
}

function keptText(record: string, file: string): string | undefined {
  const kept: unknown = JSON.parse(record);
  if (typeof kept === "object" && kept !== null && "text" in kept) {
    if (typeof kept.text === "string") return kept.text;
    if (kept.text === null) return undefined;
  }
  const hint = "Put the file back by hand and remove the record.";
  throw new BadInput([{ message: `what was kept of qmail's control file ${file} can't be read`, hint }]);
}

/** A run that was killed between the text and its compilation left an older one. */
function isStale(text: FileStat | undefined, compiled: FileStat | undefined): boolean {
  return text !== undefined && (compiled === undefined || compiled.modifiedAt < text.modifiedAt);
}

function settled(path: string, compiles: boolean): string {
  return compiles ? `compile ${path}` : `${path} is what it was; drop the record of it`;
}

/** Newer qmails may have passwords in smtproutes: what not everybody may read is not shown. */
function shown(
  path: string,
  before: string | undefined,
  after: string | undefined,
  stat: FileStat | undefined,
) {
  if (after === before) return {};
  const bytes = (content: string | undefined) => (content === undefined ? undefined : Buffer.from(content));
  return diffOf({ path, before: bytes(before), after: bytes(after), mode: stat?.mode ?? "0644" });
}
